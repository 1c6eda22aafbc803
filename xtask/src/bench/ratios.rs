//! How many times as long as Larder the others take: on the whole, and with what opening a store costs taken off.

use super::peer;
use super::results::Results;
use super::rows::OPENING;

const LARDER: &str = "larder";
/// What remains of a median without opening is at least this: below it there is noise alone, and a ratio would tell nothing.
const REMAINS_MIN_S: f64 = 0.01;

/// Seconds of a row and a peer, if it ran.
pub type Seconds = fn(&Results, &str, &str) -> Option<f64>;

/// The median of the wall clock.
pub fn wall(results: &Results, row: &str, peer: &str) -> Option<f64> {
    results.median(row, peer, |record| record.figures.wall_s)
}

/// The same without what the peer takes to open a store; `None` also if that was not measured.
pub fn wall_without_opening(results: &Results, row: &str, peer: &str) -> Option<f64> {
    let remains = wall(results, row, peer)? - wall(results, OPENING, peer)?;
    Some(remains.max(REMAINS_MIN_S))
}

/// Against the faster of the main peers.
pub fn against_main(results: &Results, row: &str, seconds: Seconds) -> Option<f64> {
    against_fastest(results, row, seconds, is_main)
}

/// Against the fastest of all other tools.
pub fn against_any(results: &Results, row: &str, seconds: Seconds) -> Option<f64> {
    against_fastest(results, row, seconds, |peer| peer != LARDER)
}

/// Whether others than the main peers took part.
pub fn has_more_than_main(results: &Results) -> bool {
    results.peers().iter().any(|peer| peer != LARDER && !is_main(peer))
}

/// Whether it is known what Larder takes to open a store.
pub fn has_opening(results: &Results) -> bool {
    wall(results, OPENING, LARDER).is_some()
}

fn is_main(peer: &str) -> bool {
    peer::MAIN.contains(&peer)
}

fn against_fastest(results: &Results, row: &str, seconds: Seconds, is_asked: fn(&str) -> bool) -> Option<f64> {
    let peers = results.peers();
    let asked = peers.iter().filter(|peer| is_asked(peer));
    let fastest = asked.filter_map(|peer| seconds(results, row, peer)).min_by(f64::total_cmp)?;
    Some(fastest / seconds(results, row, LARDER)?)
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::{record, results, results_with};
    use super::*;

    #[test]
    fn the_ratio_is_against_the_faster_main_peer() {
        let runs = [("larder", 2.0), ("restic", 9.0), ("rustic", 5.0)];
        let runs = runs.map(|(peer, wall)| record("A.first", peer, wall));
        assert_eq!(against_main(&results(runs.to_vec()), "A.first", wall), Some(2.5));
    }

    #[test]
    fn any_peer_is_the_fastest_of_all() {
        let runs = [("larder", 2.0), ("restic", 9.0), ("borg", 4.0), ("bupstash", 3.0)];
        let mut runs = runs.map(|(peer, wall)| record("A.first", peer, wall)).to_vec();
        runs.extend(
            [("larder", 2.0), ("restic", 5.0), ("borg", 8.0)].map(|(peer, wall)| record("B.check", peer, wall)),
        );
        let results = results_with(&["larder", "restic", "borg", "bupstash"], runs);
        assert_eq!(against_main(&results, "A.first", wall), Some(4.5));
        assert_eq!(against_any(&results, "A.first", wall), Some(1.5));
        assert_eq!(against_any(&results, "B.check", wall), Some(2.5));
        assert_eq!(against_any(&results, "D.ls", wall), None);
        assert!(has_more_than_main(&results));
    }

    #[test]
    fn others_than_main_peers_have_to_take_part() {
        let results = results(vec![record("A.first", "larder", 1.0), record("A.first", "restic", 2.0)]);
        assert!(!has_more_than_main(&results));
    }

    #[test]
    fn each_opening_is_taken_off() {
        let runs = [("A.same", "larder", 0.30), ("A.same", "restic", 1.50), ("A.same", "rustic", 1.75)];
        let openings = [(OPENING, "larder", 0.05), (OPENING, "restic", 0.50), (OPENING, "rustic", 1.25)];
        let runs = runs.into_iter().chain(openings).map(|(row, peer, wall)| record(row, peer, wall));
        let results = results(runs.collect());
        let ratio = against_main(&results, "A.same", wall_without_opening).unwrap();
        assert!((ratio - 2.0).abs() < 1e-9, "{ratio}");
    }

    #[test]
    fn what_remains_is_never_less_than_noise() {
        let runs = vec![record("A.same", "larder", 0.05), record(OPENING, "larder", 0.06)];
        assert_eq!(wall_without_opening(&results(runs), "A.same", "larder"), Some(REMAINS_MIN_S));
    }

    #[test]
    fn without_its_opening_a_peer_has_no_ratio() {
        let runs =
            vec![record("A.same", "larder", 1.0), record("A.same", "restic", 2.0), record(OPENING, "larder", 0.1)];
        let results = results(runs);
        assert!(has_opening(&results));
        assert_eq!(against_main(&results, "A.same", wall_without_opening), None);
    }
}
