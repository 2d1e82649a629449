#!/bin/sh
# Runs the Ory Hydra server on loopback, its data in memory: gone when it ends.
# usage: start.sh BINARY ADMIN_PORT PUBLIC_PORT WORKDIR
# Ready when GET http://127.0.0.1:ADMIN_PORT/health/ready answers 200.
# Becomes the server by exec: the caller's child pid is the server's.
set -eu
bin=$1 admin=$2 public=$3 dir=$4
mkdir -p "$dir"
cd "$dir"
exec env -i PATH=/usr/bin:/bin HOME="$dir" TMPDIR="$dir" \
    DSN=memory \
    SECRETS_SYSTEM=credenza-test-system-secret-32bytes \
    SECRETS_COOKIE=credenza-test-cookie-secret-32bytes \
    SERVE_ADMIN_HOST=127.0.0.1 SERVE_ADMIN_PORT="$admin" \
    SERVE_PUBLIC_HOST=127.0.0.1 SERVE_PUBLIC_PORT="$public" \
    URLS_SELF_ISSUER="http://127.0.0.1:$public" \
    URLS_LOGIN="http://127.0.0.1:$public/no-login" \
    URLS_CONSENT="http://127.0.0.1:$public/no-consent" \
    OIDC_DYNAMIC_CLIENT_REGISTRATION_ENABLED=true \
    LOG_LEVEL=warn SQA_OPT_OUT=true \
    "$bin" serve all --dev
