#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
source "$(dirname "$0")/common.sh"

ruff check --quiet .
ruff format --quiet --check .
yamllint --strict .
mapfile -t scripts < <(git ls-files '*.sh' .ci/run)
shellcheck --external-sources "${scripts[@]}"
antsibull-changelog lint
ansible-lint --quiet
