//! `libvirt-domain.h`: attaching, detaching, changing devices; interface parameters and addresses.
