# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests on containers need of the machine: where it is missing they are skipped, and say so."""

from __future__ import annotations

import shutil

import pytest

REASON = "needs podman and mmdebstrap"
THERE = all(map(shutil.which, ("podman", "mmdebstrap")))
NEEDS_CONTAINERS = pytest.mark.skipif(not THERE, reason=REASON)
