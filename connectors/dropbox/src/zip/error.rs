//! What can be wrong with a zip, and whether its other entries can still be read.

use std::{error, fmt, io};

/// What happened, to which entry.
#[derive(Debug)]
pub struct ZipError {
    entry: Option<String>,
    fault: Fault,
    recoverable: bool,
}

/// What happened.
#[derive(Debug)]
pub enum Fault {
    /// The source failed. Its error is kept as it came, so that what it wraps can be asked for.
    Read(io::Error),
    /// The stream ended before the zip did.
    BrokenOff,
    /// A rule of the format is broken: what stands there.
    Malformed(&'static str),
    /// The content cannot be read.
    Unsupported(Unsupported),
    /// The content is not what its CRC and its length say.
    Checksum,
    /// A stored entry did not end where it was expected to, and its end had been passed by.
    NoEnd,
    /// An earlier error left nobody knowing where the next entry begins.
    Lost,
}

/// Why content cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsupported {
    Encryption,
    /// A method of compression, by its number in the format.
    Method(u16),
}

impl ZipError {
    pub(super) fn new(entry: Option<String>, failure: Failure) -> Self {
        Self { entry, fault: failure.fault, recoverable: failure.rest.is_some() }
    }

    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// Whether only this entry is damaged: where the next one begins is known, and `next_entry` reads it.
    pub fn is_recoverable(&self) -> bool {
        self.recoverable
    }
}

impl fmt::Display for ZipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = self.fault.to_string();
        // An error of the source may be a sentence of its own.
        let fault = fault.trim_end_matches('.');
        match &self.entry {
            Some(entry) => write!(f, "\"{entry}\" could not be read from the zip: {fault}."),
            None => write!(f, "The zip could not be read: {fault}."),
        }
    }
}

impl error::Error for ZipError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.fault {
            Fault::Read(error) => Some(error),
            _ => None,
        }
    }
}

/// The reason, as the second half of a sentence.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "{error}"),
            Self::BrokenOff => f.write_str("it broke off before its end"),
            Self::Malformed(what) => write!(f, "it is malformed, {what}"),
            Self::Unsupported(Unsupported::Encryption) => f.write_str("it is encrypted"),
            Self::Unsupported(Unsupported::Method(method)) => {
                write!(f, "it is compressed by the unknown method {method}")
            }
            Self::Checksum => f.write_str("the content does not match its checksum"),
            Self::NoEnd => f.write_str("its length is not the listed one, and where it ended has been passed by"),
            Self::Lost => f.write_str("an earlier error hides where its next entry begins"),
        }
    }
}

/// A fault, and what lies between it and the next record.
#[derive(Debug)]
pub struct Failure {
    pub fault: Fault,
    /// Bytes up to the next record; `None` when nobody knows.
    pub rest: Option<u64>,
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { fault, rest: None }
    }
}

pub fn malformed<T>(what: &'static str) -> Result<T> {
    Err(Fault::Malformed(what).into())
}
