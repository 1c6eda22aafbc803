//! A file on its way to somebody, a piece at a time.

use larder_engine::FileReader;
use larder_model::{ProblemKind, TreePath};

use super::of;
use crate::{
    app::{App, StreamPermit},
    downloads::Download,
    stream::{PIECE_LEN, Pipe},
};

/// A file on its way.
pub struct Sending {
    pub file: FileReader<'static>,
    pub at: u64,
    pub end: u64,
    /// The first piece: it was read before the answer began, so that what is damaged at once is told as such.
    pub first: Vec<u8>,
    pub path: TreePath,
}

impl Sending {
    pub fn run(self, app: &App, pipe: Pipe, permit: StreamPermit, watch: Option<&Download>) {
        let _permit = permit;
        match self.send(&pipe, watch) {
            Ok(()) => {
                // Who knows the length need not stay for the end.
                drop(pipe.finish());
                watch.inspect(|download| download.end(true));
            }
            Err(problem) => {
                let is_gone = problem.is(ProblemKind::Interrupted);
                let failure = of(app, &self.path, problem);
                if !is_gone {
                    app.log(format!("{}; its download was cut off", failure.detail));
                }
                pipe.cut(&failure.detail);
                watch.inspect(|download| download.break_off(failure));
            }
        }
    }

    fn send(&self, pipe: &Pipe, watch: Option<&Download>) -> larder_model::Result<()> {
        let sent = |piece: Vec<u8>| -> larder_model::Result<()> {
            let len = piece.len() as u64;
            pipe.send(piece)?;
            watch.inspect(|download| download.sent(len));
            Ok(())
        };
        sent(self.first.clone())?;
        let mut at = self.at + self.first.len() as u64;
        while at < self.end {
            let mut piece = vec![0; (self.end - at).min(PIECE_LEN as u64) as usize];
            let len = self.file.read_at(at, &mut piece)?;
            piece.truncate(len);
            sent(piece)?;
            at += len as u64;
        }
        Ok(())
    }
}
