# SPDX-License-Identifier: GPL-3.0-or-later
"""Drafts for people to fill in, of records and waivers, and what of both falls due."""
