//! Reads a zip from a stream: no length, no seeking, each entry as it comes.
//!
//! Written by hand because of one kind of entry. A server that makes a zip while it sends it does not know sizes when it writes an
//! entry's header; they follow the content in a data descriptor. A deflated entry tells where it ends, a stored one does not, so
//! no crate reads it from a stream: that needs a length from elsewhere. Here the caller has one, from a listing, and gives it with
//! [`ZipReader::expect_length`]. It is a hint: an entry ends only where its descriptor (length and CRC of all that came) stands before
//! another record, and where the listing was wrong that place is searched for.
//!
//! Promises: an entry that ended without an error had the length and the CRC that the zip gives it. Memory is bounded (a window of
//! 64 KiB, one entry's name and extra fields, the inflater), whatever the zip says. How much an entry may hold is the caller's
//! matter, and so is whether it is the right content: a CRC keeps no one out.
//!
//! Rules from PKWARE's APPNOTE.TXT 6.3.10: §4.3 (records), §4.4.4 (flags), §4.5.3 (zip64), §4.6.9 (Unicode path).

mod deflated;
mod directory;
mod ending;
mod error;
mod head;
mod measured;
mod record;
#[cfg(test)]
mod tests;
mod unmeasured;
mod window;

use std::io::Read;

use deflated::Deflated;
use ending::Promise;
use error::{Failure, Result};
pub use error::{Fault, Unsupported, ZipError};
use head::Header;
pub use head::{EntryHead, Method};
use measured::Measured;
use record::Kind;
use unmeasured::Unmeasured;
use window::Window;

/// What a second read of an entry that failed says, lest it be taken for its end.
const FAILED: &str = "as an error before this one said";

/// Reads the entries of a zip in the order of the stream.
///
/// ```text
/// while let Some(head) = zip.next_entry()? {
///     zip.expect_length(listing.size(&head.name));
///     loop { match zip.read(&mut buffer)? { 0 => break, count => … } }
/// }
/// ```
pub struct ZipReader<R> {
    window: Window<R>,
    place: Place,
    /// The entry begun last, for errors.
    name: Option<String>,
    entries: u64,
}

/// Where in the zip the window begins.
enum Place {
    /// At a record.
    Record,
    /// In an entry's content.
    Content(Body),
    /// In what is left of an entry that failed: so many bytes before a record.
    Rest(u64),
    /// After the last record.
    End,
    /// Nobody knows.
    Lost,
}

enum Body {
    Measured(Measured),
    Unmeasured(Unmeasured),
    Deflated(Deflated),
    Closed(Unsupported, Option<u64>),
}

impl<R: Read> ZipReader<R> {
    /// Nothing is read yet. Short reads are fine, and `source` needs no buffer of its own.
    pub fn new(source: R) -> Self {
        Self { window: Window::new(source), place: Place::Record, name: None, entries: 0 }
    }

    /// Begins the next entry, after passing over what is left of the one before (whose own damage is then nobody's concern).
    /// `None` after the last, when the directory at the zip's end was there, whole, and named as many entries as came.
    ///
    /// An error that [`ZipError::is_recoverable`] cannot come from here.
    pub fn next_entry(&mut self) -> Result<Option<EntryHead>, ZipError> {
        self.skip_entry()?;
        match self.place {
            Place::End => return Ok(None),
            Place::Lost => return Err(self.failed(Fault::Lost.into())),
            _ => self.name = None,
        }
        self.begin().map_err(|failure| self.failed(failure))
    }

    /// Says what length the entry should have, from a listing; to be called before its first [`ZipReader::read`]. Only stored
    /// entries without a length of their own need it. While it is right, no content can be mistaken for the zip's own records. If
    /// the entry is longer, or shorter by at most what the window holds, its true end is found; if it is shorter by more, the zip
    /// is lost from there on.
    pub fn expect_length(&mut self, length: Option<u64>) {
        if let Place::Content(Body::Unmeasured(body)) = &mut self.place {
            body.expect_length(length);
        }
    }

    /// The next bytes of the entry. 0 when it has ended and its length and CRC were right (or it was skipped, or `buffer` is
    /// empty). Bytes that came before an error are not to be trusted. After an error that [`ZipError::is_recoverable`],
    /// [`ZipReader::next_entry`] goes on.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ZipError> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.place {
            Place::Content(body) => body.read(&mut self.window, buffer),
            Place::Lost => Err(Fault::Lost.into()),
            Place::Rest(left) => Err(Failure { fault: Fault::Malformed(FAILED), rest: Some(*left) }),
            Place::Record | Place::End => return Ok(0),
        };
        let count = read.map_err(|failure| self.failed(failure))?;
        if count == 0 {
            self.place = Place::Record;
        }
        Ok(count)
    }

    /// Passes over what is left of the entry. Errors of the entry alone are not reported.
    pub fn skip_entry(&mut self) -> Result<(), ZipError> {
        if let Place::Content(body) = &self.place
            && let Some(left) = body.left()
        {
            self.place = Place::Rest(left);
        }
        let mut scratch = [0; 4096];
        while let Place::Content(_) = self.place {
            match self.read(&mut scratch) {
                Err(error) if !error.is_recoverable() => return Err(error),
                _ => {}
            }
        }
        if let Place::Rest(left) = self.place {
            self.window.skip(left).map_err(|failure| self.failed(failure))?;
            self.place = Place::Record;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<Option<EntryHead>> {
        if record::kind(self.window.exact(4)?) != Some(Kind::Entry) {
            directory::read(&mut self.window, self.entries)?;
            self.place = Place::End;
            return Ok(None);
        }
        let header = head::read(&mut self.window)?;
        self.entries += 1;
        self.name = Some(header.head.name.clone());
        self.place = Place::Content(Body::new(&header));
        Ok(Some(header.head))
    }

    fn failed(&mut self, failure: Failure) -> ZipError {
        self.place = failure.rest.map_or(Place::Lost, Place::Rest);
        ZipError::new(self.name.clone(), failure)
    }
}

impl Body {
    fn new(header: &Header) -> Self {
        let left = (!header.described).then_some(header.packed);
        let promise = match left {
            Some(_) => Promise::Header { crc: header.crc, size: header.size },
            None => Promise::Descriptor,
        };
        match (header.head.method, header.encrypted) {
            (_, true) => Self::Closed(Unsupported::Encryption, left),
            (Method::Other(method), _) => Self::Closed(Unsupported::Method(method), left),
            (Method::Deflated, _) => Self::Deflated(Deflated::new(left, promise)),
            (Method::Stored, _) => match left {
                Some(left) => Self::Measured(Measured::new(left, promise)),
                None => Self::Unmeasured(Unmeasured::new(header.head.is_folder)),
            },
        }
    }

    fn read<R: Read>(&mut self, window: &mut Window<R>, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Self::Measured(body) => body.read(window, buffer),
            Self::Unmeasured(body) => body.read(window, buffer),
            Self::Deflated(body) => body.read(window, buffer),
            Self::Closed(why, left) => Err(Failure { fault: Fault::Unsupported(*why), rest: *left }),
        }
    }

    /// Bytes up to the next record, where a header told.
    fn left(&self) -> Option<u64> {
        match self {
            Self::Measured(body) => Some(body.left()),
            Self::Deflated(body) => body.left(),
            Self::Closed(_, left) => *left,
            Self::Unmeasured(_) => None,
        }
    }
}
