//! Entries that were seen lately: programs ask for the same one several times in a row, and listing a folder is mostly followed by a look at
//! what is in it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use larder_engine::Node;

/// Entries of a generation. Two generations are kept: some 10 MiB.
const GENERATION: usize = 8_192;

#[derive(Default)]
pub struct Recent(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<u64, Arc<Node>>,
    old: HashMap<u64, Arc<Node>>,
}

impl Recent {
    pub fn get(&self, inode: u64) -> Option<Arc<Node>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(node) = generations.young.get(&inode) {
            return Some(node.clone());
        }
        let node = generations.old.remove(&inode)?;
        generations.insert(inode, node.clone());
        Some(node)
    }

    pub fn insert(&self, inode: u64, node: Arc<Node>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(inode, node);
    }
}

impl Generations {
    fn insert(&mut self, inode: u64, node: Arc<Node>) {
        if self.young.len() == GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(inode, node);
    }
}
