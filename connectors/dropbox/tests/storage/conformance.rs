//! The common suite, on a Dropbox that behaves and on one that does not.

use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use dropbox_simulator::{FaultKind, Options, When};
use larder_connect::conformance;

use super::kit::Place;

fn pass(place: &Place) {
    let next = AtomicU32::new(0);
    conformance::storage::run(|| place.storage(&format!("/Stores/{}", next.fetch_add(1, Relaxed))));
}

#[test]
fn passes_on_a_dropbox_that_behaves() {
    let place = Place::new();
    pass(&place);
    place.has_kept_the_rules();
}

#[test]
fn passes_with_short_pages_and_jobs() {
    let mut options = Options::default();
    (options.listing.page, options.listing.short_pages) = (20, 0.5);
    (options.listing.empty_pages, options.listing.repeated) = (0.3, 0.3);
    options.jobs.above = Some(2);
    options.miscased_parents = true;
    let place = Place::with(options);
    pass(&place);
    place.has_kept_the_rules();
}

#[test]
fn passes_while_a_commit_holds_its_namespace() {
    let mut options = Options::default();
    options.limits.write_hold = Duration::from_millis(2);
    let place = Place::with(options);
    pass(&place);
    place.has_kept_the_rules();
}

#[test]
fn passes_with_faults() {
    use FaultKind::*;
    for (seed, kind) in [Grpc500, Json502, Html503, Done503, NoAnswer, LostAnswer, ResetBody, Truncate, Contention]
        .into_iter()
        .enumerate()
    {
        println!("{kind:?}, seed {seed}");
        let place = Place::with(Options { seed: seed as u64, ..Options::default() });
        place.has_fault("files/*", When::Chance(0.02), kind);
        pass(&place);
    }
}
