//! The calls whose answers drivers have at hand: the reactor answers them itself.
//!
//! A driver answers these from what is in its memory: it reads no file, asks no guest and waits for no job. Whoever
//! changes that for one of them takes it off this list.

use ferrovirt_rpc::procedure::{Procedure, Row};
use ferrovirt_rpc::program::remote::*;

pub(super) const ROWS: &[&Row] = &[
    AuthList::ROW,
    ConnectGetHostname::ROW,
    ConnectGetLibVersion::ROW,
    ConnectGetType::ROW,
    ConnectGetUri::ROW,
    ConnectIsSecure::ROW,
    ConnectListAllDomains::ROW,
    ConnectListAllNetworks::ROW,
    ConnectListDefinedDomains::ROW,
    ConnectListDefinedNetworks::ROW,
    ConnectListDomains::ROW,
    ConnectListNetworks::ROW,
    ConnectNumOfDefinedDomains::ROW,
    ConnectNumOfDefinedNetworks::ROW,
    ConnectNumOfDomains::ROW,
    ConnectNumOfNetworks::ROW,
    ConnectSupportsFeature::ROW,
    DomainGetAutostart::ROW,
    DomainGetMaxMemory::ROW,
    DomainGetOsType::ROW,
    DomainGetState::ROW,
    DomainIsActive::ROW,
    DomainIsPersistent::ROW,
    DomainIsUpdated::ROW,
    DomainLookupById::ROW,
    DomainLookupByName::ROW,
    DomainLookupByUuid::ROW,
    NetworkGetAutostart::ROW,
    NetworkGetBridgeName::ROW,
    NetworkIsActive::ROW,
    NetworkIsPersistent::ROW,
    NetworkLookupByName::ROW,
    NetworkLookupByUuid::ROW,
];
