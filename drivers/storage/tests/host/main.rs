//! Pools and volumes on the host that the tests run on, looked at with second tools.

mod disks;
mod pools;
mod support;
mod volumes;
