# shellcheck shell=bash
# The provider's standard build as functions. Each plant runs after this file, on its host, as root, on a clean image:
# a good host calls nearly all of it, a bad one calls what somebody once got round to.

# Set by whoever runs the plants: the customer, and the public key of what automates there: North's, or that of a
# collector's own administrator.
readonly customer automation_key

readonly controller=172.31.250.1 management=172.31.250.0/28
readonly totp='pam_oath.so usersfile=/etc/users.oath window=3 digits=6'

# One key for each person and customer; Ola alone couldn't be bothered and uses the same for Acme and Globex.
# Public keys only: their private halves were thrown away, and the sk ones never had a device.
declare -Ar public_key=(
    [msp:north-kim]='sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIJSB6Ht2+DUWjaP7DTFDuyIhxpBaOJmSrevylbL2h4WgAAAABHNzaDo= kim@north.example'
    [msp:north-ola]='sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIOeoWpBoUWr+rcmGHc5uviOMMWQXjyA1bzjuBoEg8YPTAAAABHNzaDo= ola@north.example'
    [acme:north-kim]='sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIMqM4KhSg366Lc7fs8df4rusTbhdJzN94IjIy5P3kvtcAAAABHNzaDo= kim@north.example'
    [globex:north-kim]='sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIHFrQyHItnBeQu2PcKaTSuQkctEfM3vHZ4iUN2nBHn22AAAABHNzaDo= kim@north.example'
    [acme:north-ola]='sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIIukt0H3Frv5WbR6/ZwUukuNcqQRojK/vsPdeH50ITqpAAAABHNzaDo= ola@north.example'
    [globex:north-ola]='sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIIukt0H3Frv5WbR6/ZwUukuNcqQRojK/vsPdeH50ITqpAAAABHNzaDo= ola@north.example'
    [acme:acme-ines]='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINmJHa46MZyGSN0wyryVSiXougHPgJoDU/5eu1VhDYDn ines@acme.example'
    [globex:globex-tom]='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAl9PCgs23L1/7taApL1UHyLRlXdQniY+L4gSfpx9t5y tom@globex.example'
)

people() { # NAME...: accounts of administrators, without a password
    local name
    for name in "$@"; do
        case $name in
        north-*) engineer "$name" ;;
        *) useradd --create-home --key HOME_MODE=0750 --shell /bin/bash --groups sudo "$name" ;;
        esac
    done
}

engineer() { # NAME: one of North's, with everything that the contract allows, a month at a time, and recorded
    useradd --create-home --key HOME_MODE=0750 --shell /bin/bash --comment "North, administration" "$1"
    install -m 0440 /dev/stdin "/etc/sudoers.d/$1" <<END
Defaults:$1 log_input, log_output
$1 ALL=(ALL:ALL) NOTAFTER=$(in_a_month) ALL
END
}

in_a_month() { date --utc --date '+30 days' +%Y%m%d%H%M%SZ; }

house_rules() { # [PACKAGE...]: what nobody asked for goes, homes are their owners', and su is for administrators
    DEBIAN_FRONTEND=noninteractive dpkg --purge inetutils-telnetd tftpd-hpa "$@" >/dev/null
    mkdir -p /etc/modprobe.d
    printf 'install %s /bin/false\n' dccp sctp rds tipc >/etc/modprobe.d/unused.conf
    chmod 0750 /home/ansible
    sed -i '/pam_rootok.so/a auth required pam_wheel.so use_uid group=sudo' /etc/pam.d/su
}

package_lists() { # what apt fetched today, with nothing in it that waits
    local codename site suite label
    codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    for suite in "$codename" "$codename-updates" "$codename-security"; do
        site=deb.debian.org_debian label=Debian
        [[ $suite != *-security ]] || site=security.debian.org_debian-security label=Debian-Security
        printf '%s: %s\n' Origin Debian Label "$label" Suite "$suite" Codename "$suite" \
            Date "$(date --utc --rfc-email)" >"/var/lib/apt/lists/${site}_dists_${suite}_InRelease"
        : >"/var/lib/apt/lists/${site}_dists_${suite}_main_binary-$(dpkg --print-architecture)_Packages"
    done
}

