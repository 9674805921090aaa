//! `libvirt-domain.h`: cPUs, memory, pinning, scheduling, NUMA, I/O threads, perf events.
