//! Names of folders for what has names of another kind: origins and tags.

/// Bytes of a name at most, on Linux.
const NAME_LEN_MAX: usize = 255;

/// `text` as a name that a folder can have. What cannot stand there is written as `%` and two digits, and so is the percent sign itself: no
/// two texts have the same name. One that is too long ends in a hash of itself.
pub fn folder_name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for c in text.chars() {
        let is_dot = c == '.' && name.is_empty();
        if c == '/' || c == '%' || c.is_control() || is_dot {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().for_each(|byte| name.push_str(&format!("%{byte:02X}")));
        } else {
            name.push(c);
        }
    }
    if name.is_empty() {
        name.push('%');
    }
    if name.len() > NAME_LEN_MAX {
        shorten(&mut name, text);
    }
    name
}

fn shorten(name: &mut String, text: &str) {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mut end = NAME_LEN_MAX - 17;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name.push_str(&format!("~{hash:016x}"));
}

/// The folder of a snapshot: when it was taken, and the first digits of its id. No colons: some programs take what stands before one for a
/// machine.
pub fn snapshot_name(moment: &str, id: &str) -> String {
    let time: String = moment.trim_end_matches('Z').chars().map(|c| if c == ':' { '-' } else { c }).collect();
    folder_name(&format!("{}_{id}", time.replace(['T', ' '], "_")))
}

/// The day of a moment.
pub fn day(moment: &str) -> String {
    folder_name(moment.split(['T', ' ']).next().unwrap_or(moment))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_text_has_a_name_of_its_own_that_a_folder_can_have() {
        let long = "ä".repeat(300);
        let texts = ["", ".", "..", "a/b", "a%2Fb", "a%b", "%", "a\nb", "a\\nb", "host:/home/ann", ".hidden", &long];
        let names: HashSet<String> = texts.iter().map(|text| folder_name(text)).collect();
        assert_eq!(names.len(), texts.len());
        for name in names {
            assert!(larder_model::Entry::is_safe_name(name.as_bytes()) && name.len() <= NAME_LEN_MAX, "{name}");
        }
        assert_eq!(folder_name("host:/home/ann"), "host:%2Fhome%2Fann");
    }

    #[test]
    fn snapshots_sort_by_time() {
        assert_eq!(snapshot_name("2026-01-14T06:45:32Z", "3f2a91c0"), "2026-01-14_06-45-32_3f2a91c0");
        assert_eq!(day("2026-01-14T06:45:32Z"), "2026-01-14");
        assert_eq!(snapshot_name("99999999999999 s", "3f2a91c0"), "99999999999999_s_3f2a91c0");
    }
}
