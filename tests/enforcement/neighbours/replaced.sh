# shellcheck shell=bash
# As a role leaves a host that writes sshd's configuration whole, without an Include, lets one group in, and brings a
# PAM profile of its own for the lockout.
groupadd -f operators
usermod -aG operators ansible
usermod -aG operators olivia

cat >/etc/ssh/sshd_config <<'END'
Port 22
AddressFamily inet
ListenAddress 0.0.0.0
HostKey /etc/ssh/ssh_host_ed25519_key
HostKey /etc/ssh/ssh_host_ecdsa_key
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes256-ctr
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512
KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256@libssh.org
LogLevel VERBOSE
LoginGraceTime 30s
MaxAuthTries 2
MaxSessions 10
MaxStartups 10:30:60
StrictModes yes
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitEmptyPasswords no
PermitRootLogin no
UsePAM yes
AllowGroups operators
ClientAliveInterval 300
ClientAliveCountMax 3
AllowTcpForwarding no
AllowAgentForwarding no
X11Forwarding no
PermitTunnel no
PermitUserEnvironment no
GatewayPorts no
PrintMotd no
Subsystem sftp internal-sftp -l INFO -f LOCAL6
Match Group sftponly
    ForceCommand internal-sftp -l INFO -f LOCAL6
    ChrootDirectory /home/%u
END
rm -rf /etc/ssh/sshd_config.d
systemctl reload ssh

cat >/usr/share/pam-configs/guessing <<'END'
Name: lock after failed logins
Default: yes
Priority: 1024
Auth-Type: Primary
Auth:
	[default=die]	pam_faillock.so authfail
	sufficient	pam_faillock.so authsucc
Auth-Initial:
	required	pam_faillock.so preauth
Account-Type: Primary
Account:
	required	pam_faillock.so
END
printf 'deny = 5\nunlock_time = 600\n' >/etc/security/faillock.conf
DEBIAN_FRONTEND=noninteractive pam-auth-update --package --enable guessing
sed -i -e 's/^\(PASS_MAX_DAYS\).*/\1 60/' -e 's/^\(UMASK\).*/\1 027/' /etc/login.defs
printf 'umask 027\nTMOUT=600\nexport TMOUT\n' >/etc/profile.d/90-house.sh
