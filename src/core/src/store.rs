//! The object store: finds a driver's objects by UUID, name and id without a lock that any work holds.
//!
//! The lock inside is held for a look-up or an insertion only. What an object *is* at the moment lives in the object,
//! behind snapshots of its own; so a reader never waits for a job.

use parking_lot::RwLock;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// What the store needs to know of an object. The UUID stays as it was when it was inserted, the name until [`Store::rename`].
pub trait Stored: Send + Sync {
    fn uuid(&self) -> Uuid;
    fn name(&self) -> Arc<str>;
}

/// Objects of one kind.
pub struct Store<T>(RwLock<Index<T>>);

struct Index<T> {
    by_uuid: HashMap<Uuid, Arc<T>>,
    by_name: HashMap<Arc<str>, Arc<T>>,
    /// The same, for lists; look-ups must not take longer among many.
    sorted: BTreeMap<Arc<str>, Arc<T>>,
    by_id: HashMap<i32, Arc<T>>,
    /// The way back: taking one object out must not mean a look at all that run.
    ids: HashMap<Uuid, i32>,
}

/// What [`Store::claim`] found.
pub enum Claim<T> {
    /// There is an object with this UUID and this name.
    Existing(Arc<T>),
    /// There was none; this one is in the store now.
    Inserted(Arc<T>),
    /// The name belongs to another object.
    NameTaken(Arc<T>),
    /// The UUID belongs to an object of another name.
    UuidTaken(Arc<T>),
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self(RwLock::new(Index {
            by_uuid: HashMap::new(),
            by_name: HashMap::new(),
            sorted: BTreeMap::new(),
            by_id: HashMap::new(),
            ids: HashMap::new(),
        }))
    }
}

impl<T: Stored> Store<T> {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn by_uuid(&self, uuid: Uuid) -> Option<Arc<T>> {
        self.0.read().by_uuid.get(&uuid).cloned()
    }

    pub fn by_name(&self, name: &str) -> Option<Arc<T>> {
        self.0.read().by_name.get(name).cloned()
    }

    /// The object that runs under this id.
    pub fn by_id(&self, id: i32) -> Option<Arc<T>> {
        self.0.read().by_id.get(&id).cloned()
    }

    /// All objects, by name.
    pub fn all(&self) -> Vec<Arc<T>> {
        self.0.read().sorted.values().cloned().collect()
    }

    /// Those that run under an id.
    pub fn running(&self) -> Vec<Arc<T>> {
        self.0.read().by_id.values().cloned().collect()
    }

    pub fn len(&self) -> usize {
        self.0.read().by_uuid.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Finds the object with this UUID and name, or makes and inserts it, in one step: of two callers that claim
    /// the same name at once, one is told that it is taken.
    pub fn claim(&self, uuid: Uuid, name: &str, make: impl FnOnce() -> Arc<T>) -> Claim<T> {
        let mut index = self.0.write();
        if let Some(found) = index.by_uuid.get(&uuid) {
            let found = found.clone();
            return if *found.name() == *name { Claim::Existing(found) } else { Claim::UuidTaken(found) };
        }
        if let Some(found) = index.by_name.get(name) {
            return Claim::NameTaken(found.clone());
        }
        let object = make();
        index.by_uuid.insert(uuid, object.clone());
        index.by_name.insert(object.name(), object.clone());
        index.sorted.insert(object.name(), object.clone());
        Claim::Inserted(object)
    }

    /// Has an object found under another name, which `set` makes its own in the same step. Where the name belongs to an
    /// object already, that one comes back and nothing happens.
    pub fn rename(&self, object: &Arc<T>, name: &Arc<str>, set: impl FnOnce()) -> Result<(), Arc<T>> {
        let mut index = self.0.write();
        if let Some(found) = index.by_name.get(name) {
            return Err(found.clone());
        }
        let before = object.name();
        set();
        if index.by_name.get(&before).is_some_and(|found| Arc::ptr_eq(found, object)) {
            index.by_name.remove(&before);
            index.sorted.remove(&before);
            index.by_name.insert(name.clone(), object.clone());
            index.sorted.insert(name.clone(), object.clone());
        }
        Ok(())
    }

    /// Takes the object out; nothing happens where another one has taken its place.
    pub fn remove(&self, object: &Arc<T>) {
        let mut index = self.0.write();
        if index.by_uuid.get(&object.uuid()).is_some_and(|found| Arc::ptr_eq(found, object)) {
            index.by_uuid.remove(&object.uuid());
            index.by_name.remove(&object.name());
            index.sorted.remove(&object.name());
            if let Some(id) = index.ids.remove(&object.uuid()) {
                index.by_id.remove(&id);
            }
        }
    }

    /// Lets the object be found under the id that it runs under.
    pub fn set_id(&self, object: &Arc<T>, id: i32) {
        let mut index = self.0.write();
        if let Some(before) = index.ids.insert(object.uuid(), id) {
            index.by_id.remove(&before);
        }
        index.by_id.insert(id, object.clone());
    }

    /// The id is no longer in use.
    pub fn clear_id(&self, id: i32) {
        let mut index = self.0.write();
        if let Some(object) = index.by_id.remove(&id) {
            index.ids.remove(&object.uuid());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    struct Thing(Uuid, Mutex<Arc<str>>);

    impl Stored for Thing {
        fn uuid(&self) -> Uuid {
            self.0
        }
        fn name(&self) -> Arc<str> {
            self.1.lock().clone()
        }
    }

    fn claim(store: &Store<Thing>, uuid: u128, name: &str) -> Claim<Thing> {
        let uuid = Uuid::from_u128(uuid);
        store.claim(uuid, name, || Arc::new(Thing(uuid, Mutex::new(name.into()))))
    }

    #[test]
    fn names_and_uuids_belong_to_one_object() {
        let store = Store::new();
        assert!(matches!(claim(&store, 1, "a"), Claim::Inserted(_)));
        assert!(matches!(claim(&store, 1, "a"), Claim::Existing(_)));
        assert!(matches!(claim(&store, 2, "a"), Claim::NameTaken(_)));
        assert!(matches!(claim(&store, 1, "b"), Claim::UuidTaken(_)));
        assert_eq!(store.len(), 1);
    }

    #[test]
    fn a_renamed_object_is_found_under_its_new_name_alone() {
        let store = Store::new();
        let Claim::Inserted(thing) = claim(&store, 1, "a") else { panic!("the store was empty") };
        claim(&store, 2, "b");
        let rename = |name: &str| {
            let name: Arc<str> = name.into();
            store.rename(&thing, &name, || *thing.1.lock() = name.clone())
        };
        assert_eq!(rename("b").err().map(|taken| taken.uuid()), Some(Uuid::from_u128(2)));
        assert!(store.by_name("a").is_some());
        assert!(rename("c").is_ok());
        assert!(store.by_name("a").is_none() && store.by_name("c").is_some());
        assert_eq!(
            store.all().iter().map(|thing| thing.name()).collect::<Vec<_>>(),
            ["b".into(), "c".into()]
        );
        store.remove(&thing);
        assert!(store.by_name("c").is_none());
    }

    #[test]
    fn a_removed_object_is_found_under_nothing() {
        let store = Store::new();
        let Claim::Inserted(thing) = claim(&store, 1, "a") else { panic!("the store was empty") };
        store.set_id(&thing, 7);
        assert!(store.by_id(7).is_some());
        store.remove(&thing);
        assert!(store.by_id(7).is_none() && store.by_name("a").is_none() && store.is_empty());
    }
}
