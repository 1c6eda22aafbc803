//! Stored entries whose length the listing did not get right.

use super::{writer::*, *};

fn stored_shapes() -> impl Iterator<Item = Shape> {
    all_shapes().into_iter().filter(|shape| !shape.deflated && matches!(shape.sizes, Sizes::Descriptor { .. }))
}

/// Reads three entries, the middle one of `len` bytes and listed as `listed`.
fn middle(shape: Shape, len: usize, listed: Option<u64>) -> (Contents, Vec<u8>) {
    let content = noise(len, len as u64);
    let bytes = zip(&[("before", b"b"), ("middle", &content), ("after", b"after"), ("last", b"")], shape);
    let contents = read(Paced { bytes: &bytes, pace: 5000 }, |name| listed.filter(|_| name == "middle"), 4096);
    (contents, content)
}

#[test]
fn longer_than_listed() {
    for shape in stored_shapes() {
        for (len, listed) in [(1, 0), (1000, 999), (1000, 0), (200_000, 5), (200_000, 199_990)] {
            let (contents, content) = middle(shape, len, Some(listed));
            contents.assert_whole(&[("before", b"b"), ("middle", &content), ("after", b"after"), ("last", b"")]);
        }
    }
}

#[test]
fn shorter_than_listed() {
    for shape in stored_shapes() {
        for (len, listed) in [(0, 1), (0, 10), (999, 1000), (1000, 60_000), (200_000, 200_001), (200_000, 265_000)] {
            let (contents, content) = middle(shape, len, Some(listed));
            contents.assert_whole(&[("before", b"b"), ("middle", &content), ("after", b"after"), ("last", b"")]);
        }
    }
}

#[test]
fn not_listed() {
    for shape in stored_shapes() {
        for len in [0, 1, 1000, 65_500, 65_536, 200_000] {
            let (contents, content) = middle(shape, len, None);
            contents.assert_whole(&[("before", b"b"), ("middle", &content), ("after", b"after"), ("last", b"")]);
        }
    }
}

/// The place has gone by, and nothing after it may be taken for an entry.
#[test]
fn shorter_by_more_than_the_window_loses_the_rest() {
    let rest = noise(300_000, 8);
    for shape in stored_shapes() {
        for listed in [100_000, 1 << 40] {
            let bytes = zip(&[("before", b"b"), ("middle", b"short"), ("rest", &rest)], shape);
            let contents = read(&bytes[..], |name| (name == "middle").then_some(listed), 4096);
            assert_eq!(contents.names(), ["before", "middle"]);
            assert_eq!(contents.get("before"), Some(&b"b"[..]));
            assert_eq!(contents.get("middle"), None);
            let error = contents.entries[1].1.as_ref().unwrap_err();
            match listed {
                100_000 => assert!(matches!(error.fault(), Fault::NoEnd), "{error}"),
                _ => assert!(matches!(error.fault(), Fault::BrokenOff), "{error}"),
            }
            assert!(!error.is_recoverable());
            assert!(error.to_string().contains("middle"), "{error}");
            assert!(contents.stopped.is_some());
        }
    }
}

#[test]
fn a_length_matters_for_no_other_entry() {
    for shape in all_shapes().into_iter().filter(|shape| !stored_shapes().any(|stored| stored == *shape)) {
        let entries: [(&str, &[u8]); 2] = [("a", b"content"), ("b", b"")];
        for listed in [0, 3, 1 << 50] {
            read(&zip(&entries, shape)[..], |_| Some(listed), 4096).assert_whole(&entries);
        }
    }
}
