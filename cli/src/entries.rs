//! Items of a snapshot as a line and as JSON, and snapshots as both: the same in every command.

use larder_engine::SnapshotInfo;
use larder_model::{Entry, Kind, Metadata, TreePath, escape};
use serde_json::{Map, Value, json};

use crate::{accounts::People, text};

/// What `ls -l` shows: mode, user, group, size, time, and `shown`, which is a name or a path.
pub fn long_line(entry: &Entry, shown: &str) -> String {
    let meta = &entry.meta;
    let [user, group] = owner(meta);
    let time = meta.mtime.map_or_else(|| "-".to_owned(), text::moment);
    let target = meta.target.as_deref().map(|target| format!(" -> {}", escape(target))).unwrap_or_default();
    let mode = mode(entry.kind, meta.mode);
    format!("{mode} {user:<8} {group:<8} {:>9} {time:<20} {shown}{target}", size(entry))
}

fn size(entry: &Entry) -> String {
    match (entry.kind, entry.meta.device) {
        (Kind::File, _) => text::size(entry.meta.size),
        (_, Some(device)) => format!("{}, {}", device.major, device.minor),
        _ => "-".to_owned(),
    }
}

/// Names where they are known, else numbers.
fn owner(meta: &Metadata) -> [String; 2] {
    let Some(owner) = &meta.owner else { return ["-".to_owned(), "-".to_owned()] };
    let shown = |name: &Option<_>, number: u32| {
        name.as_ref().map_or_else(|| number.to_string(), |name: &std::sync::Arc<[u8]>| escape(name))
    };
    [shown(&owner.user, owner.uid), shown(&owner.group, owner.gid)]
}

/// `-rwsr-x--x`, as `ls` writes it.
fn mode(kind: Kind, mode: Option<u32>) -> String {
    let Some(mode) = mode else { return format!("{}?????????", kind.letter()) };
    let mut text = String::from(kind.letter());
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        let runs = bits & 1 != 0;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, runs) {
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

/// What is known of an item; what is not known is absent.
pub fn entry_json(path: &TreePath, entry: &Entry) -> Map<String, Value> {
    let meta = &entry.meta;
    let mut json = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            json.insert(key.to_owned(), value);
        }
    };
    put("path", Some(path.to_string().into()));
    put("kind", Some(entry.kind.word().into()));
    put("size", (entry.kind == Kind::File).then(|| meta.size.into()));
    put("mtime", meta.mtime.map(|time| text::moment_exact(time).into()));
    put("mode", meta.mode.map(|mode| format!("{mode:04o}").into()));
    if let Some(owner) = &meta.owner {
        put("uid", Some(owner.uid.into()));
        put("gid", Some(owner.gid.into()));
        put("user", owner.user.as_deref().map(|name| escape(name).into()));
        put("group", owner.group.as_deref().map(|name| escape(name).into()));
    }
    put("target", meta.target.as_deref().map(|target| escape(target).into()));
    put("device", meta.device.map(|device| json!([device.major, device.minor])));
    put("xattrs", (!meta.xattrs.is_empty()).then(|| meta.xattrs.iter().map(|it| escape(&it.name)).collect()));
    json
}

/// An event about an item: `fields` first, then what is known of it.
pub fn entry_event(event: &str, fields: &[(&str, Value)], path: &TreePath, entry: &Entry) -> Value {
    let mut json = Map::new();
    json.insert("event".to_owned(), event.into());
    json.extend(fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    json.extend(entry_json(path, entry));
    Value::Object(json)
}

/// A line of the list of snapshots: time, id, size, files, origin, tags.
pub fn snapshot_line(snapshot: &SnapshotInfo, people: &People) -> String {
    let record = &snapshot.record;
    let totals = record.totals();
    let mut line = format!(
        "{}   {}   {:>9}   {:>13}   {}",
        text::moment(record.start()),
        snapshot.id.short(),
        text::size(totals.bytes),
        text::count(totals.files, "file"),
        text::printable(&people.shown(&record.origin())),
    );
    if !record.tags.is_empty() {
        line.push_str(&format!(" tags={}", text::printable(&record.tags.join(","))));
    }
    let (missing, _) = record.ledger_rows();
    if missing > 0 {
        line.push_str(&format!(" ({} missing)", text::number(missing)));
    }
    line
}

/// All that a snapshot's record says.
pub fn snapshot_json(snapshot: &SnapshotInfo) -> Value {
    let record = &snapshot.record;
    let (origin, totals, rows) = (record.origin(), record.totals(), record.ledger_rows());
    json!({
        "id": snapshot.id.to_string(),
        "start": text::moment_exact(record.start()),
        "end": text::moment_exact(record.end()),
        "origin": origin.to_string(),
        "connector": origin.connector,
        "identity": origin.identity,
        "root": origin.root,
        "sequence": record.sequence,
        "host": record.host,
        "tags": record.tags,
        "files": totals.files,
        "folders": totals.folders,
        "bytes": totals.bytes,
        "completeness": record.completeness().word(),
        "missing": rows.0,
        "notes": rows.1,
        "parent": record.parent().map(|parent| parent.to_string()),
        "program": record.program,
    })
}

#[cfg(test)]
mod tests {
    use larder_model::{Owner, Time};

    use super::*;

    #[test]
    fn a_long_line_is_like_ls() {
        let mut entry = Entry::new(*b"a\nb", Kind::File);
        entry.meta.size = 6_554;
        entry.meta.mtime = Some(Time::new(1_768_373_132, 7));
        entry.meta.mode = Some(0o4755);
        entry.meta.owner = Some(Owner { uid: 7, gid: 8, user: Some((*b"ann").into()), group: None });
        let line = long_line(&entry, &escape(&entry.name));
        assert_eq!(line, "-rwsr-xr-x ann      8          6.4 KiB 2026-01-14T06:45:32Z a\\nb");
        let json = entry_json(&TreePath::new(b"/a\xff"), &entry);
        assert_eq!(json["path"], "/a\\xff");
        assert_eq!(json["mtime"], "2026-01-14T06:45:32.000000007Z");
        assert!(!json.contains_key("group"));
    }

    #[test]
    fn modes_have_their_special_bits() {
        assert_eq!(mode(Kind::Directory, Some(0o1777)), "drwxrwxrwt");
        assert_eq!(mode(Kind::File, Some(0o2640)), "-rw-r-S---");
        assert_eq!(mode(Kind::Symlink, None), "l?????????");
    }
}
