//! A machine that stops while keys are added, changed or removed, at any storage operation, and loses all, some or nothing of what was
//! not durable: every key that was a way in and is not the one that goes still is one, the operation can be repeated, and a key
//! whose adding was cut short never works half.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use larder_connect::Storage;
use larder_engine::{CheckLevel, Store, Unlock, Unwatched, check};
use larder_model::{ProblemKind, Result};
use larder_testkit::{
    Larder,
    storage::{Crash, CrashingStorage, Loss, MemoryStorage, When},
};

const LOSSES: [Loss; 4] = [Loss::Nothing, Loss::Everything, Loss::Some(1), Loss::Some(2)];
/// The number of the guest's key.
const GUEST: u32 = 2;

fn guest() -> Unlock {
    Unlock::key_file(b"the key file of an honest guest, long enough too".to_vec())
}

fn newcomer() -> Unlock {
    Unlock::key_file(b"a key file that was made only just now, for somebody".to_vec())
}

fn stranger() -> Unlock {
    Unlock::key_file(b"a key file of somebody else, to see what it does".to_vec())
}

/// What is done to the keys of a store that has two: the owner's and the guest's.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Operation {
    /// The owner adds the newcomer's.
    Add,
    /// The guest puts the newcomer's in the place of the own one.
    Change,
    /// The owner removes the guest's.
    Remove,
}

/// Who can open the store now.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Open {
    owner: bool,
    guest: bool,
    newcomer: bool,
}

impl Operation {
    fn run(self, larder: &Larder, storage: Arc<dyn Storage>) -> Result<()> {
        match self {
            Self::Add => larder.open_on(storage)?.add_slot(&newcomer(), "new").map(drop),
            Self::Change => open_as(larder, storage, guest)?.change_slot(&newcomer()).map(drop),
            Self::Remove => larder.open_on(storage)?.remove_slot(GUEST),
        }
    }

    /// What may be after a crash: it has not happened, or it has, and nothing in between.
    fn allows(self, open: Open) -> bool {
        let (before, after) = (Open { owner: true, guest: true, newcomer: false }, self.done());
        open == before || open == after
    }

    fn done(self) -> Open {
        Open { owner: true, guest: self == Self::Add, newcomer: self != Self::Remove }
    }

    /// Once more, after a crash. What was done already is told as such.
    fn repeat(self, larder: &Larder, before: Open) {
        let storage = Arc::new(larder.storage.clone());
        match (self, self.run(larder, storage)) {
            (_, Ok(())) => {}
            (Self::Remove, Err(problem)) if problem.is(ProblemKind::NotFound) => assert!(!before.guest),
            (Self::Change, Err(problem)) if problem.is(ProblemKind::Credentials) => assert!(!before.guest),
            (_, Err(problem)) => panic!("it cannot be repeated: {problem}"),
        }
    }
}

fn open_as(larder: &Larder, storage: Arc<dyn Storage>, unlock: fn() -> Unlock) -> Result<Store> {
    Store::open(storage, &mut |_| Ok(unlock()), larder.settings())
}

fn who_opens(larder: &Larder) -> Open {
    let opens = |unlock| {
        let store = open_as(larder, Arc::new(larder.storage.clone()), unlock);
        // Whoever can open a store is shown as a key of it.
        store.is_ok_and(|store| store.slots().unwrap().iter().filter(|slot| slot.is_current).count() == 1)
    };
    Open { owner: opens(Larder::unlock), guest: opens(guest), newcomer: opens(newcomer) }
}

/// Finds nothing that could not be mended at once, and names what was cut short.
fn assert_sound(larder: &Larder, context: &str) {
    let report = check(&larder.open(), CheckLevel::Quick, &Unwatched).unwrap();
    let is_mended = report.problems.iter().all(|finding| finding.message.ends_with("it was written anew"));
    assert!(is_mended, "{context}: {:?}", report.problems);
    let report = check(&larder.open(), CheckLevel::Quick, &Unwatched).unwrap();
    assert!(report.problems.is_empty(), "{context}: {:?}", report.problems);
    for finding in report.harmless {
        let number = finding.item.strip_prefix("keys/slot-").and_then(|number| number.parse().ok());
        let number = number.unwrap_or_else(|| panic!("{context}: {finding:?}"));
        larder.open().remove_slot(number).unwrap();
    }
    let report = check(&larder.open(), CheckLevel::Quick, &Unwatched).unwrap();
    assert!(report.harmless.is_empty(), "{context}: {:?}", report.harmless);
}

fn verify(operation: Operation, survivors: MemoryStorage, larder: &Larder, context: &str) {
    let larder = larder.on(survivors);
    let open = who_opens(&larder);
    assert!(operation.allows(open), "{context}: {open:?}");
    // What is done to other keys afterwards changes nothing about these.
    let elsewhere = larder.on(larder.storage.fork());
    elsewhere.open().add_slot(&stranger(), "").unwrap();
    assert_eq!(who_opens(&elsewhere), open, "{context}, after another key was added");
    assert_sound(&elsewhere, context);
    assert_eq!(who_opens(&elsewhere), open, "{context}, after a check");
    operation.repeat(&larder, open);
    assert_eq!(who_opens(&larder), operation.done(), "{context}, after it was repeated");
    assert_sound(&larder, context);
    assert_eq!(who_opens(&larder), operation.done(), "{context}, after all was cleared away");
}

#[test]
fn a_crash_while_keys_change_leaves_every_other_key_and_no_half_one() {
    let larder = Larder::new();
    assert_eq!(larder.open().add_slot(&guest(), "guest").unwrap(), GUEST);
    let scene = larder.storage.fork();
    for operation in [Operation::Add, Operation::Change, Operation::Remove] {
        let counting = Arc::new(CrashingStorage::new(scene.fork(), None));
        operation.run(&larder, counting.clone()).unwrap();
        assert_eq!(who_opens(&larder.on(counting.survivors(Loss::Nothing))), operation.done(), "{operation:?}");
        println!("{operation:?}: {} operations", counting.operations());
        for at in 0..counting.operations() {
            for when in [When::Before, When::After] {
                let storage = Arc::new(CrashingStorage::new(scene.fork(), Some(Crash { at, when })));
                assert!(
                    operation.run(&larder, storage.clone()).is_err(),
                    "{operation:?}, {at}: the crash was passed by"
                );
                for loss in LOSSES {
                    let context = format!("{operation:?}, crash at {at}, {when:?}, {loss:?}");
                    verify(operation, storage.survivors(loss), &larder, &context);
                }
            }
        }
    }
}
