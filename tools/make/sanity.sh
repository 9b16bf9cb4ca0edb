#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ansible-test sanity on the artefact in build/, unpacked where ansible-test wants a collection to stand.
source "$(dirname "$0")/common.sh"

# ansible-test keeps an environment for each of its tests under HOME: one that outlives the clone saves a minute.
home=$(cache_directory ansible-test)
export XDG_CONFIG_HOME=${XDG_CONFIG_HOME:-$HOME/.config} XDG_CACHE_HOME=${XDG_CACHE_HOME:-$HOME/.cache}

# It starts these environments with a pip that it downloads from outside the package registry. Python's own does too.
internals=$(python -c 'import importlib.util as u; print(*u.find_spec("ansible_test").submodule_search_locations)')
pip_version=$(grep -oP "\bpip='\K[0-9.]+" "$internals/_internal/python_requirements.py")
mkdir -p "$home/.ansible/test/cache"
cat >"$home/.ansible/test/cache/get_pip_${pip_version//./_}.py" <<'EOF'
import ensurepip
ensurepip.bootstrap(default_pip=True)
EOF

# pyenv's shims answer to every version's name and run only the active one; ansible-test tries each name it finds.
if command -v pyenv >/dev/null; then
  PATH=${PATH//"$(pyenv root)/shims:"/}
  for directory in "$(pyenv root)"/versions/3.*/bin; do PATH+=:$directory; done
fi

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
collection=$stage/ansible_collections/bulwark/msp
mkdir -p "$collection"
tar -xzf build/bulwark-msp-*.tar.gz -C "$collection"
cd "$collection"
HOME=$home ansible-test sanity --color no "$@"
