//! A store that is borrowed for one flow, or kept alive by a process that stays.

use std::{ops::Deref, sync::Arc};

use crate::Store;

#[derive(Clone)]
pub(crate) enum Held<'s> {
    Borrowed(&'s Store),
    Kept(Arc<Store>),
}

impl Deref for Held<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        match self {
            Self::Borrowed(store) => store,
            Self::Kept(store) => store,
        }
    }
}
