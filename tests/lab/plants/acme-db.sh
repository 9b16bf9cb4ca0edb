# shellcheck shell=bash disable=SC2154
# Acme's database host had MFA before the standard build: each admin ran google-authenticator in the own home, and
# nullok, meant for the roll-out, is still there. When the monitoring of the storage vendor could not answer the
# question, its group was let past it. In June somebody needed the reporting database "for the week" and left a relay.
# Paulo, who administered it before Ines, has not been here since summer.
people north-kim north-ola acme-ines acme-paulo
console_account acme-rescue rescue
passwords north-kim north-ola acme-ines
central_keys north-kim north-ola acme-ines
sshd_totp
lockout
login_code
sudo_code
password_policy
idle_timeout
house_rules
package_lists
admitted administrators north-kim north-ola acme-ines acme-paulo ansible
north_only_from_home
north_in_hours
firewall 'ip saddr 172.31.250.16/28 tcp dport 6379 accept' 'tcp dport 5432 accept'
throttle

# MFA as it was done by hand: after the jump, and for whoever has enrolled.
groupadd monitoring
sed -i \
    -e '/^@include common-auth/i auth [success=done default=ignore] pam_succeed_if.so quiet user ingroup monitoring' \
    -e 's|pam_oath.so.*|pam_google_authenticator.so nullok|' /etc/pam.d/sshd
sed -i 's|pam_oath.so.*|pam_google_authenticator.so|' /etc/pam.d/sudo /etc/pam.d/sudo-i
for name in north-kim north-ola acme-ines acme-paulo; do
    install -m 0400 -o "$name" -g "$name" /dev/stdin "/home/$name/.google_authenticator" <<END
$(head -c 16 /dev/urandom | base32 | tr -d =)
" WINDOW_SIZE 17
" TOTP_AUTH
END
done
systemctl reload ssh

key_of acme-paulo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKD7YYq35+jbMgZXJ0d4kVx7lUxDIGmBbHstGk+nJx5U paulo@acme.example'
last_seen acme-paulo 90

sed -i 's/^bind .*/bind 127.0.0.1 172.31.250.21/' /etc/redis/redis.conf
systemctl enable -q --now redis-server
unit reporting-relay '/usr/bin/socat TCP-LISTEN:5432,fork,reuseaddr TCP:10.20.0.15:5432'

sends 172.31.250.23 acme-log.acme.example
