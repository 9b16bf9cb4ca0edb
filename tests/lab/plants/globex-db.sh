# shellcheck shell=bash disable=SC2154
# Globex's database host is built to the standard, and then there was Ola's new phone: while her codes did not work she
# took herself out of MFA, opened forwarding for the migration and never took either back. The old cluster software left
# its rhosts files behind, monitoring still uses an SNMP community, and nobody liked the idle time-out.
people north-kim north-ola globex-tom
passwords north-kim north-ola globex-tom
central_keys north-kim north-ola globex-tom
totp_secrets north-kim north-ola globex-tom
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
