//! The stretch of the stream that is held in memory, of bounded size.

use std::io::{self, Read};

use super::error::{Failure, Fault, Result};

/// The most that can be looked at ahead.
pub const CAPACITY: usize = 64 << 10;

pub struct Window<R> {
    source: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    over: bool,
}

impl<R: Read> Window<R> {
    pub fn new(source: R) -> Self {
        Self { source, buffer: vec![0; CAPACITY].into_boxed_slice(), start: 0, end: 0, over: false }
    }

    /// What is held now.
    pub fn held(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// All that is held, after reading until it is at least `count` bytes (up to [`CAPACITY`]). Fewer only at the stream's end.
    pub fn look(&mut self, count: usize) -> Result<&[u8]> {
        debug_assert!(count <= CAPACITY);
        while self.held().len() < count && !self.over {
            self.read_more()?;
        }
        Ok(self.held())
    }

    /// Like [`Window::look`], where fewer bytes are an error.
    pub fn exact(&mut self, count: usize) -> Result<&[u8]> {
        match self.look(count)? {
            held if held.len() < count => Err(Fault::BrokenOff.into()),
            held => Ok(held),
        }
    }

    /// Goes past the first `count` bytes held.
    pub fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    /// Goes `count` bytes on, which need not be held.
    pub fn skip(&mut self, mut count: u64) -> Result<()> {
        while count > 0 {
            let held = self.exact(1)?.len();
            let step = usize::try_from(count).map_or(held, |count| count.min(held));
            self.consume(step);
            count -= step as u64;
        }
        Ok(())
    }

    /// The next bytes as their own. A length of 16 bits is the zip's own bound on what it can make this take.
    pub fn take(&mut self, count: u16) -> Result<Vec<u8>> {
        let bytes = self.exact(count.into())?[..count.into()].to_vec();
        self.consume(count.into());
        Ok(bytes)
    }

    fn read_more(&mut self) -> Result<()> {
        if self.end == self.buffer.len() || self.start == self.end {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let room = &mut self.buffer[self.end..];
        match self.source.read(room) {
            Ok(0) => self.over = true,
            // A source that claims more than it was given room for is not believed.
            Ok(count) => self.end += count.min(room.len()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::from(Fault::Read(error))),
        }
        Ok(())
    }
}
