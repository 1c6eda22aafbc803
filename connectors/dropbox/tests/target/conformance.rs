//! The contract of targets, on a Dropbox that behaves, and on one that does not.

use dropbox_simulator::{FaultKind, When};
use larder_connect::conformance::target::run;

use super::kit::World;

/// The suite makes a target for each case; each gets an account of its own, which lives as long as the test.
fn run_on(make: impl Fn() -> World) -> Vec<World> {
    let worlds = std::cell::RefCell::new(Vec::new());
    run(|| {
        let world = make();
        let target = world.target_at("/Place");
        worlds.borrow_mut().push(world);
        target
    });
    worlds.into_inner()
}

#[test]
fn an_account_keeps_the_contract_of_targets() {
    run_on(World::new).iter().for_each(World::has_kept_the_rules);
}

/// Answers are lost after the call was carried out, and the server fails.
#[test]
fn it_is_kept_when_answers_are_lost_and_servers_fail() {
    run_on(|| {
        let world = World::new();
        world.fault("files/*", When::Every(29), FaultKind::LostAnswer);
        world.fault("files/*", When::Every(37), FaultKind::Html503);
        world.fault("files/*", When::Every(53), FaultKind::Done503);
        world
    })
    .iter()
    .for_each(World::has_kept_the_rules);
}

#[test]
fn it_is_kept_when_batches_are_refused() {
    run_on(|| {
        let world = World::new();
        world.simulator.configure(|options| options.limits.append_batch = 1);
        world
    });
}
