//! Zips that break off, that were changed, or that never were zips.

use super::{writer::*, *};

const ENTRIES: [(&str, &[u8]); 5] = [
    ("Top/", b""),
    ("Top/text", b"the text of the first file, long enough, long enough to be deflated"),
    ("Top/empty", b""),
    ("Top/records", b"PK\x07\x08PK\x03\x04PK\x03\x04"),
    ("Top/last", b"z"),
];

/// No entry that ended well may have another content than was put in under its name. (No CRC guards names.)
#[track_caller]
fn assert_nothing_wrong(contents: &Contents, entries: &[(&str, &[u8])]) {
    assert!(contents.entries.len() <= entries.len());
    for (name, content) in entries {
        if let Some(found) = contents.get(name) {
            assert!(found == *content, "{name}: {found:?}");
        }
    }
}

#[test]
fn cut_at_every_place() {
    for shape in all_shapes().into_iter().filter(|shape| shape.naming == Naming::PathExtra) {
        let bytes = zip(&ENTRIES, shape);
        for len in 0..bytes.len() - "comment".len() {
            for contents in [read_blindly(&bytes[..len]), read(&bytes[..len], expecting(&ENTRIES), 7)] {
                assert_nothing_wrong(&contents, &ENTRIES);
                let stopped = contents.stopped.expect("a zip that was cut is not whole");
                assert!(matches!(stopped.fault(), Fault::BrokenOff | Fault::Lost), "{stopped}");
            }
        }
    }
}

/// The source's own error comes out as it went in.
#[test]
fn a_source_that_fails_at_every_place() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("The connection was closed.")),
                count => Ok(count),
            }
        }
    }
    let bytes = zip(&ENTRIES, BARE);
    for len in 0..bytes.len() {
        let contents = read(Failing(&bytes[..len]), |_| None, 100);
        assert_nothing_wrong(&contents, &ENTRIES);
        let failed = contents.entries.into_iter().find_map(|(_, outcome)| outcome.err());
        let Some(error) = failed.or(contents.stopped) else {
            assert!(len >= bytes.len() - "comment".len());
            continue;
        };
        assert!(matches!(error.fault(), Fault::Read(error) if error.get_ref().is_some()), "{error}");
        assert!(error.to_string().ends_with("The connection was closed."), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn an_interrupted_read_is_repeated() {
    struct Interrupted<'a>(&'a [u8], bool);
    impl Read for Interrupted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 { Err(io::ErrorKind::Interrupted.into()) } else { self.0.read(&mut buffer[..1]) }
        }
    }
    read(Interrupted(&zip(&ENTRIES, SIGNED), false), |_| None, 100).assert_whole(&ENTRIES);
}

/// Either what came is right, or the zip is found not to be. (A header whose length is damaged can swallow the next one and pass its
/// content for its own: that shows in the directory only.)
#[test]
fn every_bit_flipped() {
    for shape in all_shapes().into_iter().filter(|shape| shape.naming == Naming::Flagged) {
        let sound = zip(&ENTRIES, shape);
        for bit in 0..sound.len() * 8 {
            let mut bytes = sound.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let blind = read_blindly(&bytes);
            if blind.stopped.is_none() {
                assert_nothing_wrong(&blind, &ENTRIES);
            }
            if !shape.deflated {
                let listed = read(&bytes[..], expecting(&ENTRIES), 9);
                if listed.stopped.is_none() {
                    assert_nothing_wrong(&listed, &ENTRIES);
                }
            }
        }
    }
}

/// Where the sizes are known, damage to content costs that one entry.
#[test]
fn damaged_content_is_an_error_of_its_entry() {
    let text = noise(500, 9);
    let entries: [(&str, &[u8]); 3] = [("a", b"first"), ("b", &text), ("c", b"third")];
    for shape in all_shapes() {
        let stored_without_length = !shape.deflated && !matches!(shape.sizes, Sizes::Header | Sizes::HeaderZip64);
        if stored_without_length {
            continue;
        }
        let mut bytes = zip(&entries, shape);
        let at = bytes.windows(20).position(|bytes| bytes == &text[100..120]).unwrap();
        bytes[at] ^= 1;
        let contents = read_blindly(&bytes);
        let error = contents.entries[1].1.as_ref().unwrap_err();
        assert!(matches!(error.fault(), Fault::Checksum), "{error}");
        assert!(error.is_recoverable());
        assert!(error.to_string().contains("\"b\""), "{error}");
        assert_eq!(contents.names(), ["a", "b", "c"]);
        assert_eq!(contents.get("c"), Some(&b"third"[..]));
        assert!(contents.stopped.is_none());
    }
}

