# shellcheck shell=bash disable=SC2154
# Globex set its collector up (Debian 13) when the auditor asked for one. Whoever has a certificate of its authority may
# send, Tom has sudo because the disk was full once, and since then logrotate keeps a month. Nothing looks at what comes.
house_rules
log_admin globex-logs
people globex-tom
passwords globex-tom
key_of globex-tom "${public_key[$customer:globex-tom]}"
usermod --append --groups logs globex-tom
collects 'tls.authMode="certvalid"' globex-web=172.31.250.33 globex-db=172.31.250.34 globex-backup=172.31.250.35
cat >/etc/logrotate.d/collector <<'END'
/var/log/bulwark-collector/*/*.log {
    daily
    rotate 30
    missingok
}
END
