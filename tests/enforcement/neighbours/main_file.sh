# shellcheck shell=bash
# As a role leaves a host that follows a benchmark line by line: in the main file, where each line was or at its end, and
# between the lines of PAM's common files. Who may log in is listed by name.
while read -r name value; do
    sed -i "/^#\?$name\b/d" /etc/ssh/sshd_config
    echo "$name $value" >>/etc/ssh/sshd_config
done <<'END'
AllowUsers ansible olivia
Banner /etc/issue.net
Ciphers -3des-cbc,aes128-cbc,aes192-cbc,aes256-cbc
ClientAliveCountMax 3
ClientAliveInterval 15
DisableForwarding yes
GSSAPIAuthentication no
HostbasedAuthentication no
IgnoreRhosts yes
KexAlgorithms -diffie-hellman-group1-sha1,diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1
LogLevel VERBOSE
LoginGraceTime 60
MACs -hmac-md5,hmac-md5-96,hmac-sha1,hmac-sha1-96,umac-64@openssh.com,umac-64-etm@openssh.com
MaxAuthTries 4
MaxSessions 10
MaxStartups 10:30:60
PermitEmptyPasswords no
PermitRootLogin no
PermitUserEnvironment no
UsePAM yes
END
chmod 0600 /etc/ssh/sshd_config
systemctl reload ssh

sed -i -e '/pam_unix.so/i auth required pam_faillock.so preauth silent' \
    -e '/pam_unix.so/a auth [default=die] pam_faillock.so authfail' \
    -e 's/\[success=1 default=ignore\]\(\s*pam_unix.so\)/[success=2 default=ignore]\1/' /etc/pam.d/common-auth
sed -i '0,/^account/s//account required pam_faillock.so\n&/' /etc/pam.d/common-account
printf 'deny = 3\nunlock_time = 900\n' >>/etc/security/faillock.conf
sed -i '/pam_unix.so/i password requisite pam_pwquality.so retry=3' /etc/pam.d/common-password
sed -i 's/\(pam_unix.so\) obscure/\1 obscure use_authtok remember=24/' /etc/pam.d/common-password
sed -i -e '/^#\? *minlen/d' -e '/^#\? *minclass/d' /etc/security/pwquality.conf
printf 'minlen = 14\nminclass = 4\n' >>/etc/security/pwquality.conf
printf 'TMOUT=900\nreadonly TMOUT\nexport TMOUT\n' >/etc/profile.d/cis_timeout.sh
sed -i -e 's/^\(PASS_MAX_DAYS\).*/\1 365/' -e 's/^\(PASS_MIN_DAYS\).*/\1 1/' /etc/login.defs
useradd -D -f 30 >/dev/null
printf 'Defaults use_pty\nDefaults logfile="/var/log/sudo.log"\n' >/etc/sudoers.d/cis
chmod 0440 /etc/sudoers.d/cis
