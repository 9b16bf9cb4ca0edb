# SPDX-License-Identifier: GPL-3.0-or-later
"""What looks at the entries of a walk, one file for each question."""
