# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of each kind of record, a module for each section of the advisory."""
