//! Trees from a seed, restored again and again into one place while they change, and while answers are lost.

use dropbox_simulator::{FaultKind, Options, When};
use larder_engine::RestoreOptions;
use larder_model::Kind;
use larder_testkit::{Rng, edits, generate};

use super::kit::{World, dry_run, overwrite};

fn everything() -> RestoreOptions {
    RestoreOptions { delete: true, verify: true, ..overwrite() }
}

/// Contents of all files in order, and how many folders there are.
fn sums(content: &std::collections::BTreeMap<String, Vec<u8>>) -> (usize, Vec<&Vec<u8>>) {
    let mut files: Vec<_> = content.iter().filter(|(path, _)| !path.ends_with('/')).map(|(_, body)| body).collect();
    files.sort();
    (content.len() - files.len(), files)
}

#[test]
fn what_stands_there_is_always_what_the_snapshot_has() {
    let first: u64 = std::env::var("LARDER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    for seed in first..first + 6 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let world = World::with(Options { seed, ..Options::default() });
        if seed % 2 == 0 {
            world.fault("files/*", When::Chance(0.04), FaultKind::LostAnswer);
            world.fault("files/*", When::Chance(0.02), FaultKind::Html503);
        }
        let mut tree = generate::tree(&mut rng, &world.larder.clock, 60);
        for round in 0..4 {
            let snapshot = world.snapshot_of(&tree.clone().shared());
            let (told, _) = world.try_restore(&snapshot, "/Place", &dry_run(everything()));
            let (report, rows) = world.try_restore(&snapshot, "/Place", &everything());
            let (told, report) = (told.unwrap(), report.unwrap());
            let context = format!("seed {seed}, round {round}: {:?}", rows.missing());
            assert_eq!(format!("{told:?}"), format!("{report:?}"), "{context}");
            let left_out = rows.missing();
            assert!(left_out.iter().all(|skip| skip.reason == "unsupported"), "{context}");
            let (mut there, held) = (world.content(), world.content_of(&snapshot));
            there.remove("/Place/");
            assert!(sums(&there) == sums(&held), "{context}");
            let count = |kind| tree.walk().iter().filter(|(_, inode)| tree.get(*inode).unwrap().kind == kind).count();
            assert_eq!(sums(&there).0, count(Kind::Directory), "{context}");
            let (again, rows) = world.try_restore(&snapshot, "/Place", &everything());
            assert_eq!((again.unwrap().files, world.writes()), (0, 0), "{context}: {:?}", rows.all());
            let violations = world.simulator.violations();
            assert!(violations.is_empty(), "{context}: {violations:?}");
            println!("{:?}", edits::edit(&mut rng, &mut tree, 12));
        }
    }
}
