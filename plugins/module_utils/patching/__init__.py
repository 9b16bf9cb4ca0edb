# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's side of patching: which versions there were, what is collected before, whether it is well after."""
