//! What every [`Storage`] must do, as tests. Each case gets a fresh, empty place that nobody has prepared.
//!
//! The suite panics where the contract is broken, with the name of the case as the last line printed.

#![allow(clippy::unwrap_used)] // A suite of tests: what it did not expect should stop it there.

use std::{collections::BTreeMap, ops::Range, sync::Barrier, thread};

use larder_model::ProblemKind;

use crate::{Durability, ObjectName, Put, Storage};

const DURABLE: Durability = Durability::Barrier;

type Case<S> = (&'static str, fn(&S));

/// Runs the whole suite on storages that `make` returns, a new one for each case.
pub fn run<S: Storage>(make: impl Fn() -> S) {
    let cases: [Case<S>; 18] = [
        ("an empty place has nothing", empty),
        ("what was put is there", put_and_get),
        ("objects without bytes are objects", zero_length),
        ("nothing is ever put over an object", put_twice),
        ("ranges are exact", ranges),
        ("a large object in many parts", large),
        ("listings are complete and by folder", listings),
        ("deleting is final and may be repeated", deletes),
        ("one of many writers makes an object", one_winner),
        ("a listing sees whole objects only", list_while_putting),
        ("repair replaces an object", repairs),
        ("batches and advisory objects", batches),
        ("objects of others are adopted", adopts),
        ("preparing again changes nothing", prepare_again),
        ("barriers from several threads", barriers),
        ("packs are there from the barrier on", packs),
        ("a glance sees what this client did", glances),
        ("many objects are deleted at once", delete_batches),
    ];
    for (name, case) in cases {
        println!("storage: {name}");
        let storage = make();
        storage.prepare(&["packs"]).unwrap();
        case(&storage);
    }
}

fn name(text: &str) -> ObjectName {
    ObjectName::parse(text).unwrap()
}

fn put(storage: &impl Storage, object: &str, body: &[u8]) -> Put {
    storage.put(&name(object), &[body], DURABLE).unwrap()
}

fn get(storage: &impl Storage, object: &str) -> Vec<u8> {
    storage.get(&name(object), None).unwrap()
}

/// Names and sizes, once what was put has had the time to appear.
fn listed(storage: &impl Storage, folder: &str) -> BTreeMap<String, u64> {
    thread::sleep(storage.promises().visibility_delay);
    let objects = storage.list(folder).unwrap();
    let count = objects.len();
    let map: BTreeMap<_, _> = objects.into_iter().map(|object| (object.name.to_string(), object.size)).collect();
    assert_eq!(map.len(), count, "no name is listed twice");
    let (mut each, mut at_a_glance) = (BTreeMap::new(), BTreeMap::new());
    storage
        .list_each(folder, &mut |object| {
            each.insert(object.name.to_string(), object.size);
        })
        .unwrap();
    storage
        .glance_each(folder, &mut |object| {
            at_a_glance.insert(object.name.to_string(), object.size);
        })
        .unwrap();
    assert_eq!((&each, &at_a_glance), (&map, &map), "object by object it is the same");
    map
}

fn assert_missing(storage: &impl Storage, object: &str) {
    for range in [None, Some(0..1)] {
        let problem = storage.get(&name(object), range).unwrap_err();
        assert!(problem.is(ProblemKind::NotFound), "{problem}");
    }
}

/// Bytes that differ everywhere, so that a wrong offset shows.
fn pattern(len: usize) -> Vec<u8> {
    (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn empty<S: Storage>(storage: &S) {
    assert!(listed(storage, "packs").is_empty());
    assert_missing(storage, "packs/aa");
    storage.delete(&name("packs/aa")).unwrap();
    storage.barrier().unwrap();
}

fn put_and_get<S: Storage>(storage: &S) {
    let object = name("packs/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    let parts: [&[u8]; 4] = [b"one ", b"", b"two ", b"three"];
    assert_eq!(storage.put(&object, &parts, DURABLE).unwrap(), Put::New);
    assert_eq!(storage.get(&object, None).unwrap(), b"one two three");
    storage.barrier().unwrap();
    assert_eq!(storage.get(&object, None).unwrap(), b"one two three");
    // Every character that a name may have.
    let odd = name("a.b_c-9/z.y_x-0.1");
    storage.put(&odd, &[b"odd"], DURABLE).unwrap();
    assert_eq!(storage.get(&odd, None).unwrap(), b"odd");
}

fn zero_length<S: Storage>(storage: &S) {
    assert_eq!(storage.put(&name("marks/none"), &[], DURABLE).unwrap(), Put::New);
    assert_eq!(put(storage, "marks/empty", b""), Put::New);
    assert_eq!(put(storage, "marks/empty", b""), Put::Existed);
    assert_eq!(get(storage, "marks/none"), b"");
    assert_eq!(storage.get(&name("marks/empty"), Some(0..0)).unwrap(), b"");
    assert_damaged(storage, "marks/empty", 0..1);
    assert_eq!(listed(storage, "marks").into_values().collect::<Vec<_>>(), [0, 0]);
}

fn put_twice<S: Storage>(storage: &S) {
    assert_eq!(put(storage, "config/0", b"first"), Put::New);
    assert_eq!(put(storage, "config/0", b"first"), Put::Existed);
    for other in [&b"longer than that"[..], b"less", b""] {
        let problem = storage.put(&name("config/0"), &[other], DURABLE).unwrap_err();
        assert!(problem.is(ProblemKind::Conflict), "{problem}");
    }
    assert_eq!(get(storage, "config/0"), b"first");
}

fn ranges<S: Storage>(storage: &S) {
    let body = pattern(1000);
    put(storage, "packs/aa", &body);
    for range in [0..1000, 0..1, 999..1000, 3..3, 0..0, 1000..1000, 500..900] {
        let expected = &body[range.start as usize..range.end as usize];
        let mut filled = vec![0; expected.len()];
        storage.get_into(&name("packs/aa"), range.start, &mut filled).unwrap();
        assert_eq!(filled, expected);
        assert_eq!(storage.get(&name("packs/aa"), Some(range)).unwrap(), expected);
    }
    for range in [0..1001, 999..1001, 1000..1001, 1001..1001, 5000..6000, 0..u64::MAX] {
        assert_damaged(storage, "packs/aa", range);
    }
}

fn assert_damaged(storage: &impl Storage, object: &str, range: Range<u64>) {
    let problem = storage.get(&name(object), Some(range.clone())).unwrap_err();
    assert!(problem.is(ProblemKind::Damaged), "{range:?}: {problem}");
    if let 1..=10_000 = range.end - range.start {
        let mut room = vec![0; (range.end - range.start) as usize];
        let problem = storage.get_into(&name(object), range.start, &mut room).unwrap_err();
        assert!(problem.is(ProblemKind::Damaged), "{range:?}: {problem}");
    }
}

fn large<S: Storage>(storage: &S) {
    let body = pattern((5 << 20) + 3);
    let parts: Vec<&[u8]> = body.chunks(2_000).collect();
    let object = name("packs/large");
    assert_eq!(storage.put(&object, &parts, DURABLE).unwrap(), Put::New);
    assert_eq!(storage.put(&object, &[&body], DURABLE).unwrap(), Put::Existed);
    storage.barrier().unwrap();
    assert!(storage.get(&object, None).unwrap() == body);
    let range = 1_234_567..(body.len() as u64);
    assert!(storage.get(&object, Some(range)).unwrap() == body[1_234_567..]);
}

fn listings<S: Storage>(storage: &S) {
    for number in 0..300 {
        put(storage, &format!("packs/{number:03}"), &pattern(number));
    }
    put(storage, "index/a", b"12");
    let packs = listed(storage, "packs");
    assert_eq!(packs.len(), 300);
    assert!(packs.iter().enumerate().all(|(n, (name, size))| *name == format!("packs/{n:03}") && *size == n as u64));
    assert_eq!(listed(storage, "index"), [("index/a".to_owned(), 2)].into());
    assert!(listed(storage, "pack").is_empty(), "folders are no prefixes");
    let object = &storage.list("index").unwrap()[0];
    assert!(object.modified.secs > 0);
    assert_eq!(object.hash.is_some(), storage.promises().hash_kind != 0);
}

fn deletes<S: Storage>(storage: &S) {
    put(storage, "marks/a", b"old");
    put(storage, "marks/b", b"kept");
    assert_eq!(storage.get(&name("marks/a"), Some(0..1)).unwrap(), b"o");
    storage.delete(&name("marks/a")).unwrap();
    storage.delete(&name("marks/a")).unwrap();
    assert_missing(storage, "marks/a");
    assert_eq!(listed(storage, "marks"), [("marks/b".to_owned(), 4)].into());
    if storage.promises().undelete {
        assert!(storage.deleted("marks", false).unwrap().contains(&name("marks/a")));
        assert!(!storage.undelete(&name("marks/a"), &|info| info.size == 4).unwrap());
        assert_missing(storage, "marks/a");
        assert!(storage.undelete(&name("marks/a"), &|info| info.size == 3).unwrap());
        assert_eq!(get(storage, "marks/a"), b"old");
        storage.delete(&name("marks/a")).unwrap();
    }
    assert_eq!(put(storage, "marks/a", b"another one"), Put::New);
    assert_eq!(get(storage, "marks/a"), b"another one");
}

fn one_winner<S: Storage>(storage: &S) {
    const WRITERS: u8 = 8;
    for round in 0..20 {
        let object = name(&format!("config/{round}"));
        let start = Barrier::new(WRITERS.into());
        let results: Vec<_> = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (object, start) = (&object, &start);
                    scope.spawn(move || {
                        start.wait();
                        match storage.put(object, &[&[writer; 5000]], DURABLE) {
                            // Where the provider tells hashes, that of the winner is another.
                            Err(problem) if problem.is(ProblemKind::Conflict) && storage.promises().hash_kind != 0 => {
                                Put::Existed
                            }
                            put => put.unwrap(),
                        }
                    })
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        let winners: Vec<_> = (0..WRITERS).filter(|writer| results[usize::from(*writer)] == Put::New).collect();
        assert_eq!(winners.len(), 1, "{results:?}");
        assert_eq!(storage.get(&object, None).unwrap(), [winners[0]; 5000]);
    }
}

fn list_while_putting<S: Storage>(storage: &S) {
    const OBJECTS: usize = 200;
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 0..OBJECTS {
                put(storage, &format!("packs/{number:03}"), &pattern(20_000));
            }
        });
        while !writer.is_finished() {
            for object in storage.list("packs").unwrap() {
                assert_eq!(object.size, 20_000, "{}", object.name);
                let body = storage.get(&object.name, None).unwrap();
                assert!(body == pattern(20_000), "{}", object.name);
            }
        }
    });
    assert_eq!(listed(storage, "packs").len(), OBJECTS);
}

