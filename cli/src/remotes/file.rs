//! The configuration file: `remotes.toml` in Larder's configuration folder.
//!
//! ```toml
//! [source.photos]
//! location = "dropbox:/Photos"
//! account = "mydropbox"
//! pace = "8"
//! ```
//!
//! People may edit it: comments and order stay when a command changes something else. It is written whole or not at all, under a
//! lock, and only its owner can read it, although it holds no secrets.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use larder_model::{Problem, ProblemKind, Result};
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

use super::{Options, Remote, Role, check_name};
use crate::{
    connectors,
    location::shown,
    text,
    whole_file::{lock, write_whole},
};

const FILE_NAME: &str = "remotes.toml";
const LOCK_NAME: &str = "remotes.lock";
const LOCATION: &str = "location";

/// The configuration file, in memory.
pub struct RemotesFile {
    file: PathBuf,
    document: DocumentMut,
}

/// Reads the file of the folder `config`. Where there is none, there are no remotes.
pub fn read(config: &Path) -> Result<RemotesFile> {
    // A file that is a link into somebody's collection of settings stays one.
    let file = config.join(FILE_NAME);
    let file = file.canonicalize().unwrap_or(file);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Problem::failed(format!("cannot read {}: {}", shown(&file), text::reason(&error)))),
    };
    // The parser's own words would quote the line.
    let document = text.parse::<DocumentMut>().map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        unreadable(&file, format_args!("line {line}: {}", error.message().trim_end()))
    })?;
    Ok(RemotesFile { file, document })
}

/// Changes the file: reads it, lets `change` work on it, and writes it if that succeeds, while nobody else does.
pub fn edit<T>(config: &Path, change: impl FnOnce(&mut RemotesFile) -> Result<T>) -> Result<T> {
    let lock_file = config.join(LOCK_NAME);
    let _lock = lock(&lock_file).map_err(|error| unwritable(&lock_file, &error))?;
    let mut remotes = read(config)?;
    let result = change(&mut remotes)?;
    let text = remotes.document.to_string();
    write_whole(&remotes.file, text.as_bytes()).map_err(|error| unwritable(&remotes.file, &error))?;
    Ok(result)
}

impl RemotesFile {
    pub fn all(&self, role: Role) -> Result<Vec<Remote>> {
        let Some(list) = self.document.get(role.word()) else { return Ok(Vec::new()) };
        let list = list.as_table_like().ok_or_else(|| self.wrong(role.word(), "is not a table"))?;
        list.iter().map(|(name, item)| self.remote(role, name, item)).collect()
    }

    pub fn get(&self, role: Role, name: &str) -> Result<Option<Remote>> {
        let item = self.document.get(role.word()).and_then(Item::as_table_like).and_then(|list| list.get(name));
        item.map(|item| self.remote(role, name, item)).transpose()
    }

    /// The remote that has to be there.
    pub fn need(&self, role: Role, name: &str) -> Result<Remote> {
        match self.get(role, name)? {
            Some(remote) => Ok(remote),
            None => Err(not_found(role, name, &self.all(role)?)),
        }
    }

    /// Puts it in, or in the place of the one of that name.
    pub fn put(&mut self, role: Role, remote: &Remote) -> Result<()> {
        let word = role.word();
        let file = self.file.clone();
        let list = self.document.entry(word).or_insert_with(|| implicit_table().into());
        let list =
            list.as_table_like_mut().ok_or_else(|| unreadable(&file, format_args!("`{word}` is not a table")))?;
        let entry = list.entry(&remote.name).or_insert_with(|| Table::new().into());
        let entry = entry
            .as_table_like_mut()
            .ok_or_else(|| unreadable(&file, format_args!("`{word}.{}` is not a table", remote.name)))?;
        fill(entry, remote);
        Ok(())
    }

    /// Whether it was there.
    pub fn remove(&mut self, role: Role, name: &str) -> bool {
        let list = self.document.get_mut(role.word()).and_then(Item::as_table_like_mut);
        list.is_some_and(|list| list.remove(name).is_some())
    }

    fn remote(&self, role: Role, name: &str, item: &Item) -> Result<Remote> {
        let path = format!("{}.{name}", role.word());
        check_name(name).map_err(|refusal| self.wrong(&path, &refusal))?;
        let table = item.as_table_like().ok_or_else(|| self.wrong(&path, "is not a table"))?;
        let location = table.get(LOCATION).and_then(Item::as_str);
        let location = location.ok_or_else(|| self.wrong(&path, "has no `location`, which is a text"))?;
        let mut options = Options::default();
        for (key, item) in table.iter().filter(|(key, _)| *key != LOCATION) {
            let value = text_of(item).ok_or_else(|| self.wrong(&format!("{path}.{key}"), "is not a value"))?;
            let set = connectors::spec_at(location, role, key).and_then(|spec| options.set(spec, &value));
            set.map_err(|problem| problem.context(format_args!("{}: `{path}`", shown(&self.file))))?;
        }
        Ok(Remote { name: name.to_owned(), location: location.to_owned(), options })
    }

