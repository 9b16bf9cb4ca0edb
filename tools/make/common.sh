# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by the scripts beside it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf 'bulwark: %s\n' "$*"; }

# quietly COMMAND...: its output only when it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then cat "$log" >&2; fi
  rm -f "$log"
  return "$status"
}

# packages NAME...: those that dpkg does not list as installed.
missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done
}

# apt_install NAME...: install them as root on Debian; anywhere else name them and fail.
apt_install() {
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    say "missing: $* (Debian's names). Install them and run make again." >&2
    return 1
  fi
  say "installing with apt: $*"
  export DEBIAN_FRONTEND=noninteractive
  quietly apt-get update
  quietly apt-get install -y --no-install-recommends "$@"
}

# cache_directory NAME: a directory of that name that outlives the clone.
cache_directory() {
  local directory=${XDG_CACHE_HOME:-$HOME/.cache}/bulwark/$1
  mkdir -p "$directory"
  printf '%s\n' "$directory"
}
