# SPDX-License-Identifier: GPL-3.0-or-later
"""How backups of other hosts are kept: what serves them, where they lie, who removes what is old."""
