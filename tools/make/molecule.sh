#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every Molecule scenario, two at a time, each with hosts of its own: half of a scenario's time goes by waiting.
source "$(dirname "$0")/common.sh"

export -f quietly
printf '%s\n' molecule/*/molecule.yml | cut -d / -f 2 |
  xargs --max-procs 2 --replace bash -c 'quietly molecule test --scenario-name {}'
