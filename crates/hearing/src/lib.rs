//! What policies are asked, and what comes of their answers.
//!
//! A policy is code of others, and who runs it differs: a server by an engine of its own
//! (`clearance-policy-host`), a browser by the engine that it has. Everything else is here and the same
//! at every door: the question, the reading of the answer, what a door's fleet tells, and the sentence
//! about a policy that gave no verdict. A browser runs this crate too, so it needs no standard library.

#![cfg_attr(not(test), no_std)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]

extern crate alloc;

mod call;
mod capability;
mod changes;
mod failure;
mod heard;
mod hearing;
mod json;
mod path;
mod policies;
mod policy;
mod prelude;
mod request;
mod response;
mod wire;

pub use call::{Answer, Bounds, Call, Callable, Cost};
pub use capability::{Access, Capability, MOST_QUESTIONS, Snapshot};
pub use failure::Failure;
pub use heard::{Heard, Related};
pub use hearing::{Basis, Described, Hearing};
pub use policies::{Policies, Said};
pub use policy::{Applies, OnFailure, Policy, Trial};
pub use request::{Operation, Question};
pub use response::{Finding, Response, Weight, cut};
pub use wire::{read_list, write_list};
