//! Text like source code: identifiers that a file repeats, that a project shares, comments in prose, nested blocks,
//! and lines copied from a little further up.
//!
//! At zstd's level 3 and 12 KB a file it compresses about as well as real source trees do, alone and joined.

use std::fmt::Write;

use super::random::Random;
use super::vocabulary::Vocabulary;

const INDENT: &str = "    ";
const DEPTH_MAX: usize = 5;
/// How many identifiers one file keeps coming back to.
const FILE_WORDS: usize = 24;

/// What all projects share: the common identifiers and the language of comments.
pub struct Language {
    common: Vocabulary,
    prose: Vocabulary,
}

impl Language {
    pub fn new() -> Self {
        Self {
            common: Vocabulary::new(Random::of(1, 0), 3000, 0.9),
            prose: Vocabulary::new(Random::of(2, 0), 6000, 0.85),
        }
    }

    pub fn prose_word(&self, random: &mut Random) -> &str {
        self.prose.pick(random)
    }
}

/// A project: its number and the identifiers of its own.
pub struct Project {
    number: u64,
    words: Vocabulary,
}

impl Project {
    pub fn new(number: u64) -> Self {
        let words = Vocabulary::new(Random::of(3, number), 400, 0.9);
        Self { number, words }
    }
}

/// Exactly `len` bytes of source-like text.
pub fn source_text(language: &Language, project: &Project, random: &mut Random, len: usize) -> Vec<u8> {
    let mut author = Author::new(language, project, random, len);
    author.licence();
    while author.text.len() < len {
        author.line();
    }
    let mut bytes = author.text.into_bytes();
    bytes.truncate(len);
    bytes
}

struct Author<'a> {
    language: &'a Language,
    project: &'a Project,
    random: &'a mut Random,
    file_words: Vec<&'a str>,
    text: String,
    depth: usize,
}

impl<'a> Author<'a> {
    fn new(language: &'a Language, project: &'a Project, random: &'a mut Random, len: usize) -> Self {
        let file_words = (0..FILE_WORDS).map(|_| match random.below(4) {
            0 => language.common.pick(random),
            _ => project.words.pick(random),
        });
        Self {
            language,
            project,
            file_words: file_words.collect(),
            random,
            text: String::with_capacity(len + 400),
            depth: 0,
        }
    }

    fn licence(&mut self) {
        let number = self.project.number;
        let year = 2010 + number % 16;
        let line =
            format!("// Copyright (c) {year} The project {number} authors. Licensed under Apache-2.0 OR MIT.\n\n");
        self.text.push_str(&line);
    }

    fn line(&mut self) {
        if self.text.len() > 600 && self.random.below(100) < 15 {
            return self.copy_two_lines();
        }
        let line = self.statement();
        if !line.is_empty() {
            let indent = if line == "}" { self.depth } else { self.indent_before(&line) };
            self.text.push_str(&INDENT.repeat(indent));
            self.text.push_str(&line);
        }
        self.text.push('\n');
    }

    /// A line that opens a block has raised the depth already, but stands outside its block.
    fn indent_before(&self, line: &str) -> usize {
        self.depth - usize::from(line.ends_with('{'))
    }

    /// How often each kind comes is counted roughly from Rust projects.
    fn statement(&mut self) -> String {
        let (may_open, may_close) = (self.depth < DEPTH_MAX, self.depth > 0);
        match self.random.below(100) {
            0..=11 => self.comment(),
            12..=15 => self.import(),
            16..=22 if may_open => self.function(),
            23..=31 if may_open => self.condition(),
            32..=46 if may_close => self.close(),
            47..=62 => self.assignment(),
            63..=72 => self.call(),
            73..=79 => self.match_arm(),
            80..=84 => self.assertion(),
            85..=87 => self.constant(),
            88..=91 => self.error(),
            _ => String::new(),
        }
    }

    fn comment(&mut self) -> String {
        let count = self.random.between(4, 13);
        let mut line = String::from("//");
        for _ in 0..count {
            line.push(' ');
            line.push_str(self.prose());
        }
        line
    }

    fn import(&mut self) -> String {
        format!("use crate::{}::{};", self.name(), camel(self.name()))
    }

    fn function(&mut self) -> String {
        self.depth += 1;
        let [verb, object, argument] = self.names();
        let (kind, result) = (camel(verb), camel(object));
        format!("pub fn {verb}_{object}(&self, {argument}: &{kind}) -> Result<{result}> {{")
    }

    fn condition(&mut self) -> String {
        self.depth += 1;
        let [object, method] = self.names();
        let sign = ["==", "!=", "<", ">="][self.random.below(4) as usize];
        format!("if {object}.{method}() {sign} {} {{", self.random.below(300))
    }

    fn close(&mut self) -> String {
        self.depth -= 1;
        "}".to_owned()
    }

    fn assignment(&mut self) -> String {
        let [name, object, method, argument] = self.names();
        format!("let {name} = {object}.{method}({argument});")
    }

    fn call(&mut self) -> String {
        let [object, method, argument] = self.names();
        format!("self.{object}.{method}(&{argument})?;")
    }

    fn match_arm(&mut self) -> String {
        let [kind, variant, value] = self.names();
        format!("{}::{} => Ok({value}),", camel(kind), camel(variant))
    }

    fn assertion(&mut self) -> String {
        format!("assert_eq!({}, \"{} {}\");", self.name(), self.prose(), self.prose())
    }

    fn constant(&mut self) -> String {
        let name = self.name().to_ascii_uppercase();
        format!("const {name}: u32 = {:#010x};", self.random.next() as u32)
    }

    fn error(&mut self) -> String {
        let kind = camel(self.name());
        let mut line = format!("return Err(Error::{kind}(\"");
        // Writing to a string cannot fail.
        let _ = write!(line, "{} {} {}", self.prose(), self.prose(), self.prose());
        line + "\"));"
    }

    /// Code repeats itself: two whole lines from up to 600 bytes before.
    fn copy_two_lines(&mut self) {
        let reach = (self.text.len() as u64 - 160).min(480);
        let back = self.text.len() - 120 - self.random.below(reach) as usize;
        let start = self.text[..back].rfind('\n').map_or(0, |at| at + 1);
        let mut ends = self.text[start..].match_indices('\n');
        let end = ends.nth(1).map_or(self.text.len(), |(at, _)| start + at + 1);
        self.text.extend_from_within(start..end);
    }

    fn names<const N: usize>(&mut self) -> [&'a str; N] {
        std::array::from_fn(|_| self.name())
    }

    /// Most identifiers are of the file itself, and of those the first come most often.
    fn name(&mut self) -> &'a str {
        match self.random.below(100) {
            0..=63 => {
                let rank = self.random.fraction() * self.random.fraction();
                self.file_words[(rank * FILE_WORDS as f64) as usize]
            }
            64..=89 => self.project.words.pick(self.random),
            _ => self.language.common.pick(self.random),
        }
    }

    fn prose(&mut self) -> &'a str {
        self.language.prose.pick(self.random)
    }
}

/// `page_index` as the name of a type: `PageIndex`.
fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for part in name.split('_') {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_writes_the_same_text() {
        let (language, project) = (Language::new(), Project::new(7));
        let text = || source_text(&language, &project, &mut Random::new(5), 5000);
        assert_eq!(text(), text());
        assert_eq!(text().len(), 5000);
    }

    #[test]
    fn types_are_named_like_types() {
        assert_eq!(camel("page_index"), "PageIndex");
    }
}