backup_server() { # NAME PASSWORD: restic's REST server, which one host may add to and nobody may delete at
    local users=/etc/restic-rest-server/users.htpasswd
    install -d -m 0700 -o restic-rest-server -g restic-rest-server /var/lib/restic-rest-server
    install -d -m 0750 -g restic-rest-server "${users%/*}"
    printf '%s:{SHA}%s\n' "$1" "$(printf %s "$2" | openssl dgst -binary -sha1 | base64)" |
        install -m 0640 -g restic-rest-server /dev/stdin "$users"
    install -d /etc/systemd/system/restic-rest-server.service.d
    cat >/etc/systemd/system/restic-rest-server.service.d/lab.conf <<END
[Service]
ExecCondition=
ExecStart=
ExecStart=/usr/bin/restic-rest-server --path /var/lib/restic-rest-server --append-only --private-repos --htpasswd-file $users --listen :8000
END
    systemctl daemon-reload
    systemctl enable -q --now restic-rest-server
}

saved_to() { # ADDRESS NAME PASSWORD: each night, with what a restore needs; two nights have passed
    local folder=/etc/backup
    install -d -m 0700 "$folder"
    head -c 24 /dev/urandom | base64 | install -m 0600 /dev/stdin "$folder/key"
    echo "RESTIC_REPOSITORY=rest:http://$2:$3@$1:8000/$2/" | install -m 0600 /dev/stdin "$folder/environment"
    printf '[Service]\nExecStart=/usr/bin/logger -p daemon.crit "%%i failed"\n' >/etc/systemd/system/tell@.service
    cat >/etc/systemd/system/bulwark-backup-files.service <<END
[Unit]
OnFailure=tell@%N.service
[Service]
Type=oneshot
EnvironmentFile=$folder/environment
Environment=RESTIC_PASSWORD_FILE=$folder/key RESTIC_CACHE_DIR=/var/cache/restic
ExecStart=/usr/bin/restic backup --quiet --exclude $folder /etc /var/lib/dpkg/status /var/spool/cron
END
    printf '[Timer]\nOnCalendar=*-*-* 02:00\nPersistent=true\n[Install]\nWantedBy=timers.target\n' \
        >/etc/systemd/system/bulwark-backup-files.timer
    systemctl daemon-reload
    systemctl enable -q --now bulwark-backup-files.timer
    (
        export RESTIC_REPOSITORY=rest:http://$2:$3@$1:8000/$2/ RESTIC_PASSWORD_FILE=$folder/key
        for _try in {1..60}; do
            if restic init --quiet 2>/dev/null; then break; fi
            sleep 0.3
        done
        restic backup --quiet --exclude "$folder" --time "$(date --date '-1 day' '+%F %T')" \
            /etc /var/lib/dpkg/status /var/spool/cron
    )
    systemctl start bulwark-backup-files.service
}

log_admin() { # NAME: the one account from which a collector is administered; North has none
    userdel --remove --force ansible 2>/dev/null
    rm -f /etc/sudoers.d/ansible
    useradd --create-home --key HOME_MODE=0750 --shell /bin/bash --comment 'administration of logs' "$1"
    echo "$1 ALL=(ALL) NOPASSWD: ALL" | install -m 0440 /dev/stdin "/etc/sudoers.d/$1"
    install -d -m 0755 /etc/ssh/authorized_keys.d
    echo "from=\"$controller\",restrict $automation_key" >"/etc/ssh/authorized_keys.d/$1"
    admitted logs "$1"
    sshd_common
    echo 'KbdInteractiveAuthentication no' >/etc/ssh/sshd_config.d/20-factors.conf
    systemctl reload ssh
}

