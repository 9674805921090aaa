#!/bin/bash
# PHP's binding as Debian ships it, with the tests of its sources.
. "$(dirname "$0")/common.sh"
need php-cli php-libvirt-php qemu-utils
source_of libvirt-php trixie
cd tests || cannot "its sources have no tests"
sed "s#@abs_srcdir@#$PWD#" functions.phpt.in >functions.phpt
use_prefix
php -r 'exit(extension_loaded("libvirt") ? 0 : 1);' 2>>"$LOG" || cannot "php has no extension libvirt"
passed=0 failed=0 skipped=0
for test in test-*.phpt; do
  timeout 60 php "$test" >>"$LOG" 2>&1
  case $? in
  0) passed=$((passed + 1)) ;;
  77) skipped=$((skipped + 1)) ;;
  *) failed=$((failed + 1)) && echo "FAILED $test" ;;
  esac
done
result $passed $failed $skipped
