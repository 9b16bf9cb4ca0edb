# shellcheck shell=bash disable=SC2154
# North's jump host: people come with security keys that ask for a PIN, and may go on to the SSH ports of managed hosts
# and nowhere else. sudo asks for a code. Many sessions start at once here, so the limits are higher, and tied to the
# address they come from. Kim's agent offers three keys, of which the last one fits; Kim came fifty times today.
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
house_rules socat
package_lists
admitted tier0 north-kim north-ola ansible
north_only_from_home
firewall
systemctl reload ssh
throttle

for port in $(seq 42001 42050); do
    sshd_says \
        "Failed publickey for north-kim from 172.31.250.5 port $port ssh2: ED25519 SHA256:one" \
        "Failed publickey for north-kim from 172.31.250.5 port $port ssh2: ED25519 SHA256:two" \
        "Accepted publickey for north-kim from 172.31.250.5 port $port ssh2: ED25519-SK SHA256:three"
done

sends 172.31.250.50 msp-log.north.example
