#!/bin/sh
# Runs the tests of the pages behind each front (or those in FRONTS), with pytest's arguments, and
# says at the end which passed.
set -u
cd "$(dirname "$0")/.."
# hundreds of programs are started, and each would compile everything again
unset PYTHONDONTWRITEBYTECODE
said=
code=0
for front in ${FRONTS:-tls nginx caddy traefik nginx-tls}; do
  if TEST_FRONT=$front .venv/bin/python -m pytest tests/browser "$@"; then
    said="$said $front: passed."
  else
    said="$said $front: FAILED."
    code=1
  fi
done
echo "Behind the fronts:$said"
exit "$code"
