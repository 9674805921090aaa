//! Disks: resizing, reading, block jobs, throttling, disk errors.
