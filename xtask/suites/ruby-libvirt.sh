#!/bin/bash
# Ruby's binding, compiled against the prefix, and its tests that need no guest of QEMU's.
. "$(dirname "$0")/common.sh"
need ruby ruby-dev gcc make pkg-config
source_of ruby-libvirt trixie
use_prefix
mkdir -p build && cd build || cannot "no folder to build in"
build ruby ../ext/libvirt/extconf.rb
build make
cd ../tests || cannot "its sources have no tests"
for test in test_*.rb; do
  timeout 120 ruby -I ../build -I ../lib "$test" >>"$WORK/out" 2>&1 || echo "FAILED $test"
done
cat "$WORK/out" >>"$LOG"
grep -E '^FAIL' "$WORK/out"
sum() { sed -nE "s/^Successfully finished .*$1 ([0-9]+) tests.*/\1/p" "$WORK/out" | awk '{ n += $1 } END { print n + 0 }'; }
result "$(sed -nE 's/^Successfully finished ([0-9]+) tests.*/\1/p' "$WORK/out" | awk '{ n += $1 } END { print n + 0 }')" \
  "$(sum failed)" "$(sum skipped)"
