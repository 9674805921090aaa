#!/bin/bash
# Every method of Debian's Perl binding, called rightly and wrongly: what it answers with the prefix beside what it answers
# with the libvirt that Debian installs.
. "$(dirname "$0")/common.sh"
need perl libsys-virt-perl libvirt0
compare_answers perl "$(dirname "$(readlink -f "$0")")/perl-methods.pl"
