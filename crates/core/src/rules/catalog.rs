//! Faults of a catalogue file that its structure does not show.

use super::{Check, rules};

rules! { "catalog";
    INVALID_CATALOG = "invalid-catalog", Error, Invalid, false, Check::Reader,
        "a catalogue contradicts itself", "组件目录自相矛盾";
}
