# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore test on its host: a snapshot brought back to a scratch folder, compared, and everything removed again."""
