# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What every module's documentation says of it: the meaning of its attributes."""

    DOCUMENTATION = r"""
options: {}
author:
  - The bulwark.msp authors (@bulwark-msp)
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed when in diff mode.
    support: N/A
"""

    ACTION = r"""
options: {}
attributes:
  action:
    description: Runs on the controller.
    support: full
"""

    LINUX = r"""
options: {}
attributes:
  platform:
    description: Target systems.
    support: full
    platforms: linux
"""
