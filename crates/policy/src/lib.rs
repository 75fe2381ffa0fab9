//! Runs an organisation's own rules: small WebAssembly modules that speak Kubewarden's waPC protocol.
//!
//! A module is compiled once ([`Host::load`]) and gets a clean instance for each call. It sees what it
//! is given and nothing else: no clock, no randomness, no environment, no file, no network. Its time,
//! memory, stack and words are bounded, and whatever it does, the answer is a value: an opinion that
//! the core puts among its own findings, or a [`Failure`] with its reason.
//!
//! What they are asked and what comes of it is in `clearance-hearing`. Neither crate judges a cluster or
//! has a sentence about one: policies do that.

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
mod config;
mod guest;
mod host;
mod metadata;
mod module;
mod settings;
mod unusable;
mod wapc;
mod wasi;

use std::sync::Arc;

pub use clearance_hearing::{
    Access, Answer, Applies, Basis, Bounds, Call, Callable, Capability, Cost, Described, Failure, Heard, Hearing, OnFailure, Operation,
    Question, Response, Snapshot, Trial, Weight, write_list,
};
pub use config::{Fault, Read};
pub use host::{Host, Mode};
pub use metadata::{Metadata, Resource, Rule};
pub use module::{LONGEST_MODULE, Module, digest};
pub use unusable::Unusable;

pub(crate) use clearance_hearing::cut;

/// A policy whose module runs here.
pub type Policy = clearance_hearing::Policy<Arc<Module>>;
/// Policies whose modules run here.
pub type Policies = clearance_hearing::Policies<Arc<Module>>;
