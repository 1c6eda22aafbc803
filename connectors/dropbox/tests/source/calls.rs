//! What backups cost in calls.

use super::kit::{World, bytes};

/// 400 files in 40 folders, and some beside them.
fn fill(world: &World) {
    for number in 0..400 {
        world
            .account
            .write(&format!("/folder {}/file {number}", number % 40), &bytes(1_000 + number * 7, number as u64));
    }
    (0..5).for_each(|number| world.account.write(&format!("/beside {number}"), &bytes(500, 1_000 + number)));
}

#[test]
fn an_unchanged_account_costs_two_calls_and_no_download() {
    let world = World::new();
    fill(&world);
    let first = world.backup();
    world.assert_same(&first, "first");
    let second = world.backup();
    assert_eq!((world.calls(), world.downloads()), (2, 0));
    world.assert_same(&second, "second");
    assert_eq!(second.statistics.files_unchanged, 405);
}

#[test]
fn a_first_backup_costs_pages_zips_and_single_files() {
    let world = World::new();
    fill(&world);
    world.backup();
    assert_eq!(world.simulator.calls("files/list_folder"), 1);
    assert_eq!(world.simulator.calls("files/download_zip"), 40);
    assert_eq!(world.simulator.calls("files/download"), 5);
    // Beside them: whose account it is, and what has changed meanwhile.
    assert_eq!(world.calls(), 1 + 40 + 5 + 2);
}

#[test]
fn folders_in_a_folder_are_one_zip() {
    let world = World::new();
    for number in 0..300 {
        world.account.write(&format!("/all/{}/{}", number % 10, number), &bytes(900, number));
    }
    let report = world.backup();
    world.assert_same(&report, "one zip");
    assert_eq!((world.simulator.calls("files/download_zip"), world.simulator.calls("files/download")), (1, 0));
    assert_eq!(world.calls(), 4);
}

#[test]
fn a_renamed_folder_costs_its_pages_and_no_download() {
    let world = World::new();
    fill(&world);
    world.backup();
    world.account.rename("/folder 7", "/renamed");
    let report = world.backup();
    assert_eq!(world.downloads(), 0);
    assert!(world.calls() <= 1 + 3, "{} calls", world.calls());
    world.assert_same(&report, "renamed");
}

#[test]
fn a_reset_costs_a_listing_and_no_download() {
    let world = World::new();
    fill(&world);
    world.backup();
    world.simulator.reset_cursors();
    let report = world.backup();
    assert_eq!(world.downloads(), 0);
    assert!(world.calls() <= 1 + 3, "{} calls", world.calls());
    world.assert_same(&report, "reset");
    world.backup();
    assert_eq!(world.calls(), 2, "and after that changes are told again");
}

#[test]
fn a_changed_file_costs_one_download() {
    let world = World::new();
    fill(&world);
    world.backup();
    world.account.write("/folder 3/file 3", b"changed");
    world.account.delete("/folder 4");
    let report = world.backup();
    assert_eq!(world.downloads(), 1);
    assert!(world.calls() <= 4, "{} calls", world.calls());
    world.assert_same(&report, "changed");
}

#[test]
fn the_same_content_comes_once() {
    let world = World::new();
    (0..20).for_each(|number| world.account.write(&format!("/copy {number}"), &bytes(5_000, 1)));
    let report = world.backup();
    assert_eq!(world.downloads(), 1);
    world.assert_same(&report, "copies");
    world.account.write("/elsewhere/copy", &bytes(5_000, 1));
    world.backup();
    assert_eq!(world.downloads(), 0);
}

#[test]
fn without_zips_files_come_singly_and_empty_ones_not_at_all() {
    let mut world = World::new();
    world.options.zip = false;
    (0..30).for_each(|number| world.account.write(&format!("/a/{number}"), &bytes(100, number)));
    world.account.write("/a/empty", b"");
    let report = world.backup();
    assert_eq!((world.simulator.calls("files/download_zip"), world.simulator.calls("files/download")), (0, 30));
    world.assert_same(&report, "singly");
}

#[test]
fn a_dry_run_tells_what_it_would_cost_and_fetches_nothing() {
    let world = World::new();
    fill(&world);
    let report = world.dry_run();
    let forecast = report.forecast.unwrap();
    assert_eq!((forecast.calls, forecast.files), (46, 405));
    assert!(forecast.bytes > 400_000);
    assert_eq!(world.downloads(), 0);
    world.backup();
    assert_eq!(world.calls() as u64, forecast.calls + 2, "the account and the listing beside");
}

#[test]
fn large_files_and_their_neighbours_come_whole() {
    let world = World::new();
    world.account.write("/films/large", &bytes(9 << 20, 1));
    world.account.write("/films/middle", &bytes(300 << 10, 2));
    world.account.write("/films/small", &bytes(10, 3));
    let report = world.backup();
    world.assert_same(&report, "large");
}

#[test]
fn every_thirty_days_everything_is_listed_and_case_only_renames_are_put_right() {
    let mut world = World::new();
    fill(&world);
    world.backup();
    world.account.rename("/folder 1", "/FOLDER 1");
    world.options.relist_days = 0;
    let report = world.backup();
    assert_eq!((world.simulator.calls("files/list_folder"), world.downloads()), (1, 0));
    world.assert_same(&report, "case");
}
