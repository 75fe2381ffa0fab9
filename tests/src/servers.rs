//! What the registrar works with, run as it is elsewhere: a forge and a secret store.

use anyhow::Context;

mod gitea;
mod vault;

pub use gitea::{Gitea, May};
pub use vault::Vault;

/// The first block of a language in the registrar's README: what a person is told to allow is what is allowed here.
pub fn shown(language: &str) -> anyhow::Result<String> {
    let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/registrar/README.md");
    let text = std::fs::read_to_string(readme)?;
    let block = text.split_once(&format!("```{language}\n")).and_then(|(_, rest)| rest.split_once("```"));
    block.map(|(block, _)| block.to_owned()).with_context(|| format!("the README shows no {language}"))
}

fn client() -> reqwest::blocking::Client {
    // A second test in the same process finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::blocking::Client::new()
}
