//! What a remote may be called: what can stand behind `@` in any shell without quotes.

use larder_model::escape;

const LENGTH_MAX: usize = 64;

/// The error is for clap, which names the argument itself.
pub fn check_name(text: &str) -> Result<String, String> {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if text.is_empty() || text.len() > LENGTH_MAX || !text.chars().all(is_legal) {
        return Err(format!("`{}` is no name: use letters, digits and . _ -", escape(text.as_bytes())));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_need_no_quotes() {
        for good in ["mydropbox", "My.Box_2-b", "1"] {
            assert_eq!(check_name(good).unwrap(), good);
        }
        for bad in ["", "my box", "a:b", "@a", "a/b", "é", "a\n", &"a".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
