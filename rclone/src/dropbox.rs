//! What a remote of rclone's type `dropbox` says, in Larder's words.

use jiff::Timestamp;
use larder_model::{Problem, ProblemKind, Result};
use serde_json::Value;
use zeroize::Zeroizing;

use super::Section;

/// rclone's keys that say how it works and not what it works on; Larder has ways of its own.
const WAYS: [&str; 12] = [
    "auth_url",
    "batch_commit_timeout",
    "batch_mode",
    "batch_size",
    "batch_timeout",
    "chunk_size",
    "encoding",
    "pacer_min_sleep",
    "root_namespace",
    "show_all_exports",
    "skip_exports",
    "token_url",
];

/// A remote of rclone, ready to be kept.
pub struct Imported {
    pub token: Token,
    /// `client_id`: nothing if the remote was signed in to rclone's own app.
    pub app_key: Option<String>,
    pub app_secret: Option<Zeroizing<String>>,
    /// Larder's options.
    pub options: Vec<(&'static str, String)>,
    /// Keys of rclone's that mean nothing here.
    pub unused: Vec<String>,
}

/// What lets in. It may have expired.
pub struct Token {
    pub access: Zeroizing<String>,
    pub refresh: Option<Zeroizing<String>>,
    /// Nothing for tokens of old apps, which do not end.
    pub expires: Option<Timestamp>,
}

/// No secret is ever shown.
impl std::fmt::Debug for Imported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Imported")
            .field("app_key", &self.app_key)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Imported {
    /// What only renews itself with rclone's own app cannot be renewed here.
    pub fn is_renewable(&self) -> bool {
        self.token.refresh.is_some() && self.app_key.is_some()
    }

    /// When it is of no use any more; nothing if that is never.
    pub fn ends(&self) -> Option<Timestamp> {
        self.token.expires.filter(|_| !self.is_renewable())
    }
}

pub fn read_dropbox(section: &Section) -> Result<Imported> {
    refuse_other_meanings(section)?;
    let token = section.get("token").ok_or_else(|| unusable(section, "was never signed in"))?;
    let options = [("root_namespace", "root_namespace"), ("export", "export_formats")];
    // rclone takes blanks between the words of a list.
    let words =
        |text: &str| text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(",");
    let options = options.iter().filter_map(|(ours, theirs)| Some((*ours, words(section.get(theirs)?))));
    let options = options.filter(|(_, value)| !value.is_empty());
    let is_unused = |key: &&str| WAYS.contains(key) && *key != "root_namespace";
    Ok(Imported {
        token: read_token(token).ok_or_else(|| unusable(section, "has a token that is not as rclone writes it"))?,
        app_key: section.get("client_id").map(str::to_owned),
        app_secret: section.get("client_secret").map(|secret| Zeroizing::new(secret.to_owned())),
        options: options.collect(),
        unused: section.keys().filter(is_unused).map(str::to_owned).collect(),
    })
}

/// A snapshot of something else than rclone shows would be worse than none.
fn refuse_other_meanings(section: &Section) -> Result<()> {
    for (key, meaning) in [
        ("impersonate", "acts for another member of a team"),
        ("shared_files", "shows only files that others share"),
        ("shared_folders", "shows only folders that others share"),
    ] {
        if section.get(key).is_some_and(|value| value != "false") {
            let message = format!("rclone's `{}` {meaning} ({key}), which Larder does not", section.name);
            return Err(Problem::new(ProblemKind::Unsupported, message)
                .hint(format!("sign in to the account itself: larder auth dropbox --name {}", section.name)));
        }
    }
    Ok(())
}

fn unusable(section: &Section, what: &str) -> Problem {
    Problem::new(ProblemKind::Credentials, format!("rclone's `{}` {what}", section.name)).hint(format!(
        "run `rclone config reconnect {0}:` first, or sign in here: larder auth dropbox --name {0}",
        section.name
    ))
}

fn read_token(text: &str) -> Option<Token> {
    let token: Value = serde_json::from_str(text).ok()?;
    let secret =
        |key: &str| token[key].as_str().filter(|text| !text.is_empty()).map(|text| Zeroizing::new(text.to_owned()));
    let expires = token["expiry"].as_str().filter(|moment| !is_never(moment));
    Some(Token {
        access: secret("access_token")?,
        refresh: secret("refresh_token"),
        expires: expires.map(str::parse).transpose().ok()?,
    })
}

/// Go's zero time.
fn is_never(moment: &str) -> bool {
    moment.starts_with("0001-01-01")
}

#[cfg(test)]
mod tests {
    use super::{super::sections, *};

    fn read(keys: &str) -> Result<Imported> {
        read_dropbox(&sections(&format!("[x]\ntype = dropbox\n{keys}")).unwrap()[0])
    }

    const TOKEN: &str = r#"token = {"access_token":"a","token_type":"bearer","refresh_token":"r","expiry":"2024-01-31T12:00:00.5+01:00"}"#;

    #[test]
    fn everything_of_use_is_taken_over() {
        let imported = read(&format!(
            "{TOKEN}\nclient_id = k\nclient_secret = s\nroot_namespace = 12\nexport_formats = md, html,\nchunk_size = 48M\n"
        ));
        let imported = imported.unwrap();
        assert_eq!(imported.token.access.as_str(), "a");
        assert_eq!(imported.token.refresh.as_deref().unwrap().as_str(), "r");
        assert_eq!(imported.token.expires.unwrap().as_millisecond(), 1_706_698_800_500);
        assert_eq!(imported.app_key.as_deref(), Some("k"));
        assert_eq!(imported.app_secret.as_deref().unwrap().as_str(), "s");
        assert_eq!(imported.options, [("root_namespace", "12".to_owned()), ("export", "md,html".to_owned())]);
        assert_eq!(imported.unused, ["chunk_size"]);
        assert!(imported.is_renewable() && imported.ends().is_none());
        assert!(!format!("{imported:?}").contains("\"s\""));
    }

    #[test]
    fn a_token_of_rclone_s_own_app_ends() {
        let imported = read(TOKEN).unwrap();
        assert!(!imported.is_renewable() && imported.ends().is_some());
        let old =
            read(r#"token = {"access_token":"a","token_type":"bearer","expiry":"0001-01-01T00:00:00Z"}"#).unwrap();
        assert!(old.ends().is_none());
    }

    #[test]
    fn what_means_something_else_is_refused() {
        for key in ["impersonate = x@y", "shared_files = true", "shared_folders = true"] {
            assert_eq!(read(&format!("{TOKEN}\n{key}")).unwrap_err().kind(), ProblemKind::Unsupported);
        }
        assert!(read(&format!("{TOKEN}\nshared_files = false")).is_ok());
        for token in ["", "token = XXX", "token = {}", r#"token = {"access_token":"secret","expiry":"soon"}"#] {
            let problem = read(token).unwrap_err();
            assert_eq!(problem.kind(), ProblemKind::Credentials);
            assert!(!problem.message().contains("secret"), "{problem}");
        }
    }
}
