//! The options of a remote: `key=value`, each of a kind that its connector's table names.
//!
//! What is not in the table is refused when it is set, and not when it is used: a mistyped key would otherwise do nothing for years.
//! Values are kept as the text that the user wrote.

use std::collections::BTreeMap;

use larder_model::{Problem, Result};
use serde_json::Value;

use super::{Role, check_name};
use crate::parse;

/// An option of a connector.
pub struct OptionSpec {
    pub name: &'static str,
    pub kind: Kind,
    /// The roles that it is of use in.
    pub roles: &'static [Role],
    pub help: &'static str,
}

/// What the value of an option can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Number {
        min: u64,
        max: u64,
    },
    /// Bytes, such as `2M`.
    Size,
    /// `on` or `off`.
    Switch,
    /// An http or https address.
    Address,
    /// Words with commas between them.
    Words,
    /// The name of an account.
    Account,
    /// Digits.
    Id,
}

impl Kind {
    /// What is wrong with `value`, as the end of a sentence that names the option.
    fn refusal(self, value: &str) -> Option<String> {
        let is_good = match self {
            Self::Number { min, max } => value.parse().is_ok_and(|number| (min..=max).contains(&number)),
            Self::Size => parse::size(value).is_ok_and(|size| size > 0),
            Self::Switch => ["on", "off"].contains(&value),
            Self::Address => is_address(value),
            Self::Words => !value.is_empty() && value.split(',').all(is_word),
            Self::Account => check_name(value).is_ok(),
            Self::Id => !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()),
        };
        (!is_good).then(|| self.expectation())
    }

    fn expectation(self) -> String {
        match self {
            Self::Number { min, max: u64::MAX } => format!("a number, {min} or more"),
            Self::Number { min, max } => format!("a number from {min} to {max}"),
            Self::Size => "a size, such as 2M".to_owned(),
            Self::Switch => "on or off".to_owned(),
            Self::Address => {
                "an address such as https://host, or http:// to this machine, without a password".to_owned()
            }
            Self::Words => "one or more words with commas between them, such as docx,pdf".to_owned(),
            Self::Account => "the name of an account, as `larder auth list` shows it".to_owned(),
            Self::Id => "a number as Dropbox shows it".to_owned(),
        }
    }
}

/// Neither a secret in the wrong file nor one on a wire that others can listen on.
fn is_address(value: &str) -> bool {
    dropbox_client::Endpoint::at(value).is_ok()
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

/// The option of this name, if it is of use in `role`.
pub fn find_spec<'a>(specs: &'a [OptionSpec], role: Role, scheme: &str, key: &str) -> Result<&'a OptionSpec> {
    let found = specs.iter().find(|spec| spec.name == key);
    if let Some(spec) = found.filter(|spec| spec.roles.contains(&role)) {
        return Ok(spec);
    }
    let message = match found {
        Some(spec) => {
            let roles: Vec<_> = spec.roles.iter().map(|role| role.plural()).collect();
            format!("`{key}` is an option of {} and not of {}", roles.join(" and "), role.plural())
        }
        None => format!("`{}` is no option of a {} in {scheme}", larder_model::escape(key.as_bytes()), role.word()),
    };
    Err(Problem::usage(message).hint(known(specs, role, scheme)))
}

fn known(specs: &[OptionSpec], role: Role, scheme: &str) -> String {
    let names: Vec<_> = specs.iter().filter(|spec| spec.roles.contains(&role)).map(|spec| spec.name).collect();
    if names.is_empty() {
        return format!("a {} in {scheme} has no options", role.word());
    }
    format!("the options are: {}", names.join(", "))
}

/// Options that were checked, by name.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Options(BTreeMap<String, String>);

impl Options {
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub fn number(&self, key: &str) -> Option<u64> {
        self.get(key)?.parse().ok()
    }

    /// In bytes.
    pub fn size(&self, key: &str) -> Option<u64> {
        parse::size(self.get(key)?).ok()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Takes a value after looking at it. The message does not show a value that is refused: it may be a secret in a wrong place.
    pub fn set(&mut self, spec: &OptionSpec, value: &str) -> Result<()> {
        if let Some(expected) = spec.kind.refusal(value) {
            let message = format!("the value of `{}` makes no sense: it is {expected}", spec.name);
            return Err(Problem::usage(message).hint(spec.help));
        }
        self.0.insert(spec.name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Whether it was there.
    pub fn unset(&mut self, key: &str) -> bool {
        self.0.remove(key).is_some()
    }

    pub fn json(&self) -> Value {
        self.iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect::<serde_json::Map<_, _>>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(kind: Kind, value: &str) -> bool {
        kind.refusal(value).is_none()
    }

    #[test]
    fn each_kind_knows_its_values() {
        let number = Kind::Number { min: 1, max: 16 };
        assert!(accepts(number, "16") && !accepts(number, "17") && !accepts(number, "0") && !accepts(number, "x"));
        assert!(accepts(Kind::Size, "2M") && !accepts(Kind::Size, "0") && !accepts(Kind::Size, "fast"));
        assert!(accepts(Kind::Switch, "on") && !accepts(Kind::Switch, "yes"));
        assert!(accepts(Kind::Address, "http://127.0.0.1:8790") && accepts(Kind::Address, "https://proxy.example/x"));
        assert!(!accepts(Kind::Address, "https://ann:secret@host") && !accepts(Kind::Address, "ftp://host"));
        assert!(accepts(Kind::Words, "docx,pdf") && !accepts(Kind::Words, "docx,,pdf") && !accepts(Kind::Words, ""));
        assert!(accepts(Kind::Id, "1234567") && !accepts(Kind::Id, "ns:1"));
    }

    #[test]
    fn an_unknown_key_leads_to_the_known_ones() {
        let specs = [
            OptionSpec { name: "pace", kind: Kind::Switch, roles: &Role::ALL, help: "" },
            OptionSpec { name: "zip", kind: Kind::Switch, roles: &[Role::Source], help: "" },
        ];
        let refused = |role, key| find_spec(&specs, role, "dropbox", key).err().unwrap();
        assert_eq!(refused(Role::Store, "token").hint_text(), Some("the options are: pace"));
        assert_eq!(refused(Role::Store, "zip").message(), "`zip` is an option of sources and not of stores");
        assert!(find_spec(&specs, Role::Source, "dropbox", "zip").is_ok());
    }

    #[test]
    fn a_refused_value_is_not_repeated() {
        let spec = OptionSpec { name: "pace", kind: Kind::Switch, roles: &Role::ALL, help: "how fast" };
        let problem = Options::default().set(&spec, "sl.secret").unwrap_err();
        assert!(!problem.message().contains("secret"), "{problem}");
    }
}
