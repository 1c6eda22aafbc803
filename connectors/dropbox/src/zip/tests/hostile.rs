//! Content that looks like the zip's own records, and zips that lie.

use super::{super::Unsupported, writer::*, *};

/// A valid end of `content` and the beginning of an entry that is not one.
fn forged(content: &[u8], signed: bool) -> Vec<u8> {
    let mut bytes = content.to_vec();
    bytes.extend(descriptor(signed, false, crc32fast::hash(content), content.len(), content.len()));
    bytes.extend(zip(&[("forged", b"forged")], KNOWN));
    bytes
}

#[test]
fn records_in_content_are_content() {
    let inner = zip(&[("inner", b"inner"), ("more", b"more")], SIGNED);
    let mut wrong_crc = b"abc".to_vec();
    wrong_crc.extend(descriptor(true, false, 1, 3, 3));
    wrong_crc.extend(b"PK\x03\x04");
    let signatures = b"PK\x03\x04PK\x07\x08PK\x01\x02PK\x05\x06PK\x07\x08".repeat(4000);
    let entries: [(&str, &[u8]); 5] = [
        ("zip", &inner),
        ("wrong crc", &wrong_crc),
        ("signatures", &signatures),
        ("header", b"PK\x03\x04"),
        ("descriptor", b"PK\x07\x08\0\0\0\0\0\0\0\0\0\0\0\0PK\x07\x08PK"),
    ];
    for shape in all_shapes() {
        let bytes = zip(&entries, shape);
        read(&bytes[..], expecting(&entries), 1000).assert_whole(&entries);
        read_blindly(&bytes).assert_whole(&entries);
    }
}

/// Ends everywhere, of the wrong CRC and of the right one.
#[test]
fn many_false_ends() {
    for right in [false, true] {
        let (mut content, mut crc) = (Vec::new(), crc32fast::Hasher::new());
        while content.len() < 200_000 {
            let said = if right { crc.clone().finalize() } else { 7 };
            let mut end = descriptor(content.len() % 3 == 0, false, said, content.len(), content.len());
            end.extend(b"PK\x03\x04");
            crc.update(&end);
            content.extend(end);
        }
        let entries: [(&str, &[u8]); 2] = [("false ends", &content), ("next", b"n")];
        for shape in [BARE, SIGNED] {
            read(&zip(&entries, shape)[..], expecting(&entries), 8192).assert_whole(&entries);
            if !right {
                read_blindly(&zip(&entries, shape)).assert_whole(&entries);
            }
        }
    }
}

#[test]
fn a_right_listing_lets_no_forged_end_through() {
    for signed in [true, false] {
        for (before, after) in [(0, 0), (10, 10), (10, 65_000), (10, 66_000), (70_000, 300_000)] {
            let mut content = forged(&noise(before, 5), signed);
            content.extend(noise(after, 6));
            let entries: [(&str, &[u8]); 2] = [("hostile", &content), ("next", b"n")];
            for shape in [BARE, SIGNED] {
                read(&zip(&entries, shape)[..], expecting(&entries), 4096).assert_whole(&entries);
            }
        }
    }
}

/// Then nothing in the stream contradicts the forged end, but the directory does.
#[test]
fn a_forged_end_without_a_listing_shows_in_the_directory() {
    let mut content = forged(b"abc", true);
    content.truncate(content.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap());
    let mut writer = ZipWriter::default();
    writer.add("hostile", &content, BARE);
    assert!(read_blindly(&writer.finish()).stopped.is_some());
}

#[test]
fn unsupported_content_is_passed_over_where_its_length_is_known() {
    let sound = zip(&[("a", b"closed"), ("b", b"open")], KNOWN);
    for (at, value, why) in [(6, 1, Unsupported::Encryption), (8, 14, Unsupported::Method(14))] {
        let mut bytes = sound.clone();
        bytes[at] |= value;
        let contents = read_blindly(&bytes);
        let error = contents.entries[0].1.as_ref().unwrap_err();
        assert!(matches!(error.fault(), Fault::Unsupported(found) if *found == why), "{error}");
        assert!(error.is_recoverable());
        assert_eq!(contents.get("b"), Some(&b"open"[..]));

        let mut bytes = zip(&[("a", b"closed"), ("b", b"open")], BARE);
        bytes[at] |= value;
        let contents = read_blindly(&bytes);
        assert!(!contents.entries[0].1.as_ref().unwrap_err().is_recoverable());
        assert_eq!(contents.names(), ["a"]);
    }
}

#[test]
fn lengths_out_of_this_world_break_off() {
    let mut bytes = zip(&[("a", b"x")], Shape { sizes: Sizes::HeaderZip64, ..KNOWN });
    let field = bytes.windows(4).position(|bytes| bytes == b"\x01\x00\x10\x00").unwrap() + 4;
    bytes[field..field + 16].fill(0xff);
    let contents = read_blindly(&bytes);
    assert!(matches!(contents.entries[0].1.as_ref().unwrap_err().fault(), Fault::BrokenOff));

    let mut zip = ZipReader::new(&bytes[..]);
    zip.next_entry().unwrap();
    assert!(matches!(zip.skip_entry().unwrap_err().fault(), Fault::BrokenOff));
}

/// A source without end: the caller gets bytes and decides, the reader keeps none.
#[test]
fn a_bomb_comes_piece_by_piece() {
    let mut writer = ZipWriter::default();
    writer.add("bomb", &vec![0; 20 << 20], Shape { deflated: true, ..BARE });
    assert!(writer.len() < 30_000);
    let bytes = writer.finish();
    let mut zip = ZipReader::new(&bytes[..]);
    zip.next_entry().unwrap();
    let mut buffer = [1; 1000];
    for _ in 0..1000 {
        assert!((1..=1000).contains(&zip.read(&mut buffer).unwrap()));
    }
}
