//! The floor says what the rules say: the CRD's schema and CEL expressions, as shipped, beside the core.
//!
//! The expressions are evaluated by `kube-cel`; that a real API server agrees is shown in its own tests.

mod agreement;
mod api_server;
mod corpus;
mod objects;
mod rules;
mod server;
