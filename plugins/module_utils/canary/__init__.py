# SPDX-License-Identifier: GPL-3.0-or-later
"""The marked line that shows whether a host's log reaches its collectors, and the search for it where they store."""