    fn wrong(&self, path: &str, what: &str) -> Problem {
        unreadable(&self.file, format_args!("`{path}` {what}"))
    }
}

/// The error for a name that stands for nothing.
pub fn not_found(role: Role, name: &str, there: &[Remote]) -> Problem {
    let names: Vec<_> = there.iter().map(|remote| format!("@{}", remote.name)).collect();
    let hint = match names.is_empty() {
        true => format!("make one: larder {} add {name} LOCATION", role.word()),
        false => format!("the {} are: {}", role.plural(), names.join(", ")),
    };
    Problem::not_found(format!("no {} named @{name} is configured", role.word())).hint(hint)
}

/// A table that is shown only by its parts: `[source.photos]` without a `[source]` above it.
fn implicit_table() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

fn fill(entry: &mut dyn TableLike, remote: &Remote) {
    let gone: Vec<_> = entry.iter().map(|(key, _)| key.to_owned()).filter(|key| key != LOCATION).collect();
    for key in gone.iter().filter(|key| remote.options.get(key).is_none()) {
        entry.remove(key);
    }
    let wanted = std::iter::once((LOCATION, remote.location.as_str())).chain(remote.options.iter());
    for (key, text) in wanted {
        // What is right already keeps its comment and its form.
        if entry.get(key).and_then(text_of).as_deref() != Some(text) {
            entry.insert(key, value(text));
        }
    }
}

/// People write `pace = 8` and `zip = false` as well as texts.
fn text_of(item: &Item) -> Option<String> {
    if let Some(is_on) = item.as_bool() {
        return Some(if is_on { "on" } else { "off" }.to_owned());
    }
    item.as_str().map(str::to_owned).or_else(|| item.as_integer().map(|number| number.to_string()))
}

fn unreadable(file: &Path, what: impl std::fmt::Display) -> Problem {
    Problem::new(ProblemKind::Usage, format!("{} makes no sense: {what}", shown(file))).hint("mend the file by hand")
}

fn unwritable(file: &Path, error: &std::io::Error) -> Problem {
    Problem::failed(format!("cannot write {}: {}", shown(file), text::reason(error)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const BY_HAND: &str = "\
# Mine.
[source.photos] # the good ones
location = 'dropbox:/Photos'
pace = 8 # slow
zip = false
";

    fn folder(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE_NAME), text).unwrap();
        folder
    }

    #[test]
    fn what_people_wrote_stays() {
        let folder = folder(BY_HAND);
        edit(folder.path(), |file| {
            let mut photos = file.need(Role::Source, "photos")?;
            assert_eq!(photos.options.number("pace"), Some(8));
            assert_eq!(photos.options.get("zip"), Some("off"));
            photos.options.unset("zip");
            file.put(Role::Source, &photos)?;
            file.put(Role::Store, &Remote { name: "a.b".to_owned(), ..photos })
        })
        .unwrap();
        let text = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
        let expected = BY_HAND.replace("zip = false\n", "");
        assert_eq!(text, format!("{expected}\n[store.\"a.b\"]\nlocation = \"dropbox:/Photos\"\npace = \"8\"\n"));
        let mode = fs::metadata(folder.path().join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn nonsense_is_named_and_not_quoted() {
        for (text, named) in [
            ("[source.a]\nlocation = 'dropbox:'\ntoken = 'secret'\n", "`token`"),
            ("[source.a]\nx = 'secret'\n", "`source.a`"),
            ("[source.a]\nlocation = 'dropbox:'\npace = 'secret'\n", "`pace`"),
            ("source = 'secret'\n", "`source`"),
            ("a = 1\nb = secret\n", "line 2"),
            ("[source.'a b']\nlocation = 'fs:/secret'\n", "`a b`"),
        ] {
            let folder = folder(text);
            let problem = read(folder.path()).and_then(|file| file.all(Role::Source)).err().unwrap();
            assert!(problem.message().contains(named), "{problem}");
            assert!(!problem.message().contains("secret"), "{problem}");
            assert_eq!(problem.kind(), ProblemKind::Usage);
        }
    }

    #[test]
    fn a_change_that_fails_changes_nothing() {
        let folder = folder(BY_HAND);
        let changed = edit(folder.path(), |file| {
            file.remove(Role::Source, "photos");
            Err::<(), _>(Problem::failed("no"))
        });
        assert!(changed.is_err());
        assert_eq!(fs::read_to_string(folder.path().join(FILE_NAME)).unwrap(), BY_HAND);
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = folder(BY_HAND);
        let link = folder.path().join("config");
        fs::create_dir(&link).unwrap();
        std::os::unix::fs::symlink(folder.path().join(FILE_NAME), link.join(FILE_NAME)).unwrap();
        edit(&link, |file| Ok(file.remove(Role::Source, "photos"))).unwrap();
        assert!(fs::symlink_metadata(link.join(FILE_NAME)).unwrap().is_symlink());
        assert!(!fs::read_to_string(folder.path().join(FILE_NAME)).unwrap().contains("photos"));
    }
}
