#!/bin/bash
# libvirt-dbus as Debian ships it, asked over a private bus by its own tests.
. "$(dirname "$0")/common.sh"
need libvirt-dbus dbus python3-dbus python3-gi python3-pytest
source_of libvirt-dbus trixie
cd tests || cannot "its sources have no tests"
use_prefix
export TEST_INSTALLED=1 VIRT_DBUS_INTERFACES_DIR=$WORK/src/data PATH=$PATH:/usr/sbin
timeout 400 dbus-run-session -- /usr/bin/python3 -m pytest -p no:cacheprovider -q -rfE . >"$WORK/out" 2>&1
cat "$WORK/out" >>"$LOG"
grep -E '^(FAILED|ERROR)' "$WORK/out"
result "$(count passed)" $(($(count failed) + $(count error))) "$(count skipped)"
