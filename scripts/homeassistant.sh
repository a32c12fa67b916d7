#!/usr/bin/env bash
# Make .venv-homeassistant: a Python with Home Assistant and its test kit, from PyPI, by
# requirements-homeassistant.lock. Takes half a minute.
#
#   scripts/homeassistant.sh       make it, unless it exists
#
# Home Assistant needs Python 3.14. Where there is one (PYTHON_HOMEASSISTANT, or python3.14 on the
# PATH), .venv-homeassistant is a plain virtual environment. Otherwise, as root on Debian, it is
# Python from a later suite of Debian, unpacked in a folder from the mirror that apt uses;
# .venv-homeassistant/bin/python is then a script that runs it in there, with /tmp, this checkout
# and the network shared. Elsewhere it says what it needs, and fails.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
made=$root/.venv-homeassistant
lock=$root/requirements-homeassistant.lock
uv=$root/.venv/bin/uv
suite=forky
version=3.14

[[ ! -e $made/.ready || $made/.ready -ot $lock || $made/.ready -ot $0 ]] || exit 0

# uv reads none of pip's configuration, and of the system's certificates only when told to
index() {
  "$root/.venv/bin/pip" config get "$1" 2>/dev/null || true
}

packages() { # options of uv: install Home Assistant and what its parts want at run time
  local bundle=${SSL_CERT_FILE:-${PIP_CERT:-$(index global.cert)}}
  local mirror=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$(index global.index-url)}}
  env ${bundle:+SSL_CERT_FILE="$bundle"} ${mirror:+UV_DEFAULT_INDEX="$mirror"} \
    UV_HTTP_TIMEOUT=180 \
    "$uv" pip install --quiet --system-certs --require-hashes -r "$lock" "$@"
}

virtual_environment() { # interpreter
  "$1" -m venv --without-pip "$made"
  packages --python "$made/bin/python"
}

mirror() {
  local found
  found=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
  [[ -n $found ]] || found=$(awk '$1 == "deb" {print $2; exit}' /etc/apt/sources.list)
  printf '%s\n' "$found"
}

unpack_python() { # folder: into it goes what Python needs, and nothing of it is set up
  local system=$1 apt=$made/apt package
  mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
  : >"$apt/state/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $suite main" \
    >"$apt/sources.list"
  # apt with a state of its own, to which nothing is installed yet
  local options=(
    -qq -o "Dir::State=$apt/state" -o "Dir::State::status=$apt/state/status"
    -o "Dir::Cache=$apt/cache" -o "Dir::Etc::sourcelist=$apt/sources.list"
    -o Dir::Etc::sourceparts=/dev/null -o Acquire::Languages=none -o Acquire::Retries=3
    -o APT::Sandbox::User=root -o Debug::NoLocking=true
  )
  local alias
  for alias in bin sbin lib lib64; do
    ln -s "usr/$alias" "$system/$alias"
  done
  apt-get "${options[@]}" update
  apt-get "${options[@]}" install --yes --download-only --no-install-recommends \
    "python$version" coreutils libstdc++6 libturbojpeg0 >/dev/null
  for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$system"
  done
  rm -r "$apt"
  mkdir -p "$system/etc/ssl/certs"
  cp /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/" 2>/dev/null || true
  cp /etc/hosts /etc/resolv.conf /etc/passwd /etc/group "$system/etc/"
}

later_debian() {
  local system=$made/system
  mkdir -p "$made/bin" "$system"/{proc,dev}
  unpack_python "$system" &
  local unpacking=$!
  # meanwhile, since uv needs no interpreter to choose what fits one
  packages --python-version "$version.2" --python-platform "$(uname -m)-unknown-linux-gnu" \
    --target "$system/usr/local/lib/python$version/dist-packages"
  wait "$unpacking"
  sed -e "s|@MADE@|$made|" -e "s|@ROOT@|$root|" >"$made/bin/python" <<RUN
#!/usr/bin/env bash
# Python $version in the system at @MADE@/system: same paths, same network, nothing stays mounted.
exec unshare --mount --propagation private -- bash -c '
  set -e
  system="@MADE@/system"
  for shared in /tmp "@ROOT@"; do
    mkdir -p "\$system\$shared"
    mount --rbind "\$shared" "\$system\$shared"
  done
  mount -t proc proc "\$system/proc"
  mount --rbind /dev "\$system/dev"
  here=\$1
  shift
  exec chroot "\$system" env --chdir="\$here" PATH=/usr/bin HOME=/root "\$@"
' _ "\$PWD" /usr/bin/python$version "\$@"
RUN
  chmod +x "$made/bin/python"
}

is_debian() {
  grep -qs '^ID=debian$' /etc/os-release && command -v apt-get >/dev/null
}

rm -rf "$made"
mkdir -p "$made"
interpreter=${PYTHON_HOMEASSISTANT:-$(command -v "python$version" || true)}
if [[ -n $interpreter ]]; then
  virtual_environment "$interpreter"
elif [[ $(id -u) == 0 ]] && is_debian; then
  later_debian
else
  rmdir "$made"
  echo "Home Assistant needs Python $version: install it, or name one in PYTHON_HOMEASSISTANT." >&2
  echo "On Debian, as root, this script installs one." >&2
  exit 1
fi
touch "$made/.ready"
