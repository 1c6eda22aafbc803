//! Short byte strings one after another: an allocation for each would cost more than they do.

/// Where a string lies.
#[derive(Clone, Copy, Default)]
pub struct Span {
    block: u32,
    start: u32,
    len: u32,
}

/// Bytes of a block. Blocks are never moved, so growing copies nothing.
const BLOCK_LEN: usize = 1 << 20;

#[derive(Default)]
pub struct Arena(Vec<Vec<u8>>);

impl Arena {
    pub fn push(&mut self, bytes: &[u8]) -> Span {
        let fits = self.0.last().is_some_and(|block| block.capacity() - block.len() >= bytes.len());
        if !fits {
            self.0.push(Vec::with_capacity(BLOCK_LEN.max(bytes.len())));
        }
        let index = self.0.len() - 1;
        let block = &mut self.0[index];
        let span = Span { block: index as u32, start: block.len() as u32, len: bytes.len() as u32 };
        block.extend_from_slice(bytes);
        span
    }

    pub fn get(&self, span: Span) -> &[u8] {
        match self.0.get(span.block as usize) {
            Some(block) => &block[span.start as usize..][..span.len as usize],
            None => &[],
        }
    }
}
