//! Stored content whose length the header tells.

use std::io::Read;

use crc32fast::Hasher;

use super::{
    ending::{Came, Promise},
    error::Result,
    window::Window,
};

pub struct Measured {
    promise: Promise,
    left: u64,
    size: u64,
    crc: Hasher,
}

impl Measured {
    pub fn new(left: u64, promise: Promise) -> Self {
        Self { promise, left, size: 0, crc: Hasher::new() }
    }

    pub fn left(&self) -> u64 {
        self.left
    }

    pub fn read<R: Read>(&mut self, window: &mut Window<R>, buffer: &mut [u8]) -> Result<usize> {
        if self.left == 0 {
            let came = Came { crc: self.crc.clone().finalize(), packed: self.size, size: self.size };
            return self.promise.verify(window, &came).map(|()| 0);
        }
        let held = window.exact(1)?;
        let count = held.len().min(buffer.len()).min(usize::try_from(self.left).unwrap_or(usize::MAX));
        buffer[..count].copy_from_slice(&held[..count]);
        self.crc.update(&held[..count]);
        window.consume(count);
        self.left -= count as u64;
        self.size += count as u64;
        Ok(count)
    }
}
