//! `libvirt-domain.h`: statistics: CPU, memory, block, interface, and the grouped form.
