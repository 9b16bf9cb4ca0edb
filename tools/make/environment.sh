#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Make .venv hold what an audit needs (`audit`), or the tests too (`test`).
# Debian 12's own ansible-core is older than the collection needs, so each machine gets the same: a venv.
source "$(dirname "$0")/common.sh"

python=${PYTHON:-python3}

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  apt_install python3 python3-venv
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
  say "$python is $("$python" --version); ansible-core needs 3.10 or newer: make PYTHON=/path/to/python3" >&2
  exit 1
fi
if ! [ -x .venv/bin/pip ]; then
  say "creating .venv with $("$python" --version)"
  quietly "$python" -m venv .venv
fi
case $1 in
audit) requirements=(requirements.txt) ;;
test) requirements=(requirements.txt tests/requirements.txt) ;;
esac
say "installing ${requirements[*]} into .venv"
quietly .venv/bin/pip install --quiet --disable-pip-version-check "${requirements[@]/#/--requirement=}"
