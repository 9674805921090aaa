//! `libvirt-event.h`: the event loop.
