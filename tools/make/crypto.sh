#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Have the collection community.crypto, by which the lab's certificates are made: from Galaxy, or where that can't be
# reached, from the package `ansible`, which holds it.
source "$(dirname "$0")/common.sh"

place=.ansible/collections/ansible_collections
say "installing community.crypto into $place"
if timeout 60 ansible-galaxy collection install --timeout 10 community.crypto -p .ansible/collections >/dev/null 2>&1; then
  exit
fi
whole=$(mktemp -d)
trap 'rm -rf "$whole"' EXIT
pip download --quiet --disable-pip-version-check --no-deps --dest "$whole" ansible
mkdir -p "$place/community"
python - "$whole"/ansible-*.whl "$whole" <<'END'
import sys
import zipfile

wanted = "ansible_collections/community/crypto/"
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])
END
mv "$whole/ansible_collections/community/crypto" "$place/community/"
