//! `libvirt-storage.h`: storage pools and volumes.

use std::ffi::{c_int, c_ulonglong, c_void};

use crate::abi::virConnectPtr;

/// A storage pool; opaque. Since 0.4.1.
#[repr(C)]
#[derive(Debug)]
pub struct virStoragePool {
    _opaque: [u8; 0],
}

/// Pointer to a `virStoragePool`. Since 0.4.1.
pub type virStoragePoolPtr = *mut virStoragePool;

/// A storage volume; opaque. Since 0.4.1.
#[repr(C)]
#[derive(Debug)]
pub struct virStorageVol {
    _opaque: [u8; 0],
}

/// Pointer to a `virStorageVol`. Since 0.4.1.
pub type virStorageVolPtr = *mut virStorageVol;

/// State and sizes of a pool. Since 0.4.1.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virStoragePoolInfo {
    /// A `virStoragePoolState`.
    pub state: c_int,
    /// Size, in bytes.
    pub capacity: c_ulonglong,
    /// Space in use, in bytes.
    pub allocation: c_ulonglong,
    /// Space left, in bytes.
    pub available: c_ulonglong,
}

/// Pointer to a `virStoragePoolInfo`. Since 0.4.1.
pub type virStoragePoolInfoPtr = *mut virStoragePoolInfo;

/// Kind and sizes of a volume. Since 0.4.1.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virStorageVolInfo {
    /// A `virStorageVolType`.
    pub r#type: c_int,
    /// Size, in bytes.
    pub capacity: c_ulonglong,
    /// Space given to it, in bytes.
    pub allocation: c_ulonglong,
}

/// Pointer to a `virStorageVolInfo`. Since 0.4.1.
pub type virStorageVolInfoPtr = *mut virStorageVolInfo;

/// A pool event that carries nothing; every other callback is cast to it. Since 2.0.0.
pub type virConnectStoragePoolEventGenericCallback =
    Option<unsafe extern "C" fn(conn: virConnectPtr, pool: virStoragePoolPtr, opaque: *mut c_void)>;

/// A pool's life cycle; `event` is a `virStoragePoolEventLifecycleType`, `detail` is 0. Since 2.0.0.
pub type virConnectStoragePoolEventLifecycleCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        pool: virStoragePoolPtr,
        event: c_int,
        detail: c_int,
        opaque: *mut c_void,
    ),
>;

c_enum! {
    /// Filters for a list of storage pools. Since 0.10.2.
    pub enum virConnectListAllStoragePoolsFlags: u32 {
        /// Pools that are not active. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE = 1 << 0,
        /// Active pools. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE = 1 << 1,
        /// Pools with a stored definition. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT = 1 << 2,
        /// Pools without one. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT = 1 << 3,
        /// Pools that start with the host. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART = 1 << 4,
        /// Pools that do not start with the host. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART = 1 << 5,
        /// Pools of type `dir`. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_DIR = 1 << 6,
        /// Pools of type `fs`. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_FS = 1 << 7,
        /// Pools of type `netfs`. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_NETFS = 1 << 8,
        /// Pools of type `logical`. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_LOGICAL = 1 << 9,
        /// Pools of type `disk`. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_DISK = 1 << 10,
        /// Pools of type `iscsi`. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI = 1 << 11,
        /// Pools of type `scsi`. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_SCSI = 1 << 12,
        /// Pools of type `mpath`. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_MPATH = 1 << 13,
        /// Pools of type `rbd`. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_RBD = 1 << 14,
        /// Pools of type `sheepdog`. Since 0.10.2.
        VIR_CONNECT_LIST_STORAGE_POOLS_SHEEPDOG = 1 << 15,
        /// Pools of type `gluster`. Since 1.2.1.
        VIR_CONNECT_LIST_STORAGE_POOLS_GLUSTER = 1 << 16,
        /// Pools of type `zfs`. Since 1.2.8.
        VIR_CONNECT_LIST_STORAGE_POOLS_ZFS = 1 << 17,
        /// Pools of type `vstorage`. Since 3.1.0.
        VIR_CONNECT_LIST_STORAGE_POOLS_VSTORAGE = 1 << 18,
        /// Pools of type `iscsi-direct`. Since 5.6.0.
        VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI_DIRECT = 1 << 19,
    }
}

c_enum! {
    /// State of a pool. Since 0.4.1.
    pub enum virStoragePoolState: u32 {
        /// Not active. Since 0.4.1.
        VIR_STORAGE_POOL_INACTIVE = 0,
        /// Being built, not usable yet. Since 0.4.1.
        VIR_STORAGE_POOL_BUILDING = 1,
        /// Active. Since 0.4.1.
        VIR_STORAGE_POOL_RUNNING = 2,
        /// Active, with redundancy lost. Since 0.4.1.
        VIR_STORAGE_POOL_DEGRADED = 3,
        /// Active, but out of reach. Since 0.8.2.
        VIR_STORAGE_POOL_INACCESSIBLE = 4,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_STORAGE_POOL_STATE_LAST = 5,
    }
}

