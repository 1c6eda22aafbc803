//! What a store in Dropbox costs in calls.

use std::{fs, process::Stdio, thread, time::Duration};

use dropbox_simulator::Options;

use crate::support::dropbox::World;

const BACKUP: &str = "larder at @mydropbox backup files -q";

#[test]
fn an_unchanged_run_costs_fourteen_calls_at_most() {
    let world = World::with_store();
    // Files younger than two seconds are read again by the next run.
    thread::sleep(Duration::from_millis(2100));
    let first = world.calls_of(BACKUP);
    for (run, most) in [("second", 8), ("third", 8)] {
        let calls = world.calls_of(BACKUP);
        assert!(calls <= most, "the {run} run made {calls} calls: {:#}", world.dropbox.summary());
    }
    println!("the first run made {first} calls");
    // A sign-in that has to be renewed.
    world.dropbox.expire_tokens();
    let calls = world.calls_of(BACKUP);
    assert!(calls <= 10, "{calls} calls: {:#}", world.dropbox.summary());
    // A cache that somebody has cleared away, or another machine: what is small is read once, and together.
    for (how, before) in
        [("no cache", "rm -rf ~/.cache"), ("no room for one", "rm -rf ~/.cache; echo in the way > ~/.cache")]
    {
        world.ok(before);
        let calls = world.calls_of(BACKUP);
        assert!(calls <= 14, "{how}: {calls} calls: {:#}", world.dropbox.summary());
    }
    world.ok("rm ~/.cache");
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
    assert_eq!(said.matches("warning").count(), 1, "{said}");
    world.restores();
}

#[test]
fn what_a_cache_has_wrong_is_fetched_again() {
    let world = World::with_store();
    world.ok(BACKUP);
    let cache = world.sandbox.path().join("home/.cache/larder/objects");
    let kept: Vec<_> = fs::read_dir(&cache).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(kept.len() >= 7, "{kept:?}");
    // What another object has.
    let other = fs::read(&kept[0]).unwrap();
    kept.iter().for_each(|file| fs::write(file, &other).unwrap());
    world.ok("larder at @mydropbox ls latest && larder at @mydropbox check");
    world.restores();
    kept.iter().for_each(|file| drop(fs::write(file, b"torn")));
    world.ok("larder at @mydropbox check");
}

#[test]
fn a_quarter_of_a_gibibyte_costs_a_quarter_of_sixty_calls() {
    let mut options = Options::default();
    options.limits.write_hold = Duration::from_millis(50);
    // Slower than packs are made, so that all who may wait for the line do.
    options.limits.megabits_per_second = Some(400.0);
    let world = World::with(options);
    world.store_place();
    world.ok("larder at @mydropbox create -q; mkdir files; for n in 1 2 3 4; do head -c 67108864 /dev/urandom > files/$n.bin; done");
    world.dropbox.reset_journal();
    let mut child =
        world.sandbox.shell(&world.line(&format!("exec {BACKUP} --threads 2"))).stdout(Stdio::null()).spawn().unwrap();
    let mut peak_kib = 0;
    while child.try_wait().unwrap().is_none() {
        peak_kib = peak_kib.max(most_memory(child.id()));
        thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().success());
    // A gibibyte has four times as many packs, and nearly as little beside them.
    let (calls, packs) = (world.dropbox.total_calls(), world.dropbox.calls("files/upload_session/start"));
    println!("{calls} calls, {packs} of them packs; {} MiB of memory", peak_kib >> 10);
    assert!(packs <= 11 && calls - packs <= 16, "{calls} calls: {:#}", world.dropbox.summary());
    assert!(peak_kib < 200 << 10, "{} MiB", peak_kib >> 10);
    // No commit met another one.
    assert!(world.dropbox.log().iter().all(|call| call.status == 200), "{:#}", world.dropbox.summary());
    world.has_kept_the_rules();
    world.restores();
}

/// The most that a process has had in memory so far, in KiB.
fn most_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
