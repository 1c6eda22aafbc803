//! A writer that is killed leaves nothing behind but whole packs, and the next run takes them over.

use std::{
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use dropbox_simulator::Options;

use crate::support::dropbox::World;

#[test]
fn a_killed_writer_costs_what_was_on_its_way() {
    let mut options = Options::default();
    options.limits.megabits_per_second = Some(200.0);
    let world = World::with(options);
    world.store_place();
    world.ok("larder at @mydropbox create -q");
    world.has_files(10);
    world.ok("for n in 1 2 3; do head -c 67108864 /dev/urandom > files/$n.bin; done");
    let mut command = world.sandbox.shell(&world.line("exec larder at @mydropbox backup files"));
    command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while world.dropbox.bytes_in() < 100_000_000 && Instant::now() < end {
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
    let all_are_packs = world.dropbox.account().paths().iter().all(|path| {
        let known = ["/Larder/config/", "/Larder/keys/", "/Larder/packs/", "/Larder/runs/", "/Larder/index/"];
        path == "/Larder/" || known.iter().any(|folder| path.starts_with(folder))
    });
    assert!(all_are_packs, "{:?}", world.dropbox.account().paths());
    assert_eq!(world.ok("larder at @mydropbox ls"), "");
    assert_eq!(starts(&world), 1);
    world.ok("larder at @mydropbox backup files -q && larder at @mydropbox check --data && larder at @mydropbox check --quick");
    // The machine knows that it is over.
    assert_eq!(starts(&world), 0);
    world.restores();
    world.has_kept_the_rules();
}

fn starts(world: &World) -> usize {
    world.dropbox.account().paths().iter().filter(|path| path.ends_with(".start")).count()
}

/// Nobody could tell from outside that the run is over.
#[test]
fn an_interrupt_leaves_no_start_record() {
    let mut options = Options::default();
    options.limits.megabits_per_second = Some(100.0);
    let world = World::with(options);
    world.store_place();
    world.ok("larder at @mydropbox create -q; mkdir files; head -c 100000000 /dev/urandom > files/large");
    let mut command = world.sandbox.shell(&world.line("exec larder at @mydropbox backup files -q"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while world.dropbox.bytes_in() < 20_000_000 && Instant::now() < end {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(starts(&world), 1);
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-s", "INT", "--", &group]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(starts(&world), 0);
    world.ok("larder at @mydropbox backup files -q && larder at @mydropbox check --data");
    world.has_kept_the_rules();
}
