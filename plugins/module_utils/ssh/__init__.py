# SPDX-License-Identifier: GPL-3.0-or-later
"""What OpenSSH's files say: its configuration, whom its Match lines tell apart, and the keys in authorized_keys."""