#[test]
fn an_entry_that_failed_does_not_seem_to_have_ended() {
    let mut bytes = zip(&[("a", b"first"), ("b", b"second")], KNOWN);
    bytes[14] ^= 1;
    let mut zip = ZipReader::new(&bytes[..]);
    zip.next_entry().unwrap();
    for _ in 0..2 {
        assert!(read_entry(&mut zip, 10).unwrap_err().is_recoverable());
    }
    assert_eq!(zip.next_entry().unwrap().unwrap().name, "b");
    assert_eq!(read_entry(&mut zip, 10).unwrap(), b"second");
}

#[test]
fn deflated_content_of_the_wrong_length_is_an_error_of_its_entry() {
    let shape = Shape { deflated: true, ..KNOWN };
    let text = b"text ".repeat(100);
    let sound = zip(&[("a", &text), ("c", b"third")], shape);
    let next = sound.windows(4).rposition(|bytes| bytes == b"PK\x03\x04").unwrap();
    let longer = |bytes: &mut Vec<u8>| drop(bytes.splice(next..next, [0]));
    let shorter = |bytes: &mut Vec<u8>| drop(bytes.drain(next - 1..next));
    let garbage = |bytes: &mut Vec<u8>| bytes[next - 10..next].fill(0xff);
    for (change, by) in [(&longer as &dyn Fn(&mut Vec<u8>), 1), (&shorter, -1), (&garbage, 0)] {
        let mut bytes = sound.clone();
        change(&mut bytes);
        bytes[18] = bytes[18].wrapping_add_signed(by);
        let contents = read_blindly(&bytes);
        let error = contents.entries[0].1.as_ref().unwrap_err();
        assert!(matches!(error.fault(), Fault::Malformed(_) | Fault::Checksum), "{error}");
        assert!(error.is_recoverable(), "{error}");
        assert_eq!(contents.get("c"), Some(&b"third"[..]));
    }
}

#[test]
fn a_directory_that_names_other_entries() {
    let mut writer = ZipWriter::default();
    writer.add("a", b"x", KNOWN);
    let mut bytes = writer.finish();
    let line = bytes.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    let end = bytes.windows(4).position(|bytes| bytes == b"PK\x05\x06").unwrap();
    bytes.drain(line..end);
    let contents = read_blindly(&bytes);
    assert_eq!(contents.get("a"), Some(&b"x"[..]));
    assert!(matches!(contents.stopped.unwrap().fault(), Fault::Malformed(_)));
}

/// Random bytes, and sound zips with random bytes thrown in, end by an error or well, but end.
#[test]
fn random_bytes_do_no_harm() {
    for seed in 0..3000 {
        let dice = noise(64, seed + 1000);
        let mut bytes = match dice[0] % 3 {
            0 => [&b"PK\x03\x04"[..], &noise(400, seed)].concat(),
            1 => noise(300, seed),
            _ => zip(&ENTRIES, all_shapes()[seed as usize % all_shapes().len()]),
        };
        for die in dice[1..].chunks_exact(9).take(usize::from(dice[63] % 7)) {
            let at = usize::from(u16::from_le_bytes([die[0], die[1]])) % bytes.len();
            let piece = &die[3..3 + usize::from(die[2] % 6)];
            bytes.splice(at..at, piece.iter().copied());
        }
        let listed = u64::from(dice[10]);
        let contents = read(Paced { bytes: &bytes, pace: 11 }, |_| Some(listed), 13);
        let total: usize = contents.entries.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()).map(Vec::len).sum();
        assert!(total < 100_000);
    }
}
