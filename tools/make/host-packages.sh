#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What `make test` needs of Debian: what the lab and the VMs ask for, the browser that the report's pages are tried in,
# and the linter that is no Python package. Without root nothing is installed: the tests that miss something are
# skipped and say so.
source "$(dirname "$0")/common.sh"

if [ "$(id -u)" -ne 0 ]; then
  say "not root: nothing is installed"
  exit
fi
mapfile -t missing < <(missing_packages chromium git shellcheck)
if [ "${#missing[@]}" -gt 0 ]; then apt_install "${missing[@]}"; fi
python -m tests.lab.lab deps
python -m tests.vm.vm deps
