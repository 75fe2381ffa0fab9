//! The door as the API server meets it: a real server, its own certificate, real TLS.

mod admission;
mod envelope;
mod fleet;
mod life;
mod process;
mod secure;
mod server;
mod traffic;
mod watched;
