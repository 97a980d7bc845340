#!/usr/bin/env bash
# Installs what the build, the tests and the demo need, from apt. Asks nothing when all of it is there already.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config ccache mold git python3
  libboost1.81-dev libcurl4-openssl-dev libssl-dev libsqlite3-dev libzip-dev libyaml-dev libre2-dev libfmt-dev
  libspdlog-dev libcli11-dev nlohmann-json3-dev
  libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev
  clang-19 libclang-rt-19-dev clang-format-19 clang-tidy-19 shellcheck codespell
  bubblewrap slirp4netns libseccomp-dev podman runc iptables netavark busybox-static docker-registry
  haproxy wrk jq socat sqlite3 tar gzip bsdextrautils tzdata
)

missing=()
for package in "${packages[@]}"; do
  if [[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" != "ii "* ]]; then
    missing+=("$package")
  fi
done
if ((${#missing[@]} == 0)); then exit 0; fi

as_root=()
if ((EUID != 0)); then as_root=(sudo); fi
echo "Installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update -q && "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -20 "$log" >&2
  echo "The packages above could not be installed." >&2
  exit 1
fi
# The distribution starts its own proxy as a service; ours are started by tuesday alone.
if command -v systemctl >/dev/null && systemctl is-active --quiet haproxy 2>/dev/null; then
  "${as_root[@]}" systemctl disable --now haproxy >/dev/null 2>&1 || true
fi
