#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Build the artefact for Galaxy. It stands alone in build/.
source "$(dirname "$0")/common.sh"

rm -rf build
ansible-galaxy collection build --output-path build >/dev/null
ls build/bulwark-msp-*.tar.gz
