//! `libvirt-nwfilter.h`: network filters.
