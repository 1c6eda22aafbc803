//! Storages for tests: one in memory, and wrappers around it that crash, fail, and take turns.

mod crash;
mod fault;
mod gate;
mod memory;

pub use crash::{Crash, CrashingStorage, Loss, When};
pub use fault::{Fault, FaultyStorage, Operation, Rule};
pub use gate::{Actor, Gate, Order};
pub use memory::MemoryStorage;
