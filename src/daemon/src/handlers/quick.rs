//! Which calls keep nobody waiting: what drivers have at hand, and what at least does not need the guest.
//!
//! The calls of [`ROWS`] the reactor answers itself. A driver answers these from what is in its memory, or from what the
//! kernel tells of a process: it reads no file on a disk, asks no guest and waits for no job. Whoever changes that for
//! one of them takes it off this list.

use ferrovirt_rpc::procedure::{Procedure, Row};
use ferrovirt_rpc::program::remote::*;

/// What the reactor answers itself.
pub(super) const ROWS: &[&Row] = &[
    AuthList::ROW,
    ConnectGetHostname::ROW,
    ConnectGetLibVersion::ROW,
    ConnectGetType::ROW,
    ConnectGetUri::ROW,
    ConnectIsSecure::ROW,
    ConnectNumOfDefinedDomains::ROW,
    ConnectNumOfDomains::ROW,
    ConnectSupportsFeature::ROW,
    DomainGetAutostart::ROW,
    DomainGetInfo::ROW,
    DomainGetMaxMemory::ROW,
    DomainGetOsType::ROW,
    DomainGetState::ROW,
    DomainIsActive::ROW,
    DomainIsPersistent::ROW,
    DomainIsUpdated::ROW,
    DomainLookupById::ROW,
    DomainLookupByName::ROW,
    DomainLookupByUuid::ROW,
];

/// The same, where there are few guests: the reactor has others to serve, too.
pub(super) const LISTS: &[&Row] =
    &[ConnectListAllDomains::ROW, ConnectListDefinedDomains::ROW, ConnectListDomains::ROW];

/// The same of networks, where they are not another daemon's.
pub(super) const OF_NETWORKS: &[&Row] = &[
    ConnectListAllNetworks::ROW,
    ConnectListDefinedNetworks::ROW,
    ConnectListNetworks::ROW,
    ConnectNumOfDefinedNetworks::ROW,
    ConnectNumOfNetworks::ROW,
    NetworkGetAutostart::ROW,
    NetworkGetBridgeName::ROW,
    NetworkIsActive::ROW,
    NetworkIsPersistent::ROW,
    NetworkLookupByName::ROW,
    NetworkLookupByUuid::ROW,
];

/// Calls about a guest that libvirt has among those which may wait for it, and for which our drivers do not ask it:
/// they read a snapshot of its definition or state, the kernel, or a file.
pub(super) const CALM: &[&Row] = &[
    DomainGetBlkioParameters::ROW,
    DomainGetEmulatorPinInfo::ROW,
    DomainGetInfo::ROW,
    DomainGetInterfaceParameters::ROW,
    DomainGetMemoryParameters::ROW,
    DomainGetMessages::ROW,
    DomainGetMetadata::ROW,
    DomainGetNumaParameters::ROW,
    DomainGetSchedulerType::ROW,
    DomainGetVcpuPinInfo::ROW,
    DomainGetXmlDesc::ROW,
    DomainHasCurrentSnapshot::ROW,
    DomainHasManagedSaveImage::ROW,
    DomainSnapshotCurrent::ROW,
];
