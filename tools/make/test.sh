#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Everything CI runs, for two cores: what works on one of them has another stage beside it, and what waits for hosts
# shares them. A failing stage fails the run; the others run all the same, so that one run shows all. The tests on real
# hosts come last: their closing line is the run's.
source "$(dirname "$0")/common.sh"

# Molecule and pytest colour their output for logs too.
export NO_COLOR=1 PY_COLORS=0
failed=$(mktemp)
trap 'rm -f "$failed"' EXIT

# stage NAME COMMAND...: one line when it passes, its output too when it fails.
stage() {
  local name=$1 begun=$SECONDS outcome=passed
  shift
  if ! quietly "$@"; then
    outcome=FAILED
    printf '%s\n' "$name" >>"$failed"
  fi
  printf '%-13s %s in %d s\n' "$name" "$outcome" "$((SECONDS - begun))"
}

stage "host packages" tools/make/host-packages.sh
stage build tools/make/build.sh
stage sanity tools/make/sanity.sh &
stage lint tools/make/lint.sh
stage types tools/make/types.sh
stage importer tools/make/importer.sh
stage "unit tests" pytest --numprocesses auto tests/unit tests/test_artefact.py
wait
stage molecule tools/make/molecule.sh

! [ -s "$failed" ] || say "failed before the tests on real hosts: $(paste --serial --delimiters=, "$failed")"
pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 10 tests \
  --ignore tests/unit --ignore tests/test_artefact.py
! [ -s "$failed" ]
