#!/bin/bash
# Installs what building and testing onggi needs, from Debian 12; with --bench also what `make bench`
# measures with and against. Does nothing, and is quick, when everything is there.
set -euo pipefail

packages=(
  # compiler and build
  clang-19 clang-tidy-19 clang-format-19 lld-19 llvm-19 libclang-rt-19-dev
  ccache cmake ninja-build git ca-certificates
  # libraries
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libsqlite3-dev libpq-dev libssl-dev zlib1g-dev libzstd-dev libxxhash-dev libicu-dev
  libfmt-dev libspdlog-dev libcli11-dev libtomlplusplus-dev
  libhowardhinnant-date-dev tzdata
  # tests
  libgtest-dev libgmock-dev librapidcheck-dev
  python3 python3-pytest python3-pytest-xdist python3-psycopg2 sqlite3 curl openssl
  postgresql-15 postgresql-client-15 pgbouncer nginx-light faketime
)

if [ "${1:-}" = --bench ]; then
  packages+=(wrk util-linux python3-fastapi python3-sqlalchemy uvicorn python3-uvloop python3-httptools)
fi

# Node brings the API's page (web/docs). One that is already there, from wherever, is good enough.
command -v node >/dev/null || packages+=(nodejs)
command -v npm >/dev/null || packages+=(npm)

if ! command -v dpkg-query >/dev/null; then
  echo "Not a Debian system: please provide what these packages hold: ${packages[*]}" >&2
  exit 0
fi

installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' 2>/dev/null)
missing=()
for package in "${packages[@]}"; do
  grep -qx "installed $package" <<<"$installed" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Please install as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi

# Tests and benchmark run PostgreSQL and nginx themselves, with files of their own: the packages must not
# start services.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
  "${root[@]}" chmod +x "$policy"
fi

echo "Installing: ${missing[*]}"
apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends "${missing[@]}"
