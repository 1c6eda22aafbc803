//! The program is killed at moments that nobody chose, and run again: nothing is lost, nothing needs a repair, and little is stored twice.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use crate::support::{random::Random, sandbox::Sandbox};

const RESTORE: &str = "restore -to torn latest -q --on-conflict overwrite";

/// Starts a line with a life of `life`, and waits for the end of either.
fn short_lived(sandbox: &Sandbox, line: &str, life: Duration) -> Option<i32> {
    let mut command = sandbox.shell(&format!("exec {line}"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
    thread::sleep(life);
    kill(&mut child)
}

/// The exit code, of a child that was faster; `None` of one that was killed.
fn kill(child: &mut Child) -> Option<i32> {
    child.kill().unwrap();
    child.wait().unwrap().code()
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let size = |entry: fs::DirEntry| {
        let meta = entry.metadata().unwrap();
        if meta.is_dir() { bytes_below(&entry.path()) } else { meta.size() }
    };
    entries.map(size).sum()
}

/// A dozen attempts, each cut off within its first second.
#[test]
fn killed_backups_store_little_twice() {
    let (sandbox, mut random) = (Sandbox::new(), Random::from_environment());
    sandbox.ok("larder at ./save create -q; mkdir files");
    sandbox.ok("for i in 1 2 3 4 5 6 7 8; do head -c 12000000 /dev/urandom > files/$i; done");
    sandbox.ok("for i in $(seq 400); do head -c 10000 /dev/urandom > files/small-$i; done");
    let data = bytes_below(&sandbox.work().join("files"));
    let store = sandbox.work().join("save");
    let mut killed = 0;
    for _ in 0..12 {
        let life = Duration::from_millis(random.below(1_000));
        killed += u32::from(short_lived(&sandbox, "larder at ./save backup files -q --no-parent", life).is_none());
        let stored = bytes_below(&store);
        assert!(stored * 10 <= data * 16, "{stored} bytes are stored of {data}; {random:?}");
    }
    assert!(killed > 0, "each of them was faster than a second: {random:?}");
    sandbox.ok("larder at ./save backup files -q; larder at ./save check --data");
    let stored = bytes_below(&store);
    assert!(stored * 10 <= data * 16, "{stored} bytes are stored of {data}; {random:?}");
    sandbox.ok("larder at ./save restore -to back latest -q && diff -r files back");
}

/// Every command that writes is cut off again and again, and what follows finds all in order.
#[test]
fn whatever_is_killed_can_be_run_again() {
    let (sandbox, mut random) = (Sandbox::new(), Random::from_environment());
    sandbox.ok("larder at ./save create -q; mkdir files");
    for round in 0..6 {
        sandbox.ok(&format!("for i in $(seq 40); do head -c {} /dev/urandom > files/{round}-$i; done", 60_000 + round));
        sandbox.ok("rm -f files/*-7 files/*-8");
        for line in ["backup files -q", "rm latest -apply -q", "backup files -q", "gc -q", RESTORE] {
            let life = Duration::from_millis(random.below(500));
            short_lived(&sandbox, &format!("larder at ./save {line}"), life);
        }
        sandbox.ok("larder at ./save backup files -q; larder at ./save gc -q; larder at ./save check --data -q");
        let restored = sandbox.run(&format!("larder at ./save {RESTORE} --delete && diff -r files torn"));
        assert_eq!(restored.0, 0, "{restored:?}; {random:?}");
    }
}