fn repairs<S: Storage>(storage: &S) {
    let object = name("packs/aa");
    storage.put(&object, &[b"damaged"], DURABLE).unwrap();
    assert_eq!(storage.get(&object, Some(0..3)).unwrap(), b"dam");
    storage.replace_damaged(&object, &[b"mended ", b"at last"]).unwrap();
    assert_eq!(storage.get(&object, Some(0..3)).unwrap(), b"men");
    assert_eq!(storage.get(&object, None).unwrap(), b"mended at last");
    storage.replace_damaged(&name("packs/new"), &[b"was gone"]).unwrap();
    assert_eq!(get(storage, "packs/new"), b"was gone");
    assert_eq!(listed(storage, "packs").len(), 2);
}

fn batches<S: Storage>(storage: &S) {
    let objects: Vec<_> = (0..5).map(|number| (name(&format!("records/{number}")), pattern(number * 100))).collect();
    storage.put_batch(&objects, DURABLE).unwrap();
    storage.put_batch(&objects, DURABLE).unwrap();
    for (object, body) in &objects {
        assert_eq!(storage.get(object, None).unwrap(), *body);
    }
    let start = name("runs/start");
    assert_eq!(storage.put(&start, &[b"here"], Durability::Advisory).unwrap(), Put::New);
    assert_eq!(storage.put(&start, &[b"here"], Durability::Advisory).unwrap(), Put::Existed);
    assert_eq!(storage.get(&start, None).unwrap(), b"here");
    storage.barrier().unwrap();
}

