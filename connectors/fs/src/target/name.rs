//! Names that a file system cannot hold, and what is written in their place.
//!
//! The name in place is the start of the original, and a hash of all of it: the same each time, so that a second restore finds what
//! the first one wrote. The original stands in the report and in the attribute `user.larder.name`.

use std::borrow::Cow;

use larder_connect::substitute_ending;
use larder_model::{Entry, Problem, ProblemKind, Result, TreePath, escape};

use super::context::FileSystem;

/// The extended attribute that keeps the original name.
pub const ATTRIBUTE: &[u8] = b"user.larder.name";

/// Refuses what would lead out of the folder at the path that `folder` gives.
pub fn check(name: &[u8], folder: impl FnOnce() -> TreePath) -> Result<()> {
    if Entry::is_safe_name(name) {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::Damaged,
        format!("the name \"{}\" in {} is not a file name; nothing was written", escape(name), folder()),
    ))
}

/// Whether `name` surely cannot be written.
pub fn is_refused(name: &[u8], by: FileSystem) -> bool {
    name.len() > by.name_bytes_max || (by.is_fat && is_awkward(name))
}

/// Whether some file systems refuse `name`: what is not UTF-8, and what FAT and Windows servers do not hold.
pub fn is_awkward(name: &[u8]) -> bool {
    let text = str::from_utf8(name);
    text.is_err()
        || name.ends_with(b".")
        || name.ends_with(b" ")
        || text.is_ok_and(|text| text.contains(is_awkward_char))
}

fn is_awkward_char(c: char) -> bool {
    c.is_control() || r#""*:<>?\|"#.contains(c)
}

/// The name that stands for `name`, which every file system holds.
pub fn substitute(name: &[u8], by: FileSystem) -> Vec<u8> {
    let ending = substitute_ending(name);
    let text: Cow<'_, str> = String::from_utf8_lossy(name);
    let mut start: String = text.chars().map(|c| if is_awkward_char(c) { '_' } else { c }).collect();
    start.truncate(start.floor_char_boundary(by.name_bytes_max.saturating_sub(ending.len())));
    (start + &ending).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: FileSystem = FileSystem { is_fat: false, name_bytes_max: 255 };
    const FAT: FileSystem = FileSystem { is_fat: true, name_bytes_max: 255 };

    #[test]
    fn names_that_fit_stay() {
        for name in [&b"plain"[..], b"with: colon", b"\xff", &[b'x'; 255]] {
            assert!(!is_refused(name, USUAL), "{}", escape(name));
        }
        assert!(is_refused(&[b'x'; 256], USUAL));
        assert!(is_refused(b"with: colon", FAT));
        assert!(is_refused(b"\xff", FAT));
        assert!(is_refused(b"dot.", FAT));
    }

    #[test]
    fn substitutes_fit_and_differ() {
        let long = |last: u8| [vec![b'x'; 300], vec![last]].concat();
        let (a, b) = (substitute(&long(1), USUAL), substitute(&long(2), USUAL));
        assert_eq!((a.len(), b.len()), (255, 255));
        assert_ne!(a, b);
        assert_eq!(a, substitute(&long(1), USUAL));
        let cut = substitute("ä".repeat(200).as_bytes(), USUAL);
        assert!(str::from_utf8(&cut).is_ok() && cut.len() <= 255);
        let odd = substitute(b"a\xffb:c\n", FAT);
        assert!(!is_refused(&odd, FAT) && odd.starts_with("a\u{fffd}b_c_~larder-".as_bytes()));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [&b""[..], b".", b"..", b"a/b", b"/", b"a\0b"] {
            assert!(check(name, TreePath::top).is_err(), "{}", escape(name));
        }
    }
}
