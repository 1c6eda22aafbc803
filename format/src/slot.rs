//! Slots: the ways to unlock a store (docs/format.md §3).
//!
//! A slot is a key pair. Its private half and the identity secret are wrapped under a key that a passphrase or a key file gives. That
//! the identity secret comes from here, and not from the ring, is what keeps a provider from slipping in secrets of its own.

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use larder_model::StoreId;
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::{
    FormatError, Result,
    container::{self, ObjectKind, Suite},
    sealing::{self, NONCE_LEN},
    secret::{self, Secret},
    wire::{from_cbor, to_cbor},
};

const TYPE_PASSPHRASE: u8 = 1;
const TYPE_KEY_FILE: u8 = 2;
/// What a slot may ask for. Slots lie in the clear, and whoever controls the storage can write one: opening a store must cost no
/// more memory than the process is promised to stay below, and no more than a second or so a slot.
const MEMORY_KIB_MAX: u32 = 128 << 10;
const PASSES_MAX: u32 = 16;
const LANES_MAX: u32 = 16;
/// What new slots use: OWASP's and RFC 9106's second choice, 0.1 s on a small machine.
const MEMORY_KIB: u32 = 64 << 10;
const PASSES: u32 = 3;
const KEY_FILE_LEN_MIN: usize = 32;
const KEY_FILE_LEN_MAX: usize = 1 << 20;

/// What a person holds.
pub enum Unlock {
    Passphrase(Zeroizing<String>),
    /// A key file's content.
    KeyFile(Zeroizing<Vec<u8>>),
}

impl Unlock {
    pub fn passphrase(text: String) -> Self {
        Self::Passphrase(Zeroizing::new(text))
    }

    pub fn key_file(content: Vec<u8>) -> Self {
        Self::KeyFile(Zeroizing::new(content))
    }
}

/// A stored slot, still locked.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Slot {
    #[cbor(n(0), with = "minicbor::bytes")]
    store: [u8; 16],
    #[n(1)]
    number: u32,
    #[n(2)]
    kind: u8,
    #[cbor(n(3), with = "minicbor::bytes")]
    public_key: [u8; 32],
    #[n(4)]
    kdf: u8,
    #[cbor(n(5), with = "minicbor::bytes")]
    salt: [u8; 16],
    #[n(6)]
    memory_kib: Option<u32>,
    #[n(7)]
    passes: Option<u32>,
    #[n(8)]
    lanes: Option<u32>,
    #[cbor(n(9), with = "minicbor::bytes")]
    nonce: [u8; NONCE_LEN],
    #[cbor(n(10), with = "minicbor::bytes")]
    wrapped: [u8; 80],
    #[cbor(n(11), with = "minicbor::bytes")]
    commitment: [u8; 32],
    #[n(12)]
    created: i64,
    #[n(13)]
    label: String,
}

/// An unlocked slot.
pub struct OpenSlot {
    pub number: u32,
    pub(crate) public_key: [u8; 32],
    private_key: Secret,
    pub identity: Secret,
}

impl Slot {
    /// Makes a slot and its key pair.
    pub fn create(
        store: StoreId,
        number: u32,
        unlock: &Unlock,
        identity: &Secret,
        created: i64,
        label: &str,
    ) -> Result<Self> {
        let private_key = Secret::random();
        let (kind, memory_kib) = match unlock {
            Unlock::Passphrase(_) => (TYPE_PASSPHRASE, Some(MEMORY_KIB)),
            Unlock::KeyFile(_) => (TYPE_KEY_FILE, None),
        };
        let mut slot = Self {
            store: store.0,
            number,
            kind,
            public_key: public_key(&private_key)?,
            kdf: kind,
            salt: secret::random(),
            memory_kib,
            passes: memory_kib.map(|_| PASSES),
            lanes: memory_kib.map(|_| 1),
            nonce: secret::random(),
            wrapped: [0; 80],
            commitment: [0; 32],
            created,
            label: label.to_owned(),
        };
        let key = slot.stretch(unlock)?;
        slot.commitment = *key.derive("larder v0 slot commitment", &[]).expose();
        slot.wrap(&key, &private_key, identity);
        Ok(slot)
    }