fn adopts<S: Storage>(storage: &S) {
    storage.put(&name("packs/aa"), &[b"body"], Durability::Advisory).unwrap();
    storage.adopt(&name("packs/aa")).unwrap();
    storage.barrier().unwrap();
    assert_eq!(get(storage, "packs/aa"), b"body");
}

fn prepare_again<S: Storage>(storage: &S) {
    put(storage, "config/0", b"kept");
    storage.prepare(&["config", "packs"]).unwrap();
    assert_eq!(get(storage, "config/0"), b"kept");
}

fn barriers<S: Storage>(storage: &S) {
    thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || {
                for number in 0..10 {
                    put(storage, &format!("packs/{writer}-{number}"), &pattern(number * 10));
                    storage.barrier().unwrap();
                }
            });
        }
    });
    assert_eq!(listed(storage, "packs").len(), 40);
}

fn packs<S: Storage>(storage: &S) {
    let (one, other) = (name("packs/one"), name("packs/other"));
    let sent = storage.put_pack(&one, pattern(70_000).into(), false).unwrap();
    storage.put_pack(&other, pattern(500).into(), true).unwrap();
    assert_eq!(storage.get(&one, Some(69_000..70_000)).unwrap(), pattern(70_000)[69_000..]);
    storage.barrier().unwrap();
    assert_eq!(storage.get_lasting(&other, Some(100..200)).unwrap(), pattern(500)[100..200]);
    assert_eq!(listed(storage, "packs"), [("packs/one".to_owned(), 70_000), ("packs/other".to_owned(), 500)].into());
    assert_eq!(sent.hash.is_some(), storage.promises().hash_kind != 0);
    let info = storage.list("packs").unwrap().into_iter().find(|info| info.name == one).unwrap();
    assert_eq!(info.hash, sent.hash, "the hash is that of the bytes that were sent");
    // A retry after a lost answer.
    storage.put_pack(&one, pattern(70_000).into(), false).unwrap();
    storage.barrier().unwrap();
    let taken = storage.put_pack(&one, pattern(60_000).into(), false).and_then(|_| storage.barrier());
    assert!(taken.unwrap_err().is(ProblemKind::Conflict));
    assert_eq!(storage.get(&one, None).unwrap(), pattern(70_000));
}

fn glances<S: Storage>(storage: &S) {
    let seen = |folder: &str| {
        let mut names: Vec<_> = storage.glance(folder).unwrap().into_iter().map(|info| info.name.to_string()).collect();
        names.sort();
        names
    };
    assert!(seen("marks").is_empty());
    put(storage, "marks/a", b"a");
    put(storage, "marks/b", b"bb");
    assert_eq!(seen("marks"), ["marks/a", "marks/b"]);
    storage.delete(&name("marks/a")).unwrap();
    assert_eq!(seen("marks"), ["marks/b"]);
    if let Some(info) = storage.known(&name("marks/b")) {
        assert_eq!(info.size, 2);
    }
    assert_eq!(storage.known(&name("marks/a")), None);
}

fn delete_batches<S: Storage>(storage: &S) {
    let names: Vec<_> = (0..25).map(|number| name(&format!("packs/{number}"))).collect();
    for object in &names[1..] {
        put(storage, object.as_str(), b"x");
    }
    put(storage, "packs/kept", b"kept");
    storage.delete_batch(&names).unwrap();
    storage.delete_batch(&[]).unwrap();
    assert_eq!(listed(storage, "packs"), [("packs/kept".to_owned(), 4)].into());
    assert_missing(storage, "packs/1");
}
