# shellcheck shell=bash disable=SC2154
# Globex bought the backup host (Debian 13) ready installed: sshd as the distribution ships it, which at least throttles
# guessing, and Duo for SSH as in the vendor's quick start, which lets everybody in when Duo can't be reached. For that
# day Globex keeps an account that works at the console only. The installer's Cockpit is open to all networks, and of
# his remote-access tool a unit is left. Ola came by all of sudo over two aliases. Tom's key file holds a key of
# Eve's, who works at North, as its comment says.
people north-kim north-ola globex-tom
console_account globex-rescue rescue
passwords north-kim north-ola globex-tom
home_keys north-kim north-ola globex-tom
echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIYepAl4abAJJPHPOTuvSFngoQOQ/PQKvxSy58pexZKA eve@north.example' >>/home/globex-tom/.ssh/authorized_keys
install -m 0440 /dev/stdin /etc/sudoers.d/storage <<'END'
User_Alias STORAGE = north-ola
User_Alias NIGHTSHIFT = STORAGE
Cmnd_Alias ANYTHING = ALL
Cmnd_Alias MAINTENANCE = ANYTHING
NIGHTSHIFT ALL=(root) MAINTENANCE
END
rm /etc/sudoers.d/north-ola
printf '[Service]\nExecStart=/usr/bin/anydesk --service\n[Install]\nWantedBy=multi-user.target\n' \
    >/etc/systemd/system/anydesk.service
install -d -m 0755 /etc/duo
install -m 0600 /dev/stdin /etc/duo/pam_duo.conf <<'END'
[duo]
ikey = DI0000000000LABLABLA
skey = not-a-real-key-not-a-real-key-not-a-real
host = api-7c41e02b.duosecurity.com
failmode = safe
pushinfo = yes
autopush = yes
END
sed -i 's|^@include common-auth|&\nauth required pam_duo.so conf=/etc/duo/pam_duo.conf|' /etc/pam.d/sshd
cat >/etc/ssh/sshd_config.d/10-duo.conf <<'END'
KbdInteractiveAuthentication yes
AuthenticationMethods publickey,keyboard-interactive:pam
Match User ansible
    AuthenticationMethods publickey
END
systemctl reload ssh
systemctl enable -q --now cockpit.socket
