#!/bin/bash
# Go's binding as Debian ships it: its tests, compiled against the prefix.
. "$(dirname "$0")/common.sh"
need golang-go golang-github-libvirt-libvirt-go-dev pkg-config gcc
cp -rL /usr/share/gocode/src/github.com/libvirt/libvirt-go "$WORK/src" && cd "$WORK/src" || cannot "no sources"
[ -e go.mod ] || printf 'module github.com/libvirt/libvirt-go\ngo 1.11\n' >go.mod
use_prefix
[ "$PREFIX" = - ] || export CGO_LDFLAGS=-L$PREFIX/lib
export GOPROXY=off GOFLAGS=-mod=mod GOCACHE=$CACHE/go
build go test -vet=off -c -o tests .
timeout 300 ./tests -test.v >"$WORK/out" 2>&1
cat "$WORK/out" >>"$LOG"
grep -E '^--- FAIL' "$WORK/out" | sed 's/^--- FAIL/FAILED/'
result "$(grep -c '^--- PASS' "$WORK/out")" "$(grep -c '^--- FAIL' "$WORK/out")" "$(grep -c '^--- SKIP' "$WORK/out")"
