//! What a sound zip gives back.

use super::{super::Method, writer::*, *};

#[test]
fn every_variant_at_every_pace() {
    let (long, text) = (noise(3000, 1), b"text ".repeat(500));
    let flat: [(&str, &[u8]); 5] =
        [("empty", b""), ("one", b"1"), ("täxt/ölig.txt", &text), ("noise", &long), ("P", b"PKPKPK\x07")];
    let topped: [(&str, &[u8]); 4] = [("Top/", b""), ("Top/é/", b""), ("Top/é/ü.txt", &text), ("Top/last", b"")];
    for shape in all_shapes() {
        for entries in [&flat[..], &topped[..]] {
            let bytes = zip(entries, shape);
            for pace in [1, 7, usize::MAX] {
                for at_a_time in [1, 5, 70_000] {
                    let source = Paced { bytes: &bytes, pace };
                    read(source, expecting(entries), at_a_time).assert_whole(entries);
                }
                read(Paced { bytes: &bytes, pace }, |_| None, 100).assert_whole(entries);
            }
        }
    }
}

#[test]
fn shapes_may_differ_within_a_zip() {
    let mut writer = ZipWriter::default();
    let contents: Vec<_> = (0..all_shapes().len()).map(|index| (format!("{index}"), noise(index * 97, 2))).collect();
    for ((name, content), shape) in contents.iter().zip(all_shapes()) {
        writer.add(name, content, shape);
    }
    let entries: Vec<_> = contents.iter().map(|(name, content)| (name.as_str(), &content[..])).collect();
    read_blindly(&writer.finish()).assert_whole(&entries);
}

#[test]
fn entries_larger_than_the_window() {
    let (large, odd) = (noise(300_000, 3), vec![b'P'; 65_537]);
    let entries: [(&str, &[u8]); 3] = [("large", &large), ("odd", &odd), ("small", b"s")];
    for shape in all_shapes().into_iter().filter(|shape| shape.naming == Naming::Flagged) {
        let bytes = zip(&entries, shape);
        read(&bytes[..], expecting(&entries), 8192).assert_whole(&entries);
        read(Paced { bytes: &bytes, pace: 1000 }, |_| None, 8192).assert_whole(&entries);
    }
}

#[test]
fn a_head_tells_what_the_header_does() {
    for shape in all_shapes() {
        let contents = read_blindly(&zip(&[("a/", b""), ("a/ß", b"12345")], shape));
        let known = matches!(shape.sizes, Sizes::Header | Sizes::HeaderZip64);
        let method = if shape.deflated { Method::Deflated } else { Method::Stored };
        assert!(contents.entries[0].0.is_folder);
        let head = EntryHead { name: "a/ß".into(), is_folder: false, size: known.then_some(5), method };
        assert_eq!(contents.entries[1].0, head);
    }
}

#[test]
fn a_unicode_path_of_another_name_is_ignored() {
    let mut bytes = zip(&[("ä", b"x")], Shape { naming: Naming::PathExtra, ..KNOWN });
    bytes[30] = b'!';
    assert_eq!(read_blindly(&bytes).names(), ["!??"]);
}

#[test]
fn a_name_that_is_no_utf8_is_marked() {
    let mut bytes = zip(&[("abc", b"x")], Shape { naming: Naming::Plain, ..KNOWN });
    bytes[31] = 0x84;
    assert_eq!(read_blindly(&bytes).names(), ["a\u{fffd}c"]);
}

#[test]
fn a_folder_may_lack_its_descriptor() {
    let mut writer = ZipWriter::default();
    writer.add("a/", b"", BARE);
    let mut bytes = writer.finish();
    bytes.drain(30 + 2 + 9..30 + 2 + 9 + 12);
    read_blindly(&bytes).assert_whole(&[("a/", b"")]);
}

#[test]
fn an_empty_zip_has_no_entries() {
    read_blindly(&zip(&[], KNOWN)).assert_whole(&[]);
}

#[test]
fn the_directory_may_be_zip64() {
    let mut bytes = zip(&[("a", b"x")], BARE);
    let end = bytes.windows(4).position(|bytes| bytes == b"PK\x05\x06").unwrap();
    let mut wide = b"PK\x06\x06\x2c\0\0\0\0\0\0\0".to_vec();
    wide.extend([0; 44]);
    wide.extend(b"PK\x06\x07");
    wide.extend([0; 16]);
    bytes.splice(end..end, wide);
    read_blindly(&bytes).assert_whole(&[("a", b"x")]);
}

#[test]
fn skipping_leads_to_the_next_entry() {
    let (large, text) = (noise(100_000, 4), b"text ".repeat(40_000));
    for shape in all_shapes().into_iter().filter(|shape| shape.naming == Naming::Flagged) {
        for read_first in [0, 1, 99] {
            let bytes = zip(&[("noise", &large), ("text", &text), ("last", b"last")], shape);
            let mut zip = ZipReader::new(&bytes[..]);
            for _ in 0..2 {
                zip.next_entry().unwrap().unwrap();
                assert_eq!(zip.read(&mut vec![0; read_first]).unwrap(), read_first);
            }
            zip.skip_entry().unwrap();
            assert_eq!(zip.read(&mut [0]).unwrap(), 0);
            assert_eq!(zip.next_entry().unwrap().unwrap().name, "last");
            assert_eq!(read_entry(&mut zip, 3).unwrap(), b"last");
            assert_eq!(zip.next_entry().unwrap(), None);
            assert_eq!(zip.next_entry().unwrap(), None);
        }
    }
}
