# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run's findings come to for those who assess: tables in the words of ASD, as pure functions."""
