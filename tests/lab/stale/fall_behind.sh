#!/bin/bash
# Tells a host that was installed from the release of its security updates, and takes none of them. They lie in apt's
# archives, so that they can be installed without a network.
set -euo pipefail
. /etc/os-release

echo "deb http://deb.debian.org/debian-security $VERSION_CODENAME-security main" >/etc/apt/sources.list.d/security.list
apt-get -q update
DEBIAN_FRONTEND=noninteractive apt-get -q -y --download-only dist-upgrade
