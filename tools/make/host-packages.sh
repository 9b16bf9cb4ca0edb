#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests on real hosts need of Debian: containers with systemd (podman, with runc since crun fails where cgroups
# are hybrid), their base images (mmdebstrap), their networks, and VMs for what containers can't show (qemu).
source "$(dirname "$0")/common.sh"

mapfile -t missing < <(missing_packages podman runc mmdebstrap iptables nftables iproute2 netavark aardvark-dns \
  openssh-client uidmap catatonit git qemu-system-x86 qemu-utils shellcheck)
if [ "${#missing[@]}" -gt 0 ]; then apt_install "${missing[@]}"; fi
