#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every linter, to the end: the last ones speak too when the first one complains.
source "$(dirname "$0")/common.sh"

status=0
lint() { "$@" || status=1; }

mapfile -t scripts < <(git ls-files '*.sh' .ci/run)

lint ruff check --quiet .
lint ruff format --quiet --check .
lint yamllint --strict .
if command -v shellcheck >/dev/null; then
  lint shellcheck --external-sources --source-path SCRIPTDIR "${scripts[@]}"
else
  say "skipped shellcheck: it is not installed (apt-get install shellcheck)"
fi
lint antsibull-changelog lint
lint ansible-lint -q --nocolor
exit "$status"
