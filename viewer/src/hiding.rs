//! Takes the paths of this machine out of what is said to the page.

/// What the store is called instead of where it lies.
const STORE: &str = "the store";

/// Texts that must not leave the machine.
#[derive(Clone, Debug, Default)]
pub struct Hiding(Vec<String>);

impl Hiding {
    /// `places` are the ways in which the store's place is written in messages.
    pub fn new(places: impl IntoIterator<Item = String>) -> Self {
        let mut places: Vec<_> = places.into_iter().filter(|place| is_path(place)).collect();
        // The longer ones first: one may be a part of another.
        places.sort_by_key(|place| std::cmp::Reverse(place.len()));
        places.dedup();
        Self(places)
    }

    pub fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, place| hide(&text, place))
    }
}

/// Hides a place and what is in it; what only begins with its name, or ends like it, is another place.
fn hide(text: &str, place: &str) -> String {
    let (mut hidden, mut done) = (String::with_capacity(text.len()), 0);
    for (at, _) in text.match_indices(place) {
        let end = at + place.len();
        let before = text[..at].chars().next_back();
        let mut after = text[end..].chars();
        let goes_on = match after.next() {
            // A point may end a sentence.
            Some('.') => after.next().is_some_and(is_of_name),
            after => after.is_some_and(is_of_name),
        };
        if goes_on || before.is_some_and(|c| is_of_name(c) || c == '.' || c == '/') {
            continue;
        }
        hidden.push_str(&text[done..at]);
        hidden.push_str(STORE);
        done = end;
    }
    hidden.push_str(&text[done..]);
    hidden
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || "_-~+".contains(c)
}

/// A place at a provider is no secret of the machine, and a word may stand in any sentence.
fn is_path(place: &str) -> bool {
    place.len() > 1 && place.contains('/') && !place.contains(":/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_hidden_and_words_are_not() {
        let hiding = Hiding::new(["./save".into(), "/home/ann/save".into(), "save".into(), "dropbox:/Larder".into()]);
        assert_eq!(hiding.hide("cannot read /home/ann/save/packs/a"), "cannot read the store/packs/a");
        assert_eq!(hiding.hide("cannot read ./save/config"), "cannot read the store/config");
        assert_eq!(hiding.hide("save it in dropbox:/Larder"), "save it in dropbox:/Larder");
        assert_eq!(hiding.hide("it is `/home/ann/save`, or ./save."), "it is `the store`, or the store.");
    }

    #[test]
    fn what_lies_beside_the_store_keeps_its_name() {
        let hiding = Hiding::new(["./save".into(), "/home/ann/save".into()]);
        for other in
            ["/home/ann/saved/film", "/home/ann/save-2", "/home/ann/save.old/a", "/mnt/home/ann/save/a", "../save/a"]
        {
            assert_eq!(hiding.hide(other), other);
        }
        assert_eq!(hiding.hide("/home/ann/saved: /home/ann/save/packs/a"), "/home/ann/saved: the store/packs/a");
    }
}
