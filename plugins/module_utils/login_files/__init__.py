# SPDX-License-Identifier: GPL-3.0-or-later
"""The files in which a system keeps who logged in and when it started: one parser for each format."""
