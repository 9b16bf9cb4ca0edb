# shellcheck shell=bash disable=SC2154
# North's automation controller, built to the standard. On Friday somebody added a drop-in with a typo in it
# and did not reload: sshd still runs with the old configuration, but can't say any more what its configuration is. The
# console of AWX listens for everybody, with a password alone.
people north-kim north-ola
central_keys north-kim north-ola
totp_secrets north-kim north-ola
sshd_security_keys
lockout
sudo_code
idle_timeout
house_rules
admitted tier0 north-kim north-ola ansible
north_only_from_home
firewall 'tcp dport 8043 accept'
systemctl reload ssh
throttle
unit awx-web '/usr/bin/python3 -m http.server 8043 --directory /srv'
echo 'PermitUserEnviroment no' >/etc/ssh/sshd_config.d/40-local.conf

sends 172.31.250.50 msp-log.north.example
