#!/bin/sh
# Builds etcd and a Kubernetes API server into DEST (a file, one program). usage: install.sh DEST
# Without optimizations, because most of the time is spent on compiling. Needs go (1.26 or later) and no C compiler.
# Every module's version is pinned in go.mod and its hash in go.sum; nothing is fetched besides.
set -eu
dest=$1
case $dest in /*) ;; *) dest=$PWD/$dest ;; esac
cd "$(dirname "$0")"
[ -x "$dest" ] && exit 0
mkdir -p "$(dirname "$dest")"
version=$(sed -n 's/^\tk8s.io\/kubernetes //p' go.mod)
CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off GOFLAGS=-mod=readonly \
    go build -trimpath -buildvcs=false -gcflags "all=-N -l" -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version" -o "$dest.new" .
mv "$dest.new" "$dest"
