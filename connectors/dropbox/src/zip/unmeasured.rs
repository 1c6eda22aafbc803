//! Stored content whose length stands behind it: nothing in the stream tells where it ends.
//!
//! It ends at the first place where a descriptor with the length and the CRC of all bytes before it stands in front of another record.
//! By chance that happens once in 2^96 places, but whoever writes a file can make it happen anywhere in it. So the length from the
//! listing goes first: while a descriptor stands there, none before it counts. Whether it does is seen as soon as the window reaches
//! it; before that, an end found earlier is only remembered. Should it turn out to have been the true one, what came since was
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

    pub fn expect(&mut self, length: Option<u64>) {
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
        let last = self
            .until_expected()
            .map_or(usize::MAX, |until| usize::try_from(until).unwrap_or(usize::MAX))
            .min(held.len() - record::REACH);
        let count = match (0..=last).find(|place| self.may_end(held, *place)) {
            Some(0) if self.is_end(window)? => return Ok(()),
            Some(0) => 1,
            // Judged when the window begins there and reaches as far ahead as it can.
            Some(place) => place,
            None => last + 1,
        };
        if self.passed_one && self.until_expected().is_some_and(|until| until < count as u64) {
            return Err(Fault::NoEnd.into());
        }
        self.crc.update(&window.held()[..count]);
        self.size += count as u64;
        self.ready = count;
        Ok(())
    }

    /// Bytes up to the expected length, if it is still ahead.
    fn until_expected(&self) -> Option<u64> {
        self.expected?.checked_sub(self.size)
    }

    /// Whether a descriptor of the right length stands at `place`. Its CRC is looked at later, so that it is calculated only once.
    fn may_end(&self, held: &[u8], place: usize) -> bool {
        let bytes = &held[place..];
        let size = self.size + place as u64;
        // A record after a descriptor of any shape: this leaves out nearly all places at once.
        [12, 16, 20, 24].iter().any(|len| bytes[*len] == b'P')
            && record::descriptors(bytes).any(|found| (found.packed, found.size) == (size, size))
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
        let until = self.until_expected().and_then(|until| usize::try_from(until).ok());
        let Some(until) = until.filter(|until| *until <= CAPACITY - record::REACH) else {
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
