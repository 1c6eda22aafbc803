//! Faults: what passes costs time, what stays is told, and nothing wrong is ever stored.

use dropbox_simulator::{Fault, FaultKind, Options, When};
use larder_connect::{Change, Past, Source};
use larder_model::{Class, ProblemKind};

use super::kit::{World, bytes};

fn fault(route: &str, when: When, kind: FaultKind) -> Fault {
    Fault { route: route.to_owned(), when, kind }
}

fn fill(world: &World) {
    for number in 0..120 {
        world.account.write(&format!("/f/{}/{number}", number % 4), &bytes(3_000, number));
    }
    for number in 0..12 {
        world.account.write(&format!("/single {number}"), &bytes(400 << 10, 500 + number));
    }
}

#[test]
fn what_passes_leaves_no_trace() {
    use FaultKind::*;
    for (seed, kind) in [Grpc500, Json502, Html503, NoAnswer, LostAnswer, ResetBody, Truncate, Flip, Plain429, Json429]
        .into_iter()
        .enumerate()
    {
        println!("{kind:?}, seed {seed}");
        let world = World::with(Options { seed: seed as u64, ..Options::default() });
        fill(&world);
        world.simulator.add_fault(fault("files/*", When::Every(7), kind));
        let report = world.try_backup().unwrap();
        world.assert_same(&report, &format!("{kind:?}"));
        assert_eq!(report.missing, 0, "{kind:?}: {:?}", world.ledger(&report));
    }
}

#[test]
fn pages_may_be_short_empty_or_repeated() {
    for seed in 0..5 {
        let mut options = Options { seed, ..Options::default() };
        (options.listing.page, options.listing.short_pages) = (20, 0.5);
        (options.listing.empty_pages, options.listing.repeated) = (0.3, 0.3);
        options.miscased_parents = true;
        let world = World::with(options);
        fill(&world);
        let first = world.backup();
        world.assert_same(&first, &format!("seed {seed}"));
        world.account.rename("/f/2", "/moved");
        let second = world.backup();
        world.assert_same(&second, &format!("seed {seed}, after a rename"));
    }
}

#[test]
fn a_listing_that_breaks_off_makes_no_snapshot() {
    let mut options = Options::default();
    options.listing.page = 20;
    let world = World::with(options);
    fill(&world);
    world.simulator.add_fault(fault("files/list_folder/continue", When::Always, FaultKind::Html503));
    let problem = world.try_backup().unwrap_err();
    assert!(problem.is(ProblemKind::Unreachable), "{problem}");
    assert!(world.larder.open().snapshots().unwrap().snapshots.is_empty());
    world.simulator.clear_faults();
    let report = world.backup();
    world.assert_same(&report, "afterwards");
}

#[test]
fn a_cursor_that_is_reset_in_the_middle_of_a_listing_costs_another_one() {
    let mut options = Options::default();
    options.listing.page = 20;
    let world = World::with(options);
    fill(&world);
    world.simulator.add_fault(fault("files/list_folder/continue", When::Call(3), FaultKind::Reset));
    let report = world.try_backup().unwrap();
    assert_eq!(world.simulator.calls("files/list_folder"), 2);
    world.assert_same(&report, "reset");
}

#[test]
fn zips_are_never_believed() {
    for (name, edit) in [
        ("deflated", (|options: &mut Options| options.zip.deflate = true) as fn(&mut Options)),
        ("without the top folder", |options| options.zip.top_folder = false),
        ("with files missing", |options| options.zip.missing = 0.05),
        ("with flipped bytes", |options| options.zip.flipped = 0.05),
    ] {
        let mut options = Options::default();
        edit(&mut options);
        let world = World::with(options);
        fill(&world);
        let report = world.backup();
        world.assert_same(&report, name);
        assert_eq!(report.missing, 0, "{name}");
    }
}

#[test]
fn zips_that_are_mostly_wrong_are_off_for_a_week_and_the_run_says_so() {
    let mut options = Options::default();
    options.zip.flipped = 0.7;
    let world = World::with(options);
    fill(&world);
    let report = world.backup();
    world.assert_same(&report, "flipped");
    let rows = world.ledger(&report);
    assert!(rows.iter().any(|row| row.reason == "zips-off" && row.class == Class::Note), "{rows:?}");
    assert_eq!(world.simulator.calls("files/download_zip"), 1);
    (0..50).for_each(|number| world.account.write(&format!("/new/{number}"), &bytes(100, 900 + number)));
    let second = world.backup();
    assert_eq!(world.simulator.calls("files/download_zip"), 0);
    world.assert_same(&second, "a day later");
}

#[test]
fn a_zip_that_breaks_off_counts_as_far_as_it_came() {
    let world = World::new();
    for number in 0..200 {
        world.account.write(&format!("/z/{}/{number}", number % 5), &bytes(20_000, number));
    }
    world.simulator.add_fault(fault("files/download_zip", When::Call(1), FaultKind::ResetBody));
    let report = world.try_backup().unwrap();
    world.assert_same(&report, "broken zip");
    assert!(world.calls() < 60, "{} calls", world.calls());
    let bytes_down = world.simulator.bytes_out();
    assert!(bytes_down < 200 * 20_000 * 3 / 2, "{bytes_down} bytes for 4,000,000");
}

