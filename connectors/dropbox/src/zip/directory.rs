//! The records after the last entry. They tell a reader of the stream nothing new, but that they are whole, and name as many entries
//! as came, shows that none was missed or made up.

use std::io::Read;

use super::{
    error::{Result, malformed},
    record::{self, Kind, little},
    window::Window,
};

/// Reads up to the end of the zip, which must have `entries`.
pub fn read<R: Read>(window: &mut Window<R>, entries: u64) -> Result<()> {
    let mut lines = 0;
    loop {
        let Some(kind) = record::kind(window.exact(4)?) else {
            return malformed("an unknown record stands between its entries");
        };
        // Each record's fixed length, and where the lengths of its other parts stand.
        let (fixed, lengths): (usize, &[(usize, usize)]) = match kind {
            Kind::Entry => return malformed("an entry stands in its directory"),
            Kind::Line => (46, &[(28, 2), (30, 2), (32, 2)]),
            Kind::Extra => (8, &[(4, 4)]),
            Kind::Signature => (6, &[(4, 2)]),
            Kind::WideEnd => (12, &[(4, 8)]),
            Kind::Locator => (20, &[]),
            Kind::End => (22, &[(20, 2)]),
        };
        let bytes = window.exact(fixed)?;
        let rest = lengths.iter().fold(0u64, |sum, (at, len)| sum.saturating_add(little(&bytes[*at..at + len])));
        window.skip((fixed as u64).saturating_add(rest))?;
        lines += u64::from(kind == Kind::Line);
        if kind == Kind::End {
            break;
        }
    }
    if lines == entries { Ok(()) } else { malformed("its directory does not name the entries that came") }
}
