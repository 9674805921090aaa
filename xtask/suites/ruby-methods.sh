#!/bin/bash
# The same with Ruby's binding.
. "$(dirname "$0")/common.sh"
need ruby ruby-libvirt libvirt0
compare_answers ruby "$(dirname "$(readlink -f "$0")")/ruby-methods.rb"
