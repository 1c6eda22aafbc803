//! Compresses a stream with zstd, a piece at a time.

use larder_model::{Problem, Result};
use zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer, zstd_sys::ZSTD_EndDirective};

use super::Sink;

/// Fast, and half as large as the original where there is anything to gain.
const LEVEL: i32 = 3;

pub struct ZstdWriter {
    context: CCtx<'static>,
    out: Vec<u8>,
}

impl ZstdWriter {
    pub fn new() -> Result<Self> {
        let mut context = CCtx::create();
        context.set_parameter(CParameter::CompressionLevel(LEVEL)).map_err(failed)?;
        // Readers can tell when something is missing or other.
        context.set_parameter(CParameter::ChecksumFlag(true)).map_err(failed)?;
        Ok(Self { context, out: Vec::with_capacity(CCtx::out_size()) })
    }

    pub fn write(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<()> {
        self.run(bytes, ZSTD_EndDirective::ZSTD_e_continue, sink)
    }

    pub fn finish(mut self, sink: &mut Sink) -> Result<()> {
        self.run(b"", ZSTD_EndDirective::ZSTD_e_end, sink)
    }

    fn run(&mut self, bytes: &[u8], end: ZSTD_EndDirective, sink: &mut Sink) -> Result<()> {
        let is_end = end == ZSTD_EndDirective::ZSTD_e_end;
        let mut input = InBuffer::around(bytes);
        loop {
            self.out.clear();
            let mut output = OutBuffer::around(&mut self.out);
            let left = self.context.compress_stream2(&mut output, &mut input, end).map_err(failed)?;
            if !self.out.is_empty() {
                sink(&self.out)?;
            }
            if input.pos == bytes.len() && (!is_end || left == 0) {
                return Ok(());
            }
        }
    }
}

fn failed(code: zstd_safe::ErrorCode) -> Problem {
    Problem::failed(format!("zstd failed: {}", zstd_safe::get_error_name(code)))
}
