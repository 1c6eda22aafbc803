//! Reading arguments as strictly as the real one: unknown fields, wrong types and texts that do not match their pattern are
//! refused with 400 and a sentence.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::clock::{Seconds, from_text};
use crate::drive::{PathArg, PathForm};

/// The fields of an argument. Each is taken once; [`Fields::finish`] refuses what is left.
#[derive(Debug, Default)]
pub struct Fields {
    fields: Map<String, Value>,
    /// `request body` or `HTTP header "Dropbox-API-Arg"`, and the field that these are in.
    place: String,
}

impl Fields {
    pub fn new(value: Value, place: &str) -> Result<Self, Refusal> {
        match value {
            Value::Object(fields) => Ok(Self { fields, place: place.to_owned() }),
            Value::Null => Ok(Self { fields: Map::new(), place: place.to_owned() }),
            other => Err(Refusal::BadRequest(format!("{place}: expected object, got {}", type_name(&other)))),
        }
    }

    pub fn finish(self) -> Result<(), Refusal> {
        match self.fields.keys().next() {
            Some(name) => Err(Refusal::BadRequest(format!("{}: unknown field '{name}'", self.place))),
            None => Ok(()),
        }
    }

    pub fn text(&mut self, name: &str) -> Result<String, Refusal> {
        self.optional_text(name)?.ok_or_else(|| self.missing(name))
    }