#[test]
fn what_is_restricted_is_told_and_its_last_good_version_kept() {
    let world = World::new();
    fill(&world);
    world.account.write("/doc", b"good");
    world.backup();
    world.account.write("/doc", b"new version");
    world.account.write("/other", b"never seen");
    world.account.set_restricted("/doc", true);
    world.account.set_restricted("/other", true);
    for round in 0..2 {
        let report = world.backup();
        let rows = world.ledger(&report);
        let told: Vec<_> = rows.iter().filter(|row| row.class == Class::Missing).collect();
        assert_eq!(told.len(), 2, "round {round}: {rows:?}");
        assert!(told.iter().all(|row| row.tag.as_deref() == Some("restricted_content")), "{told:?}");
        assert!(told.iter().all(|row| row.message.contains("id:")), "{told:?}");
        let content = world.content(&report);
        assert_eq!(content.get("/doc").map(Vec::as_slice), Some(&b"good"[..]));
        assert_eq!(content.get("/other"), None);
    }
    world.account.set_restricted("/doc", false);
    world.account.set_restricted("/other", false);
    let report = world.backup();
    assert_eq!(report.missing, 0);
    world.assert_same(&report, "allowed again");
    assert_eq!(world.downloads(), 2, "though the cursor names neither");
}

#[test]
fn a_provider_that_is_down_ends_the_run_and_what_came_is_kept() {
    let world = World::new();
    fill(&world);
    world.simulator.add_fault(fault("files/download*", When::Always, FaultKind::Html503));
    let problem = world.try_backup().unwrap_err();
    assert!(problem.is(ProblemKind::Unreachable), "{problem}");
    world.simulator.clear_faults();
    let report = world.backup();
    world.assert_same(&report, "afterwards");
}

#[test]
fn a_revoked_token_ends_the_run_with_what_to_do() {
    let world = World::new();
    fill(&world);
    world.account.revoke_tokens();
    let problem = world.try_backup().unwrap_err();
    assert!(problem.is(ProblemKind::Credentials), "{problem}");
}

#[test]
fn an_account_that_is_empty_now_makes_no_snapshot() {
    let world = World::new();
    world.account.write("/a/b", b"x");
    world.backup();
    world.account.delete("/a");
    let problem = world.try_backup().unwrap_err();
    assert!(problem.is(ProblemKind::Failed), "{problem}");
    world.simulator.reset_cursors();
    assert!(world.try_backup().unwrap_err().is(ProblemKind::Failed));
}

#[test]
fn a_backup_makes_no_call_that_writes() {
    let world = World::new();
    fill(&world);
    world.backup();
    let allowed = [
        "users/get_current_account",
        "files/list_folder",
        "files/list_folder/continue",
        "files/download",
        "files/download_zip",
    ];
    for call in world.simulator.log() {
        assert!(allowed.contains(&call.route.as_str()), "{}", call.route);
    }
}

#[test]
fn zips_that_break_off_beside_others_end_in_time() {
    for seed in 0..3 {
        let world = World::with(Options { seed, ..Options::default() });
        for number in 0..600 {
            world.account.write(&format!("/z{}/{}/{number}", number % 6, number % 3), &bytes(9_000, number));
        }
        world.backup();
        for number in 0..600 {
            world.account.write(&format!("/new{}/{}/{number}", number % 6, number % 3), &bytes(9_000, 5_000 + number));
        }
        world.simulator.add_fault(fault("files/download_zip", When::Every(2), FaultKind::ResetBody));
        let report = world.try_backup().unwrap();
        world.assert_same(&report, &format!("seed {seed}"));
    }
}

/// Files that nobody may have are missing in a zip, and say nothing against zips.
#[test]
fn what_is_restricted_is_no_reason_to_do_without_zips() {
    let world = World::new();
    for number in 0..20 {
        world.account.write(&format!("/small/{number}"), &bytes(100, number));
        world.account.write(&format!("/large/{number}"), &bytes(9_000, 100 + number));
    }
    (0..5).for_each(|number| world.account.set_restricted(&format!("/small/{number}"), true));
    let report = world.backup();
    let rows = world.ledger(&report);
    assert_eq!(report.missing, 5, "{rows:?}");
    assert!(rows.iter().all(|row| row.reason != "zips-off"), "{rows:?}");
    assert_eq!(world.simulator.calls("files/download_zip"), 2);
    assert_eq!(world.simulator.calls("files/download"), 5);
}

