//! What holds of the core whatever a document says: looked for in thousands of generated ones.
//!
//! `CLEARANCE_CASES=100000 cargo test --release -p clearance-tests --test properties` looks longer.

mod properties {
    mod convert;
    mod fill;
    mod findings;
    mod fixes;
    mod mend;
    mod spread;
    mod structure;
    pub(crate) mod support;
}
