//! What kind of file something is: by its name, and by its first bytes where the name does not say.
//!
//! What a browser would run is never told to be what it is: HTML, SVG and the like are sent as downloads, and shown by the page in a
//! sandbox of its own.

use std::{collections::BTreeSet, sync::LazyLock};

/// Types by ending, in lower case.
const ENDINGS: &[(&str, &str)] = &[
    ("7z", "application/x-7z-compressed"),
    ("aac", "audio/aac"),
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("bz2", "application/x-bzip2"),
    ("c", "text/x-c"),
    ("cfg", "text/plain"),
    ("conf", "text/plain"),
    ("cpp", "text/x-c++"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("epub", "application/epub+zip"),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("go", "text/x-go"),
    ("gz", "application/gzip"),
    ("h", "text/x-c"),
    ("heic", "image/heic"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ico", "image/x-icon"),
    ("ini", "text/plain"),
    ("java", "text/x-java"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("log", "text/plain"),
    ("m4a", "audio/mp4"),
    ("m4v", "video/mp4"),
    ("md", "text/markdown"),
    ("mjs", "text/javascript"),
    ("mkv", "video/x-matroska"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("ogv", "video/ogg"),
    ("opus", "audio/ogg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("py", "text/x-python"),
    ("rs", "text/x-rust"),
    ("rtf", "application/rtf"),
    ("sh", "text/x-sh"),
    ("sql", "application/sql"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("toml", "application/toml"),
    ("ts", "text/x-typescript"),
    ("tsx", "text/x-typescript"),
    ("txt", "text/plain"),
    ("wav", "audio/wav"),
    ("weba", "audio/webm"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("xhtml", "application/xhtml+xml"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("xz", "application/x-xz"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
    ("zst", "application/zstd"),
];

/// What a browser may show by itself: it runs nothing that is in them.
const INLINE: &[&str] = &[
    "application/pdf",
    "audio/aac",
    "audio/flac",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/x-icon",
    "video/mp4",
    "video/ogg",
    "video/quicktime",
    "video/webm",
    "video/x-matroska",
];

/// First bytes, and at which offset they are.
const STARTS: &[(usize, &[u8], &str)] = &[
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
];

/// Already as small as they get: compressing them once more is a waste.
const COMPRESSED: &[&str] = &["application/zip", "application/gzip", "application/zstd", "application/x-7z-compressed"];

/// By the name alone.
pub fn by_name(name: &[u8]) -> Option<&'static str> {
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    let ending = std::str::from_utf8(&name[dot + 1..]).ok()?.to_ascii_lowercase();
    let found = ENDINGS.binary_search_by(|(known, _)| (*known).cmp(ending.as_str())).ok()?;
    Some(ENDINGS[found].1)
}

/// A number by which files are sorted by their type, as its name tells: 0 for those without.
pub fn rank(name: &[u8]) -> u32 {
    static RANKS: LazyLock<BTreeSet<&str>> =
        LazyLock::new(|| ENDINGS.iter().map(|(_, media_type)| *media_type).collect());
    by_name(name).map_or(0, |media_type| RANKS.range(..=media_type).count() as u32)
}

/// By the first bytes of the content.
pub fn by_start(start: &[u8]) -> &'static str {
    let is_it = |(offset, bytes, _): &&(usize, &[u8], &str)| start.get(*offset..).is_some_and(|s| s.starts_with(bytes));
    match STARTS.iter().find(is_it) {
        Some((_, _, media_type)) => media_type,
        None if looks_like_text(start) => "text/plain",
        None => "application/octet-stream",
    }
}

/// What to send a file as: its type, and whether a browser may show it.
pub fn sent_as(name: &[u8], start: &[u8]) -> (String, bool) {
    let media_type = by_name(name).unwrap_or_else(|| by_start(start));
    match media_type {
        known if INLINE.contains(&known) => (known.to_owned(), true),
        "text/plain" => ("text/plain; charset=utf-8".to_owned(), true),
        known => (known.to_owned(), false),
    }
}

/// Without control characters, and UTF-8 but for a character that is cut off at the end.
pub fn looks_like_text(start: &[u8]) -> bool {
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127);
    let is_utf8 = match std::str::from_utf8(start) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    is_utf8 && !start.iter().any(is_control)
}

pub fn is_compressed(name: &[u8]) -> bool {
    by_name(name).is_some_and(|media_type| {
        let is_media = ["image/", "audio/", "video/"].iter().any(|kind| media_type.starts_with(kind));
        is_media && !["image/bmp", "image/svg+xml", "image/tiff", "audio/wav"].contains(&media_type)
            || COMPRESSED.contains(&media_type)
            || media_type.contains("openxmlformats")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(ENDINGS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn nothing_that_runs_is_shown() {
        for name in ["a.html", "a.HTM", "a.svg", "a.xhtml", "a.xml", "a.js", "a.md"] {
            assert!(!sent_as(name.as_bytes(), b"<script>").1, "{name}");
        }
        assert_eq!(sent_as(b"page", b"<html><script>alert(1)</script>"), ("text/plain; charset=utf-8".into(), true));
        assert_eq!(sent_as(b"photo.JPG", b""), ("image/jpeg".into(), true));
        assert_eq!(sent_as(b"photo", b"\x89PNG\r\n\x1a\n...."), ("image/png".into(), true));
        assert_eq!(sent_as(b"data", b"a\0b"), ("application/octet-stream".into(), false));
        assert!(looks_like_text("halb\u{e4}".as_bytes().split_last().unwrap().1));
        assert!(is_compressed(b"a.jpg") && is_compressed(b"a.docx") && !is_compressed(b"a.txt"));
    }
}
