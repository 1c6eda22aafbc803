//! Random histories of an account: after each step the snapshot is what the account holds.

use dropbox_simulator::{Access, Options};
use larder_testkit::Rng;

use super::kit::{World, bytes};

fn some(rng: &mut Rng, all: &[String]) -> Option<String> {
    if all.is_empty() { None } else { Some(rng.pick(all).clone()) }
}

/// Changes the account, and says how. `true`: only a full listing shows it.
fn step(rng: &mut Rng, world: &World, number: usize) -> (String, bool) {
    let all: Vec<String> =
        world.account.paths().into_iter().map(|path| path.trim_end_matches('/').to_owned()).collect();
    let item = some(rng, &all);
    let folders: Vec<String> = all.iter().filter(|path| world.account.read(path).is_none()).cloned().collect();
    let above = some(rng, &folders).unwrap_or_default();
    let len = *rng.pick(&[0, 1, 3_000, 5_000, 300_000]);
    match rng.below(9) {
        0..=2 => {
            let path = format!("{above}/New {number}");
            world.account.write(&path, &bytes(len, number as u64));
            (format!("write {path}"), false)
        }
        3 => {
            let path = format!("{above}/Folder {number}");
            world.account.make_folder(&path);
            (format!("make {path}"), false)
        }
        4 => {
            let Some(item) = item else { return ("nothing".into(), false) };
            world.account.delete(&item);
            (format!("delete {item}"), false)
        }
        5 | 6 => {
            let Some(item) = item else { return ("nothing".into(), false) };
            let to = format!("{above}/Moved {number}");
            if to.to_lowercase().starts_with(&format!("{}/", item.to_lowercase())) {
                return ("nothing".into(), false);
            }
            world.account.rename(&item, &to);
            (format!("move {item} to {to}"), false)
        }
        7 => {
            let Some(item) = item else { return ("nothing".into(), false) };
            let (folder, name) = item.rsplit_once('/').unwrap();
            let to = format!("{folder}/{}", if rng.chance(50) { name.to_uppercase() } else { name.to_lowercase() });
            world.account.rename(&item, &to);
            (format!("rename {item} by case to {to}"), true)
        }
        _ => {
            let files: Vec<String> = all.iter().filter(|path| world.account.read(path).is_some()).cloned().collect();
            let Some(file) = some(rng, &files) else { return ("nothing".into(), false) };
            world.account.write(&file, &bytes(len + 1, 10_000 + number as u64));
            (format!("overwrite {file}"), false)
        }
    }
}

#[test]
fn after_each_step_the_snapshot_is_the_account() {
    for seed in 0..12 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut options = Options { seed, ..Options::default() };
        (options.listing.page, options.listing.short_pages) = (5, 0.3);
        let mut world = World::with(options);
        (0..8).for_each(|number| drop(step(&mut rng, &world, number)));
        world.account.write("/always", b"there");
        let mut story = Vec::new();
        for number in 100..120 {
            let mut only_listed = false;
            for more in 0..1 + rng.below(3) {
                let (told, hidden) = step(&mut rng, &world, number * 10 + more);
                only_listed |= hidden;
                story.push(told);
            }
            // An account that is empty makes no snapshot.
            world.account.write("/always", b"there");
            // Dropbox tells nobody of renames by case only; a full listing does.
            world.options.relist_days = if only_listed { 0 } else { 30 };
            if rng.chance(10) {
                world.simulator.reset_cursors();
            }
            let report = world.backup();
            world.assert_same(&report, &format!("seed {seed}: {story:#?}"));
            assert_eq!(report.missing, 0);
        }
    }
}

#[test]
fn after_each_step_what_is_shared_is_in_the_snapshot_as_well() {
    for seed in 0..6 {
        let mut rng = Rng::new(seed);
        let mut world = World::with(Options { seed, ..Options::default() });
        let bob = world.simulator.add_account("Bob", "bob@example.com");
        let spaces: Vec<_> = (0..3)
            .map(|number| {
                bob.write(&format!("/P{number}/first"), &bytes(2_000, number));
                bob.share(&format!("/P{number}"))
            })
            .collect();
        world.account.write("/own/always", b"there");
        let (mut mounted, mut story) = ([false; 3], Vec::new());
        for step in 0..20 {
            let chosen = rng.below(3);
            let (path, body) = (format!("/P{chosen}"), bytes(3_000, 100 + step));
            let told = match rng.below(6) {
                0 | 1 if mounted[chosen] => {
                    world.account.unmount(&path);
                    mounted[chosen] = false;
                    "unmount"
                }
                0 | 1 => {
                    world.account.mount(spaces[chosen], &path, Access::Editor);
                    mounted[chosen] = true;
                    "mount"
                }
                2 => {
                    bob.write(&format!("{path}/deep/{step}"), &body);
                    "another member writes"
                }
                3 => {
                    bob.write(&format!("{path}/first"), &body);
                    "another member overwrites"
                }
                4 if mounted[chosen] => {
                    world.account.write(&format!("{path}/mine {step}"), &body);
                    "write into it"
                }
                _ => {
                    world.account.make_folder(&format!("/own/{step}"));
                    world.account.share(&format!("/own/{step}"));
                    world.account.write(&format!("/own/{step}/shared"), &body);
                    "share a folder"
                }
            };
            story.push(format!("{told}: {path}"));
            // What was in a folder before it was mounted no cursor tells for sure; a full listing does.
            world.options.relist_days = if told == "mount" { 0 } else { 30 };
            let report = world.backup();
            world.assert_same(&report, &format!("seed {seed}: {story:#?}"));
            assert_eq!(report.missing, 0);
        }
    }
}

#[test]
fn shared_folders_come_and_go_and_are_named() {
    let mut world = World::new();
    let other = world.simulator.add_account("Bob", "bob@example.com");
    other.write("/Project/plan", b"plan");
    other.write("/Project/deep/er", b"deeper");
    world.account.write("/mine", b"mine");
    let space = other.share("/Project");
    world.backup();
    world.account.mount(space, "/Project", Access::Editor);
    world.options.relist_days = 0;
    let with = world.backup();
    assert!(world.content(&with).contains_key("/Project/deep/er"));
    world.options.relist_days = 30;
    world.backup();
    world.account.unmount("/Project");
    let without = world.backup();
    assert!(!world.content(&without).contains_key("/Project/deep/er"));
    let rows = world.ledger(&without);
    assert!(rows.iter().any(|row| row.reason == "unmounted" && row.message.contains("/Project")), "{rows:?}");
}

#[test]
fn a_member_of_a_team_sees_the_teams_space_and_who_joins_one_is_listed_anew() {
    let mut world = World::new();
    world.account.write("/mine", b"mine");
    world.backup();
    world.account.join_team_space(None);
    let report = world.try_backup().unwrap();
    assert!(world.content(&report).keys().any(|path| path.ends_with("/mine")), "{:?}", world.content(&report).keys());
    world.know_again();
    let report = world.try_backup().unwrap();
    assert!(world.content(&report).keys().any(|path| path.ends_with("/mine")), "{:?}", world.content(&report).keys());
}