c_enum! {
    /// Flags for building a pool. Since 0.4.1.
    pub enum virStoragePoolBuildFlags: u32 {
        /// From scratch. Since 0.4.1.
        VIR_STORAGE_POOL_BUILD_NEW = 0,
        /// Repair or build again. Since 0.4.1.
        VIR_STORAGE_POOL_BUILD_REPAIR = 1 << 0,
        /// Extend an existing pool. Since 0.4.1.
        VIR_STORAGE_POOL_BUILD_RESIZE = 1 << 1,
        /// Refuse when something is there already. Since 0.9.5.
        VIR_STORAGE_POOL_BUILD_NO_OVERWRITE = 1 << 2,
        /// Write over whatever is there. Since 0.9.5.
        VIR_STORAGE_POOL_BUILD_OVERWRITE = 1 << 3,
    }
}

c_enum! {
    /// Flags for the start of a pool. Since 1.3.1.
    pub enum virStoragePoolCreateFlags: u32 {
        /// Start only. Since 1.3.1.
        VIR_STORAGE_POOL_CREATE_NORMAL = 0,
        /// Build it first, the usual way. Since 1.3.1.
        VIR_STORAGE_POOL_CREATE_WITH_BUILD = 1 << 0,
        /// Build it first, over whatever is there. Since 1.3.1.
        VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE = 1 << 1,
        /// Build it first, unless something is there. Since 1.3.1.
        VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE = 1 << 2,
    }
}

c_enum! {
    /// Flags for a definition. Since 7.7.0.
    pub enum virStoragePoolDefineFlags: u32 {
        /// Check the XML against the schema. Since 7.7.0.
        VIR_STORAGE_POOL_DEFINE_VALIDATE = 1 << 0,
    }
}

c_enum! {
    /// Flags for deleting a pool's storage. Since 0.4.1.
    pub enum virStoragePoolDeleteFlags: u32 {
        /// Delete only. Since 0.4.1.
        VIR_STORAGE_POOL_DELETE_NORMAL = 0,
        /// Write zeros over the data first. Since 0.4.1.
        VIR_STORAGE_POOL_DELETE_ZEROED = 1 << 0,
    }
}

c_enum! {
    /// Life cycle events. Since 2.0.0.
    pub enum virStoragePoolEventLifecycleType: u32 {
        /// A definition was stored. Since 2.0.0.
        VIR_STORAGE_POOL_EVENT_DEFINED = 0,
        /// A definition was removed. Since 2.0.0.
        VIR_STORAGE_POOL_EVENT_UNDEFINED = 1,
        /// The pool started. Since 2.0.0.
        VIR_STORAGE_POOL_EVENT_STARTED = 2,
        /// The pool stopped. Since 2.0.0.
        VIR_STORAGE_POOL_EVENT_STOPPED = 3,
        /// The pool's storage was built. Since 3.8.0.
        VIR_STORAGE_POOL_EVENT_CREATED = 4,
        /// The pool's storage was deleted. Since 3.8.0.
        VIR_STORAGE_POOL_EVENT_DELETED = 5,
    }
    sentinel {
        /// One past the last member. Since 2.0.0.
        VIR_STORAGE_POOL_EVENT_LAST = 6,
    }
}

c_enum! {
    /// Kinds of pool events that a callback can be registered for. Since 2.0.0.
    pub enum virStoragePoolEventID: u32 {
        /// Life cycle: `virConnectStoragePoolEventLifecycleCallback`. Since 2.0.0.
        VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE = 0,
        /// The volumes were read anew: `virConnectStoragePoolEventGenericCallback`. Since 2.0.0.
        VIR_STORAGE_POOL_EVENT_ID_REFRESH = 1,
    }
    sentinel {
        /// One past the last member. Since 2.0.0.
        VIR_STORAGE_POOL_EVENT_ID_LAST = 2,
    }
}

c_enum! {
    /// Kinds of volumes. Since 0.4.1.
    pub enum virStorageVolType: u32 {
        /// A file. Since 0.4.1.
        VIR_STORAGE_VOL_FILE = 0,
        /// A block device. Since 0.4.1.
        VIR_STORAGE_VOL_BLOCK = 1,
        /// A directory. Since 0.9.5.
        VIR_STORAGE_VOL_DIR = 2,
        /// A network volume, such as RBD. Since 0.9.13.
        VIR_STORAGE_VOL_NETWORK = 3,
        /// A network directory. Since 1.2.0.
        VIR_STORAGE_VOL_NETDIR = 4,
        /// A ploop image. Since 1.3.4.
        VIR_STORAGE_VOL_PLOOP = 5,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_STORAGE_VOL_LAST = 6,
    }
}

