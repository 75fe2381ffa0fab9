//! What the registrar works with, run as it is elsewhere: a forge and a secret store.

mod gitea;
mod vault;

pub use gitea::{Gitea, May};
pub use vault::Vault;

fn client() -> reqwest::blocking::Client {
    // A second test in the same process finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::blocking::Client::new()
}
