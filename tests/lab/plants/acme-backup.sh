# shellcheck shell=bash disable=SC2154
# Acme's new backup host (Debian 13), built to the standard with two exceptions that Acme signed: North reaches the web
# page of the storage shelf through a forwarded port, and the firewall waits for the move to the second site. The second
# one's time is up.
people north-kim north-ola acme-ines
console_account acme-rescue rescue
passwords north-kim north-ola acme-ines
central_keys north-kim north-ola acme-ines
totp_secrets north-kim north-ola acme-ines
sshd_totp
cat >>/etc/ssh/sshd_config.d/20-factors.conf <<'END'
Match User north-*
    AllowTcpForwarding local
    PermitOpen 172.31.250.24:443
END
lockout
login_code
sudo_code
password_policy
echo 'ChannelTimeout session:*=15m' >/etc/ssh/sshd_config.d/40-idle.conf
echo "PerSourcePenaltyExemptList $controller" >/etc/ssh/sshd_config.d/50-penalties.conf
systemctl reload ssh
