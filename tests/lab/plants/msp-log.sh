# shellcheck shell=bash disable=SC2154
# North's own collector (Debian 13), which its engineers can't enter: its security officer administers it. What its logs
# show is told by a SIEM that North rents.
house_rules
package_lists
log_admin msp-logs
password_policy
lockout
firewall 'ip saddr 172.31.250.0/28 tcp dport 2514 accept'
collects "$(named msp-{jump,awx}.north.example)" msp-jump=172.31.250.10 msp-awx=172.31.250.11
sealed 200
