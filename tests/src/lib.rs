//! What crosses doors: a corpus of cases, and a harness that takes every case through every door.
//!
//! A case says what is expected, not how to call it. A door says what it can see.

pub mod case;
pub mod controlplane;
pub mod door;
pub mod generate;
pub mod observed;

pub use case::Case;
pub use door::Door;
pub use observed::Observed;
