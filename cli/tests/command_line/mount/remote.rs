//! A store in Dropbox, far away.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use dropbox_simulator::{Fault, FaultKind, When};

use super::Mount;
use crate::support::dropbox::World;

fn world() -> World {
    let world = World::new();
    world.dropbox.configure(|options| options.limits.latency = Duration::from_millis(30));
    world.store_place();
    world.ok("larder at @mydropbox create -q");
    world.has_files(40);
    world.ok("head -c 12000000 /dev/urandom > files/large; larder at @mydropbox backup files -q");
    world
}

fn mount(world: &World) -> Option<Mount<'_>> {
    Mount::start_with(&world.sandbox, &world.line("exec larder at @mydropbox mount mounted latest"))
}

#[test]
fn a_store_in_dropbox_is_mounted_and_survives_faults() {
    let world = world();
    let Some(mounted) = mount(&world) else { return };
    let began = Instant::now();
    world.ok("diff -r files mounted");
    println!("read in {:?}", began.elapsed());
    mounted.end();
    // What passes is tried again, and what is changed on the way is read again.
    let Some(mounted) = mount(&world) else { return };
    let kinds = [FaultKind::Html503, FaultKind::ResetBody, FaultKind::Flip, FaultKind::Truncate];
    for (call, kind) in (1..).zip(kinds) {
        world.dropbox.add_fault(Fault { route: "files/download".to_owned(), when: When::Call(call), kind });
    }
    world.ok("diff -r files mounted");
    assert_eq!(mounted.end(), "\nlarder: ending; Ctrl-C once more ends at once\n");
    world.has_kept_the_rules();
}

#[test]
fn a_read_that_hangs_holds_up_nobody_else_and_not_the_end() {
    let world = world();
    let Some(mounted) = mount(&world) else { return };
    world.ok("ls -lR mounted; cmp mounted/1/1.txt files/1/1.txt");
    world.dropbox.configure(|options| options.limits.latency = Duration::from_secs(60));
    let mut waiting: Vec<_> = (0..3)
        .map(|_| {
            world.sandbox.shell("exec cat mounted/large").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    let began = Instant::now();
    world.ok("cmp mounted/1/1.txt files/1/1.txt; cat mounted/1/*.txt > /dev/null; ls -lR mounted");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(waiting.iter_mut().all(|cat| cat.try_wait().unwrap().is_none()));
    let began = Instant::now();
    let said = mounted.end();
    assert!(began.elapsed() < Duration::from_secs(5) && said.contains("in use"), "{:?} {said}", began.elapsed());
    for mut cat in waiting {
        let _ = cat.kill();
        assert!(!cat.wait().unwrap().success());
    }
}

/// What is known is shown meanwhile, what is not is an error after some tries, and nothing has to be mounted anew.
#[test]
fn a_dropbox_that_is_gone_for_long_fails_reads_and_works_again() {
    let world = world();
    let Some(mounted) = mount(&world) else { return };
    world.ok("ls -lR mounted; cmp mounted/1/1.txt files/1/1.txt");
    for route in ["files/download", "files/get_metadata", "files/list_folder", "files/list_folder/continue"] {
        let kind = FaultKind::NoAnswer;
        world.dropbox.add_fault(Fault { route: route.to_owned(), when: When::Always, kind });
    }
    let began = Instant::now();
    for _ in 0..2 {
        let said = world.fails(1, "cat mounted/large > /dev/null");
        assert!(said.contains("Input/output error"), "{said}");
        world.ok("cmp mounted/1/1.txt files/1/1.txt; ls -lR mounted > /dev/null");
    }
    println!("given up after {:?}", began.elapsed());
    world.dropbox.clear_faults();
    world.ok("diff -r files mounted");
    let said = mounted.end();
    assert!(said.contains("/files/large") && !said.contains("damaged"), "{said}");
    world.has_kept_the_rules();
}
