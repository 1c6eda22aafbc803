//! A page of a database file: a header, rows of counters, times, random ids and words, and free space at the end.

use super::random::Random;
use super::source_text::Language;

pub const PAGE_BYTES: usize = 8192;

const HEADER_BYTES: usize = 24;
/// Room for the longest row.
const ROW_BYTES_MAX: usize = 256;
const ROWS_PER_PAGE: u64 = 40;
const FREE_PERCENT: usize = 15;
const MAGIC: u32 = 0x1f40_0004;

/// Fills one page with the rows that follow those of the page before.
pub fn fill_page(page: &mut [u8], number: u64, language: &Language, random: &mut Random) {
    page.fill(0);
    page[..8].copy_from_slice(&number.to_le_bytes());
    page[8..16].copy_from_slice(&random.next().to_le_bytes());
    page[16..20].copy_from_slice(&MAGIC.to_le_bytes());
    let end = page.len() - page.len() * FREE_PERCENT / 100;
    let (mut at, mut row) = (HEADER_BYTES, number * ROWS_PER_PAGE);
    while at + ROW_BYTES_MAX < end {
        row += 1;
        at += fill_row(&mut page[at..], row, language, random);
    }
}

/// Returns the length of the row, a multiple of 8.
fn fill_row(place: &mut [u8], row: u64, language: &Language, random: &mut Random) -> usize {
    let microseconds = 1_700_000_000_000_000 + row * 977_000 + random.below(900_000);
    place[..8].copy_from_slice(&row.to_le_bytes());
    place[8..16].copy_from_slice(&microseconds.to_le_bytes());
    random.fill(&mut place[16..32]);
    let mut at = 32;
    for _ in 0..random.between(3, 11) {
        let word = language.prose_word(random).as_bytes();
        place[at..at + word.len()].copy_from_slice(word);
        place[at + word.len()] = b' ';
        at += word.len() + 1;
    }
    at.next_multiple_of(8)
}
