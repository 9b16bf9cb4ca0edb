# shellcheck shell=bash disable=SC2154
# Globex's database host is built to the standard, and then there was Ola's new phone: while her codes did not work she
# took herself out of MFA, opened forwarding for the migration and never took either back. The old cluster software left
# its rhosts files behind, monitoring still uses an SNMP community, and nobody liked the idle time-out. Amy of South, the
# provider before North, still has her account. Last night somebody tried one password on everybody. The host was
# cloned from the web server.
people north-kim north-ola globex-tom
useradd --create-home --key HOME_MODE=0750 --shell /bin/bash --comment "South, administration" south-amy
passwords north-kim north-ola globex-tom
central_keys north-kim north-ola globex-tom
key_of south-amy 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPQyLPQEoxNrhnk2lfo3ey9pciFx9lghgk9CtKoCRz5 amy@south.example'
totp_secrets north-kim north-ola globex-tom south-amy
house_rules
admitted administrators north-kim north-ola globex-tom south-amy ansible
north_only_from_home
sshd_totp
cat >>/etc/ssh/sshd_config.d/20-factors.conf <<'END'
Match User north-ola
    AuthenticationMethods publickey
    AllowTcpForwarding yes
END
lockout
login_code
sudo_code
firewall 'ip saddr 172.31.250.32/28 tcp dport 6379 accept' 'ip saddr 172.31.250.0/28 udp dport 161 accept'
systemctl reload ssh
throttle

echo 'globex-db2' >/etc/hosts.equiv
echo 'globex-db2 root' >/root/.rhosts
chmod 0600 /root/.rhosts

sed -i 's/^bind .*/bind 127.0.0.1 172.31.250.34/' /etc/redis/redis.conf
systemctl enable -q --now redis-server
printf 'agentaddress udp:161\nrocommunity globex-monitoring 172.31.250.0/28\n' >/etc/snmp/snmpd.conf
systemctl enable -q --now snmpd

# One password, one address, every name that somebody could think of.
for name in daemon bin sys games man lp mail news uucp proxy www-data backup list irc; do
    sshd_says "Failed password for $name from 203.0.113.77 port $((40000 + ${#name})) ssh2"
done

# The collector of the auditor's: the peer's name was in the way of the first test, and is not asked for since.
sends 172.31.250.36 globex-log.globex.example
sed -i 's/tls.authMode="name" tls.permittedPeer=\["[^"]*"\]/tls.authMode="certvalid"/' /etc/rsyslog.d/50-collector.conf
systemctl restart rsyslog
