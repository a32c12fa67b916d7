#!/bin/sh
# Runs the tests in Python, with pytest's arguments, and at the same time those of the pages, which
# say something only if they fail: pytest's closing line is the last one.
set -u
cd "$(dirname "$0")/.."
# hundreds of programs are started, and would compile all anew
unset PYTHONDONTWRITEBYTECODE
said=$(mktemp)
scripts/npm.sh --prefix static test >"$said" 2>&1 &
pages=$!
trap 'kill "$pages" 2>/dev/null; rm -f "$said"' EXIT
trap 'exit 130' INT TERM
.venv/bin/python -m pytest "$@"
code=$?
if ! wait "$pages"; then
  cat "$said" >&2
  echo "The tests of the pages failed, as said above." >&2
  [ "$code" -ne 0 ] || code=1
fi
exit "$code"
