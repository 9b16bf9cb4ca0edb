# shellcheck shell=bash disable=SC2154
# Acme collects its own logs (Debian 13), on a host where North has no account: one administrator, three senders that it
# knows by their certificates, files that only grow, and rules that tell Acme's SOC.
house_rules
package_lists
log_admin acme-logs
password_policy
lockout
firewall 'ip saddr 172.31.250.16/28 tcp dport 2514 accept'
collects "$(named acme-{web,db,backup}.acme.example)" \
    acme-web=172.31.250.20 acme-db=172.31.250.21 acme-backup=172.31.250.22
sealed 200
python3 - >/etc/bulwark/collector/alerts.json <<'END'
import datetime, json

agreed = {"from": "2024-07-01", "until": str(datetime.date.today() + datetime.timedelta(365))}
hours = [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "07:00", "end": "19:00"}]
person = {**agreed, "sources": ["172.31.250.0/28"], "windows": hours}
automation = {**agreed, "sources": ["172.31.250.1/32"], "windows": [{"start": "00:00", "end": "00:00"}]}
groups = "sudo wheel admin root docker lxd incus incus-admin libvirt disk shadow kvm".split()
rules = {
    "msp_logon": {"accounts": {"north-kim": person, "north-ola": person, "ansible": automation}},
    "new_admin": {"groups": groups},
    "mfa_failures": {"count": 5, "minutes": 10},
    "silent_source": {"hours": 24, "senders": ["acme-web", "acme-db", "acme-backup"]},
    "audit_stopped": {},
}
print(json.dumps({
    "store": "/var/log/bulwark-collector", "routes": {"soc": {"kind": "syslog", "facility": "local5"}},
    "rules": {name: {**rule, "routes": ["soc"]} for name, rule in rules.items()},
}))
END
regularly bulwark-log-alert alerts
