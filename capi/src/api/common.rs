//! `libvirt-common.h`: typed parameters and what several headers share.
