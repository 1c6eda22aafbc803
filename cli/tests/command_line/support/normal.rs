//! What differs from run to run, put into brackets: ids, times, this machine and user, and sizes that depend on random bytes.

use std::process::Command;

use super::sandbox::Sandbox;

/// Moments before this year are a test's own and stay.
const YEAR_OF_NOW: u32 = 2025;

/// Fields of JSON whose values depend on the machine or the run.
const FIELDS: [&str; 22] = [
    "uid",
    "gid",
    "user",
    "group",
    "host",
    "identity",
    "bytes_stored",
    "stored_bytes",
    "content_bytes",
    "metadata_bytes",
    "other_bytes",
    "bytes_freed",
    "bytes_kept",
    "packs",
    "packs_read",
    "packs_deleted",
    "packs_kept",
    "blobs",
    "blobs_new",
    "duration_ms",
    "ratio",
    "bytes_read",
];

/// Words that sizes and numbers stand with which depend on how random bytes compress, and on the number of processors.
const VAGUE: [&str; 6] = [" stored", "Stored: ", "gc: ", "check: ", "Packs: ", " free"];

pub struct Normal {
    folder: String,
    host: String,
    ids: Vec<String>,
}

impl Normal {
    pub fn new(sandbox: &Sandbox) -> Self {
        let host = Command::new("uname").arg("-n").output().expect("uname is everywhere").stdout;
        Self {
            folder: sandbox.path().display().to_string(),
            host: String::from_utf8_lossy(&host).trim().to_owned(),
            ids: Vec::new(),
        }
    }

    pub fn line(&mut self, line: &str) -> String {
        let line = line.replace(&self.folder, "[DIR]");
        let line = line.replace(&format!("{}:[DIR]", self.host), "[HOST]:[DIR]");
        let line = line.replace(&format!("Host:         {}", self.host), "Host:         [HOST]");
        let line = if line.starts_with('{') { json_fields(&line) } else { owners(&line) };
        let line = self.words(&line);
        if VAGUE.iter().any(|vague| line.contains(vague)) { figures(&line) } else { line }
    }

    /// Replaces what can be told by its look.
    fn words(&mut self, line: &str) -> String {
        let mut text = String::new();
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let is_inside = text.ends_with(|c: char| c.is_ascii_alphanumeric());
            let found = if is_inside { None } else { self.special(rest) };
            let (replacement, len) = found.unwrap_or((first.to_string(), first.len_utf8()));
            text.push_str(&replacement);
            rest = &rest[len..];
        }
        text
    }

    fn special(&mut self, rest: &str) -> Option<(String, usize)> {
        if let Some(len) = moment(rest) {
            return Some(("[TIME]".to_owned(), len));
        }
        if let Some(len) = shaped(rest, "larder-00000000-000000") {
            return Some(("larder-[NOW]".to_owned(), len));
        }
        if let Some(len) = duration(rest) {
            return Some(("[DURATION]".to_owned(), len));
        }
        let len = rest.find(|c: char| !c.is_ascii_hexdigit() || c.is_ascii_uppercase()).unwrap_or(rest.len());
        let ends = !rest[len..].starts_with(|c: char| c.is_ascii_alphanumeric());
        if ends && [8, 32, 64].contains(&len) { Some((self.id(&rest[..len]), len)) } else { None }
    }

    /// The same name for the same id, whole or short.
    fn id(&mut self, id: &str) -> String {
        let known = self.ids.iter().position(|known| known.starts_with(id));
        let number = known.unwrap_or_else(|| {
            self.ids.push(id.to_owned());
            self.ids.len() - 1
        });
        let kind = match id.len() {
            8 => "id",
            32 => "STORE",
            _ => "ID",
        };
        format!("[{kind} {}]", number + 1)
    }
}

/// Length of an RFC 3339 moment of our days.
fn moment(text: &str) -> Option<usize> {
    let whole = shaped(text, "0000-00-00T00:00:00")?;
    let year: u32 = text[..4].parse().ok()?;
    let rest = &text[whole..];
    let decimals = rest.strip_prefix('.').map_or(0, |rest| 1 + digits(rest));
    (year >= YEAR_OF_NOW && rest[decimals..].starts_with('Z')).then_some(whole + decimals + 1)
}

/// Length of `12.3 s`.
fn duration(text: &str) -> Option<usize> {
    let whole = digits(text);
    let len = whole + shaped(&text[whole..], ".0 s")?;
    let ends = !text[len..].starts_with(|c: char| c.is_ascii_alphanumeric());
    (whole > 0 && ends).then_some(len)
}

/// The length of `shape` if `text` begins like it, digits standing for digits.
fn shaped(text: &str, shape: &str) -> Option<usize> {
    let fits = |(actual, wanted): (u8, u8)| if wanted == b'0' { actual.is_ascii_digit() } else { actual == wanted };
    (text.len() >= shape.len() && text.bytes().zip(shape.bytes()).all(fits)).then_some(shape.len())
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Replaces sizes, and numbers of packs and blobs.
fn figures(line: &str) -> String {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    for index in 1..words.len() {
        let unit = words[index].trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
        let is_number = |word: &str| {
            let word = word.trim_start_matches('(');
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit() || b".,".contains(&byte))
        };
        let is_size = ["B", "KiB", "MiB", "GiB", "TiB"].contains(&unit.as_str());
        let is_count = ["pack", "packs", "blob", "blobs"].contains(&unit.as_str());
        if is_number(&words[index - 1]) && (is_size || is_count || words[index] == "of") {
            let open = if words[index - 1].starts_with('(') { "(" } else { "" };
            words[index - 1] = format!("{open}[N]");
            words[index] = words[index].replace("packs", "pack").replace("blobs", "blob");
            words[index] =
                ["KiB", "MiB", "GiB", "TiB"].iter().fold(words[index].clone(), |word, unit| word.replace(unit, "B"));
        }
    }
    words.join(" ")
}

/// Replaces owner and group of a line of `ls -l`.
fn owners(line: &str) -> String {
    let is_mode = |word: &str| word.len() == 10 && word[1..].bytes().all(|byte| b"rwxsStT-".contains(&byte));
    let mut fields = line.split_ascii_whitespace();
    let (Some(mode), Some(user), Some(group)) = (fields.next(), fields.next(), fields.next()) else {
        return line.to_owned();
    };
    if !is_mode(mode) {
        return line.to_owned();
    }
    let after = line[mode.len()..].trim_start()[user.len()..].trim_start()[group.len()..].trim_start();
    format!("{mode} [USER] [GROUP] {after}")
}

/// Replaces the values of [`FIELDS`].
fn json_fields(line: &str) -> String {
    let mut line = line.to_owned();
    for field in FIELDS {
        let key = format!("\"{field}\":");
        let mut from = 0;
        while let Some(at) = line[from..].find(&key) {
            let start = from + at + key.len();
            let len = line[start..].find([',', '}']).unwrap_or(0);
            line.replace_range(start..start + len, "[N]");
            from = start;
        }
    }
    line
}
