//! An open file of a few bytes, which come in one piece.

use larder_connect::{OpenFile, Piece};
use larder_model::{Metadata, Result, Skip};

pub(crate) struct ShortFile {
    body: Option<Vec<u8>>,
    meta: Metadata,
}

impl ShortFile {
    pub fn new(body: Vec<u8>, meta: Metadata) -> Self {
        Self { body: Some(body), meta }
    }
}

impl OpenFile for ShortFile {
    fn next(&mut self, buffer: &mut [u8]) -> Result<Piece> {
        let Some(body) = self.body.take() else { return Ok(Piece::End) };
        buffer[..body.len()].copy_from_slice(&body);
        Ok(Piece::Data(body.len()))
    }

    fn finish(self: Box<Self>, _: &mut dyn FnMut(Skip)) -> Result<Metadata> {
        Ok(self.meta)
    }
}
