//! Rings: an epoch's secret, sealed to every slot (docs/format.md §3).

use larder_model::StoreId;
use minicbor::{Decode, Encode};

use crate::{
    FormatError, Result,
    container::{self, ObjectKind, Suite},
    keys::{self, EpochKeys, Identity},
    sealing::{self, NONCE_LEN},
    secret::{self, Secret},
    slot::{self, OpenSlot},
    wire::{from_cbor, to_cbor},
};

const MAC_LEN: usize = 32;

/// A stored ring whose MAC was checked.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Ring {
    #[cbor(n(0), with = "minicbor::bytes")]
    store: [u8; 16],
    #[n(1)]
    epoch: u32,
    #[n(2)]
    generation: u32,
    #[cbor(n(3), with = "minicbor::bytes")]
    key_set: [u8; 16],
    #[n(4)]
    members: Vec<Member>,
    #[n(5)]
    created: i64,
    #[cbor(n(6), with = "minicbor::bytes")]
    previous_nonce: Option<[u8; NONCE_LEN]>,
    #[cbor(n(7), with = "minicbor::bytes")]
    previous: Option<[u8; 48]>,
}

/// The epoch's secret for one slot.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
struct Member {
    #[n(0)]
    slot: u32,
    #[cbor(n(1), with = "minicbor::bytes")]
    public_key: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    ephemeral: [u8; 32],
    #[cbor(n(3), with = "minicbor::bytes")]
    nonce: [u8; NONCE_LEN],
    #[cbor(n(4), with = "minicbor::bytes")]
    sealed: [u8; 48],
}

impl Ring {
    /// Seals an epoch's secret to `members`, numbers and public keys of slots, and the previous epoch's secret under it.
    pub fn create(
        store: StoreId,
        generation: u32,
        keys: &EpochKeys,
        previous: Option<&EpochKeys>,
        members: &[(u32, [u8; 32])],
        created: i64,
    ) -> Result<Self> {
        let seal = |(slot, public_key): &(u32, [u8; 32])| Member::seal(store, keys, *slot, *public_key);
        let members = members.iter().map(seal).collect::<Result<_>>()?;
        let mut ring = Self {
            store: store.0,
            epoch: keys.epoch(),
            generation,
            key_set: keys.key_set(),
            members,
            created,
            previous_nonce: None,
            previous: None,
        };
        if let Some(previous) = previous {
            let nonce = secret::random();
            let key = keys.secret().derive("larder v0 previous epoch", &[]);
            ring.previous = Some(seal_secret(&key, &nonce, &aad(store, previous.epoch()), previous.secret()));
            ring.previous_nonce = Some(nonce);
        }
        Ok(ring)
    }

    /// The keys of the ring's epoch, as one of its members.
    pub fn open(&self, slot: &OpenSlot) -> Result<EpochKeys> {
        let member = self.members.iter().find(|member| member.slot == slot.number).ok_or(FormatError::WrongKey)?;
        let key = wrap_key(&slot.agree(&member.ephemeral)?, &member.ephemeral, &slot.public_key);
        let secret = open_secret(&key, &member.nonce, &aad(StoreId(self.store), self.epoch), member.sealed)?;
        self.checked(secret)
    }

    fn checked(&self, secret: Secret) -> Result<EpochKeys> {
        if keys::key_set(&secret) != self.key_set {
            return Err(FormatError::Damaged("its key set is another one"));
        }
        Ok(EpochKeys::new(self.epoch, secret))
    }

    /// The keys of the epoch before.
    pub fn open_previous(&self, keys: &EpochKeys) -> Result<Option<EpochKeys>> {
        let (Some(nonce), Some(sealed), Some(epoch)) = (self.previous_nonce, self.previous, self.epoch.checked_sub(1))
        else {
            return Ok(None);
        };
        let key = keys.secret().derive("larder v0 previous epoch", &[]);
        let secret = open_secret(&key, &nonce, &aad(StoreId(self.store), epoch), sealed)?;
        Ok(Some(EpochKeys::new(epoch, secret)))
    }

    pub fn to_object(&self, identity: &Identity) -> Vec<u8> {
        let mut body = to_cbor(self);
        let mac = identity.mac("larder v0 ring mac", &body);
        body.extend_from_slice(&mac);
        container::wrap(ObjectKind::Ring, Suite::Plain, 0, &body).0
    }

