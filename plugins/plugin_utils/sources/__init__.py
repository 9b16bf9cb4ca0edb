# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller knows of the world outside: known-exploited flaws and where they are fixed."""
