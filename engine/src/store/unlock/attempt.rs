//! Trying what somebody gave on the slots of a store.
//!
//! Slots lie in the clear, and whoever controls the storage can write some: one that is no slot of the store, one that is broken, or
//! one that asks for more memory than anybody gives. None of these may keep the others from being tried, and a slot that opens is a
//! way in only if the newest ring names it.

use larder_connect::Storage;
use larder_format::{
    FormatError,
    keys::{EpochKeys, Identity},
    ring::Ring,
    slot::{OpenSlot, Slot, Unlock},
};
use larder_model::{Problem, ProblemKind, Result};

use super::rings_at;
use crate::{look::Look, settings::Interrupt, trouble::about};

/// A slot that opened, and what it leads to.
pub(super) struct Opened {
    /// The slot's number.
    pub slot: u32,
    pub identity: Identity,
    /// By epoch.
    pub epochs: Vec<EpochKeys>,
}

/// What came of the slots that did not open.
#[derive(Default)]
struct Failures {
    /// Another passphrase or key file opens these.
    wrong: u32,
    /// Slots that were not tried, or led nowhere, and why.
    others: Vec<Problem>,
}

/// Tries all slots, until one leads in.
pub(super) fn open_any(
    slots: &[Slot],
    unlock: &Unlock,
    storage: &dyn Storage,
    interrupt: &Interrupt,
) -> Result<Opened> {
    let wants_passphrase = matches!(unlock, Unlock::Passphrase(_));
    let mut failures = Failures::default();
    for slot in slots.iter().filter(|slot| slot.wants_passphrase() == wants_passphrase) {
        interrupt.check()?;
        let opened = match slot.open(unlock) {
            Ok(open) => enter(&open, storage),
            Err(FormatError::WrongKey) => {
                failures.wrong += 1;
                continue;
            }
            Err(error @ FormatError::TooLarge(_)) => Err(too_costly(slot, error)),
            Err(error) => Err(about(format_args!("key {}", slot.number()))(error)),
        };
        match opened {
            Ok(opened) => return Ok(opened),
            Err(problem) if is_of_slot(&problem) => failures.others.push(problem),
            Err(problem) => return Err(problem),
        }
    }
    Err(failures.explain(if wants_passphrase { "passphrase" } else { "key file" }, storage))
}

/// Not of the storage as a whole.
fn is_of_slot(problem: &Problem) -> bool {
    [ProblemKind::Credentials, ProblemKind::Damaged, ProblemKind::Unsupported].contains(&problem.kind())
}

/// Another program may have had reasons; more likely somebody means to exhaust whoever opens the store.
fn too_costly(slot: &Slot, error: FormatError) -> Problem {
    let number = slot.number();
    Problem::new(ProblemKind::Unsupported, format!("key {number} is not tried: {error}")).hint(format!(
        "Larder makes no such key; if you did not either, open the store with another key and remove it: larder key rm {number}"
    ))
}

impl Failures {
    /// What was given may be right for a slot that led nowhere: that one is told. If no slot was even tried, its problem is all there is
    /// to tell.
    fn explain(self, what: &str, storage: &dyn Storage) -> Problem {
        let led_nowhere = |problem: &&Problem| problem.is(ProblemKind::Credentials);
        let telling = self.others.iter().find(led_nowhere).or(self.others.first().filter(|_| self.wrong == 0));
        if let Some(problem) = telling {
            return problem.clone();
        }
        let others: Vec<_> = self.others.iter().map(|problem| format!("; {problem}")).collect();
        let message = format!("the {what} does not open the store at {}", storage.location());
        Problem::new(ProblemKind::Credentials, message)
            .hint(format!("try again; `larder key list` shows the ways in once you are in{}", others.concat()))
    }
}

/// From a slot that opened to the keys of all epochs.
fn enter(slot: &OpenSlot, storage: &dyn Storage) -> Result<Opened> {
    let identity = Identity::new(slot.identity.clone());
    let epochs = read_epochs(storage, &identity, slot)?;
    Ok(Opened { slot: slot.number, identity, epochs })
}

/// The newest epoch's keys and, through them, all earlier ones; by epoch. The newest ring decides who belongs to the store: one that an
/// unfinished removal has left behind must not let the removed key in.
fn read_epochs(storage: &dyn Storage, identity: &Identity, slot: &OpenSlot) -> Result<Vec<EpochKeys>> {
    let rings = rings_at(storage, Look::Glance, identity)?;
    let mut current = rings.values().next_back().ok_or_else(|| {
        Problem::damaged(format!("the store at {} has lost its key rings", storage.location()))
            .hint("bring back the folder `keys` from a copy; without it nothing can be read")
    })?;
    if !current.members().any(|member| member == slot.member()) {
        return Err(no_member(slot.number));
    }
    let mut epochs = vec![current.open(slot).map_err(about("the newest key ring"))?];
    while current.epoch() > 0 {
        let newer = &epochs[epochs.len() - 1];
        let Some(keys) = current.open_previous(newer).map_err(about("a key ring"))? else { break };
        let epoch = keys.epoch();
        epochs.push(keys);
        let of_epoch = |ring: &&Ring| ring.epoch() == epoch;
        let Some(ring) = rings.values().rev().find(of_epoch) else { break };
        current = ring;
    }
    epochs.reverse();
    Ok(epochs)
}

fn no_member(number: u32) -> Problem {
    let message = format!("key {number} opens nothing: its adding was cut short, or it was removed");
    Problem::new(ProblemKind::Credentials, message)
        .hint("open the store with another key; `larder key add` adds this one")
}
