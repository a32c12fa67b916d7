#!/usr/bin/env bash
# Make .venv-homeassistant: a Python that runs Home Assistant and its test kit, from PyPI.
#
#   scripts/homeassistant.sh       make it, unless it is there
#
# Home Assistant wants Python 3.14. Where there is one (PYTHON_HOMEASSISTANT, or python3.14 on the
# PATH), .venv-homeassistant is a plain virtual environment on it. Else, as root on Debian, it is
# a small system of a later Debian suite in a folder, made by debootstrap from the mirror that apt
# uses; .venv-homeassistant/bin/python is then a script that runs Python in there, with /tmp, this
# checkout and the network shared. Elsewhere it says what it needs, and fails.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
made=$root/.venv-homeassistant
suite=forky
version=3.14

[[ ! -e $made/.ready || $made/.ready -ot $root/scripts/homeassistant.txt ]] || exit 0

packages() { # python: install Home Assistant and what its parts want at run time
  "$@" -m pip install --quiet --disable-pip-version-check -r "$root/scripts/homeassistant.txt"
}

virtual_environment() { # interpreter
  "$1" -m venv "$made"
  packages "$made/bin/python"
}

mirror() {
  local found
  found=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
  [[ -n $found ]] || found=$(awk '$1 == "deb" {print $2; exit}' /etc/apt/sources.list)
  printf '%s\n' "$found"
}

later_debian() {
  export DEBIAN_FRONTEND=noninteractive
  command -v debootstrap >/dev/null || {
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
  }
  local system=$made/system scripts=/usr/share/debootstrap/scripts
  [[ -e $scripts/$suite ]] || ln -s sid "$scripts/$suite"
  # an older Debian has no key of a suite that came after it
  debootstrap --no-check-gpg --variant=minbase \
    --include="python$version,python$version-venv,ca-certificates,libturbojpeg0" \
    "$suite" "$system" "$(mirror)" >"$made/debootstrap.log" 2>&1 || {
    tail -5 "$made/debootstrap.log" >&2
    return 1
  }
  cp /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/"
  cp /etc/hosts /etc/resolv.conf "$system/etc/"
  [[ ! -e /etc/pip.conf ]] || cp /etc/pip.conf "$system/etc/"
  mkdir -p "$made/bin"
  sed -e "s|@SYSTEM@|$system|" -e "s|@ROOT@|$root|" >"$made/bin/python" <<'RUN'
#!/usr/bin/env bash
# Python in the system at @SYSTEM@: same paths, same network, nothing stays mounted.
exec unshare --mount --propagation private -- bash -c '
  set -e
  system=@SYSTEM@
  for shared in /tmp "@ROOT@"; do
    mkdir -p "$system$shared"
    mount --rbind "$shared" "$system$shared"
  done
  mount -t proc proc "$system/proc"
  mount --rbind /dev "$system/dev"
  here=$1
  shift
  exec chroot "$system" env PATH=/ha/bin:/usr/bin:/bin HOME=/root \
    bash -c "cd \"\$0\" && exec \"\$@\"" "$here" "$@"
' _ "$PWD" /ha/bin/python "$@"
RUN
  chmod +x "$made/bin/python"
  chroot "$system" env -u PIP_FIND_LINKS "python$version" -m venv /ha
  (cd "$root" && packages env -u PIP_FIND_LINKS "$made/bin/python")
}

rm -rf "$made"
mkdir -p "$made"
interpreter=${PYTHON_HOMEASSISTANT:-$(command -v "python$version" || true)}
if [[ -n $interpreter ]]; then
  virtual_environment "$interpreter"
elif [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  later_debian
else
  rmdir "$made"
  echo "Home Assistant needs Python $version: install it, or name one in PYTHON_HOMEASSISTANT." >&2
  echo "On Debian, as root, this makes one by itself." >&2
  exit 1
fi
touch "$made/.ready"
