//! Every variant of a zip, read at several paces; listings that were wrong; hostile content; damage of all kinds.

mod damage;
mod fixtures;
mod hostile;
mod lengths;
mod variants;
mod writer;

use std::io::{self, Read};

use super::{EntryHead, Fault, ZipError, ZipReader};

/// A source that gives at most so many bytes at a time.
struct Paced<'a> {
    bytes: &'a [u8],
    pace: usize,
}

impl Read for Paced<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.pace.min(buffer.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.bytes = later;
        Ok(count)
    }
}

/// What came of one entry.
type Outcome = Result<Vec<u8>, ZipError>;

/// All that a zip gave, and what stopped it, if anything.
struct Contents {
    entries: Vec<(EntryHead, Outcome)>,
    stopped: Option<ZipError>,
}

impl Contents {
    fn names(&self) -> Vec<&str> {
        self.entries.iter().map(|(head, _)| head.name.as_str()).collect()
    }

    /// The content of an entry that was read to its end.
    fn get(&self, name: &str) -> Option<&[u8]> {
        let (_, outcome) = self.entries.iter().find(|(head, _)| head.name == name)?;
        outcome.as_deref().ok()
    }

    #[track_caller]
    fn assert_whole(&self, entries: &[(&str, &[u8])]) {
        assert!(self.stopped.is_none(), "{:?}", self.stopped);
        assert_eq!(self.names(), entries.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for (name, content) in entries {
            assert!(self.get(name) == Some(content), "{name}");
        }
    }
}

fn read(source: impl Read, expect: impl Fn(&str) -> Option<u64>, at_a_time: usize) -> Contents {
    let mut zip = ZipReader::new(source);
    let mut contents = Contents { entries: Vec::new(), stopped: None };
    loop {
        match zip.next_entry() {
            Ok(None) => return contents,
            Ok(Some(head)) => {
                zip.expect_length(expect(&head.name));
                let outcome = read_entry(&mut zip, at_a_time);
                contents.entries.push((head, outcome));
            }
            Err(error) => {
                assert!(!error.is_recoverable());
                assert!(zip.next_entry().is_err(), "an unreadable zip stays so");
                contents.stopped = Some(error);
                return contents;
            }
        }
    }
}

fn read_entry(zip: &mut ZipReader<impl Read>, at_a_time: usize) -> Outcome {
    let (mut content, mut buffer) = (Vec::new(), vec![0; at_a_time]);
    loop {
        match zip.read(&mut buffer)? {
            0 => return Ok(content),
            count => content.extend(&buffer[..count]),
        }
    }
}

/// Reads with no listing.
fn read_blindly(zip: &[u8]) -> Contents {
    read(zip, |_| None, 8192)
}

fn expecting(entries: &[(&str, &[u8])]) -> impl Fn(&str) -> Option<u64> {
    let lengths: Vec<_> = entries.iter().map(|(name, content)| (name.to_string(), content.len() as u64)).collect();
    move |name| lengths.iter().find(|(listed, _)| listed == name).map(|(_, length)| *length)
}

/// Bytes that do not compress, the same each time.
fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}
