#!/bin/bash
# Run by mmdebstrap outside the new system: ROOT KEY, the tree of the guest and the public key of its account.
set -euo pipefail
root=$1 key=$2

echo vm >"$root/etc/hostname"
echo '127.0.0.1 localhost vm' >"$root/etc/hosts"
echo '/dev/vda / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"
# The addresses of QEMU's user network; fixed, so that nothing waits for a lease.
cat >"$root/etc/systemd/network/10-user.network" <<'END'
[Match]
Type=ether
[Network]
Address=10.0.2.15/24
Gateway=10.0.2.2
LinkLocalAddressing=no
IPv6AcceptRA=no
END
chroot "$root" useradd --create-home --shell /bin/bash ansible
echo 'ansible ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/ansible"
chmod 0440 "$root/etc/sudoers.d/ansible"
install -d -m 0700 "$root/home/ansible/.ssh"
install -m 0600 "$key" "$root/home/ansible/.ssh/authorized_keys"
chroot "$root" chown -R ansible:ansible /home/ansible/.ssh
echo 'UseDNS no' >"$root/etc/ssh/sshd_config.d/vm.conf"
chroot "$root" systemctl -q enable systemd-networkd ssh
# Tests switch on what they are about.
chroot "$root" systemctl -q disable auditd rsyslog fapolicyd
# Nobody sits at the console, and the tests want a machine that does nothing of its own.
chroot "$root" systemctl -q mask getty@tty1.service serial-getty@ttyS0.service systemd-networkd-wait-online.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
