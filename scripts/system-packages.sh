#!/bin/sh
# Install what the tests need from the system: browsers, servers, tools. As root it uses apt-get;
# otherwise it says what to install, and fails.
set -eu
missing=""
need() { # command, Debian package
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"
}
need chromium chromium
need mosquitto mosquitto
need mosquitto_rr mosquitto-clients
need ffmpeg ffmpeg
need ip iproute2
need nft nftables
need openssl openssl
need setpriv util-linux
need docker-compose docker-compose
need nginx nginx-light
need caddy caddy
need certutil libnss3-tools
need systemd-analyze systemd
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || need postgres postgresql
need firefox-esr firefox-esr
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  exit 0
fi
echo "The tests need packages that are not installed. Type:" >&2
echo "  sudo apt-get install$missing" >&2
exit 1
