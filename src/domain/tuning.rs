//! CPUs, memory, pinning, scheduling, NUMA, I/O threads, perf events.
