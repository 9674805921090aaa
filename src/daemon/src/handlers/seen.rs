//! What lists show: everything, or the objects that their reader may see.

use super::On;
use super::reply::Name;
use crate::access::{Known, Told};
use ferrovirt::{
    Domain, Interface, Network, NetworkPort, NodeDevice, NwFilter, NwFilterBinding, Secret, StoragePool,
    StorageVol,
};
use ferrovirt_core::Result;

/// An object that lists show.
pub(crate) trait Shown {
    /// Its kind in access rules.
    const KIND: &'static str;
    fn told(&self) -> Vec<(&'static str, String)>;
    /// What lists of names call it.
    fn listed_name(&self) -> String;
}

macro_rules! shown {
    ($($object:ident: $kind:literal |$it:ident| $name:expr;)*) => {$(
        impl Shown for $object {
            const KIND: &'static str = $kind;

            fn told(&self) -> Vec<(&'static str, String)> {
                Told::told(&self.id())
            }

            fn listed_name(&self) -> String {
                let $it = self;
                $name
            }
        }
    )*};
}

shown! {
    Domain: "domain" |it| it.name().to_string();
    Network: "network" |it| it.name().to_owned();
    NetworkPort: "network_port" |it| it.id().uuid.to_string();
    StoragePool: "storage_pool" |it| it.name().to_owned();
    StorageVol: "storage_vol" |it| it.name().to_owned();
    NodeDevice: "node_device" |it| it.name().to_owned();
    Interface: "interface" |it| it.name().to_owned();
    NwFilter: "nwfilter" |it| it.name().to_owned();
    NwFilterBinding: "nwfilter_binding" |it| it.id().port_dev.to_string();
    Secret: "secret" |it| it.id().uuid.to_string();
}

impl On {
    /// Those that the reader may see.
    pub fn seen<T: Shown>(&self, all: Result<Vec<T>>) -> Result<Vec<T>> {
        let mut all = all?;
        if self.viewer.is_some() {
            let base = Known::connection(self)?;
            all.retain(|one| self.shows(T::KIND, "getattr", &base.with(one.told())));
        }
        Ok(all)
    }

    /// The same for keys.
    pub fn seen_ids<T: Told>(&self, kind: &str, permission: &str, all: Result<Vec<T>>) -> Result<Vec<T>> {
        let mut all = all?;
        if self.viewer.is_some() {
            let base = Known::connection(self)?;
            all.retain(|one| self.shows(kind, permission, &base.with(one.told())));
        }
        Ok(all)
    }

    /// Names: of all, or of those of the `objects` that the reader may see.
    pub fn names<N: Name, T: Shown>(
        &self,
        all: Result<Vec<N>>,
        objects: impl FnOnce() -> Result<Vec<T>>,
    ) -> Result<Vec<String>> {
        match self.viewer {
            None => Ok(all?.into_iter().map(Name::text).collect()),
            Some(_) => Ok(self.seen(objects())?.iter().map(Shown::listed_name).collect()),
        }
    }

    /// How many names there are.
    pub fn count<N, T: Shown>(
        &self,
        all: Result<Vec<N>>,
        objects: impl FnOnce() -> Result<Vec<T>>,
    ) -> Result<usize> {
        match self.viewer {
            None => Ok(all?.len()),
            Some(_) => Ok(self.seen(objects())?.len()),
        }
    }

    /// How many objects there are, for who may see all of them; else how many of them the reader may see.
    pub fn number<T: Shown>(
        &self,
        all: impl FnOnce() -> Result<usize>,
        objects: impl FnOnce() -> Result<Vec<T>>,
    ) -> Result<usize> {
        match self.viewer {
            None => all(),
            Some(_) => Ok(self.seen(objects())?.len()),
        }
    }

    /// The numbers of running domains.
    pub fn numbers(
        &self,
        all: Result<Vec<i32>>,
        objects: impl FnOnce() -> Result<Vec<Domain>>,
    ) -> Result<Vec<i32>> {
        match self.viewer {
            None => all,
            Some(_) => Ok(self.seen(objects())?.iter().map(Domain::numeric_id).collect()),
        }
    }

    fn shows(&self, kind: &str, permission: &str, about: &Known) -> bool {
        let Some(viewer) = &self.viewer else { return true };
        let access = viewer.daemon().access();
        access.is_ok_and(|access| access.shows(viewer.subject(), kind, permission, about))
    }
}
