//! `libvirt-domain.h`: what the guest agent answers: users, file systems, time, host name, keys.
