# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of what no host can show: read strictly, and written where a run proves something itself."""
