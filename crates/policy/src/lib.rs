//! Runs an organisation's own rules: small WebAssembly modules that speak Kubewarden's waPC protocol.
//!
//! A module is compiled once ([`Host::load`]) and gets a clean instance for each call. It sees what it
//! is given and nothing else: no clock, no randomness, no environment, no file, no network. Its time,
//! memory, stack and words are bounded, and whatever it does, the answer is a value: an opinion that
//! the core puts among its own findings, or a [`Failure`] with its reason.
//!
//! This crate judges no cluster and has no sentence about one: policies do that.

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

mod bake;
mod call;
mod capability;
mod changes;
mod config;
mod failure;
mod guest;
mod hearing;
mod host;
mod metadata;
mod module;
mod path;
mod policies;
mod policy;
mod request;
mod response;
mod wapc;
mod wasi;

pub use call::{Answer, Bounds, Call, Cost};
pub use capability::{Access, Capability, Snapshot};
pub use config::{Fault, Read};
pub use failure::{Failure, Unusable};
pub use hearing::{Basis, Described, Hearing};
pub use host::{Host, Mode};
pub use metadata::{Metadata, Resource, Rule};
pub use module::{LONGEST_MODULE, Module};
pub use policies::{Heard, Policies};
pub use policy::{Applies, OnFailure, Policy, Trial};
pub use request::{Operation, Question};
pub use response::{Response, Weight};
