# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits to be upgraded, from what the package managers have on the disk: nothing is run, fetched or written."""
