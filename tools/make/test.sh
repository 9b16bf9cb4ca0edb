#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Everything CI runs, cheapest first. A failing stage fails the run; the others run all the same, so that one run
# shows all. The tests on real hosts come last: their closing line is the run's.
source "$(dirname "$0")/common.sh"

failed=()

# stage NAME COMMAND...: one line when it passes, its output when it fails.
stage() {
  local name=$1 started=$SECONDS status=passed
  shift
  quietly "$@" || { status=FAILED; failed+=("$name"); }
  printf '%-22s %s in %d s\n' "$name" "$status" "$((SECONDS - started))"
}

stage "host packages" tools/make/host-packages.sh
stage lint tools/make/lint.sh
stage types tools/make/types.sh
stage build tools/make/build.sh
stage sanity tools/make/sanity.sh
stage importer tools/make/importer.sh
stage "unit tests" pytest -n auto tests --ignore-glob='tests/*/' tests/unit

if [ "${#failed[@]}" -gt 0 ]; then
  say "failed before the tests on real hosts: ${failed[*]}"
fi
pytest tests/bare tests/integration tests/lab tests/scenarios
[ "${#failed[@]}" -eq 0 ]
