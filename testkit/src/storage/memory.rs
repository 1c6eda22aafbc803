//! A storage in memory, shared by clients that may see each other's puts late.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use larder_connect::{Durability, ObjectInfo, ObjectName, Promises, Put, Storage, slice_range};
use larder_model::{Problem, ProblemKind, Result, Time};

use crate::SimClock;

/// One client of a storage in memory. Clones are the same client; [`MemoryStorage::client`] makes another one.
#[derive(Clone)]
pub struct MemoryStorage {
    objects: Arc<Mutex<Objects>>,
    clock: SimClock,
    visibility_delay: Duration,
    client: u32,
}

#[derive(Clone, Default)]
struct Objects {
    by_name: BTreeMap<ObjectName, Object>,
    clients: u32,
}

#[derive(Clone)]
struct Object {
    body: Arc<Vec<u8>>,
    modified: Time,
    client: u32,
    /// From when on others see it.
    visible: Time,
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new(SimClock::default())
    }
}

impl MemoryStorage {
    pub fn new(clock: SimClock) -> Self {
        Self::delayed(clock, Duration::ZERO)
    }

    /// Others see a put only after `visibility_delay`, by `clock`.
    pub fn delayed(clock: SimClock, visibility_delay: Duration) -> Self {
        Self { objects: Arc::default(), clock, visibility_delay, client: 0 }
    }

    /// Another client of the same objects.
    pub fn client(&self) -> Self {
        let mut objects = self.lock();
        objects.clients += 1;
        Self { client: objects.clients, ..self.clone() }
    }

    /// A copy that goes its own way. Everybody sees what is in it.
    pub fn fork(&self) -> Self {
        let mut objects = self.lock().clone();
        objects.by_name.values_mut().for_each(|object| object.visible = object.modified);
        Self { objects: Arc::new(Mutex::new(objects)), ..self.clone() }
    }

    pub fn clock(&self) -> &SimClock {
        &self.clock
    }

    /// Names of a folder, or of all with an empty one, sorted.
    pub fn names(&self, folder: &str) -> Vec<ObjectName> {
        let objects = self.lock();
        objects.by_name.keys().filter(|name| folder.is_empty() || name.folder() == folder).cloned().collect()
    }

    pub fn body(&self, name: &ObjectName) -> Option<Arc<Vec<u8>>> {
        self.lock().by_name.get(name).map(|object| object.body.clone())
    }

    /// Bytes of all objects.
    pub fn total_len(&self) -> u64 {
        self.lock().by_name.values().map(|object| object.body.len() as u64).sum()
    }

    /// Puts whatever bytes under a name, as damage or a foreign program would.
    pub fn overwrite(&self, name: &ObjectName, body: Vec<u8>) {
        self.insert(name, Arc::new(body));
    }

    /// Removes an object, as a loss would.
    pub fn lose(&self, name: &ObjectName) -> Option<Arc<Vec<u8>>> {
        self.lock().by_name.remove(name).map(|object| object.body)
    }

    fn insert(&self, name: &ObjectName, body: Arc<Vec<u8>>) {
        let object = self.object(body);
        self.lock().by_name.insert(name.clone(), object);
    }

    fn object(&self, body: Arc<Vec<u8>>) -> Object {
        let now = self.clock.now();
        Object { body, modified: now, client: self.client, visible: later(now, self.visibility_delay) }
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sees(&self, object: &Object) -> bool {
        object.client == self.client || object.visible <= self.clock.now()
    }
}

impl Storage for MemoryStorage {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    fn promises(&self) -> Promises {
        Promises { visibility_delay: self.visibility_delay, ..Promises::default() }
    }

    fn prepare(&self, _folders: &[&str]) -> Result<()> {
        Ok(())
    }

    fn put(&self, name: &ObjectName, parts: &[&[u8]], _: Durability) -> Result<Put> {
        let body = parts.concat();
        let mut objects = self.lock();
        if let Some(object) = objects.by_name.get(name) {
            if object.body.len() == body.len() {
                return Ok(Put::Existed);
            }
            return Err(Problem::new(ProblemKind::Conflict, format!("{name} exists with another size")));
        }
        objects.by_name.insert(name.clone(), self.object(Arc::new(body)));
        Ok(Put::New)
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        let object = self.lock().by_name.get(name).filter(|object| self.sees(object)).cloned();
        let object = object.ok_or_else(|| Problem::not_found(format!("there is no {name}")))?;
        slice_range(name, &object.body, range)
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        let objects = self.lock();
        let seen = objects.by_name.iter().filter(|(name, object)| name.folder() == folder && self.sees(object));
        Ok(seen
            .map(|(name, object)| ObjectInfo {
                name: name.clone(),
                size: object.body.len() as u64,
                modified: object.modified,
                hash: None,
            })
            .collect())
    }

    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.lock().by_name.remove(name);
        Ok(())
    }

    fn barrier(&self) -> Result<()> {
        Ok(())
    }

    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        self.insert(name, Arc::new(parts.concat()));
        Ok(())
    }
}

fn later(time: Time, by: Duration) -> Time {
    let nanos = time.nanos + by.subsec_nanos();
    Time::new(time.secs + by.as_secs() as i64 + i64::from(nanos / 1_000_000_000), nanos % 1_000_000_000)
}
