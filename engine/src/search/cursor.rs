//! Where a page of hits ended, as text that goes through an address: hex digits of the build, the origin, the path, and the version after
//! which to go on. It holds for one build of an index, and stays right while snapshots are added and segments merged.

use larder_format::wire::{Reader, Write};
use larder_model::{Kind, Problem, Result, Time};

use super::{facts::Facts, sealed::FileId};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Cursor {
    pub build: FileId,
    pub origin: u32,
    pub path: Vec<u8>,
    /// `None` to go on with the path itself.
    pub after: Option<Facts>,
}

impl Cursor {
    pub fn encode(&self) -> String {
        let mut bytes = self.build.to_vec();
        bytes.put_varint(u64::from(self.origin));
        bytes.put_string(&self.path);
        if let Some(facts) = &self.after {
            bytes.push(facts.kind as u8);
            bytes.put_varint(facts.size);
            if let Some(time) = facts.mtime {
                bytes.put_zigzag(time.secs);
                bytes.put_varint(u64::from(time.nanos));
            }
        }
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn decode(text: &str) -> Result<Self> {
        parse(text).ok_or_else(|| {
            Problem::usage("this is no place in a list of hits").hint("leave the cursor out to begin from the start")
        })
    }
}

fn parse(text: &str) -> Option<Cursor> {
    let digit = |digit: &u8| (*digit as char).to_digit(16);
    let pair = |pair: &[u8]| Some((digit(&pair[0])? << 4 | digit(&pair[1])?) as u8);
    let bytes: Vec<u8> =
        text.len().is_multiple_of(2).then(|| text.as_bytes().chunks_exact(2).map(pair).collect::<Option<_>>())??;
    let mut reader = Reader(&bytes);
    let (build, origin) = (reader.array().ok()?, reader.varint32().ok()?);
    let path = reader.string().ok()?.to_vec();
    if reader.is_empty() {
        return Some(Cursor { build, origin, path, after: None });
    }
    let (kind, size) = (Kind::from_number(reader.u8().ok()?)?, reader.varint().ok()?);
    let mtime = match reader.is_empty() {
        true => None,
        false => Some(Time::new(reader.zigzag().ok()?, reader.varint32().ok()?)),
    };
    reader.is_empty().then_some(Cursor { build, origin, path, after: Some(Facts { kind, size, mtime }) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_nonsense_is_refused() {
        let facts = |mtime| Some(Facts { kind: Kind::File, size: u64::MAX, mtime });
        for after in [None, facts(None), facts(Some(Time::new(-5, 999)))] {
            let cursor = Cursor { build: [7; 16], origin: 3, path: b"/a\xff".to_vec(), after };
            assert_eq!(Cursor::decode(&cursor.encode()).unwrap(), cursor);
            let text = cursor.encode();
            for end in 0..38 {
                assert!(Cursor::decode(&text[..end]).is_err());
            }
            assert!(Cursor::decode(&format!("{text}zz")).is_err() && Cursor::decode("é").is_err());
        }
    }
}
