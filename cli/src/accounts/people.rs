//! Whose accounts these are, for people: e-mail addresses in the place of ids, and names that `latest@` takes.
//!
//! It is what this machine has noted of accounts that are signed in here. Elsewhere, and in JSON, the id stands.

use larder_model::Origin;

use super::{Accounts, names_in};
use crate::{connectors::known_account, folders::Folders};

/// All that are known here.
#[derive(Default)]
pub struct People(Vec<Person>);

struct Person {
    id: String,
    /// What the account is called here.
    name: String,
    email: String,
}

impl People {
    /// What cannot be read is not known, and nobody needs it.
    pub fn known(folders: &Folders) -> Self {
        let Ok(accounts) = Accounts::of(folders) else { return Self::default() };
        let person = |name: String| {
            let account = known_account(&accounts.known_file(&name))?;
            Some(Person { id: account.id, name, email: account.email })
        };
        Self(names_in(&accounts.folder).unwrap_or_default().into_iter().filter_map(person).collect())
    }

    /// The e-mail address of whom an origin is about.
    pub fn email(&self, origin: &Origin) -> Option<&str> {
        let person = self.0.iter().find(|person| origin.connector == "dropbox" && person.id == origin.identity)?;
        Some(&*person.email).filter(|email| !email.is_empty())
    }

    /// An origin as people are shown it: `ann@example.com:/Photos`.
    pub fn shown(&self, origin: &Origin) -> String {
        match self.email(origin) {
            Some(email) => Origin { identity: email.to_owned(), ..origin.clone() }.to_string(),
            None => origin.to_string(),
        }
    }

    /// An origin as people type it, with the id for a name or an e-mail address in front. `None` where there is neither.
    pub fn with_id(&self, typed: &str) -> Option<String> {
        let typed_here = |person: &Person| {
            let rest = [&person.name, &person.email].into_iter().find_map(|known| {
                let rest = typed.strip_prefix(known.as_str()).filter(|_| !known.is_empty())?;
                (rest.is_empty() || rest.starts_with(':')).then_some(rest)
            })?;
            Some(format!("{}{rest}", person.id))
        };
        self.0.iter().find_map(typed_here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_shown_and_typed_by_address_and_name() {
        let person = |name: &str, id: &str, email: &str| Person {
            id: id.to_owned(),
            name: name.to_owned(),
            email: email.to_owned(),
        };
        let people = People(vec![person("mine", "dbid:1", "ann@example.com"), person("work", "dbid:2", "")]);
        let origin = |id: &str| Origin { connector: "dropbox".into(), identity: id.into(), root: "/Photos".into() };
        assert_eq!(people.shown(&origin("dbid:1")), "ann@example.com:/Photos");
        for id in ["dbid:2", "dbid:3"] {
            assert_eq!(people.shown(&origin(id)), format!("{id}:/Photos"));
        }
        assert_eq!(people.shown(&Origin { connector: "fs".into(), ..origin("dbid:1") }), "dbid:1:/Photos");
        assert_eq!(people.with_id("ann@example.com:/Photos").as_deref(), Some("dbid:1:/Photos"));
        assert_eq!(people.with_id("mine").as_deref(), Some("dbid:1"));
        assert_eq!(people.with_id("work:/x").as_deref(), Some("dbid:2:/x"));
        assert_eq!((people.with_id("min"), people.with_id("minelike"), people.with_id(":/x")), (None, None, None));
    }
}
