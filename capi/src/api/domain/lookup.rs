//! `libvirt-domain.h`: finding domains: lists, look-ups, events, and what a driver knows at once.
