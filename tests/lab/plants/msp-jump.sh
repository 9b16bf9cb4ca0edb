# shellcheck shell=bash disable=SC2154
# North's jump host: people come with security keys that ask for a PIN, and may go on to the SSH ports of managed hosts
# and nowhere else. sudo asks for a code. Many sessions start at once here, so the limits are higher, and tied to the
# address they come from.
people north-kim north-ola
central_keys north-kim north-ola
totp_secrets north-kim north-ola
sshd_security_keys
lockout
sudo_code
sed -i -e 's/^AllowTcpForwarding .*/AllowTcpForwarding local/' \
    -e 's/^MaxStartups .*/MaxStartups 100:30:200\nPerSourceMaxStartups 20/' /etc/ssh/sshd_config.d/10-standard.conf
echo "PermitOpen $(printf '172.31.250.%d:22 ' 20 21 22 33 34 35)" >/etc/ssh/sshd_config.d/30-bastion.conf
idle_timeout
firewall
systemctl reload ssh
throttle
