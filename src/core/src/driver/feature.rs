//! What a driver can do beyond its methods: the questions that are asked before a choice between several ways.

/// Something that a driver may or may not be able to do; the numbers are those of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Feature {
    MigrationV1 = 1,
    /// The driver talks to another process or host.
    Remote = 2,
    MigrationV2 = 3,
    /// The source's driver connects to the destination by itself.
    MigrationP2p = 4,
    /// Only the source has a driver of ours; the hypervisors move the guest between them.
    MigrationDirect = 5,
    MigrationV3 = 6,
    /// A migration keeps the domain from being changed from its begin to its confirm.
    MigrateChangeProtection = 7,
    FdPassing = 8,
    TypedParamString = 9,
    ProgramKeepalive = 10,
    /// The XML can be had in a form that the other host understands.
    XmlMigratable = 11,
    MigrationOffline = 12,
    /// Migration takes parameters beyond URI, name, XML and bandwidth.
    MigrationParams = 13,
    RemoteEventCallback = 14,
    RemoteCloseCallback = 15,
    /// `virNetworkUpdate` takes command and section in the order of its prototype.
    NetworkUpdateHasCorrectOrder = 16,
}

impl Feature {
    const ALL: [Self; 16] = [
        Self::MigrationV1,
        Self::Remote,
        Self::MigrationV2,
        Self::MigrationP2p,
        Self::MigrationDirect,
        Self::MigrationV3,
        Self::MigrateChangeProtection,
        Self::FdPassing,
        Self::TypedParamString,
        Self::ProgramKeepalive,
        Self::XmlMigratable,
        Self::MigrationOffline,
        Self::MigrationParams,
        Self::RemoteEventCallback,
        Self::RemoteCloseCallback,
        Self::NetworkUpdateHasCorrectOrder,
    ];

    /// The feature of this number, if there is one.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| *feature as i32 == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_leads_back_to_its_feature() {
        for (index, feature) in Feature::ALL.into_iter().enumerate() {
            assert_eq!(feature as usize, index + 1);
            assert_eq!(Feature::from_number(feature as i32), Some(feature));
        }
        assert_eq!(Feature::from_number(0), None);
        assert_eq!(Feature::from_number(17), None);
    }
}
