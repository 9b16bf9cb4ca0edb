# shellcheck shell=bash disable=SC2154
# Globex's web server came with the contract and was never rebuilt. The agency that made the shop logs in as root with
# a password and fetches files by anonymous FTP; its deploy account keeps a key from 2009 beside the one in use. Old
# terminals in the warehouse speak telnet. Redis was opened "for a test". An intruder has already pointed Duo's name at
# the host itself. Tom changed his password this morning, and somebody keeps trying the old one. The agency
# deploys containers, so its account may use docker.
people globex-tom
passwords globex-tom root
home_keys globex-tom
groupadd docker
useradd --create-home --shell /bin/bash --groups docker --comment "Harbourside, deployment" deploy
passwords deploy
install -d -m 0700 -o deploy -g deploy /home/deploy/.ssh
install -m 0600 -o deploy -g deploy /dev/stdin /home/deploy/.ssh/authorized_keys <<'END'
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC5BhCBptG2ECe55TfM3DvfbnqxxaM5+ZJTEXqB8uB+Lsy0dx5b4geSdWdnOB7/RBHTBdJIT3FYLKueHU55TpqLa1y/kypXtfVWTKtjlU7BMlKEhSidDQElZtEyObvRUSsScL/lf8jdhi5fauKAKdOh3AeWx8G3p/KT7tDqJp9ONw== old-deploy@globex-web
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKw9H3ZAq4MY+QdQeq8PqVN9M5wIydgSOuukzjgiitmI deploy@globex-web
END
cat >/etc/ssh/sshd_config.d/00-agency.conf <<'END'
PermitRootLogin yes
PasswordAuthentication yes
Ciphers +aes128-cbc,3des-cbc
KexAlgorithms +diffie-hellman-group14-sha1
HostKeyAlgorithms +ssh-rsa
END
systemctl reload ssh

echo '127.0.0.1 api-7c41e02b.duosecurity.com' >>/etc/hosts

sed -i -e 's/^anonymous_enable=.*/anonymous_enable=YES/' /etc/vsftpd.conf
echo 'telnet stream tcp nowait root /usr/sbin/tcpd /usr/sbin/telnetd' >>/etc/inetd.conf
sed -i -e 's/^bind .*/bind 0.0.0.0/' -e 's/^protected-mode .*/protected-mode no/' /etc/redis/redis.conf
systemctl enable -q --now vsftpd inetd redis-server nginx
# A colleague's share of the photo folder, forgotten.
unit photo-share '/usr/bin/python3 -m http.server 8000 --directory /srv'

passwords globex-tom
for port in 41001 41002; do
    sshd_says "Failed password for globex-tom from 198.51.100.200 port $port ssh2"
done

# Logs go to the collector as the old one took them.
echo '*.* @@172.31.250.36:514' >/etc/rsyslog.d/50-collector.conf
systemctl enable -q --now rsyslog
