//! Deflated content, which tells itself where it ends.

use std::io::Read;

use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};

use super::{
    ending::{Came, Promise},
    error::{Failure, Fault, Result},
    window::Window,
};

pub struct Deflated {
    promise: Promise,
    /// Packed bytes to come, if the header told.
    left: Option<u64>,
    inflate: Decompress,
    crc: Hasher,
    over: bool,
}

impl Deflated {
    pub fn new(left: Option<u64>, promise: Promise) -> Self {
        Self { promise, left, inflate: Decompress::new(false), crc: Hasher::new(), over: false }
    }

    pub fn left(&self) -> Option<u64> {
        self.left
    }

    pub fn read<R: Read>(&mut self, window: &mut Window<R>, buffer: &mut [u8]) -> Result<usize> {
        while !self.over {
            let made = self.step(window, buffer)?;
            if made > 0 {
                return Ok(made);
            }
        }
        if self.left.is_some_and(|left| left > 0) {
            return self.malformed("its deflated content ends too early");
        }
        let (packed, size) = (self.inflate.total_in(), self.inflate.total_out());
        let came = Came { crc: self.crc.clone().finalize(), packed, size };
        self.promise.verify(window, &came).map(|()| 0)
    }

    /// Unpacks some bytes; it can take several steps to the first.
    fn step<R: Read>(&mut self, window: &mut Window<R>, buffer: &mut [u8]) -> Result<usize> {
        let held = match self.left {
            Some(0) => &[],
            Some(left) => {
                let held = window.exact(1)?;
                &held[..held.len().min(usize::try_from(left).unwrap_or(usize::MAX))]
            }
            None => window.exact(1)?,
        };
        let (packed, size) = (self.inflate.total_in(), self.inflate.total_out());
        let Ok(status) = self.inflate.decompress(held, buffer, FlushDecompress::None) else {
            return self.malformed("its content is not deflated data");
        };
        let (used, made) = (self.inflate.total_in() - packed, (self.inflate.total_out() - size) as usize);
        self.crc.update(&buffer[..made]);
        window.consume(used as usize);
        self.left = self.left.map(|left| left - used);
        self.over = status == Status::StreamEnd;
        // Without this a stream that has no end within its length would be asked for more forever.
        if used == 0 && made == 0 && !self.over {
            return self.malformed("its deflated content has no end");
        }
        Ok(made)
    }

    fn malformed<T>(&self, what: &'static str) -> Result<T> {
        Err(Failure { fault: Fault::Malformed(what), rest: self.left })
    }
}
