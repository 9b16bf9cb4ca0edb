# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations of programs that forward logs: what goes where, and how it is protected on its way."""
