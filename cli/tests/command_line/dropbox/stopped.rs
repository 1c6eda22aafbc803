//! Backups of an account that are stopped in the middle: what was fetched is not fetched again.

use std::{
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use dropbox_simulator::{Fault, FaultKind, Options, When};

use super::BACKUP;
use crate::support::dropbox::World;

const FILES: u64 = 120;
const FILE_BYTES: u64 = 200_000;
/// What the slow server sends in a second: the account takes twelve seconds.
const BYTES_A_SECOND: u64 = 2_000_000;

fn slow() -> World {
    let mut options = Options::default();
    options.limits.latency = Duration::from_millis(20);
    options.limits.megabits_per_second = Some(BYTES_A_SECOND as f64 * 8.0 / 1e6);
    let world = World::with(options);
    for number in 0..FILES {
        world.dropbox.account().write_generated(&format!("/Files/{}/{number}", number % 4), FILE_BYTES, number);
    }
    world.source();
    world
}

fn fetched(world: &World) -> u64 {
    ["files/download", "files/download_zip"].iter().map(|route| world.dropbox.bytes_out_of(route)).sum()
}

/// Starts a backup in a process group of its own, and waits until the server has sent so much, or for two seconds if that is next to nothing.
fn start(world: &World, bytes: u64) -> Child {
    let mut command = world.sandbox.shell(&world.line(&format!("exec {BACKUP}")));
    command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let child = command.spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(if bytes > 1 { 60 } else { 2 });
    while fetched(world) < bytes && Instant::now() < end {
        thread::sleep(Duration::from_millis(20));
    }
    child
}

/// The second run brings the rest, and what is restored is what is there.
fn goes_on(world: &World, in_flight: u64) {
    let before = fetched(world);
    world.ok(BACKUP);
    let in_all = fetched(world);
    let most = FILES * FILE_BYTES * 102 / 100 + in_flight;
    assert!(in_all <= most, "{before} bytes were fetched, then {} more: {in_all} of {most}", in_all - before);
    world.ok("larder at ./save restore -to back latest -q; larder at ./save check --data -q");
    for number in 0..FILES {
        let path = format!("/Files/{}/{number}", number % 4);
        let restored = std::fs::read(world.sandbox.work().join(format!("back{path}"))).unwrap();
        assert_eq!(Some(restored), world.dropbox.account().read(&path), "{path}");
    }
}

/// Interrupts a run, as Ctrl-C does.
#[track_caller]
fn ends_in_a_second(child: &mut Child) {
    let began = Instant::now();
    assert!(Command::new("kill").args(["-s", "INT", "--", &format!("-{}", child.id())]).status().unwrap().success());
    let code = child.wait().unwrap().code();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(code, Some(130));
}

/// Whatever a run waits for: silence that Dropbox asks for, an answer that does not come, or its turn to renew a token.
#[test]
fn an_interrupt_ends_a_wait_within_a_second() {
    let waits = |set_up: &dyn Fn(&World)| {
        let world = World::new();
        world.dropbox.account().write("/a", b"x");
        world.source();
        set_up(&world);
        let mut child = start(&world, 1);
        ends_in_a_second(&mut child);
        assert_eq!(world.ok("larder at ./save ls"), "");
    };
    let fault = |route: &str, kind| Fault { route: route.to_owned(), when: When::Always, kind };
    waits(&|world| world.dropbox.add_fault(fault("files/list_folder", FaultKind::Json429)));
    waits(&|world| world.dropbox.add_fault(fault("files/download*", FaultKind::Html503)));
    waits(&|world| world.dropbox.configure(|options| options.limits.latency = Duration::from_secs(30)));
}

#[test]
fn an_interrupt_ends_a_run_within_a_second_and_the_next_goes_on() {
    let world = slow();
    let mut child = start(&world, FILES * FILE_BYTES / 2);
    ends_in_a_second(&mut child);
    assert_eq!(world.ok("larder at ./save ls"), "", "nothing that was cut short is a snapshot");
    goes_on(&world, 2 * BYTES_A_SECOND);
}

#[test]
fn a_killed_run_costs_what_was_in_flight() {
    let world = slow();
    let mut child = start(&world, FILES * FILE_BYTES * 2 / 3);
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
    // Two seconds' worth is handed in at a time; the server may have sent faster than it should for a moment.
    goes_on(&world, 4 * BYTES_A_SECOND);
}
