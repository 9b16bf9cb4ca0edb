# shellcheck shell=bash disable=SC2154
# Acme's new backup host (Debian 13), built to the standard with two exceptions that Acme signed: North reaches the web
# page of the storage shelf through a forwarded port, and the firewall waits for the move to the second site. The second
# one's time is up. Luis left in spring, and his account was locked with passwd -l; his key still opens it.
people north-kim north-ola acme-ines acme-luis
console_account acme-rescue rescue
passwords north-kim north-ola acme-ines
central_keys north-kim north-ola acme-ines
key_of acme-luis 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHPkW716kPGSbAtCOGATU0nniB8ks/igP5t2VE+GUpBW luis@acme.example'
passwd --quiet --lock acme-luis
totp_secrets north-kim north-ola acme-ines acme-luis
house_rules
package_lists
backup_server acme-web 0cc8cbd0e0b4
admitted tier0 north-kim north-ola acme-ines acme-luis ansible
north_only_from_home
north_in_hours
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

sends 172.31.250.23 acme-log.acme.example
