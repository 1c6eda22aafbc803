//! Whole sealed objects: put, get and list them as records.

use larder_connect::{Durability, ObjectInfo, ObjectName, Storage};
use larder_format::{
    FormatError,
    container::{self, HASH_LEN, ObjectKind},
    records::{self, SealedRecord},
};
use larder_model::{Hash, Problem, ProblemKind, Result};

use super::Store;
use crate::{look::Look, trouble::about};

/// Objects of up to this are read as a whole, larger ones in pieces of it.
const PIECE_LEN: u64 = 8 << 20;

/// A record together with what the storage says of its object.
pub(crate) struct Listed<T> {
    pub info: ObjectInfo,
    pub record: T,
}

impl Store {
    /// Seals and puts a record under its own hash in `folder`; returns the name.
    pub(crate) fn put_record<T: SealedRecord>(&self, folder: &str, record: &T) -> Result<ObjectName> {
        let (object, hash) = records::seal_object(T::KIND, self.keys(), &record.to_plain());
        let name = ObjectName::new(folder, hash);
        self.storage().put(&name, &[&object], Durability::Barrier)?;
        Ok(name)
    }

    /// Seals and puts several records under their own hashes.
    pub(crate) fn put_records<T: SealedRecord>(&self, folder: &str, records: &[T]) -> Result<()> {
        let seal = |record: &T| {
            let (object, hash) = records::seal_object(T::KIND, self.keys(), &record.to_plain());
            (ObjectName::new(folder, hash), object)
        };
        let objects: Vec<_> = records.iter().map(seal).collect();
        self.storage().put_batch(&objects, Durability::Barrier)
    }

    /// Seals and puts a record under a name of its own.
    pub(crate) fn put_named<T: SealedRecord>(
        &self,
        name: &ObjectName,
        record: &T,
        durability: Durability,
    ) -> Result<()> {
        let (object, _) = records::seal_object(T::KIND, self.keys(), &record.to_plain());
        self.storage().put(name, &[&object], durability).map(drop)
    }

    pub(crate) fn get_record<T: SealedRecord>(&self, name: &ObjectName) -> Result<T> {
        let plain = self.open_object(T::KIND, name)?;
        T::from_plain(&plain).map_err(about(name))
    }

    /// Several small objects are about to be read: a storage that charges by the call may get them together.
    pub(crate) fn announce(&self, names: impl IntoIterator<Item = ObjectName>) -> Result<()> {
        announce(self.storage(), names)
    }

    /// The plain text of an object that is one box.
    pub(crate) fn open_object(&self, kind: ObjectKind, name: &ObjectName) -> Result<Vec<u8>> {
        self.read_again_if_damaged(name, || {
            let object = self.storage().get(name, None)?;
            records::open_object(kind, |epoch| self.epoch(epoch), &object).map_err(about(name))
        })
    }

    /// Reads of an object, once more when it seems damaged and that could be due to a cache or a network.
    pub(crate) fn read_again_if_damaged<T>(&self, name: &ObjectName, mut read: impl FnMut() -> Result<T>) -> Result<T> {
        match read() {
            Err(problem) if problem.is(ProblemKind::Damaged) && self.storage().doubt(name) => read(),
            done => done,
        }
    }

    /// Reads an object that is named by its hash and compares. What is small is read at once, so that a cache can keep it.
    pub(crate) fn verify_name(&self, info: &ObjectInfo) -> Result<()> {
        self.read_again_if_damaged(&info.name, || {
            let hash = match info.size {
                0..=PIECE_LEN => container::verify_hash(&self.storage().get(&info.name, None)?),
                _ => self.hash_in_pieces(info)?,
            };
            if hash.map_err(about(&info.name))?.to_string() == info.name.name() {
                return Ok(());
            }
            Err(Problem::damaged(format!("{}: its bytes do not match its name", info.name)))
        })
    }

    fn hash_in_pieces(&self, info: &ObjectInfo) -> Result<std::result::Result<Hash, FormatError>> {
        let (mut hasher, body_len) = (container::Hasher::default(), info.size.saturating_sub(HASH_LEN as u64));
        let mut at = 0;
        while at < body_len {
            let end = body_len.min(at + PIECE_LEN);
            hasher.update(&self.storage().get(&info.name, Some(at..end))?);
            at = end;
        }
        let stored = self.storage().get(&info.name, Some(body_len..info.size))?;
        let hash = Some(hasher.finish()).filter(|hash| Hash::from_slice(&stored) == Some(*hash));
        Ok(hash.ok_or(FormatError::Damaged("its hash does not match")))
    }

    /// The epoch of an object of which only the first bytes were read. What looks like a newer program's may be damage: then the
    /// hash at the end of the object tells.
    pub(crate) fn epoch_of(&self, kind: ObjectKind, name: &ObjectName, head: &[u8]) -> Result<u32> {
        let checked = container::check_head(kind, head);
        if let Err(FormatError::Unsupported(_)) = checked {
            container::verify_hash(&self.storage().get(name, None)?).map_err(about(name))?;
        }
        checked.map_err(about(name))
    }

    /// All records of a folder whose names pass `wanted`. One that vanishes meanwhile is left out; a damaged one goes to `damaged`.
    pub(crate) fn list_records<T: SealedRecord>(
        &self,
        folder: &str,
        look: Look,
        wanted: impl Fn(&ObjectName) -> bool,
        mut damaged: impl FnMut(&ObjectName, Problem) -> Result<()>,
    ) -> Result<Vec<Listed<T>>> {
        let mut records = Vec::new();
        let mut listed = look.list(self.storage(), folder)?;
        listed.retain(|info| wanted(&info.name));
        self.announce(listed.iter().map(|info| info.name.clone()))?;
        for info in listed {
            match self.get_record(&info.name) {
                Ok(record) => records.push(Listed { info, record }),
                Err(problem) if problem.is(ProblemKind::NotFound) => {}
                Err(problem) if problem.is(ProblemKind::Damaged) => damaged(&info.name, problem)?,
                Err(problem) => return Err(problem),
            }
        }
        Ok(records)
    }
}

/// The same, before a store is open.
pub(crate) fn announce(storage: &dyn Storage, names: impl IntoIterator<Item = ObjectName>) -> Result<()> {
    let names: Vec<_> = names.into_iter().collect();
    if names.len() < 2 {
        return Ok(());
    }
    storage.announce(&names)
}

/// True for the name of an object that is named by a hash.
pub(crate) fn is_hash_name(name: &ObjectName) -> bool {
    name.name().parse::<Hash>().is_ok()
}
