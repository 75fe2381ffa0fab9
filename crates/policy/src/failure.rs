//! What can go wrong with a policy, in words for whoever runs it.

use std::time::Duration;

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It was stopped.
    #[error("it ran longer than the {} ms that it may", .0.as_millis())]
    Time(Duration),
    /// It asked for more memory than it gets, and gave up.
    #[error("it wants more than the {} MiB of memory that it may have", .0 >> 20)]
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
    /// There is no instance of it.
    #[error("it cannot be started: {0}")]
    Start(String),
    /// It was never loaded.
    #[error("{0}")]
    Unusable(String),
}

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