    fn wrap(&mut self, key: &Secret, private_key: &Secret, identity: &Secret) {
        let (secrets, tag) = self.wrapped.split_at_mut(64);
        secrets[..32].copy_from_slice(private_key.expose());
        secrets[32..].copy_from_slice(identity.expose());
        let aad = aad(self.store, self.number, &self.public_key);
        tag.copy_from_slice(&sealing::seal(&key.derive("larder v0 slot wrap", &[]), &self.nonce, &aad, secrets));
    }

    /// Unlocks the slot. A passphrase that does not fit is [`FormatError::WrongKey`].
    pub fn open(&self, unlock: &Unlock) -> Result<OpenSlot> {
        let key = self.stretch(unlock)?;
        if !secret::same(key.derive("larder v0 slot commitment", &[]).expose(), &self.commitment) {
            return Err(FormatError::WrongKey);
        }
        let mut wrapped = Zeroizing::new(self.wrapped);
        let aad = aad(self.store, self.number, &self.public_key);
        let secrets =
            sealing::open(&key.derive("larder v0 slot wrap", &[]), &self.nonce, &aad, wrapped.as_mut_slice())?;
        let (private_key, identity) = secrets.split_at(32);
        Ok(OpenSlot {
            number: self.number,
            public_key: self.public_key,
            private_key: Secret::new(private_key.try_into().expect("half of 64 bytes")),
            identity: Secret::new(identity.try_into().expect("half of 64 bytes")),
        })
    }

    /// The slow step: from what the person holds to 32 bytes.
    fn stretch(&self, unlock: &Unlock) -> Result<Secret> {
        match unlock {
            Unlock::Passphrase(text) if self.kind == TYPE_PASSPHRASE => self.argon2(text.as_bytes()),
            Unlock::KeyFile(content) if self.kind == TYPE_KEY_FILE => key_file(content, &self.salt),
            _ => Err(FormatError::WrongKey),
        }
    }

    fn argon2(&self, passphrase: &[u8]) -> Result<Secret> {
        let (memory_kib, passes, lanes) =
            (self.memory_kib.unwrap_or(0), self.passes.unwrap_or(0), self.lanes.unwrap_or(0));
        if memory_kib > MEMORY_KIB_MAX || passes > PASSES_MAX || lanes > LANES_MAX {
            return Err(FormatError::TooLarge("it asks for more than 128 MiB of memory, 16 passes or 16 lanes"));
        }
        let wrong = FormatError::Damaged("its key derivation parameters make no sense");
        let params = argon2::Params::new(memory_kib, passes, lanes, Some(32)).map_err(|_| wrong)?;
        let mut out = Zeroizing::new([0; 32]);
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into(passphrase, &self.salt, out.as_mut())
            .map_err(|_| wrong)?;
        Ok(Secret::new(*out))
    }

    pub fn to_object(&self) -> Vec<u8> {
        container::wrap(ObjectKind::Slot, Suite::Plain, 0, &to_cbor(self)).0
    }

    pub fn from_object(object: &[u8]) -> Result<Self> {
        from_cbor(container::unwrap(ObjectKind::Slot, object)?.1)
    }

    pub fn number(&self) -> u32 {
        self.number
    }

    pub fn store(&self) -> StoreId {
        StoreId(self.store)
    }

    pub fn label(&self) -> &str {
        &self.label
    }

    pub fn created(&self) -> i64 {
        self.created
    }

    /// `passphrase` or `key file`.
    pub fn kind_word(&self) -> &'static str {
        match self.kind {
            TYPE_PASSPHRASE => "passphrase",
            TYPE_KEY_FILE => "key file",
            _ => "unknown",
        }
    }

    pub fn wants_passphrase(&self) -> bool {
        self.kind == TYPE_PASSPHRASE
    }

    /// What a ring knows of it: its number and public key.
    pub fn member(&self) -> (u32, [u8; 32]) {
        (self.number(), self.public_key())
    }

    pub(crate) fn public_key(&self) -> [u8; 32] {
        self.public_key
    }
}

impl OpenSlot {
    /// What a ring knows of it: its number and public key.
    pub fn member(&self) -> (u32, [u8; 32]) {
        (self.number, self.public_key)
    }

    /// The X25519 secret shared with somebody's public key.
    pub(crate) fn agree(&self, peer: &[u8; 32]) -> Result<Secret> {
        agree(&self.private_key, peer)
    }
}

/// The content of a new key file: 64 hex digits and a newline.
pub fn new_key_file() -> Zeroizing<String> {
    Zeroizing::new(format!("{}\n", larder_model::Hash(secret::random())))
}

