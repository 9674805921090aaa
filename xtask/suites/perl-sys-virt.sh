#!/bin/bash
# Perl's binding, compiled against the prefix: its tests, but for those of its documentation.
. "$(dirname "$0")/common.sh"
need perl libmodule-build-perl libtest-simple-perl libxml-xpath-perl gcc pkg-config
source_of libsys-virt-perl trixie
use_prefix
build perl Build.PL
build ./Build
timeout 300 prove -b t >"$WORK/out" 2>&1
cat "$WORK/out" >>"$LOG"
grep -E 'Failed test|Dubious' "$WORK/out" | sed 's/^/FAILED /'
# Whole files are counted: of the checks in them prove tells only the number.
result "$(grep -cE ' ok$' "$WORK/out")" "$(grep -c 'Dubious' "$WORK/out")" "$(grep -c ' skipped' "$WORK/out")"
