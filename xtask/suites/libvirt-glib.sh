#!/bin/bash
# libvirt-glib, compiled against the prefix: its own tests, its event loop among them.
. "$(dirname "$0")/common.sh"
need meson ninja-build gcc pkg-config libglib2.0-dev libxml2-dev gettext
source_of libvirt-glib trixie
use_prefix
build meson setup build -Dintrospection=disabled -Dvapi=disabled -Ddocs=disabled
build ninja -C build
timeout 300 meson test -C build --no-rebuild >"$WORK/out" 2>&1
cat "$WORK/out" >>"$LOG"
grep -E ' (FAIL|ERROR|TIMEOUT) ' "$WORK/out" | sed 's/^/FAILED /'
number() { awk -v name="$1" 'index($0, name) == 1 { print $NF }' "$WORK/out" | grep . || echo 0; }
result "$(number 'Ok:')" $(($(number 'Fail:') + $(number 'Timeout:'))) "$(number 'Skipped:')"
