//! Names of users and groups: as `/etc/passwd` and `/etc/group` have them, else as a directory service does.
//!
//! Both files are read once; only what they do not have is asked of the [`Directory`].

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use super::directory::{Database, Directory};

/// Users and groups, by number and by name.
#[derive(Debug)]
pub struct Accounts {
    users: Table,
    groups: Table,
    directory: Directory,
}

#[derive(Debug, Default)]
struct Table {
    names: HashMap<u32, Arc<[u8]>>,
    numbers: HashMap<Arc<[u8]>, u32>,
}

impl Accounts {
    /// The accounts of this machine. A file that cannot be read leaves its names unknown.
    pub fn load() -> Self {
        Self {
            users: Table::load(Path::new("/etc/passwd")),
            groups: Table::load(Path::new("/etc/group")),
            directory: Directory::of_machine(),
        }
    }

    pub fn user_name(&self, uid: u32) -> Option<Arc<[u8]>> {
        self.users.names.get(&uid).cloned().or_else(|| self.directory.name(Database::Users, uid))
    }

    pub fn group_name(&self, gid: u32) -> Option<Arc<[u8]>> {
        self.groups.names.get(&gid).cloned().or_else(|| self.directory.name(Database::Groups, gid))
    }

    pub fn uid(&self, user: &[u8]) -> Option<u32> {
        self.users.numbers.get(user).copied().or_else(|| self.directory.number(Database::Users, user))
    }

    pub fn gid(&self, group: &[u8]) -> Option<u32> {
        self.groups.numbers.get(group).copied().or_else(|| self.directory.number(Database::Groups, group))
    }
}

impl Table {
    fn load(path: &Path) -> Self {
        Self::parse(&fs::read(path).unwrap_or_default())
    }

    /// Lines of `name:password:number:…`; as in the C library, the first line of a name or number counts.
    fn parse(text: &[u8]) -> Self {
        let mut table = Self::default();
        for (name, number) in text.split(|byte| *byte == b'\n').filter_map(parse_line) {
            let name: Arc<[u8]> = name.into();
            table.names.entry(number).or_insert_with(|| name.clone());
            table.numbers.entry(name).or_insert(number);
        }
        table
    }
}

/// Name and number of a line of either file.
pub fn parse_line(line: &[u8]) -> Option<(&[u8], u32)> {
    let mut fields = line.split(|byte| *byte == b':');
    let name = fields.next().filter(|name| !name.is_empty() && !name.starts_with(b"#"))?;
    let number = str::from_utf8(fields.nth(1)?).ok()?.parse().ok()?;
    Some((name, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_counts_and_nonsense_is_passed_over() {
        let table = Table::parse(b"root:x:0:0::/:\ntoor:x:0:0\n# c:x:5:\n+::\nann:x:1000:\nann:x:7:\nbad:x:-1:\nshort");
        assert_eq!(table.names[&0].as_ref(), b"root");
        assert_eq!(table.numbers[&b"toor"[..]], 0);
        assert_eq!(table.numbers[&b"ann"[..]], 1000);
        assert_eq!(table.names.len(), 3);
        assert_eq!(table.numbers.len(), 3);
    }
}
