//! Stored content whose length stands behind it: nothing in the stream tells where it ends.
//!
//! It ends at the first place where a descriptor with the length and the CRC of all bytes before it stands in front of another
//! record. That does not happen by chance, but whoever writes a file can make it happen anywhere in it. So the length from the
//! listing goes first: if a descriptor stands there, none before it counts. Whether one does is seen once the window reaches as
//! far; until then an end found earlier is only remembered. Should it turn out to have been the true one, what came since was
//! another entry's, and there is no way back to it.

use std::io::Read;

use crc32fast::Hasher;

use super::{
    error::{Fault, Result},
    record,
    window::{CAPACITY, Window},
};

pub struct Unmeasured {
    expected: Option<u64>,
    /// Bytes that are known to be content, passed on or not.
    size: u64,
    crc: Hasher,
    /// How many of them still are in the window, at its front.
    ready: usize,
    /// Length of the descriptor after them, once the end is found.
    end: Option<usize>,
    /// The expected length was seen to be right.
    is_confirmed: bool,
    /// An earlier end was remembered.
    passed_one: bool,
    is_folder: bool,
}

impl Unmeasured {
    pub fn new(is_folder: bool) -> Self {
        Self {
            expected: None,
            size: 0,
            crc: Hasher::new(),
            ready: 0,
            end: None,
            is_confirmed: false,
            passed_one: false,
            is_folder,
        }
    }

    pub fn expect_length(&mut self, length: Option<u64>) {
        self.expected = length;
    }

    pub fn read<R: Read>(&mut self, window: &mut Window<R>, buffer: &mut [u8]) -> Result<usize> {
        while self.ready == 0 {
            if let Some(descriptor) = self.end {
                window.consume(descriptor);
                return Ok(0);
            }
            self.search(window)?;
        }
        let count = self.ready.min(buffer.len());
        buffer[..count].copy_from_slice(&window.held()[..count]);
        window.consume(count);
        self.ready -= count;
        Ok(count)
    }

    /// Goes to the next place where the entry may end, and judges it.
    fn search<R: Read>(&mut self, window: &mut Window<R>) -> Result<()> {
        if self.is_folder && self.size == 0 && record::can_follow_entry(window.exact(4)?) {
            // Some writers set the flag on folders and then write no descriptor.
            self.end = Some(0);
            return Ok(());
        }
        let held = window.exact(record::REACH)?;
        let last = self.until_expected().unwrap_or(usize::MAX).min(held.len() - record::REACH);
        let count = match self.next_place(held, last) {
            Some(0) if self.is_end(window)? => return Ok(()),
            Some(0) => 1,
            // Judged when the window begins there and reaches as far ahead as it can.
            Some(place) => place,
            None => last + 1,
        };
        if self.passed_one && self.until_expected().is_some_and(|until| until < count) {
            return Err(Fault::NoEnd.into());
        }
        self.crc.update(&window.held()[..count]);
        self.size += count as u64;
        self.ready = count;
        Ok(())
    }

    /// Bytes up to the expected length, unless it is behind.
    fn until_expected(&self) -> Option<usize> {
        let until = self.expected?.checked_sub(self.size)?;
        Some(usize::try_from(until).unwrap_or(usize::MAX))
    }

    /// The first place up to `last` where a descriptor of the right length stands. Its CRC is looked at later, so that it is
    /// calculated only once.
    fn next_place(&self, held: &[u8], last: usize) -> Option<usize> {
        let mut place = 0;
        while place <= last {
            // A record follows, and all records begin with this byte: places without one behind them are passed over.
            let nearest = place + record::SHORTEST;
            let mark = nearest + held[nearest..].iter().position(|byte| *byte == b'P')?;
            place = place.max(mark.saturating_sub(record::LONGEST));
            let size = self.size + place as u64;
            let is_sized = |found: record::Descriptor| (found.packed, found.size) == (size, size);
            if place <= last && record::descriptors(&held[place..]).any(is_sized) {
                return Some(place);
            }
            place += 1;
        }
        None
    }

    /// Whether the entry ends where the window begins.
    fn is_end<R: Read>(&mut self, window: &mut Window<R>) -> Result<bool> {
        let descriptor = descriptor(window.held(), self.size, &self.crc);
        if descriptor.is_some() && self.until_expected().is_some_and(|until| until > 0) {
            if self.is_confirmed || !self.is_refuted(window)? {
                return Ok(false);
            }
            if self.passed_one {
                return Err(Fault::NoEnd.into());
            }
        }
        self.end = descriptor;
        Ok(descriptor.is_some())
    }

    /// Whether no valid descriptor stands at the expected length, as far as the window reaches.
    fn is_refuted<R: Read>(&mut self, window: &mut Window<R>) -> Result<bool> {
        let Some(until) = self.until_expected().filter(|until| *until <= CAPACITY - record::REACH) else {
            self.passed_one = true;
            return Ok(false);
        };
        // Cut off at the stream's end: no descriptor is in what is left.
        let (content, rest) = window.look(until + record::REACH)?.split_at_checked(until).unwrap_or_default();
        let mut crc = self.crc.clone();
        crc.update(content);
        self.is_confirmed = descriptor(rest, self.size + until as u64, &crc).is_some();
        Ok(!self.is_confirmed)
    }
}

/// The length of the descriptor that `bytes` begin with, if it is that of an entry of this size and CRC.
fn descriptor(bytes: &[u8], size: u64, crc: &Hasher) -> Option<usize> {
    let crc = crc.clone().finalize();
    record::descriptors(bytes)
        .find(|found| (found.crc, found.packed, found.size) == (crc, size, size))
        .map(|found| found.len)
}
