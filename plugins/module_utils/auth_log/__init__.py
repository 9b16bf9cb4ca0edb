# SPDX-License-Identifier: GPL-3.0-or-later
"""What authentication logs tell of logons: lines, events, and the bounded tally of them."""
