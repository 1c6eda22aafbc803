//! A store's settings (docs/format.md §5).

use larder_model::{Hash, StoreId};
use minicbor::{Decode, Encode};

use crate::{
    FormatError, Result,
    chunker::{Chunker, Method, Sizes},
    container::{self, ObjectKind, Suite},
    keys::Identity,
    ring::check_mac,
    wire::{from_cbor, to_cbor},
};

const VERSION: u32 = 0;

/// One generation of a store's settings.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Config {
    #[n(0)]
    pub generation: u32,
    #[cbor(n(1), with = "minicbor::bytes")]
    store: [u8; 16],
    #[n(2)]
    version: u32,
    /// Unix seconds.
    #[n(3)]
    pub created: i64,
    #[cbor(n(4), with = "minicbor::bytes")]
    predecessor: Option<[u8; 32]>,
    #[n(5)]
    needed_to_read: Vec<String>,
    #[n(6)]
    needed_to_write: Vec<String>,
    #[n(7)]
    needed_to_delete: Vec<String>,
    #[n(8)]
    chunker: u32,
    #[n(9)]
    chunk_min: u32,
    #[n(10)]
    chunk_bits: u32,
    #[n(11)]
    chunk_max: u32,
    /// Bytes that a pack is closed at.
    #[n(12)]
    pub pack_len: u32,
}

/// What a program wants to do with a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    Read,
    Write,
    Delete,
}

impl Config {
    pub fn new(store: StoreId, created: i64) -> Self {
        let method = Method::default();
        let sizes = method.sizes();
        Self {
            generation: 0,
            store: store.0,
            version: VERSION,
            created,
            predecessor: None,
            needed_to_read: Vec::new(),
            needed_to_write: Vec::new(),
            needed_to_delete: Vec::new(),
            chunker: method.id(),
            chunk_min: sizes.min,
            chunk_bits: sizes.bits,
            chunk_max: sizes.max,
            pack_len: 16 << 20,
        }
    }

    /// The generation after this one, to be changed and stored.
    pub fn successor(&self, own_hash: Hash) -> Self {
        Self { generation: self.generation + 1, predecessor: Some(own_hash.0), ..self.clone() }
    }

    pub fn store(&self) -> StoreId {
        StoreId(self.store)
    }

    /// What cuts files: whoever writes has asked [`Config::check_features`] whether it is known.
    pub fn chunker(&self, identity: &Identity) -> Chunker {
        Chunker::new(Method::from_id(self.chunker).unwrap_or_default(), self.sizes(), identity)
    }

    pub fn sizes(&self) -> Sizes {
        Sizes { min: self.chunk_min, bits: self.chunk_bits, max: self.chunk_max }
    }

    /// Refuses what a newer program must do.
    pub fn check_features(&self, access: Access) -> Result<()> {
        let lists = match access {
            Access::Read => [Some(&self.needed_to_read), None, None],
            Access::Write => [Some(&self.needed_to_read), Some(&self.needed_to_write), None],
            Access::Delete => [Some(&self.needed_to_read), Some(&self.needed_to_write), Some(&self.needed_to_delete)],
        };
        // No feature has a name yet: whatever is named belongs to a newer program. Readers cut nothing.
        let can_cut = access == Access::Read || Method::from_id(self.chunker).is_some();
        if can_cut && lists.into_iter().flatten().all(|list| list.is_empty()) {
            Ok(())
        } else {
            Err(FormatError::Unsupported("the store uses a feature that this program does not have"))
        }
    }

    pub fn to_object(&self, identity: &Identity) -> Vec<u8> {
        let mut body = to_cbor(self);
        let mac = identity.mac("larder v0 config mac", &body);
        body.extend_from_slice(&mac);
        container::wrap(ObjectKind::Config, Suite::Plain, 0, &body).0
    }

    pub fn from_object(object: &[u8], identity: &Identity) -> Result<Self> {
        let (_, body) = container::unwrap(ObjectKind::Config, object)?;
        from_cbor::<Self>(check_mac(identity, "larder v0 config mac", body)?)?.checked()
    }

    fn checked(self) -> Result<Self> {
        if self.version != VERSION {
            return Err(FormatError::Unsupported("the store's format is newer than this program"));
        }
        if !self.sizes().are_sane() || !(1 << 16..=1 << 30).contains(&self.pack_len) {
            return Err(FormatError::TooLarge("its chunk or pack sizes are out of bounds"));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn features_and_versions_of_the_future_are_refused() {
        let identity = Identity::new(Secret::new([1; 32]));
        let config = Config::new(StoreId([2; 16]), 5);
        let read = |config: &Config| Config::from_object(&config.to_object(&identity), &identity);
        assert_eq!(read(&config).as_ref(), Ok(&config));
        let mut newer = config.clone();
        newer.version = 9;
        assert!(matches!(read(&newer), Err(FormatError::Unsupported(_))));
        let mut newer = config.clone();
        newer.chunker = 3;
        let newer = read(&newer).unwrap();
        assert!(newer.check_features(Access::Read).is_ok());
        assert!(newer.check_features(Access::Write).is_err());
        let mut fancy = config.clone();
        fancy.needed_to_delete.push("vaults".into());
        assert!(fancy.check_features(Access::Write).is_ok());
        assert!(fancy.check_features(Access::Delete).is_err());
        let mut absurd = config;
        absurd.chunk_max = u32::MAX;
        assert!(read(&absurd).is_err());
    }
}