collects() { # RELP-OPTIONS NAME=ADDRESS...: logs of these hosts, each into a folder of its own
    local one table='' store=/var/log/bulwark-collector settings=/etc/bulwark/collector files=/etc/bulwark/logs
    install -d -m 0700 "$store" "$settings"
    for one in "${@:2}"; do
        table+="${table:+,}{\"index\":\"${one#*=}\",\"value\":\"${one%%=*}\"}"
    done
    echo "{\"version\":1,\"nomatch\":\"\",\"type\":\"string\",\"table\":[$table]}" >"$settings/senders.json"
    cat >/etc/rsyslog.d/00-bulwark-collector.conf <<END
lookup_table(name="senders" file="$settings/senders.json")
template(name="day" type="string" string="$store/%\$.sender%/%timegenerated:1:10:date-rfc3339,date-utc%.log")
template(name="line" type="string" string="%timegenerated:::date-rfc3339,date-utc% %timereported:::date-rfc3339% \
%hostname% %syslogfacility-text%.%syslogseverity-text% %syslogtag%%msg:::sp-if-no-1st-sp%%msg:::drop-last-lf%\n")
ruleset(name="store" queue.type="Direct") {
    set \$.sender = lookup("senders", \$fromhost-ip);
    if (\$.sender == "") then { set \$.sender = \$fromhost-ip; }
    action(type="omfile" dynaFile="day" template="line" fileCreateMode="0600" dirCreateMode="0700")
}
module(load="imrelp")
input(type="imrelp" port="2514" ruleset="store" keepAlive="on" tls="on" tls.caCert="$files/ca.pem"
    tls.myCert="$files/cert.pem" tls.myPrivKey="$files/key.pem" $1)
END
    systemctl enable -q --now rsyslog
}

named() { # PEER...: RELP takes these certificates and no others
    local peers
    printf -v peers '"%s", ' "$@"
    echo "tls.authMode=\"name\" tls.permittedPeer=[${peers%, }]"
}

regularly() { # PROGRAM SETTINGS: every five minutes
    printf '[Service]\nType=oneshot\nExecStart=/usr/local/sbin/%s /etc/bulwark/collector/%s.json\nStateDirectory=%s\n' \
        "$1" "$2" "$1" >"/etc/systemd/system/$1.service"
    printf '[Timer]\nOnCalendar=*:0/5\n[Install]\nWantedBy=timers.target\n' >"/etc/systemd/system/$1.timer"
    systemctl daemon-reload
    systemctl enable -q --now "$1.timer"
    systemctl start "$1.service"
}

sealed() { # DAYS: what came can't be changed, and is kept for so many days
    echo "{\"store\": \"/var/log/bulwark-collector\", \"keep_days\": $1, \"free_percent\": 10}" >/etc/bulwark/collector/seal.json
    regularly bulwark-log-seal seal
}

sends() { # ADDRESS PEER: everything, under TLS, to the collector that proves to be this one, and none of it is lost
    local files=/etc/bulwark/logs
    cat >/etc/rsyslog.d/50-collector.conf <<END
module(load="omrelp")
action(type="omrelp" name="collector" target="$1" port="2514" template="RSYSLOG_SyslogProtocol23Format"
    tls="on" tls.caCert="$files/ca.pem" tls.myCert="$files/cert.pem" tls.myPrivKey="$files/key.pem"
    tls.authMode="name" tls.permittedPeer=["$2"] action.resumeRetryCount="-1" action.resumeInterval="5"
    queue.type="LinkedList" queue.filename="collector" queue.maxDiskSpace="200m" queue.saveOnShutdown="on")
END
    systemctl enable -q --now rsyslog
}

admitted() { # GROUP NAME...: sshd lets in nobody else
    local name
    groupadd "$1"
    for name in "${@:2}"; do
        usermod --append --groups "$1" "$name"
    done
    echo "AllowGroups $1" >/etc/ssh/sshd_config.d/05-admitted.conf
}

