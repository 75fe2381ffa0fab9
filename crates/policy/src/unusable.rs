//! What is no policy, in words for whoever loads it.

use crate::Failure;

/// Why bytes are no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {why}")]
    Unread {
        /// Its path.
        path: String,
        /// What the system says.
        why: String,
    },
    /// Longer than anybody needs.
    #[error("the module has {0} bytes, and at most {most} are taken", most = crate::LONGEST_MODULE)]
    TooLarge(u64),
    /// Something else.
    #[error("this is no WebAssembly: it does not begin with `\\0asm`")]
    NotWasm,
    /// The newer kind of WebAssembly.
    #[error("this is a WebAssembly component; a policy is a core module (for Rust: target `wasm32-unknown-unknown` or `wasm32-wasip1`)")]
    Component,
    /// It ends too early, or is damaged.
    #[error("the module is damaged: {0}")]
    Damaged(String),
    /// It wants of the host what there is not.
    #[error("the module imports `{module}.{name}`, which this host does not have")]
    Import {
        /// The module of the import.
        module: String,
        /// Its name.
        name: String,
    },
    /// It cannot be called.
    #[error("the module exports no `{0}` as a policy does (waPC)")]
    Export(&'static str),
    /// What it says of itself is wrong.
    #[error("its metadata (`io.kubewarden.metadata`) cannot be read: {0}")]
    Metadata(String),
    /// What it says of its settings is wrong.
    #[error("its schema of settings (`io.clearance.settings`) cannot be used: {0}")]
    Schema(String),
    /// It is written for another engine.
    #[error("it is a policy for `{0}`; only those of `kubewarden-wapc` are run")]
    Execution(String),
    /// It speaks another protocol.
    #[error("it speaks protocol {0}, and only v1 is spoken here")]
    Protocol(String),
    /// It fails before it is asked anything.
    #[error("it cannot be started: {0}")]
    Start(Failure),
}
