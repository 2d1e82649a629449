#!/bin/sh
# OpenBao in memory on loopback: start.sh BINARY PORT. It also takes PORT+1 (cluster, loopback too).
# The root token is $ROOT_TOKEN (default: root). Ready when GET /v1/sys/health answers 200; TERM ends it.
set -eu
export HOME=/nonexistent
unset BAO_TOKEN BAO_ADDR BAO_NAMESPACE VAULT_TOKEN VAULT_ADDR VAULT_NAMESPACE
exec "$1" server -dev -dev-no-store-token "-dev-root-token-id=${ROOT_TOKEN:-root}" "-dev-listen-address=127.0.0.1:$2"
