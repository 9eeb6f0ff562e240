#!/bin/bash
# npm_install.sh <folder>: node_modules as package-lock.json says, installed only when it differs.
# Several build trees share the folder: the lock keeps two of them from installing at once.
set -euo pipefail
cd "$1"

exec 9<package-lock.json
flock 9
installed=node_modules/.installed
if cmp -s package-lock.json "$installed"; then
  exit 0
fi
# Node brings certificates of its own; a company's proxy is known to the system's.
export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}
npm ci --no-audit --no-fund --ignore-scripts --prefer-offline --loglevel=error
cp package-lock.json "$installed"
