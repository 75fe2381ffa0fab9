//! One call of a policy: a clean instance, a question, an answer. Who makes it is the door's.

use alloc::sync::Arc;
use core::time::Duration;

use crate::capability::Access;
use crate::failure::Failure;
use crate::prelude::*;

/// A policy's module, as a door can call it.
pub trait Callable {
    /// Asks it, in an instance that nobody has used before. [`Failure::Unasked`] where the answer is
    /// still to come: then the same is asked again later.
    fn call(&self, call: Call<'_>) -> Answer;
}

impl<T: Callable> Callable for Arc<T> {
    fn call(&self, call: Call<'_>) -> Answer {
        T::call(self, call)
    }
}

/// What a call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How long it may run; it is stopped soon after that.
    pub time: Duration,
    /// How much memory it may have, in bytes.
    pub memory: usize,
}

impl Default for Bounds {
    /// Half a second, 64 MiB.
    fn default() -> Self {
        Self { time: Duration::from_millis(500), memory: 64 << 20 }
    }
}

/// A question.
#[derive(Debug)]
pub struct Call<'c> {
    /// What is wanted: `validate`, `validate_settings`, `protocol_version`.
    pub operation: &'c str,
    /// The question itself, JSON.
    pub payload: Vec<u8>,
    /// What it may use.
    pub bounds: Bounds,
    /// What it may ask the host.
    pub access: Access,
}

/// What came of a call.
#[derive(Debug)]
pub struct Answer {
    /// The answer, or why there is none.
    pub response: Result<Vec<u8>, Failure>,
    /// What it cost.
    pub cost: Cost,
    /// What the policy logged.
    pub log: Vec<String>,
    /// The capabilities that it asked for and does not have, as `binding/namespace/operation`.
    pub denied: Vec<String>,
}

impl Answer {
    /// No answer, for a reason that cost nothing.
    #[must_use]
    pub fn none(why: Failure) -> Self {
        Self { response: Err(why), cost: Cost::default(), log: Vec::new(), denied: Vec::new() }
    }
}

/// What a call cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// How long it took, instance included.
    pub time: Duration,
    /// The most memory that it had, in bytes.
    pub memory: usize,
    /// The fuel that it burnt: about one a WebAssembly instruction; only counted where that is asked for.
    pub fuel: Option<u64>,
}
