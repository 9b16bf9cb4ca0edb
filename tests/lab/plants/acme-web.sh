# shellcheck shell=bash disable=SC2154
# Acme's web server, as North would like all of them: rebuilt in spring after the insurer's questionnaire. People log
# in with key, password and code; everything is enrolled by root. Acme keeps one account for the day MFA is down; it
# works at the console only.
people north-kim north-ola acme-ines
console_account acme-rescue rescue
passwords north-kim north-ola acme-ines
central_keys north-kim north-ola acme-ines
totp_secrets north-kim north-ola acme-ines
sshd_totp
lockout
login_code
sudo_code
password_policy
idle_timeout
house_rules socat
package_lists
saved_to 172.31.250.22 acme-web 0cc8cbd0e0b4
admitted administrators north-kim north-ola acme-ines ansible
north_only_from_home
north_in_hours
firewall 'tcp dport { 80, 443 } accept'
systemctl reload ssh
throttle

install -d -m 0710 /etc/ssl/private
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=www.acme.example \
    -keyout /etc/ssl/private/www.acme.example.key -out /etc/nginx/site.crt 2>/dev/null
cat >/etc/nginx/sites-enabled/default <<'END'
server {
    listen 80;
    return 301 https://www.acme.example$request_uri;
}
server {
    listen 443 ssl;
    ssl_certificate /etc/nginx/site.crt;
    ssl_certificate_key /etc/ssl/private/www.acme.example.key;
    root /var/www/html;
}
END
systemctl enable -q --now nginx

sends 172.31.250.23 acme-log.acme.example
