//! `libvirt-lxc.h`: what only containers have: functions, no types of their own.
