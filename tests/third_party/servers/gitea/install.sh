#!/bin/sh
# Builds the Gitea server into DEST (a file), and lays its templates and options beside it,
# in DEST.static. usage: install.sh DEST
# Needs go (1.26.2 or later) and a C compiler (SQLite).
# Every module's version is pinned in go.mod and its hash in go.sum; nothing is fetched besides.
# No front end is built: the API needs none.
set -eu
dest=$1
case $dest in /*) ;; *) dest=$PWD/$dest ;; esac
cd "$(dirname "$0")"
[ -x "$dest" ] && [ -d "$dest.static" ] && exit 0
mkdir -p "$(dirname "$dest")"
export CGO_ENABLED=1 GOTOOLCHAIN=local GOWORK=off GOFLAGS=-mod=readonly
go build -trimpath -buildvcs=false -tags "sqlite sqlite_unlock_notify" -ldflags "-s -w" -o "$dest.new" .
source=$(go list -m -f '{{.Dir}}' code.gitea.io/gitea)
rm -rf "$dest.static" "$dest.static.new"
mkdir "$dest.static.new"
cp -r "$source/templates" "$source/options" "$source/public" "$dest.static.new/"
chmod -R u+w "$dest.static.new"
mv "$dest.static.new" "$dest.static"
mv "$dest.new" "$dest"
