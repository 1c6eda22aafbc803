//! Files that Dropbox still has: brought back without a byte being sent.

use dropbox_simulator::{FaultKind, Options, When};

use super::kit::{World, bytes, overwrite, small_files};

const LARGE: usize = (4 << 20) + 7;

fn with_large() -> World {
    let world = World::new();
    world.account.write_at("/Films/large", &bytes(LARGE, 1), 1_600_000_000);
    world.account.write("/Films/small", &bytes(5_000, 2));
    world
}

#[test]
fn a_large_file_comes_back_by_its_revision() {
    let world = with_large();
    let (snapshot, before) = (world.snapshot(), world.content());
    world.account.write("/Films/large", b"encrypted by somebody");
    world.account.write("/Films/small", b"too");
    let (report, _) = world.restore_with(&snapshot, "", &overwrite());
    assert_eq!((report.files, report.missing), (2, 0));
    assert_eq!(world.simulator.calls("files/restore"), 1, "small ones are sent");
    assert!(world.simulator.bytes_in() < 10_000, "{}", world.simulator.bytes_in());
    assert_eq!(world.content(), before);
    world.account.delete("/Films");
    world.restore(&snapshot, "");
    assert_eq!(world.simulator.calls("files/restore"), 1);
    assert_eq!(world.content(), before);
    world.restore(&snapshot, "");
    assert_eq!(world.writes(), 0);
}

#[test]
fn small_files_do_so_if_asked() {
    let mut world = with_large();
    let (snapshot, before) = (world.snapshot(), world.content());
    world.account.delete("/Films");
    world.options.by_revision = true;
    world.restore(&snapshot, "");
    assert_eq!(world.simulator.calls("files/restore"), 2);
    assert_eq!(world.simulator.calls("files/upload_session/append_batch"), 0);
    assert_eq!(world.content(), before);
}

#[test]
fn what_dropbox_has_no_more_is_sent() {
    let world = with_large();
    let snapshot = world.snapshot();
    world.account.delete("/Films");
    world.fault("files/restore", When::Always, FaultKind::NotFound);
    world.restore(&snapshot, "");
    assert_eq!(world.account.read("/Films/large"), Some(bytes(LARGE, 1)));
    let elsewhere = world.restore(&snapshot, "/Elsewhere");
    assert_eq!((elsewhere.files, world.simulator.calls("files/restore")), (2, 0), "there it never was");
}

#[test]
fn a_lost_answer_is_looked_after() {
    for kind in [FaultKind::LostAnswer, FaultKind::Done503, FaultKind::NoAnswer] {
        let world = with_large();
        let (snapshot, before) = (world.snapshot(), world.content());
        world.account.write("/Films/large", b"another");
        world.fault("files/restore", When::First(1), kind);
        let (report, rows) = world.try_restore(&snapshot, "", &overwrite());
        assert_eq!(report.unwrap().missing, 0, "{kind:?}: {:?}", rows.all());
        assert_eq!(world.content(), before, "{kind:?}");
    }
}

#[test]
fn revisions_of_another_account_are_not_asked_for() {
    let world = with_large();
    let snapshot = world.snapshot();
    let mut other = World::with(Options { seed: 2, ..Options::default() });
    other.larder = world.larder.clone();
    other.options.by_revision = true;
    other.restore(&snapshot, "");
    assert_eq!(other.simulator.calls("files/restore"), 0);
    assert_eq!(other.content(), world.content());
    // Nor for a snapshot of files.
    let files = world.snapshot_of(&small_files(&world, 3, 1, 100));
    world.restore(&files, "/Back");
    assert_eq!(world.simulator.calls("files/restore"), 0);
}