    /// Reads a ring; one that the identity secret does not vouch for is damaged.
    pub fn from_object(object: &[u8], identity: &Identity) -> Result<Self> {
        let (_, body) = container::unwrap(ObjectKind::Ring, object)?;
        from_cbor(check_mac(identity, "larder v0 ring mac", body)?)
    }

    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Numbers and public keys of the slots that can open this ring. Slots themselves vouch for nothing: whoever controls the storage
    /// can write some. What this ring names, the identity secret vouches for.
    pub fn members(&self) -> impl Iterator<Item = (u32, [u8; 32])> {
        self.members.iter().map(|member| (member.slot, member.public_key))
    }

    /// Numbers of the slots that can open this ring.
    pub fn slots(&self) -> impl Iterator<Item = u32> {
        self.members.iter().map(|member| member.slot)
    }
}

impl Member {
    fn seal(store: StoreId, keys: &EpochKeys, slot: u32, public_key: [u8; 32]) -> Result<Self> {
        let ephemeral_private = Secret::random();
        let ephemeral = slot::public_key(&ephemeral_private)?;
        let key = wrap_key(&slot::agree(&ephemeral_private, &public_key)?, &ephemeral, &public_key);
        let nonce = secret::random();
        let sealed = seal_secret(&key, &nonce, &aad(store, keys.epoch()), keys.secret());
        Ok(Self { slot, public_key, ephemeral, nonce, sealed })
    }
}

fn wrap_key(shared: &Secret, ephemeral: &[u8; 32], public_key: &[u8; 32]) -> Secret {
    shared.derive("larder v0 ring wrap", &[&ephemeral[..], public_key].concat())
}

fn aad(store: StoreId, epoch: u32) -> Vec<u8> {
    [&store.0[..], &epoch.to_le_bytes()].concat()
}

fn seal_secret(key: &Secret, nonce: &[u8; NONCE_LEN], aad: &[u8], secret: &Secret) -> [u8; 48] {
    let mut sealed = [0; 48];
    let (plain, tag) = sealed.split_at_mut(32);
    plain.copy_from_slice(secret.expose());
    tag.copy_from_slice(&sealing::seal(key, nonce, aad, plain));
    sealed
}

fn open_secret(key: &Secret, nonce: &[u8; NONCE_LEN], aad: &[u8], mut sealed: [u8; 48]) -> Result<Secret> {
    let plain = sealing::open(key, nonce, aad, &mut sealed)?;
    Ok(Secret::new((&*plain).try_into().expect("48 bytes less the tag")))
}

/// Splits a MAC off the end of `body` and checks it.
pub(crate) fn check_mac<'a>(identity: &Identity, context: &str, body: &'a [u8]) -> Result<&'a [u8]> {
    let (content, mac) =
        body.split_last_chunk::<MAC_LEN>().ok_or(FormatError::Damaged("it is too short to hold a MAC"))?;
    if secret::same(&identity.mac(context, content), mac) {
        Ok(content)
    } else {
        Err(FormatError::Damaged("its MAC was not made with this store's keys"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::{Slot, Unlock};
    use zeroize::Zeroizing;

    #[test]
    fn every_member_finds_all_epochs_and_a_forger_none() {
        let (store, identity_secret) = (StoreId([1; 16]), Secret::random());
        let identity = Identity::new(identity_secret.clone());
        let unlock = Unlock::KeyFile(Zeroizing::new(vec![7; 40]));
        let slots: Vec<_> =
            (1..3).map(|number| Slot::create(store, number, &unlock, &identity_secret, 0, "").unwrap()).collect();
        let first = EpochKeys::new(0, Secret::random());
        let second = EpochKeys::new(1, Secret::random());
        let members: Vec<_> = slots.iter().map(Slot::member).collect();
        let ring = Ring::create(store, 0, &second, Some(&first), &members, 0).unwrap();
        assert!(ring.members().eq(members));
        let object = ring.to_object(&identity);
        let ring = Ring::from_object(&object, &identity).unwrap();
        for slot in &slots {
            let keys = ring.open(&slot.open(&unlock).unwrap()).unwrap();
            assert_eq!(keys.secret().expose(), second.secret().expose());
            let previous = ring.open_previous(&keys).unwrap().unwrap();
            assert_eq!(previous.secret().expose(), first.secret().expose());
        }
        assert!(Ring::from_object(&object, &Identity::new(Secret::random())).is_err());
    }
}
