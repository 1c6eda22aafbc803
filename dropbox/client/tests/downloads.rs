//! Downloads that break, lie, and go on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fake;

use std::io::Read;

use dropbox_client::{Class, Client, DownloadFile, Settings};
use fake::{Answer, Asked, Fake, file_json};

fn bytes() -> Vec<u8> {
    (0..300_000u32).map(|i| (i % 251) as u8).collect()
}

/// Serves the file, breaking off after some bytes of each answer.
fn breaking(after: impl Fn(usize) -> Option<usize> + Send + Sync + 'static) -> Fake {
    Fake::new(move |asked, before| {
        let answer = serve(asked, &bytes());
        match after(before) {
            Some(after) => answer.breaks_after(after),
            None => answer,
        }
    })
}

fn serve(asked: &Asked, whole: &[u8]) -> Answer {
    let file = file_json("/a", whole);
    let Some(range) = asked.header("range") else {
        return Answer::bytes(200, whole).header("Dropbox-API-Result", &file);
    };
    let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let first: usize = first.parse().unwrap();
    let end = last.parse::<usize>().map_or(whole.len(), |last| (last + 1).min(whole.len()));
    if first >= whole.len() {
        return Answer::status(416, "");
    }
    let answer = Answer::bytes(206, &whole[first..end]).header("Dropbox-API-Result", &file);
    answer.header("Content-Range", &format!("bytes {first}-{}/{}", end - 1, whole.len()))
}

#[test]
fn a_download_goes_on_where_it_broke_off_at_the_same_revision() {
    let fake = breaking(|before| (before < 2).then_some(100_000));
    let mut download = fake.client().download(&DownloadFile::of("id:a")).unwrap();
    let mut got = Vec::new();
    download.read_to_end(&mut got).unwrap();
    assert!(got == bytes());
    let asked = fake.asked();
    let argument = |i: usize| asked[i].header("dropbox-api-arg").unwrap();
    assert_eq!((argument(0), asked[0].header("range")), (r#"{"path":"id:a"}"#, None));
    assert_eq!(
        (argument(1), asked[1].header("range")),
        (r#"{"path":"rev:0123456789ab"}"#, Some("bytes=100000-299999"))
    );
    assert_eq!(asked[2].header("range"), Some("bytes=200000-299999"));
    assert_eq!(asked[0].header("content-length"), Some("0"));
    assert_eq!(asked.len(), 3);
}

#[test]
fn a_download_that_does_not_get_on_is_given_up() {
    let fake = breaking(|before| Some(if before == 0 { 1000 } else { 0 }));
    let client = Client::new(Settings { retries: 1, ..fake.settings() }).unwrap();
    let mut download = client.download(&DownloadFile::of("id:a")).unwrap();
    let error = loop {
        match download.next_chunk() {
            Ok(chunk) => assert!(chunk.is_some()),
            Err(error) => break error,
        }
    };
    assert_eq!((error.class(), error.item()), (Class::Unreachable, Some("id:a")));
}

#[test]
fn damaged_content_is_never_whole_and_is_fetched_again() {
    let fake = Fake::new(|asked, before| {
        let mut answer = serve(asked, &bytes());
        if before < 2 {
            let mut wrong = bytes();
            wrong[7] ^= 1;
            answer = Answer::bytes(200, &wrong).header("Dropbox-API-Result", &file_json("/a", &bytes()));
        }
        answer
    });
    let client = fake.client();
    let mut got = Vec::new();
    let error = client.download(&DownloadFile::of("/a")).unwrap().read_to_end(&mut got).unwrap_err();
    assert!(error.to_string().contains("/a"), "{error}");
    assert!(got.len() < bytes().len(), "the last bytes are held back");
    let (_, got) = client.download_bytes(&DownloadFile::of("/a")).unwrap();
    assert!(got == bytes());
    assert_eq!(fake.asked().len(), 3);
}

#[test]
fn a_hash_that_the_caller_knows_is_the_one_that_counts() {
    let fake = breaking(|_| None);
    let what = DownloadFile { content_hash: Some("0".repeat(64)), ..DownloadFile::of("/a") };
    let client = Client::new(Settings { retries: 0, ..fake.settings() }).unwrap();
    let error = client.download_bytes(&what).unwrap_err();
    assert!(error.has_tag("content_hash_mismatch"));
    assert_eq!(fake.asked().len(), 1);
}

#[test]
fn an_empty_file_is_asked_for_without_a_range() {
    let fake = Fake::new(|asked, _| serve(asked, b""));
    let (metadata, got) = fake.client().download_bytes(&DownloadFile::of("/a")).unwrap();
    assert_eq!((metadata.size, got.len()), (0, 0));
    assert_eq!(fake.asked()[0].header("range"), None);
}

#[test]
fn a_part_of_a_file_is_just_that() {
    let fake = breaking(|before| (before == 0).then_some(10));
    let what = DownloadFile { from: 1000, length: Some(500), ..DownloadFile::of("/a") };
    let mut download = fake.client().download(&what).unwrap();
    assert_eq!(download.length(), 500);
    let mut got = Vec::new();
    download.read_to_end(&mut got).unwrap();
    assert!(got == bytes()[1000..1500]);
    assert_eq!(fake.asked()[1].header("range"), Some("bytes=1010-1499"));
}

#[test]
fn a_place_is_free_again_after_the_last_byte() {
    let fake = breaking(|_| None);
    let client = Client::new(Settings { threads: 1, ..fake.settings() }).unwrap();
    let mut first = client.download(&DownloadFile::of("/a")).unwrap();
    std::io::copy(&mut first, &mut std::io::sink()).unwrap();
    client.download(&DownloadFile::of("/a")).unwrap();
    drop(first);
}

#[test]
fn exports_and_zips_stream() {
    let fake = Fake::new(|asked, _| match asked.route() {
        "files/export" => Answer::bytes(200, b"# Hello").header(
            "Dropbox-API-Result",
            &format!(
                r#"{{"export_metadata":{{"name":"a.md","size":7}},"file_metadata":{}}}"#,
                file_json("/a.paper", b"")
            ),
        ),
        _ => Answer::bytes(200, b"PK").header("Dropbox-API-Result", r#"{"metadata":{"name":"f","id":"id:f"}}"#),
    });
    let client = fake.client();
    let mut export = client.export("/a.paper", Some("markdown")).unwrap();
    let mut text = String::new();
    export.body.read_to_string(&mut text).unwrap();
    assert_eq!((export.name.as_str(), text.as_str()), ("a.md", "# Hello"));
    let argument = r#"{"path":"/a.paper","export_format":"markdown"}"#;
    assert_eq!(fake.asked()[0].header("dropbox-api-arg"), Some(argument));
    let mut zip = client.download_zip("/f").unwrap();
    assert_eq!(zip.body.next_chunk().unwrap().unwrap(), "PK");
    assert_eq!(zip.body.next_chunk().unwrap(), None);
}
