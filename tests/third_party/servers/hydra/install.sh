#!/bin/sh
# Builds the Ory Hydra server into DEST (a file). usage: install.sh DEST
# Needs go (1.22 or later) and a C compiler (SQLite, which the in-memory store uses too).
# Every module's version is pinned in go.mod and its hash in go.sum; nothing is fetched besides.
set -eu
dest=$1
case $dest in /*) ;; *) dest=$PWD/$dest ;; esac
cd "$(dirname "$0")"
[ -x "$dest" ] && exit 0
mkdir -p "$(dirname "$dest")"
CGO_ENABLED=1 GOTOOLCHAIN=local GOWORK=off GOFLAGS=-mod=readonly \
    go build -trimpath -buildvcs=false -tags sqlite -ldflags "-s -w -X github.com/ory/hydra/v2/driver/config.Version=v2.3.0" -o "$dest.new" .
mv "$dest.new" "$dest"
