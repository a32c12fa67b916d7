#!/bin/sh
# Everything with the mosquitto tools only.
#
#   examples/everything.sh players                 the players and their states
#   examples/everything.sh play ID                 also pause, toggle, stop, status, next, previous
#   examples/everything.sh volume ID 40            also seek, rate, load, message, rename, sleep …
#   examples/everything.sh watch ID                each change, as it happens
#   examples/everything.sh server ip               also id, library: what the server offers
#   examples/everything.sh service NAME PROCEDURE [JSON]
#
# HOST, PORT, NAME and PASSWORD name the broker; without PASSWORD, `zapette credentials` provides it.
set -eu

HOST=${HOST:-127.0.0.1} PORT=${PORT:-1883} NAME=${NAME:-home}
PASSWORD=${PASSWORD:-$(zapette credentials show "$NAME" | cut -d ' ' -f 2)}
BASE=${BASE:-zapette}

sub() { mosquitto_sub -h "$HOST" -p "$PORT" -u "$NAME" -P "$PASSWORD" "$@"; }

# call CALLEE PROCEDURE PAYLOAD, with MQTT 5's response topic and correlation data
call() {
  mosquitto_rr -h "$HOST" -p "$PORT" -u "$NAME" -P "$PASSWORD" -V 5 -W 5 \
    -t "$BASE/$1/command/$2" -e "$BASE/$1/response/sh-$$/1" -m "$3"
}

case ${1:-} in
players) sub -t "$BASE/players/+/state" -v --retained-only -W 1 || [ $? = 27 ] ;;
watch) sub -t "$BASE/players/$2/state" -t "$BASE/players/$2/availability" -t "$BASE/players/$2/event/#" ;;
server) call server "$2" "${3:-}" ;;
service) call "services/$2" "$3" "${4:-}" ;;
"" | -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0" ;;
*) call "players/$2" "$1" "${3:-}" ;;
esac