c_enum! {
    /// Flags for creating a volume. Since 1.0.1.
    pub enum virStorageVolCreateFlags: u32 {
        /// Allocate the metadata at once. Since 1.0.1.
        VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA = 1 << 0,
        /// Share the blocks of the original copy-on-write. Since 1.2.13.
        VIR_STORAGE_VOL_CREATE_REFLINK = 1 << 1,
        /// Check the XML against the schema. Since 8.10.0.
        VIR_STORAGE_VOL_CREATE_VALIDATE = 1 << 2,
    }
}

c_enum! {
    /// Flags for deleting a volume. Since 0.4.1.
    pub enum virStorageVolDeleteFlags: u32 {
        /// Delete only. Since 0.4.1.
        VIR_STORAGE_VOL_DELETE_NORMAL = 0,
        /// Write zeros over the data first. Since 0.4.1.
        VIR_STORAGE_VOL_DELETE_ZEROED = 1 << 0,
        /// Its snapshots too. Since 1.2.21.
        VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS = 1 << 1,
    }
}

c_enum! {
    /// Flags for downloading a volume. Since 3.4.0.
    pub enum virStorageVolDownloadFlags: u32 {
        /// Holes travel as holes. Since 3.4.0.
        VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM = 1 << 0,
    }
}

c_enum! {
    /// Flags for a volume's numbers. Since 3.0.0.
    pub enum virStorageVolInfoFlags: u32 {
        /// `allocation` is the allocated size. Since 3.0.0.
        VIR_STORAGE_VOL_USE_ALLOCATION = 0,
        /// `allocation` is the physical size of the container. Since 3.0.0.
        VIR_STORAGE_VOL_GET_PHYSICAL = 1 << 0,
    }
}

c_enum! {
    /// Flags for resizing a volume. Since 0.9.10.
    pub enum virStorageVolResizeFlags: u32 {
        /// Allocate the new space at once. Since 0.9.10.
        VIR_STORAGE_VOL_RESIZE_ALLOCATE = 1 << 0,
        /// The size is relative to the present one. Since 0.9.10.
        VIR_STORAGE_VOL_RESIZE_DELTA = 1 << 1,
        /// Allow a smaller size. Since 0.9.10.
        VIR_STORAGE_VOL_RESIZE_SHRINK = 1 << 2,
    }
}

c_enum! {
    /// Flags for uploading a volume. Since 3.4.0.
    pub enum virStorageVolUploadFlags: u32 {
        /// Holes travel as holes. Since 3.4.0.
        VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM = 1 << 0,
    }
}

c_enum! {
    /// Ways to wipe a volume. Since 0.9.10.
    pub enum virStorageVolWipeAlgorithm: u32 {
        /// One pass of zeros. Since 0.9.10.
        VIR_STORAGE_VOL_WIPE_ALG_ZERO = 0,
        /// Four passes: NNSA Policy Letter NAP-14.1-C. Since 0.9.10.
        VIR_STORAGE_VOL_WIPE_ALG_NNSA = 1,
        /// Four passes: DoD 5220.22-M. Since 0.9.10.
        VIR_STORAGE_VOL_WIPE_ALG_DOD = 2,
        /// Nine passes: the German BSI's method. Since 0.9.10.
        VIR_STORAGE_VOL_WIPE_ALG_BSI = 3,
        /// Thirty-five passes: Gutmann. Since 0.9.10.
        VIR_STORAGE_VOL_WIPE_ALG_GUTMANN = 4,
        /// Seven passes: Schneier, Applied Cryptography. Since 0.9.10.
        VIR_STORAGE_VOL_WIPE_ALG_SCHNEIER = 5,
        /// Seven random passes: Pfitzner. Since 0.9.10.
        VIR_STORAGE_VOL_WIPE_ALG_PFITZNER7 = 6,
        /// Thirty-three random passes: Pfitzner. Since 0.9.10.
        VIR_STORAGE_VOL_WIPE_ALG_PFITZNER33 = 7,
        /// One random pass. Since 0.9.10.
        VIR_STORAGE_VOL_WIPE_ALG_RANDOM = 8,
        /// Tell the storage to drop the blocks. Since 1.3.2.
        VIR_STORAGE_VOL_WIPE_ALG_TRIM = 9,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_STORAGE_VOL_WIPE_ALG_LAST = 10,
    }
}

c_enum! {
    /// What the XML of a pool shows. Since 0.9.13.
    pub enum virStorageXMLFlags: u32 {
        /// The stored definition, even while it is active. Since 0.9.13.
        VIR_STORAGE_XML_INACTIVE = 1 << 0,
    }
}