    pub fn optional_text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(name, "string", &other)),
        }
    }

    /// A text that may not be empty.
    pub fn name(&mut self, name: &str) -> Result<String, Refusal> {
        let text = self.text(name)?;
        if text.is_empty() {
            return Err(self.refuse(name, "'' must be at least 1 characters, got 0"));
        }
        Ok(text)
    }

    pub fn flag(&mut self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.take(name) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(other) => Err(self.wrong(name, "boolean", &other)),
        }
    }

    pub fn number(&mut self, name: &str) -> Result<u64, Refusal> {
        self.optional_number(name, 0, u64::MAX)?.ok_or_else(|| self.missing(name))
    }

    pub fn optional_number(&mut self, name: &str, least: u64, most: u64) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let Some(number) = value.as_u64() else { return Err(self.wrong(name, "integer", &value)) };
        if number < least {
            return Err(self.refuse(name, &format!("{number} is not greater than or equal to {least}")));
        }
        if number > most {
            return Err(self.refuse(name, &format!("{number} is not less than or equal to {most}")));
        }
        Ok(Some(number))
    }

    /// A number from 0 on that need not be whole. No route of the API has one; the simulator's own interface does.
    pub fn optional_float(&mut self, name: &str) -> Result<Option<f64>, Refusal> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match value.as_f64().filter(|number| *number >= 0.0) {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(name, "number", &value)),
        }
    }

    pub fn path(&mut self, name: &str, form: PathForm) -> Result<PathArg, Refusal> {
        let text = self.text(name)?;
        if form == PathForm::Folder && text == "/" {
            let why = "Specify the root folder as an empty string rather than as \"/\".";
            return Err(self.refuse(name, why));
        }
        match form.parse(&text) {
            Some(path) => Ok(path),
            None => {
                let why = format!("'{text}' did not match pattern '{}'", form.pattern());
                Err(self.refuse(name, &shorten(&why)))
            }
        }
    }

    pub fn optional_rev(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(rev) = self.optional_text(name)? else { return Ok(None) };
        if crate::drive::is_rev(&rev) {
            return Ok(Some(rev));
        }
        Err(self.refuse(name, &format!("'{rev}' did not match pattern '[0-9a-f]+' of 9 or more")))
    }

    pub fn optional_hash(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(hash) = self.optional_text(name)? else { return Ok(None) };
        if hash.len() == 64 {
            return Ok(Some(hash));
        }
        Err(self.refuse(name, &format!("'{hash}' must be 64 characters, got {}", hash.chars().count())))
    }

    pub fn optional_time(&mut self, name: &str) -> Result<Option<Seconds>, Refusal> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        match from_text(&text) {
            Some(time) => Ok(Some(time)),
            None => Err(self.refuse(name, &format!("'{text}' does not match format '%Y-%m-%dT%H:%M:%SZ'"))),
        }
    }

    /// The tag of a union, and its value. A bare text stands for a tag.
    pub fn union(&mut self, name: &str, tags: &[&str]) -> Result<Option<(String, Value)>, Refusal> {
        let (tag, value) = match self.take(name) {
            None => return Ok(None),
            Some(Value::String(tag)) => (tag, Value::Null),
            Some(Value::Object(mut fields)) => match fields.remove(".tag") {
                Some(Value::String(tag)) => {
                    let value = fields.remove(&tag).unwrap_or(Value::Null);
                    (tag, value)
                }
                _ => return Err(self.refuse(name, "missing '.tag' key")),
            },
            Some(other) => return Err(self.wrong(name, "object or string", &other)),
        };
        if tags.contains(&tag.as_str()) {
            return Ok(Some((tag, value)));
        }
        Err(self.refuse(name, &format!("unknown tag '{tag}'")))
    }

    pub fn list(&mut self, name: &str, least: usize, most: usize) -> Result<Vec<Value>, Refusal> {
        let list = match self.take(name) {
            None => return Err(self.missing(name)),
            Some(Value::Array(list)) => list,
            Some(other) => return Err(self.wrong(name, "list", &other)),
        };
        if list.len() < least {
            return Err(self.refuse(name, &format!("list must have at least {least} items, got {}", list.len())));
        }
        if list.len() > most {
            return Err(self.refuse(name, &format!("list must have at most {most} items, got {}", list.len())));
        }
        Ok(list)
    }

    pub fn object(&mut self, name: &str) -> Result<Self, Refusal> {
        let value = self.take(name).ok_or_else(|| self.missing(name))?;
        let place = format!("{}: {name}", self.place);
        Self::new(value, &place)
    }

    /// A text that stays where it is.
    pub fn peek_text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    pub fn peek_number(&self, name: &str) -> Option<u64> {
        self.fields.get(name)?.as_u64()
    }

    /// All of it, for the journal.
    pub fn to_value(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// Takes a field that is allowed and changes nothing here.
    pub fn ignore(&mut self, name: &str) {
        self.fields.remove(name);
    }

    /// The fields of a member of a list.
    pub fn member(&self, value: Value, name: &str, index: usize) -> Result<Self, Refusal> {
        Self::new(value, &format!("{}: {name}[{index}]", self.place))
    }

    pub fn refuse(&self, name: &str, why: &str) -> Refusal {
        Refusal::BadRequest(format!("{}: {name}: {why}", self.place))
    }

    fn missing(&self, name: &str) -> Refusal {
        Refusal::BadRequest(format!("{}: missing required field '{name}'", self.place))
    }

    fn wrong(&self, name: &str, wanted: &str, got: &Value) -> Refusal {
        self.refuse(name, &format!("expected {wanted}, got {}", type_name(got)))
    }

    /// Nothing where the field is absent or `null`.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// The real one cuts what it says about patterns.
fn shorten(text: &str) -> String {
    const MOST: usize = 160;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{} (truncated...)", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        Fields::new(value, "request body").unwrap()
    }

    #[test]
    fn refusals_name_the_field() {
        let mut it = fields(json!({"path": "./x", "limit": 0, "flag": 1, "more": true}));
        let text = |refusal| match refusal {
            Refusal::BadRequest(text) => text,
            other => panic!("{other:?}"),
        };
        let path = text(it.path("path", PathForm::Read).unwrap_err());
        assert!(path.starts_with("request body: path: './x' did not match pattern '(/("), "{path}");
        assert!(text(it.optional_number("limit", 1, 2000).unwrap_err()).contains("limit: 0 is not"));
        assert!(text(it.flag("flag", false).unwrap_err()).contains("expected boolean"));
        assert_eq!(text(it.text("rev").unwrap_err()), "request body: missing required field 'rev'");
        assert_eq!(text(it.finish().unwrap_err()), "request body: unknown field 'more'");
    }

    #[test]
    fn unions_come_in_two_forms() {
        for form in [json!("add"), json!({".tag": "add"})] {
            let got = fields(json!({"mode": form})).union("mode", &["add"]).unwrap();
            assert_eq!(got, Some(("add".into(), Value::Null)));
        }
        let got = fields(json!({"mode": {".tag": "update", "update": "x"}})).union("mode", &["update"]).unwrap();
        assert_eq!(got, Some(("update".into(), "x".into())));
        assert!(fields(json!({"mode": "other"})).union("mode", &["add"]).is_err());
    }
}
