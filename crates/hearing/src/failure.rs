//! What can go wrong with a policy, in words for whoever runs it.

use core::time::Duration;

use crate::prelude::*;

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It was stopped.
    #[error("it ran longer than the {} ms that it may", millis(*.0))]
    Time(Duration),
    /// It asked for more memory than it gets, and gave up.
    #[error("it wants more than the {} of memory that it may have", size(*.0))]
    Memory(usize),
    /// It called itself too deeply.
    #[error("it used up its stack")]
    Stack,
    /// It did what WebAssembly forbids, or gave up.
    #[error("it ended by a trap: {0}")]
    Trap(String),
    /// It ended itself.
    #[error("it ended itself, with code {0}")]
    Exited(i32),
    /// It gave the host a place that is not in its memory.
    #[error("it passed {length} bytes at {address}, which do not lie in its memory")]
    Pointer {
        /// Where they should begin.
        address: u32,
        /// How many there should be.
        length: u32,
    },
    /// It said too much.
    #[error("it passed more than the {0} bytes that it may")]
    TooLong(usize),
    /// It asked the host too often.
    #[error("it asked the host more than the {0} times that it may")]
    Questions(usize),
    /// It answered that something is wrong.
    #[error("it answered with an error: {0}")]
    Refused(String),
    /// It said that all is well, and no more.
    #[error("it gave no answer")]
    Silent,
    /// What it answered is no text.
    #[error("its answer is not UTF-8")]
    NotUtf8,
    /// What it answered is something else.
    #[error("its answer cannot be understood: {0}")]
    Answer(String),
    /// It changed the object, and is not allowed to.
    #[error("it changes the object, and `mutates` does not allow that")]
    Mutation,
    /// It changed more than anyone completes.
    #[error("it changes more than the {0} fields that it may")]
    ManyChanges(usize),
    /// There is no instance of it.
    #[error("it cannot be started: {0}")]
    Start(String),
    /// It was never loaded.
    #[error("{0}")]
    Unusable(String),
    /// Its answer is still to come. Nobody is told so: a door asks again when it is there.
    #[error("it was not asked yet")]
    Unasked,
}

/// Bytes in the unit that says them without a fraction, as far as that is one of memory.
fn size(bytes: usize) -> String {
    if bytes.trailing_zeros() >= 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}

/// Its numbers have 128 bits by themselves, and printing such takes a page of code.
fn millis(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1000).saturating_add(u64::from(time.subsec_millis()))
}
