//! What a store in Dropbox costs in calls.

use std::fs;

use crate::support::dropbox::World;

const BACKUP: &str = "larder at @mydropbox backup files -q";

#[test]
fn an_unchanged_run_costs_fourteen_calls_at_most() {
    let world = World::with_store();
    // Files younger than two seconds are read again by the next run.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let first = world.calls_of(BACKUP);
    for (run, most) in [("second", 9), ("third", 9)] {
        let calls = world.calls_of(BACKUP);
        assert!(calls <= most, "the {run} run made {calls} calls: {:#}", world.dropbox.summary());
    }
    println!("the first run made {first} calls");
    // A sign-in that has to be renewed, and a cache that somebody has cleared away.
    world.dropbox.expire_tokens();
    let calls = world.calls_of(BACKUP);
    assert!(calls <= 11, "{calls} calls: {:#}", world.dropbox.summary());
    // From the account into itself.
    world.dropbox.account().write("/Photos/one.jpg", &[7; 50_000]);
    world.ok("larder source import mydropbox --config rclone.conf -q; larder at @mydropbox backup @mydropbox -q");
    world.ok("larder at @mydropbox backup @mydropbox -q");
    let calls = world.calls_of("larder at @mydropbox backup @mydropbox -q");
    assert!(calls <= 14, "{calls} calls: {:#}", world.dropbox.summary());
    world.has_kept_the_rules();
}

#[test]
fn without_a_cache_everything_works_and_costs_more() {
    let world = World::with_store();
    world.ok(BACKUP);
    world.ok("rm -rf ~/.cache; echo in the way > ~/.cache");
    let (code, _, said) = world.sandbox.run(&world.line(BACKUP));
    assert_eq!(code, 0, "{said}");
    assert_eq!(said.matches("cache").count(), 1, "one warning: {said}");
    world.restores();
}

#[test]
fn what_a_cache_has_wrong_is_fetched_again() {
    let world = World::with_store();
    world.ok(BACKUP);
    let cache = world.sandbox.path().join("home/.cache/larder/objects");
    let kept: Vec<_> = fs::read_dir(&cache).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(kept.len() >= 7, "{kept:?}");
    // The right checksum over wrong bytes: what another object has.
    let other = fs::read(&kept[0]).unwrap();
    kept.iter().for_each(|file| fs::write(file, &other).unwrap());
    world.ok("larder at @mydropbox ls latest && larder at @mydropbox check");
    world.restores();
    kept.iter().for_each(|file| drop(fs::write(file, b"torn")));
    world.ok("larder at @mydropbox check");
}

#[test]
fn a_quarter_of_a_gibibyte_costs_a_quarter_of_sixty_calls() {
    let world = World::with_store();
    world.ok("for n in 1 2 3 4; do head -c 67108864 /dev/urandom > files/$n.bin; done");
    let calls = world.calls_of(BACKUP);
    // A gibibyte has four times as many packs, and as much beside them.
    let packs = world.dropbox.calls("files/upload_session/start");
    assert!(packs <= 11 && calls - packs <= 16, "{calls} calls: {:#}", world.dropbox.summary());
    world.has_kept_the_rules();
    world.restores();
}
