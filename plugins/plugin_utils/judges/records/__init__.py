# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of records, a module for each section of the advisory: what a record says against its rules."""
