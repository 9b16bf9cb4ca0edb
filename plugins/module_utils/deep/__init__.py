# SPDX-License-Identifier: GPL-3.0-or-later
"""The deep reading: one walk over a host's local disks at idle priority, whose dated result stays on the host."""
