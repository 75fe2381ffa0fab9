//! Changes to a description, told as changes to paths.
//!
//! A source turns them into edits of its text, the webhook into JSON Patch operations, a form into
//! what a button does. Rules and defaults speak of nothing else.

use super::Path;
use crate::prelude::*;
use crate::source::{TextEdit, Value};

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Replaces the value that stands at `path`. Where a document has none, there is nothing to do.
    Set {
        /// Where.
        path: Path,
        /// The new value.
        value: Value<'static>,
    },
    /// Adds a value at `path`, where there is none or `null`; missing maps on the way are made.
    Insert {
        /// Where.
        path: Path,
        /// The value.
        value: Value<'static>,
    },
    /// Removes the entry or item at `path`.
    Remove {
        /// What.
        path: Path,
        /// Which one of a key that is given several times, from 0 in the order of the text; the last one if not said.
        occurrence: Option<usize>,
    },
    /// Gives the key at `path` another name.
    Rename {
        /// The key.
        path: Path,
        /// Its new name.
        to: String,
    },
    /// Edits the text itself. Only faults of text offer it.
    Edit(Vec<TextEdit>),
}
