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
        self.0.iter().fold(text.to_owned(), |text, place| text.replace(place.as_str(), STORE))
    }
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
    }
}
