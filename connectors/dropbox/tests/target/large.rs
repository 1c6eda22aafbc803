//! Large files: in pieces, in any order, and over the end of the program.

use dropbox_simulator::{FaultKind, When};
use larder_connect::{New, Target, Ticket};
use larder_model::{Entry, Kind};
use larder_testkit::{
    Larder, SimClock,
    storage::MemoryStorage,
    tree::{Body, SharedTree},
};

use super::kit::{World, bytes};

const PIECE: usize = 8 << 20;
const BLOCK: u64 = 4 << 20;

/// Chunks as they are in stores of people.
fn world() -> World {
    let mut world = World::new().with_notes();
    world.larder = Larder::with_default_chunks(MemoryStorage::new(SimClock::default()));
    world.larder.threads = 2;
    world
}

fn one_file(world: &World, body: impl Into<Body>) -> SharedTree {
    let mut tree = world.tree();
    tree.write("large", body);
    tree.shared()
}

fn appends(world: &World) -> usize {
    world.simulator.calls("files/upload_session/append_v2")
}

#[test]
fn pieces_are_multiples_of_4_mib_and_come_together_right() {
    for len in [PIECE + 1, 2 * PIECE, 2 * PIECE + 5, 3 * PIECE - 1] {
        let world = world();
        let body = bytes(len, len as u64);
        let snapshot = world.snapshot_of(&one_file(&world, body.clone()));
        let report = world.restore(&snapshot, "/Back");
        assert_eq!((report.files, report.bytes), (1, len as u64));
        assert!(world.account.read("/Back/large") == Some(body), "{len}");
        let log = world.simulator.log();
        let pieces: Vec<_> = log.iter().filter(|call| call.route.ends_with("append_v2")).collect();
        assert_eq!(pieces.len(), len.div_ceil(PIECE));
        for piece in &pieces {
            let close = piece.arg["close"].as_bool().unwrap();
            assert!(close || piece.bytes_in.is_multiple_of(BLOCK), "{piece:?}");
            assert!(piece.arg["cursor"]["offset"].as_u64().unwrap().is_multiple_of(BLOCK));
        }
        assert!(pieces.last().unwrap().arg["close"].as_bool().unwrap(), "the closing one is the last");
        world.restore(&snapshot, "/Back");
        assert_eq!(world.writes(), 0);
        let notes = std::fs::read_dir(world.notes()).unwrap().map(|note| note.unwrap().path());
        assert_eq!(notes.filter(|note| note.extension().is_some()).count(), 0, "no note is left");
    }
}

#[test]
fn holes_are_zeros_there() {
    let world = world();
    let body = Body::default()
        .with_data(bytes(1 << 20, 1))
        .with_hole(2 * PIECE as u64)
        .with_data(bytes(3 << 20, 2))
        .with_hole(PIECE as u64 + 3);
    let expected = body.to_bytes();
    let snapshot = world.snapshot_of(&one_file(&world, body));
    world.restore(&snapshot, "/Back");
    assert!(world.account.read("/Back/large") == Some(expected));
}

/// A restore that is killed leaves notes, and no thread of it goes on.
#[test]
fn another_run_sends_only_what_was_not_there() {
    let world = world();
    let body = bytes(5 * PIECE + 11, 3);
    let snapshot = world.snapshot_of(&one_file(&world, body.clone()));
    world.fault("files/upload_session/append_v2", When::Call(4), FaultKind::Forbidden);
    assert!(world.try_restore(&snapshot, "/Back", &Default::default()).0.is_err());
    let sent =
        world.simulator.log().iter().filter(|call| call.status == 200 && call.route.ends_with("append_v2")).count();
    assert!(sent >= 2, "{sent}");
    world.simulator.clear_faults();
    world.restore(&snapshot, "/Back");
    assert_eq!(world.simulator.calls("files/upload_session/start"), 0, "it goes on with the session");
    assert!(appends(&world) + sent <= 6 + 1, "{} after {sent}", appends(&world));
    assert!(world.account.read("/Back/large") == Some(body));
}

#[test]
fn a_note_is_for_the_same_content_at_the_same_place_only() {
    let world = world();
    let first = world.snapshot_of(&one_file(&world, bytes(3 * PIECE, 4)));
    world.fault("files/upload_session/append_v2", When::Call(3), FaultKind::Forbidden);
    assert!(world.try_restore(&first, "/Back", &Default::default()).0.is_err());
    world.simulator.clear_faults();
    let other = world.snapshot_of(&one_file(&world, bytes(3 * PIECE, 5)));
    world.restore(&other, "/Back");
    assert_eq!(appends(&world), 3);
    assert!(world.account.read("/Back/large") == Some(bytes(3 * PIECE, 5)));
    world.restore(&first, "/Elsewhere");
    assert_eq!(appends(&world), 3);
}

