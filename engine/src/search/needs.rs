//! The texts that a pattern needs: what is fixed in it, part by part of the path.

use super::{grams::Literal, paths::walk_order};

/// What has to be there for a pattern to match. It may match less, never more.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Needs {
    /// In the item's own name.
    pub name: Vec<Literal>,
    /// In the name of a folder above it. They may be items of the same block, or not.
    pub above: Vec<Literal>,
    /// What the path has to be or to lie below; empty for any.
    pub prefix: Vec<u8>,
}

impl Needs {
    /// Of a glob as [`super::Patterns`] compiles it.
    pub fn of(pattern: &str) -> Self {
        let Some(mut parts) = parts(pattern) else { return Self::default() };
        let prefix = if pattern.starts_with('/') { prefix(&parts[1..]) } else { Vec::new() };
        let name = parts.pop().unwrap_or_default();
        Self { name, above: parts.into_iter().flatten().collect(), prefix }
    }

    /// Whether a path from `first` on and before `next`, in the order of a walk, can lie where it has to.
    pub fn can_lie_in(&self, first: &[u8], next: Option<&[u8]>) -> bool {
        if self.prefix.is_empty() {
            return true;
        }
        let ends_before = next.is_some_and(|next| walk_order(next, &self.prefix).is_le());
        let is_below =
            first.strip_prefix(&*self.prefix).is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'/'));
        !ends_before && (is_below || walk_order(first, &self.prefix).is_le())
    }

    /// The longest text of the item's name.
    pub fn longest(&self) -> Option<&Literal> {
        self.name.iter().max_by_key(|literal| literal.text.len())
    }
}

/// The first parts, as far as they are fixed whole.
fn prefix(parts: &[Vec<Literal>]) -> Vec<u8> {
    let mut prefix = Vec::new();
    for part in parts {
        let [Literal { text, begins: true, ends: true }] = part.as_slice() else { break };
        prefix.push(b'/');
        prefix.extend_from_slice(text);
    }
    prefix
}

/// What is fixed in each part between slashes; `None` for alternatives that reach over slashes.
fn parts(pattern: &str) -> Option<Vec<Vec<Literal>>> {
    let mut parts = vec![Vec::new()];
    let mut draft = Draft { begins: true, ..Draft::default() };
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' => {
                draft.end(true, &mut parts);
                parts.push(Vec::new());
                draft.begins = true;
            }
            '\\' => draft.text.extend(chars.next()),
            '*' | '?' => draft.end(false, &mut parts),
            '[' => {
                draft.end(false, &mut parts);
                skip_class(&mut chars);
            }
            '{' => {
                draft.end(false, &mut parts);
                if skip_alternatives(&mut chars) {
                    return None;
                }
            }
            c => draft.text.push(c),
        }
    }
    draft.end(true, &mut parts);
    Some(parts)
}

#[derive(Default)]
struct Draft {
    text: String,
    begins: bool,
}

impl Draft {
    fn end(&mut self, ends: bool, parts: &mut [Vec<Literal>]) {
        let text = std::mem::take(&mut self.text).into_bytes();
        let begins = std::mem::take(&mut self.begins);
        if let Some(part) = parts.last_mut()
            && !text.is_empty()
        {
            part.push(Literal { text, begins, ends });
        }
    }
}

type Chars<'p> = std::iter::Peekable<std::str::Chars<'p>>;

/// A bracket that comes first is one of the class.
fn skip_class(chars: &mut Chars) {
    chars.next_if(|c| matches!(c, '!' | '^'));
    chars.next_if_eq(&']');
    let _ = chars.find(|c| *c == ']');
}

/// Tells whether there was a slash in it.
fn skip_alternatives(chars: &mut Chars) -> bool {
    let (mut depth, mut has_slash) = (1, false);
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '[' => skip_class(chars),
            '{' => depth += 1,
            '}' => depth -= 1,
            '/' => has_slash = true,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    has_slash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_from_the_top_lies_in_few_blocks() {
        let needs = Needs::of("/home/ann/**/*.txt");
        assert_eq!(needs.prefix, b"/home/ann");
        for (first, next, expected) in [
            ("/a", Some("/home"), false),
            ("/a", Some("/home/ann"), false),
            ("/a", Some("/home/ann/b"), true),
            ("/home/ann", None, true),
            ("/home/ann/x", Some("/z"), true),
            ("/home/ann x", Some("/z"), false),
            ("/home/anna", None, false),
        ] {
            let next = next.map(str::as_bytes);
            assert_eq!(needs.can_lie_in(first.as_bytes(), next), expected, "{first}");
        }
        assert!(Needs::of("/*/a").prefix.is_empty() && Needs::of("a/b").prefix.is_empty());
        assert_eq!(Needs::of("/a/b*/c").prefix, b"/a");
    }

    fn shown(literals: &[Literal]) -> String {
        let one = |literal: &Literal| {
            let edge = |is_there: bool| if is_there { "|" } else { "" };
            format!("{}{}{}", edge(literal.begins), String::from_utf8_lossy(&literal.text), edge(literal.ends))
        };
        literals.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_fixed_in_a_pattern_is_needed() {
        for (pattern, name, above) in [
            ("notes.txt", "|notes.txt|", ""),
            ("*.jpg", ".jpg|", ""),
            ("a*b?c[xyz]d{e,f}g", "|a b c d g|", ""),
            ("\\*a[]]b[!]]c", "|*a b c|", ""),
            ("/home/ann/**/x*", "|x", "|home| |ann|"),
            ("photos/**", "", "|photos|"),
            ("a{b/c,d}e", "", ""),
            ("{a,{b,c}}x", "x|", ""),
        ] {
            let needs = Needs::of(pattern);
            assert_eq!((shown(&needs.name).as_str(), shown(&needs.above).as_str()), (name, above), "{pattern}");
        }
    }
}
