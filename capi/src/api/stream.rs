//! `libvirt-stream.h`: streams.
