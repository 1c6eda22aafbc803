//! An account without room: the run stops, and what needs no room works.

use std::{process::Stdio, thread, time::Duration};

use dropbox_simulator::{Fault, FaultKind, When};

use crate::support::dropbox::World;

fn used(world: &World) -> u64 {
    let account = world.dropbox.account();
    account.paths().iter().filter_map(|path| account.read(path)).map(|body| body.len() as u64).sum()
}

#[test]
fn a_full_account_stops_a_backup_and_nothing_else() {
    let world = World::with_store();
    let first = world.ok("larder at @mydropbox backup files -q").trim().to_owned();
    world.ok("head -c 2000000 /dev/urandom > files/random; touch -d '1 hour ago' files/random");
    let second = world.ok("larder at @mydropbox backup files -q").trim().to_owned();
    world.ok("rm files/random");
    world.ok("larder at @mydropbox backup files -q");
    // More is used than there may be: not a byte finds room.
    world.dropbox.account().set_quota(used(&world) / 2);
    world.ok("head -c 2000000 /dev/urandom > files/more");
    world.dropbox.reset_journal();
    let said = world.fails(73, "larder at @mydropbox backup files");
    assert!(said.contains("no space left"), "{said}");
    assert_eq!(world.dropbox.bytes_in() / 1_000_000, 0, "nothing was sent");
    world.ok("rm files/more; larder at @mydropbox ls && larder at @mydropbox check --quick");
    world.restores();
    let (code, _, said) = world.sandbox.run(&world.line(&format!("larder at @mydropbox rm {first} {second} -apply")));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("--accept-lost"), "{said}");
    let before = used(&world);
    world.ok("larder at @mydropbox gc");
    assert!(used(&world) + 1_900_000 < before, "{before} bytes, then {}", used(&world));
    world.restores();
    world.dropbox.account().set_quota(1 << 40);
    world.ok("larder at @mydropbox check --accept-lost && larder at @mydropbox check --data");
    world.ok("larder at @mydropbox backup files -q && larder at @mydropbox gc && larder at @mydropbox check --data");
    world.restores();
}

#[test]
fn an_account_that_fills_up_on_the_way_ends_the_run_and_the_next_goes_on() {
    let world = World::with_store();
    world.ok("head -c 90000000 /dev/urandom > files/random");
    world.dropbox.account().set_quota(used(&world) + 40_000_000);
    let said = world.fails(73, "larder at @mydropbox backup files");
    assert!(said.contains("larder rm"), "{said}");
    assert_eq!(world.ok("larder at @mydropbox ls"), "");
    world.dropbox.account().set_quota(1 << 40);
    world.ok("larder at @mydropbox backup files -q");
    world.restores();
}

#[test]
fn a_wait_that_is_too_long_ends_the_run_with_75() {
    let world = World::with_store();
    world.dropbox.configure(|options| options.limits.retry_after = std::time::Duration::from_secs(1200));
    world.dropbox.add_fault(Fault { route: "files/upload*".to_owned(), when: When::Call(2), kind: FaultKind::Json429 });
    let said = world.fails(75, "larder at @mydropbox backup files");
    assert!(said.contains("20 minutes"), "{said}");
}

#[test]
fn a_limit_on_traffic_ends_the_run_with_75() {
    let world = World::with_store();
    world.dropbox.add_fault(Fault {
        route: "files/upload*".to_owned(),
        when: When::Always,
        kind: FaultKind::Forbidden,
    });
    world.fails(75, "larder at @mydropbox backup files");
}

/// Without room for marks gc deletes nothing beside a run that may go on; but this machine knows that its own is over.
#[test]
fn a_killed_run_is_no_hindrance_to_gc_in_a_full_account() {
    let world = World::with_store();
    world.ok("larder at @mydropbox backup files -q");
    world.ok("head -c 2000000 /dev/urandom > files/random; touch -d '1 hour ago' files/random");
    let second = world.ok("larder at @mydropbox backup files -q").trim().to_owned();
    world.ok("rm files/random; larder at @mydropbox backup files -q; head -c 40000000 /dev/urandom > files/more");
    world.dropbox.configure(|options| options.limits.megabits_per_second = Some(40.0));
    world.dropbox.reset_journal();
    let mut command = world.sandbox.shell(&world.line("exec larder at @mydropbox backup files -q"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while world.dropbox.calls("files/upload_session/start") == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    world.ok("rm files/more");
    world.dropbox.configure(|options| options.limits.megabits_per_second = None);
    assert!(world.dropbox.account().paths().iter().any(|path| path.ends_with(".start")));
    world.dropbox.account().set_quota(used(&world) / 2);
    world.sandbox.run(&world.line(&format!("larder at @mydropbox rm {second} -apply")));
    let before = used(&world);
    world.ok("larder at @mydropbox gc");
    assert!(used(&world) + 1_900_000 < before, "{before} bytes, then {}", used(&world));
    world.restores();
}
