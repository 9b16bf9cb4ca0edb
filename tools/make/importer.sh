#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Galaxy's own importer on the artefact in build/. It exits 0 with warnings that Galaxy shows to users: they fail here.
# Its run of ansible-lint is left out: `make lint` holds the same files to more.
source "$(dirname "$0")/common.sh"

artefact=$(realpath build/bulwark-msp-*.tar.gz)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export GALAXY_IMPORTER_RUN_ANSIBLE_LINT=false
python -m galaxy_importer.main "$artefact" | tee importer.log
if grep -E '^(WARNING|ERROR)' importer.log >/dev/null; then
  say "the importer warned" >&2
  exit 1
fi
