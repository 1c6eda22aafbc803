//! Two machines back up into one store while a third gives back space, again and again: no snapshot ever lacks anything.

use std::{env, process::Stdio, thread};

use crate::support::{random::Random, sandbox::Sandbox};

/// `LARDER_TEST_ROUNDS=40` for a longer look.
const ROUNDS: u64 = 8;

/// Runs lines side by side; exit code and standard error of each.
fn side_by_side(sandbox: &Sandbox, lines: &[String]) -> Vec<(Option<i32>, String)> {
    thread::scope(|scope| {
        let run = |line: &String| {
            let mut command = sandbox.shell(line);
            let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            scope.spawn(move || child.wait_with_output().unwrap())
        };
        let running: Vec<_> = lines.iter().map(run).collect();
        let ended = running.into_iter().map(|running| running.join().unwrap());
        ended.map(|output| (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())).collect()
    })
}

/// Each folder gets another two thirds of all files that there are.
fn change(sandbox: &Sandbox, random: &mut Random, round: u64) {
    for folder in ["one", "two"] {
        // What is too old goes, so that the last round costs what the first ones do.
        let old = "ls -t pool/* | tail -n +97 | xargs rm -f";
        sandbox.ok(&format!(
            "for i in $(seq 12); do head -c {} /dev/urandom > pool/{folder}-{round}-$i; done; {old}; \
             rm -rf {folder}; mkdir {folder}; cp -p $(ls pool/* | awk '(NR + {}) % 3 > 0') {folder}/",
            random.below(90_000) + 1,
            random.below(3)
        ));
    }
}

#[test]
fn backups_beside_gc_lose_nothing() {
    let (sandbox, mut random) = (Sandbox::new(), Random::from_environment());
    let rounds = env::var("LARDER_TEST_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    sandbox.ok("larder at ./save create -q; mkdir pool");
    for round in 0..rounds {
        change(&sandbox, &mut random, round);
        let after = random.below(300);
        let lines = [
            "larder at ./save backup one --origin one -q".to_owned(),
            "larder at ./save backup two --origin two -q".to_owned(),
            format!("sleep 0.{after:03}; larder at ./save gc -q"),
        ];
        let ended = side_by_side(&sandbox, &lines);
        assert_eq!(ended[2].0, Some(0), "{ended:?}; {random:?}");
        for (folder, (code, said)) in ["one", "two"].iter().zip(&ended) {
            // gc was faster: the backup says so, leaves no snapshot, and works when it is run again.
            if *code != Some(0) {
                assert!(*code == Some(1) && said.contains("again"), "{ended:?}; {random:?}");
                sandbox.ok(&format!("larder at ./save backup {folder} --origin {folder} -q"));
            }
            let back =
                format!("rm -rf back; larder at ./save restore -to back latest@{folder} -q && diff -r {folder} back");
            let compared = sandbox.run(&back);
            assert_eq!(compared.0, 0, "{compared:?}; {random:?}");
        }
        // All is garbage now, most of which the next ones want back while it is being removed.
        sandbox.ok("larder at ./save rm latest@one latest@two -apply -q");
    }
    sandbox.ok("larder at ./save check --data");
}
