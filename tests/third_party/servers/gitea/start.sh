#!/bin/sh
# Runs the Gitea server on loopback, all its data under WORKDIR.
# usage: start.sh BINARY PORT WORKDIR   (BINARY.static must lie beside BINARY: install.sh makes it)
# The first start makes the tables, the admin "boss" (password "boss-password-1"), the user "dev"
# ("dev-password-1"), and a token for each: WORKDIR/boss.token (scope all), WORKDIR/dev.token (write:user).
# Ready when GET http://127.0.0.1:PORT/api/healthz answers 200.
# Becomes the server by exec: the caller's child pid is the server's. Needs git.
set -eu
bin=$1 port=$2 dir=$3
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
ini=$dir/app.ini
if [ ! -f "$ini" ]; then
    cat > "$ini" <<INI
APP_NAME = Test
RUN_MODE = prod
RUN_USER = $(id -un)
WORK_PATH = $dir
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = $port
ROOT_URL = http://127.0.0.1:$port/
STATIC_ROOT_PATH = $bin.static
OFFLINE_MODE = true
DISABLE_SSH = true
LFS_START_SERVER = false
[database]
DB_TYPE = sqlite3
PATH = $dir/gitea.db
SQLITE_JOURNAL_MODE = WAL
[security]
INSTALL_LOCK = true
SECRET_KEY = credenza-test-secret-key
PASSWORD_HASH_ALGO = pbkdf2\$1000\$50
[service]
DISABLE_REGISTRATION = true
[mailer]
ENABLED = false
[actions]
ENABLED = true
[packages]
ENABLED = false
[cron]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
[session]
PROVIDER = memory
[log]
MODE = console
LEVEL = warn
INI
fi
run() { env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$dir" TMPDIR="${TMPDIR:-/tmp}" "$bin" --config "$ini" "$@"; }
if [ ! -f "$dir/dev.token" ]; then
    run migrate > "$dir/setup.log" 2>&1
    run admin user create --admin --username boss --password boss-password-1 \
        --email boss@example.test --must-change-password=false >> "$dir/setup.log" 2>&1
    run admin user create --username dev --password dev-password-1 \
        --email dev@example.test --must-change-password=false >> "$dir/setup.log" 2>&1
    # As root a warning comes first on stdout: the token is the last line.
    (umask 077
    run admin user generate-access-token --username boss --token-name setup --scopes all --raw 2>> "$dir/setup.log" | tail -n 1 > "$dir/boss.token"
    run admin user generate-access-token --username dev --token-name setup --scopes write:user --raw 2>> "$dir/setup.log" | tail -n 1 > "$dir/dev.token")
fi
exec env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$dir" TMPDIR="${TMPDIR:-/tmp}" "$bin" --config "$ini" web