north_only_from_home() { # accounts of North's come from its own network alone
    cat >/etc/security/access-north.conf <<END
+:ansible:$controller
+:north-kim north-ola:$management
-:ansible north-kim north-ola:ALL
+:ALL:ALL
END
    sed -i '/^@include common-account/i account required pam_access.so accessfile=/etc/security/access-north.conf' \
        /etc/pam.d/sshd
}

north_in_hours() { # and North's people within the hours of the contract
    echo 'sshd;*;north-kim|north-ola;Wk0700-1900' >>/etc/security/time.conf
    sed -i '/^@include common-account/i account required pam_time.so' /etc/pam.d/sshd
}

passwords() { # NAME...: give accounts a password of their own
    local name
    for name in "$@"; do
        echo "$name:$(head -c 18 /dev/urandom | base64)"
    done | chpasswd
}

console_account() { # NAME GROUP: for the day MFA is down; the console's password has to do, for sudo too
    groupadd "$2"
    useradd --create-home --key HOME_MODE=0750 --shell /bin/bash --groups "$2" "$1"
    passwords "$1"
    install -m 0440 /dev/stdin "/etc/sudoers.d/$2" <<<"%$2 ALL=(ALL) NOPASSWD: ALL"
    echo "DenyGroups $2" >/etc/ssh/sshd_config.d/30-console-only.conf
}

central_keys() { # NAME...: keys in files that only root can write; the automation's key only from the controller
    local name
    install -d -m 0755 /etc/ssh/authorized_keys.d
    for name in "$@"; do
        echo "${public_key[$customer:$name]}" >"/etc/ssh/authorized_keys.d/$name"
    done
    echo "from=\"$controller\",restrict $automation_key" >/etc/ssh/authorized_keys.d/ansible
    rm -r /home/ansible/.ssh
}

home_keys() { # NAME...: keys where their owners can change them
    local name
    for name in "$@"; do
        install -d -m 0700 -o "$name" -g "$name" "/home/$name/.ssh"
        install -m 0600 -o "$name" -g "$name" /dev/stdin "/home/$name/.ssh/authorized_keys" <<<"${public_key[$customer:$name]}"
    done
}

sshd_common() { # what is the same on every host of the standard build
    cat >/etc/ssh/sshd_config.d/10-standard.conf <<'END'
AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u
PasswordAuthentication no
PermitRootLogin no
MaxAuthTries 4
LoginGraceTime 30
MaxStartups 10:30:60
LogLevel VERBOSE
AllowTcpForwarding no
AllowAgentForwarding no
AllowStreamLocalForwarding no
X11Forwarding no
PermitTunnel no
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com
KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org
END
}

sshd_totp() { # people log in with key, password and code, the automation with its key
    sshd_common
    cat >/etc/ssh/sshd_config.d/20-factors.conf <<'END'
KbdInteractiveAuthentication yes
AuthenticationMethods publickey,keyboard-interactive:pam
Match User ansible
    AuthenticationMethods publickey
END
}

sshd_security_keys() { # people log in with a security key that asks for a PIN, the automation with its key
    sshd_common
    cat >/etc/ssh/sshd_config.d/20-factors.conf <<'END'
KbdInteractiveAuthentication no
AuthenticationMethods publickey
PubkeyAuthOptions verify-required
PubkeyAcceptedAlgorithms sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com
Match User ansible
    PubkeyAuthOptions none
    PubkeyAcceptedAlgorithms ssh-ed25519
END
}

totp_secrets() { # NAME...: one-time codes, enrolled by root for everybody
    local name
    for name in "$@"; do
        echo "HOTP/T30/6 $name - $(head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \n')"
    done | install -m 0600 /dev/stdin /etc/users.oath
}

key_of() { # NAME PUBLIC: the key of somebody who is not among those above
    echo "$2" >"/etc/ssh/authorized_keys.d/$1"
}