fn key_file(content: &[u8], salt: &[u8; 16]) -> Result<Secret> {
    let trimmed = content.trim_ascii_end();
    if !(KEY_FILE_LEN_MIN..=KEY_FILE_LEN_MAX).contains(&trimmed.len()) {
        return Err(FormatError::TooLarge("a key file has 32 bytes at least and 1 MiB at most"));
    }
    let mut hasher = blake3::Hasher::new_derive_key("larder v0 key file");
    hasher.update(salt).update(trimmed);
    Ok(Secret::new(hasher.finalize().into()))
}

fn aad(store: [u8; 16], number: u32, public_key: &[u8; 32]) -> Vec<u8> {
    [&store[..], &number.to_le_bytes(), public_key].concat()
}

const BAD_KEY: FormatError = FormatError::Damaged("a key in it is no X25519 key");

/// The public half of a private key.
pub(crate) fn public_key(private_key: &Secret) -> Result<[u8; 32]> {
    let private = PrivateKey::from_private_key(&X25519, private_key.expose()).map_err(|_| BAD_KEY)?;
    let public = private.compute_public_key().map_err(|_| BAD_KEY)?;
    public.as_ref().try_into().map_err(|_| BAD_KEY)
}

pub(crate) fn agree(private_key: &Secret, peer: &[u8; 32]) -> Result<Secret> {
    let private = PrivateKey::from_private_key(&X25519, private_key.expose()).map_err(|_| BAD_KEY)?;
    agreement::agree(&private, UnparsedPublicKey::new(&X25519, peer), BAD_KEY, |shared| {
        shared.try_into().map(Secret::new).map_err(|_| BAD_KEY)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> Unlock {
        Unlock::Passphrase(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn the_right_key_opens_and_no_other() {
        let identity = Secret::new([3; 32]);
        let slot = Slot::create(StoreId([1; 16]), 1, &passphrase("right"), &identity, 0, "").unwrap();
        let slot = Slot::from_object(&slot.to_object()).unwrap();
        assert_eq!(slot.open(&passphrase("right")).unwrap().identity.expose(), identity.expose());
        assert!(matches!(slot.open(&passphrase("wrong")), Err(FormatError::WrongKey)));
        assert!(matches!(slot.open(&Unlock::KeyFile(Zeroizing::new(vec![1; 32]))), Err(FormatError::WrongKey)));
    }

    #[test]
    fn a_key_file_may_lose_its_newline() {
        let file = new_key_file();
        let unlock = |text: &str| Unlock::KeyFile(Zeroizing::new(text.as_bytes().to_vec()));
        let slot = Slot::create(StoreId([1; 16]), 2, &unlock(&file), &Secret::new([3; 32]), 0, "").unwrap();
        assert!(slot.open(&unlock(file.trim())).is_ok());
        assert!(slot.open(&unlock("short")).is_err());
    }

    #[test]
    fn absurd_parameters_are_refused_before_they_cost_anything() {
        let slot = Slot::create(StoreId([1; 16]), 1, &passphrase("p"), &Secret::new([3; 32]), 0, "").unwrap();
        let changes: [fn(&mut Slot); 4] = [
            |slot| slot.memory_kib = Some(u32::MAX),
            |slot| slot.memory_kib = Some(MEMORY_KIB_MAX + 1),
            |slot| slot.passes = Some(PASSES_MAX + 1),
            |slot| slot.lanes = Some(LANES_MAX + 1),
        ];
        for change in changes {
            let mut greedy = slot.clone();
            change(&mut greedy);
            assert!(matches!(greedy.open(&passphrase("p")), Err(FormatError::TooLarge(_))));
            assert!(matches!(greedy.open(&passphrase("other")), Err(FormatError::TooLarge(_))));
        }
    }

    #[test]
    fn new_slots_ask_for_less_than_any_reader_gives() {
        const { assert!(MEMORY_KIB <= MEMORY_KIB_MAX && PASSES <= PASSES_MAX) }
        let mut most = Slot::create(StoreId([1; 16]), 1, &passphrase("p"), &Secret::new([3; 32]), 0, "").unwrap();
        (most.memory_kib, most.passes, most.lanes) = (Some(MEMORY_KIB_MAX), Some(PASSES_MAX), Some(LANES_MAX));
        // Within its bounds it is tried; that it does not open is told by the commitment.
        assert!(matches!(most.open(&passphrase("p")), Err(FormatError::WrongKey)));
    }
}
