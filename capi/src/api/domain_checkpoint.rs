//! `libvirt-domain-checkpoint.h`: checkpoints.
