#!/bin/bash
# Turns a Debian base image into a lab host: packages installed but off, one automation account.
set -euo pipefail
recipe=$(dirname "$0")
export DEBIAN_FRONTEND=noninteractive

# Units, and the scripts of System V style that systemd runs as units.
enabled() {
    {
        systemctl list-unit-files --state=enabled --no-legend --plain | awk '{ print $1 }'
        find /etc/rc3.d -name 'S*' -printf '%f\n' | sed 's/^S[0-9]*\(.*\)/\1.service/'
    } | sort -u
}

pam_profiles() { find /usr/share/pam-configs -type f -printf '%f\n' | sort; }

printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
pam_before=$(mktemp)
pam_profiles >"$pam_before"

apt-get -q update
apt-get -q install -y --no-install-recommends openssh-server systemd systemd-sysv dbus
before=$(mktemp)
enabled >"$before"
. /etc/os-release
sed -n "/^#/d; s/ *\[$VERSION_CODENAME\]//; /\[/d; p" "$recipe/packages.txt" |
    xargs apt-get -q install -y --no-install-recommends

install -d /var/lib/lab/apart/partial
sed -n "s/ *\[apart\]//p" "$recipe/packages.txt" |
    xargs apt-get -q install -y --no-install-recommends --download-only -o Dir::Cache::archives=/var/lib/lab/apart
rm -rf /var/lib/lab/apart/partial /var/lib/lab/apart/lock

# A package that merely lies on the disk must not listen and must not be in the login path.
enabled | comm -13 "$before" - | xargs --no-run-if-empty systemctl disable
pam_profiles | comm -13 "$pam_before" - | xargs --no-run-if-empty pam-auth-update --package --remove

# Known to the lab from the start: its own account. Each host gets its own keys when it is created.
id ansible >/dev/null 2>&1 || useradd --create-home --shell /bin/bash --comment 'configuration management' ansible
echo 'ansible ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ansible
chmod 0440 /etc/sudoers.d/ansible
rm -f /etc/ssh/ssh_host_*

# Empty, not missing: a missing one makes systemd switch every unit on at the first boot.
: >/etc/machine-id
rm -f /usr/sbin/policy-rc.d "$before" "$pam_before"
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old