/// Dropbox forgets sessions after seven days, and may do so earlier.
#[test]
fn a_session_that_is_gone_is_begun_anew() {
    let world = world();
    let snapshot = world.snapshot_of(&one_file(&world, bytes(4 * PIECE, 6)));
    world.fault("files/upload_session/append_v2", When::Call(3), FaultKind::Forbidden);
    assert!(world.try_restore(&snapshot, "/Back", &Default::default()).0.is_err());
    world.simulator.clear_faults();
    world.simulator.advance(std::time::Duration::from_secs(8 * 86_400));
    world.restore(&snapshot, "/Back");
    assert!(world.account.read("/Back/large") == Some(bytes(4 * PIECE, 6)));
    assert_eq!(appends(&world), 1 + 4, "one question, and all of it");
}

/// Keeps what stands in the folder of notes, as a kill between a call and its note would.
fn notes_of(world: &World) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let notes = std::fs::read_dir(world.notes()).unwrap().map(|note| note.unwrap().path());
    notes.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Killed after the piece that closes the session, and before the note of it.
#[test]
fn a_session_that_is_closed_already_is_committed() {
    let world = world();
    let body = bytes(2 * PIECE + 5, 12);
    let snapshot = world.snapshot_of(&one_file(&world, body.clone()));
    // The commit never comes; the note says that all is there.
    world.fault("files/upload_session/finish_batch_v2", When::Always, FaultKind::Forbidden);
    assert!(world.try_restore(&snapshot, "/Back", &Default::default()).0.is_err());
    for (path, text) in notes_of(&world) {
        let text = String::from_utf8(text).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("piece 2 ")).collect();
        assert_eq!(kept.len() + 1, text.lines().count());
        std::fs::write(path, kept.join("\n") + "\n").unwrap();
    }
    world.simulator.clear_faults();
    world.restore(&snapshot, "/Back");
    assert!(world.account.read("/Back/large") == Some(body));
    assert_eq!(world.simulator.calls("files/upload_session/start"), 0);
}

/// Killed after the commit and before the note was removed; then somebody deletes the file.
#[test]
fn a_note_on_what_was_committed_is_of_no_use() {
    let world = world();
    let body = bytes(2 * PIECE + 5, 13);
    let snapshot = world.snapshot_of(&one_file(&world, body.clone()));
    world.fault("files/upload_session/finish_batch_v2", When::Always, FaultKind::Forbidden);
    assert!(world.try_restore(&snapshot, "/Back", &Default::default()).0.is_err());
    let notes = notes_of(&world);
    world.simulator.clear_faults();
    world.restore(&snapshot, "/Back");
    notes.iter().for_each(|(path, text)| std::fs::write(path, text).unwrap());
    world.account.delete("/Back/large");
    world.restore(&snapshot, "/Back");
    assert!(world.account.read("/Back/large") == Some(body));
}

/// The answer to the closing piece is lost, and the client's own second try is told that the session is closed.
#[test]
fn a_lost_answer_to_the_closing_piece_is_no_failure() {
    let world = world();
    let body = bytes(PIECE + 5, 14);
    let snapshot = world.snapshot_of(&one_file(&world, body.clone()));
    world.fault("files/upload_session/append_v2", When::Call(2), FaultKind::LostAnswer);
    world.restore(&snapshot, "/Back");
    assert!(world.account.read("/Back/large") == Some(body));
}

#[test]
fn pieces_that_are_lost_or_fail_are_sent_again() {
    for kind in [FaultKind::LostAnswer, FaultKind::Done503, FaultKind::Html503, FaultKind::Contention] {
        let world = world();
        world.fault("files/upload_session/*", When::Every(3), kind);
        let body = bytes(4 * PIECE + 1, 8);
        let snapshot = world.snapshot_of(&one_file(&world, body.clone()));
        world.restore(&snapshot, "/Back");
        assert!(world.account.read("/Back/large") == Some(body), "{kind:?}");
    }
}

/// Straight at the target: pieces in the worst of orders.
#[test]
fn the_order_of_bytes_makes_no_difference() {
    let world = world();
    let body = bytes(3 * PIECE + 100, 9);
    let target = world.target_at("/Back");
    let top = target.top(true).unwrap().unwrap();
    let mut entry = Entry::new(*b"large", Kind::File);
    entry.meta.size = body.len() as u64;
    let file = top.create(&New { ticket: Ticket(9), ..New::of(&entry) }).unwrap();
    for (number, chunk) in body.chunks(1_000_003).enumerate().collect::<Vec<_>>().into_iter().rev() {
        file.write_at(number as u64 * 1_000_003, chunk).unwrap();
    }
    file.finish(&mut |skip| panic!("{}", skip.message)).unwrap();
    target.flush(&mut |skip| panic!("{}", skip.message)).unwrap();
    let mut done = Vec::new();
    target.take_done(&mut |ticket, result| done.push((ticket, result))).unwrap();
    assert_eq!(done, [(Ticket(9), Ok(()))]);
    assert!(world.account.read("/Back/large") == Some(body));
    world.has_kept_the_rules();
}
