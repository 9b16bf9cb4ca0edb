# shellcheck shell=bash
# As a role leaves a host that adds drop-ins and rewrites PAM's common files by hand; whoever may log in is in sudo.
# An administrator is there whom nobody registered.
usermod -aG sudo ansible
useradd --create-home --shell /bin/bash --groups sudo piotr
install -d -o piotr -g piotr -m 0700 /home/piotr/.ssh
install -o piotr -g piotr -m 0600 /home/olivia/.ssh/authorized_keys /home/piotr/.ssh/authorized_keys

cat >/etc/ssh/sshd_config.d/01-house.conf <<'END'
AllowGroups sudo
AllowTcpForwarding no
AllowAgentForwarding no
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes256-ctr
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com
ClientAliveCountMax 1
ClientAliveInterval 200
HostbasedAuthentication no
IgnoreRhosts yes
KbdInteractiveAuthentication no
LogLevel VERBOSE
LoginGraceTime 20
MaxAuthTries 3
MaxSessions 3
MaxStartups 10:30:60
PasswordAuthentication no
PermitEmptyPasswords no
PermitRootLogin no
PermitUserEnvironment no
RekeyLimit 512M 1h
RequiredRSASize 3072
X11Forwarding no
END
chmod 0600 /etc/ssh/sshd_config.d/01-house.conf
systemctl reload ssh

cat >/etc/pam.d/common-auth <<'END'
auth required pam_faillock.so preauth audit silent deny=5 unlock_time=900
auth [success=1 default=ignore] pam_unix.so
auth [default=die] pam_faillock.so authfail audit deny=5 unlock_time=900
auth sufficient pam_faillock.so authsucc audit deny=5 unlock_time=900
auth requisite pam_deny.so
auth required pam_permit.so
END
cat >/etc/pam.d/common-password <<'END'
password requisite pam_pwquality.so retry=3
password required pam_pwhistory.so use_authtok remember=5 enforce_for_root
password [success=1 default=ignore] pam_unix.so obscure use_authtok try_first_pass yescrypt
password requisite pam_deny.so
password required pam_permit.so
END
sed -i '1i account required pam_faillock.so' /etc/pam.d/common-account
printf 'deny = 5\nfail_interval = 900\nunlock_time = 900\neven_deny_root\naudit\n' >/etc/security/faillock.conf
printf 'minlen = 15\ndcredit = -1\nucredit = -1\nocredit = -1\nlcredit = -1\n' >/etc/security/pwquality.conf
sed -i '/pam_wheel.so$/s/^# *\(auth *required\)/\1/' /etc/pam.d/su
printf 'readonly TMOUT=600\nexport TMOUT\n' >/etc/profile.d/tmout.sh
printf 'Defaults use_pty\nDefaults timestamp_timeout=5\n' >/etc/sudoers.d/010_house
chmod 0440 /etc/sudoers.d/010_house
