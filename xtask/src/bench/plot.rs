//! The results as a picture: a group of bars a row, each as long as its share of the row's slowest, with its seconds.
//!
//! Rows differ by a factor of a hundred, so each has a scale of its own. Written by hand: an SVG of bars is less than
//! any plotting library asks for.

use std::fmt::Write;

use super::results::Results;
use super::rows::ROWS;

const WIDTH: usize = 760;
const BARS_X: usize = 230;
const BARS_WIDTH: f64 = 430.0;
const BAR_HEIGHT: usize = 13;
const GAP: usize = 12;
const TOP: usize = 46;
const LEGEND_STEP: usize = 88;
/// As many as there are peers, told apart also by those who see no red or green.
const COLOURS: &[&str] = &["#c8553d", "#588b8b", "#d9b44a", "#27406b", "#9a6fb0", "#a5a5a5"];

pub fn plot(results: &Results) -> String {
    let peers = results.peers();
    let mut body = legend(&peers);
    let mut y = TOP;
    for row in ROWS {
        let walls = walls(results, row.name, &peers);
        if !walls.is_empty() {
            y += group(&mut body, row.about, &walls, y) + GAP;
        }
    }
    frame(&body, y)
}

/// Each peer's place and its seconds, where it ran.
fn walls(results: &Results, row: &str, peers: &[String]) -> Vec<(usize, f64)> {
    let wall = |peer: &String| results.median(row, peer, |record| record.figures.wall_s);
    let all = peers.iter().enumerate();
    all.filter_map(|(index, peer)| Some((index, wall(peer)?))).collect()
}

fn legend(peers: &[String]) -> String {
    let mut text = label(10, 24, "bold", "Seconds, each row to its own scale");
    for (index, peer) in peers.iter().enumerate() {
        let x = BARS_X + index * LEGEND_STEP;
        text += &bar(x, 14, 12.0, index);
        text += &label(x + 18, 24, "normal", peer);
    }
    text
}

/// Returns the height of the group.
fn group(body: &mut String, about: &str, walls: &[(usize, f64)], top: usize) -> usize {
    let slowest = walls.iter().map(|(_, wall)| *wall).fold(f64::MIN_POSITIVE, f64::max);
    let height = walls.len() * BAR_HEIGHT;
    *body += &label(10, top + height / 2 + 4, "normal", about);
    for (place, (peer, wall)) in walls.iter().enumerate() {
        let y = top + place * BAR_HEIGHT;
        let width = (wall / slowest * BARS_WIDTH).max(1.0);
        *body += &bar(BARS_X, y, width, *peer);
        *body += &label(BARS_X + width as usize + 6, y + 10, "normal", &format!("{wall:.2}"));
    }
    height
}

fn bar(x: usize, y: usize, width: f64, peer: usize) -> String {
    let colour = COLOURS[peer % COLOURS.len()];
    let height = BAR_HEIGHT - 2;
    format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width:.0}\" height=\"{height}\" fill=\"{colour}\"/>\n")
}

fn label(x: usize, y: usize, weight: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<text x=\"{x}\" y=\"{y}\" font-weight=\"{weight}\">{text}</text>\n")
}

fn frame(body: &str, height: usize) -> String {
    let mut svg = String::new();
    // Writing to a string cannot fail. The background is drawn: the page below may be dark.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::{record, results};
    use super::*;
    use crate::bench::peer;

    #[test]
    fn the_slowest_of_a_row_fills_it() {
        let svg = plot(&results(vec![record("A.first", "larder", 1.0), record("A.first", "restic", 4.0)]));
        assert!(svg.contains("width=\"430\""), "{svg}");
        assert!(svg.contains("width=\"108\""), "{svg}");
        assert!(svg.contains(">4.00</text>"));
    }

    #[test]
    fn every_peer_has_a_colour_of_its_own_within_the_picture() {
        let colours: std::collections::BTreeSet<_> = COLOURS.iter().collect();
        assert!(colours.len() >= peer::NAMES.len());
        assert!(BARS_X + peer::NAMES.len() * LEGEND_STEP <= WIDTH);
    }
}