/// A file that was to be read while the folders were walked, and could not be, is told to the next run by the checkpoint.
#[test]
fn what_fails_during_the_walk_is_asked_for_again_without_a_look_up() {
    let world = World::new();
    world.account.write("/a/file", &bytes(50_000, 1));
    let source = world.source();
    source.list(&Past::default(), &mut |_| {}).unwrap();
    world.simulator.add_fault(fault("files/download", When::Always, FaultKind::Truncate));
    let folder = source.top().unwrap().folder(b"a").unwrap();
    let entry = folder.stat(b"file", &mut |_| {}).unwrap().unwrap();
    let mut file = folder.open(&entry).unwrap();
    let mut buffer = vec![0; 1 << 20];
    let problem = loop {
        match file.next(&mut buffer) {
            Ok(_) => {}
            Err(problem) => break problem,
        }
    };
    assert!(problem.is(ProblemKind::Unreachable), "{problem}");
    world.simulator.clear_faults();
    let checkpoint = source.checkpoint(&mut |_| {}).unwrap();
    let next = world.source();
    next.list(&Past { checkpoint, is_whole: true, again: Vec::new() }, &mut |_| {}).unwrap();
    let changes = next.top().unwrap().folder(b"a").unwrap().changes().unwrap().unwrap();
    assert_eq!(changes, [(Box::from(&b"file"[..]), Change::Now)]);
    assert_eq!(world.simulator.calls("files/get_metadata"), 0);
}

/// A folder that this account sees and may not look into is a gap in every snapshot, and said so by every run.
#[test]
fn a_folder_without_access_is_missing_in_every_run() {
    let mut world = World::new();
    world.account.write("/mine/file", b"mine");
    world.account.make_folder("/theirs/closed");
    world.account.set_closed("/theirs/closed", true);
    for round in 0..3 {
        if round == 2 {
            world.simulator.reset_cursors();
        }
        let report = world.backup();
        let rows = world.ledger(&report);
        assert_eq!((rows.len(), report.missing), (1, 1), "round {round}: {rows:?}");
        assert_eq!(rows[0].path.to_string(), "/theirs/closed");
        assert_eq!((rows[0].class, rows[0].tag.as_deref()), (Class::Missing, Some("no_access")));
        world.assert_same(&report, "the folder itself is there");
        assert!(round == 2 || world.simulator.calls("files/get_metadata") == 0, "nobody has to ask for it");
    }
    world.options.exclude = vec!["/theirs/".into()];
    assert_eq!(world.backup().missing, 0, "what the user leaves out is not missing");
    world.options.exclude.clear();
    world.backup();
    world.account.set_closed("/theirs/closed", false);
    world.account.write("/theirs/closed/now", b"open");
    let report = world.backup();
    assert_eq!(report.missing, 0, "{:?}", world.ledger(&report));
    world.assert_same(&report, "opened");
}

#[test]
fn files_that_keep_failing_are_missing_however_many_they_are() {
    let mut world = World::new();
    (world.options.zip, world.options.threads) = (false, 4);
    for number in 0..40 {
        world.account.write(&format!("/{number:02}"), &bytes(2_000, number));
    }
    // In front, at the end, and more of them than may fail in a row.
    let bad = |number: u64| !(3..25).contains(&number);
    (0..40).filter(|it| bad(*it)).for_each(|number| world.account.set_failing(&format!("/{number:02}"), true));
    let report = world.try_backup().unwrap();
    assert_eq!(report.missing, 18, "{:?}", world.ledger(&report));
    assert_eq!(world.content(&report).keys().filter(|path| !path.ends_with('/')).count(), 22);
    (0..40).for_each(|number| world.account.set_failing(&format!("/{number:02}"), false));
    let report = world.backup();
    world.assert_same(&report, "though no cursor names them");
}

#[test]
fn a_file_that_is_listed_and_not_found_is_missing_and_its_last_version_kept() {
    let world = World::new();
    world.account.write("/a", b"good");
    world.account.write("/b", b"other");
    world.backup();
    world.account.write("/a", b"newer");
    world.simulator.add_fault(fault("files/download", When::Always, FaultKind::NotFound));
    let report = world.try_backup().unwrap();
    let rows = world.ledger(&report);
    assert_eq!(report.missing, 1, "{rows:?}");
    assert_eq!((rows[0].tag.as_deref(), &*rows[0].reason), (Some("not_found"), "stale"));
    assert!(rows[0].message.contains("id:"), "{rows:?}");
    assert_eq!(world.content(&report).get("/a").map(Vec::as_slice), Some(&b"good"[..]));
    world.simulator.clear_faults();
    let report = world.backup();
    world.assert_same(&report, "found again");
}

#[test]
fn an_account_without_zips_is_backed_up_without_zips() {
    let world = World::new();
    fill(&world);
    world.simulator.add_fault(fault("files/download_zip", When::Always, FaultKind::Forbidden));
    let report = world.try_backup().unwrap();
    world.assert_same(&report, "without zips");
    assert_eq!(world.simulator.calls("files/download_zip"), 1);
    assert!(world.ledger(&report).iter().any(|row| row.reason == "zips-off"));
}

#[test]
fn zips_that_always_break_off_are_off_for_a_week() {
    let world = World::new();
    fill(&world);
    world.simulator.add_fault(fault("files/download_zip", When::Always, FaultKind::ResetBody));
    let report = world.try_backup().unwrap();
    world.assert_same(&report, "single files");
    assert_eq!(world.simulator.calls("files/download_zip"), 2, "once more, since any download may break off");
    assert!(world.ledger(&report).iter().any(|row| row.reason == "zips-off"));
}