sshd_says() { # LINE...: what one sshd would write to the journal, which believes a program of that name
    install -d -m 0700 /run/lab
    install -m 0700 /usr/bin/logger /run/lab/sshd
    printf '%s\n' "$@" | /run/lab/sshd --tag sshd --priority auth.info
}

last_seen() { # NAME DAYS: an account that is a year old and was used so many days ago; the host ran all the time
    chage --lastday "$(date --date '-360 days' +%F)" "$1"
    python3 - "$@" <<'END'
import pwd, struct, sys, time

now, day = int(time.time()), 86400
with open("/var/log/lastlog", "r+b") as lastlog:
    for name, days in ("root", 200), (sys.argv[1], int(sys.argv[2])):
        lastlog.seek(292 * pwd.getpwnam(name).pw_uid)
        lastlog.write(struct.pack("<i32s256s", now - days * day, b"pts/0", b""))
with open("/var/log/wtmp", "rb") as wtmp:
    since_boot = wtmp.read()
with open("/var/log/wtmp", "wb") as wtmp:
    for kind, user, ago in (2, b"reboot", 70 * day), (1, b"shutdown", 3600):
        wtmp.write(struct.pack("<hxxi32s4s32s256s4xiii36x", kind, 0, b"~", b"~~", user, b"6.1.0", 0, now - ago, 0))
    wtmp.write(since_boot)
END
}

lockout() { # failures are counted wherever a password is asked for, and lock the account for a while
    printf 'deny = 5\nfail_interval = 900\nunlock_time = 900\n' >/etc/security/faillock.conf
    sed -i '/pam_unix.so/c\
auth    required                        pam_faillock.so preauth\
auth    [success=2 default=ignore]      pam_unix.so\
auth    [default=die]                   pam_faillock.so authfail' /etc/pam.d/common-auth
    echo 'account required                        pam_faillock.so' >>/etc/pam.d/common-account
}

login_code() { # sshd asks for the one-time code after the password
    sed -i "/^@include common-auth/a auth    required                        $totp" /etc/pam.d/sshd
}

sudo_code() { # sudo asks for the code in place of the password
    sed -i "s|^@include common-auth|auth    required                        $totp|" /etc/pam.d/sudo /etc/pam.d/sudo-i
}

password_policy() {
    printf 'minlen = 15\ndictcheck = 1\n' >/etc/security/pwquality.conf
    sed -i '/pam_unix.so/c\
password    requisite                   pam_pwquality.so retry=3\
password    requisite                   pam_pwhistory.so remember=24 use_authtok enforce_for_root\
password    [success=1 default=ignore]  pam_unix.so use_authtok try_first_pass yescrypt' /etc/pam.d/common-password
}

idle_timeout() {
    printf 'TMOUT=900\nreadonly TMOUT\nexport TMOUT\n' >/etc/profile.d/90-idle.sh
}

throttle() {
    cat >/etc/fail2ban/jail.d/sshd.local <<END
[DEFAULT]
backend = systemd
banaction = nftables
ignoreip = 127.0.0.1/8 ::1 $controller

[sshd]
enabled = true
maxretry = 5
findtime = 600
bantime = 3600
END
    systemctl enable -q --now fail2ban
}

firewall() { # RULE...: nothing comes in but SSH from the management network and what the rules add
    {
        cat <<END
#!/usr/sbin/nft -f
flush ruleset
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related accept
        icmp type echo-request accept
        meta l4proto ipv6-icmp accept
        ip saddr $management tcp dport 22 accept
END
        printf '        %s\n' "$@"
        cat <<'END'
    }
    chain forward {
        type filter hook forward priority filter; policy drop;
    }
}
END
    } >/etc/nftables.conf
    systemctl enable -q --now nftables
}

unit() { # NAME COMMAND: a service of the house
    cat >"/etc/systemd/system/$1.service" <<END
[Service]
ExecStart=$2
User=nobody
[Install]
WantedBy=multi-user.target
END
    systemctl enable -q --now "$1"
}
