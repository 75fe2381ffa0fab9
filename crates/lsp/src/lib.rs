//! The editor door: a language server that judges open buffers with the repository around them.
//!
//! It carries and does not judge: what is said of a cluster, what may come next and what a field is,
//! the core says. Here are buffers, files and the protocol.
//!
//! One thread reads messages, one writes them, and one does everything else: a judgement takes
//! microseconds, so that nothing has to be shared. What has come in meanwhile is taken together, so
//! that only the last state of a buffer is judged, and a request about an older one is not answered
//! with what is no longer so.

mod actions;
mod assist;
mod buffer;
mod client;
mod diagnostics;
mod disk;
mod editor;
mod names;
mod outline;
mod repository;
mod salvage;
mod server;
mod settings;
mod transport;
mod uri;

use std::io::{Read, Write};

pub use server::End;

/// Why the server could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client breaks the protocol so that nothing can be understood any more.
    #[error("the client does not speak the language server protocol: {0}")]
    Protocol(String),
    /// The client takes nothing off.
    #[error("the client has not read what was sent to it for too long")]
    Stuck,
}

/// Serves one client until it leaves. `input` and `output` are what the client writes and reads.
///
/// # Errors
/// When the client does not speak the protocol, or no longer reads.
pub fn serve(input: impl Read + Send + 'static, output: impl Write + Send + 'static) -> Result<End, Error> {
    let transport = transport::Transport::new(input, output);
    let result = server::run(&transport);
    transport.finish();
    result
}
