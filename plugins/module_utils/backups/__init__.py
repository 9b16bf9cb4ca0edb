# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's side of its backups: what the tools themselves say of them, when they run, and who holds their keys."""
