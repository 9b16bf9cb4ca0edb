# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side of patching: what is upgraded on a host, how, and the way back."""
