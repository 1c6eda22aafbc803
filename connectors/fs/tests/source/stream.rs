//! Standard input as a source.

use std::io::{self, Read};

use larder_connect::{Piece, Source};
use larder_fs::StreamSource;
use larder_model::{Problem, ProblemKind};

use super::walk::read;

fn source(name: &str, reader: impl Read + Send + 'static, verdict: Result<(), Problem>) -> StreamSource {
    StreamSource::new(name.as_bytes(), Box::new(reader), Box::new(move || verdict), None).unwrap()
}

#[test]
fn the_stream_is_the_only_file() {
    let source = source("db/dump.sql", &b"content"[..], Ok(()));
    assert_eq!((source.origin().connector.as_str(), source.origin().root.as_str()), ("stdin", "/db/dump.sql"));
    assert_eq!(source.roots().len(), 1);
    let folder = source.top().unwrap().folder(b"db").unwrap();
    let names = folder.names(&mut |_| ()).unwrap();
    assert_eq!(names.iter().collect::<Vec<_>>(), [b"dump.sql"]);
    let entry = folder.stat(b"dump.sql", &mut |_| ()).unwrap().unwrap();
    assert_eq!(entry.meta, larder_model::Metadata::default());
    let (body, _, meta) = read(&*folder, &entry, &mut |_| ()).unwrap();
    assert_eq!((body.as_slice(), meta.size), (&b"content"[..], 7));
    assert!(meta.mtime.is_some());
    source.finish().unwrap();
    assert!(folder.open(&entry).is_err(), "a stream is read once");
}

#[test]
fn a_program_that_failed_leaves_no_snapshot() {
    let source = source("dump", &b"half"[..], Err(Problem::failed("pg_dump ended with 1")));
    let folder = source.top().unwrap();
    let entry = folder.stat(b"dump", &mut |_| ()).unwrap().unwrap();
    let mut file = folder.open(&entry).unwrap();
    assert_eq!(file.next(&mut [0; 10]).unwrap(), Piece::Data(4));
    assert!(source.finish().is_err(), "not read to its end");
    assert_eq!(file.next(&mut [0; 10]).unwrap_err().message(), "pg_dump ended with 1");
    assert_eq!(source.finish().unwrap_err().message(), "pg_dump ended with 1");
}

#[test]
fn a_stream_that_breaks_off_leaves_no_snapshot() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
    let source = source("dump", Broken, Ok(()));
    let folder = source.top().unwrap();
    let entry = folder.stat(b"dump", &mut |_| ()).unwrap().unwrap();
    assert!(read(&*folder, &entry, &mut |_| ()).is_err());
    assert!(source.finish().is_err());
}

#[test]
fn a_stream_needs_a_name() {
    for name in ["", "/", "..", "a\0b"] {
        let made = StreamSource::new(name.as_bytes(), Box::new(io::empty()), Box::new(|| Ok(())), None);
        assert!(made.err().unwrap().is(ProblemKind::Usage), "{name:?}");
    }
}
