//! `larder cat`

use std::{
    ffi::OsString,
    io::{self, Write},
};

use clap::Args;
use larder_engine::{Store, Tree};
use larder_model::{Kind, Problem, Result, TreePath};
use serde_json::json;

use super::Outcome;
use crate::{context::Context, output::Output, select::select};

/// Print the content of files in a snapshot
///
/// Every byte is verified before it is printed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save cat latest:/home/ann/notes.txt
  larder at ./save cat 3f2a91c0:photo.jpg > photo.jpg

With --json, content comes as events of base64 data.")]
pub struct Cat {
    /// A snapshot (some first digits of its id, or `latest`), and the path of a file in it
    #[arg(value_name = "ID:PATH", required = true)]
    items: Vec<OsString>,
}

impl Cat {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let store = context.open()?;
        self.items.iter().try_for_each(|item| print(context, &store, item))?;
        if context.output.is_json() {
            context.output.json(&json!({"event": "result", "files": self.items.len()}))?;
        }
        Ok(Outcome::Done)
    }
}

fn print(context: &Context, store: &Store, item: &OsString) -> Result<()> {
    let selected = select(store, item)?;
    let tree = store.tree(&selected.snapshot)?;
    let path = tree.resolve(selected.path_or_root())?;
    let node = tree.node(&path)?;
    let node = node.filter(|node| node.entry.kind == Kind::File).ok_or_else(|| {
        Problem::usage(format!("{} is no file", selected.shown()))
            .hint("`larder ls` lists a folder, `larder restore` brings back everything in it")
    })?;
    let mut sink = Sink { output: &context.output, path, problem: None };
    match tree_read(&tree, &node, &mut sink) {
        // The writer's own words say more than what became of them on the way through the engine.
        Err(problem) => Err(sink.problem.unwrap_or(problem)),
        read => read,
    }
}

fn tree_read(tree: &Tree, node: &larder_engine::Node, sink: &mut Sink) -> Result<()> {
    tree.read(node, sink)
}

/// Standard output, as bytes or as events.
struct Sink<'a> {
    output: &'a Output,
    path: TreePath,
    problem: Option<Problem>,
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = if self.output.is_json() {
            let (path, data) = (self.path.to_string(), base64(bytes));
            self.output.json(&json!({"event": "data", "path": path, "base64": data}))
        } else {
            self.output.bytes(bytes)
        };
        written.map(|()| bytes.len()).map_err(|problem| {
            let error = io::Error::other(problem.to_string());
            self.problem = Some(problem);
            error
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, index| bits << 8 | usize::from(group.get(index).copied().unwrap_or(0)));
        for index in 0..4 {
            let letter = LETTERS[bits >> (18 - 6 * index) & 63];
            text.push(if index <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
