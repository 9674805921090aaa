//! `libvirt-domain.h`: disks: resizing, reading, block jobs, throttling, disk errors.
