//! `clearance policy new`

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::super::Exit;
use crate::output::print;

/// Begins a policy: a small Rust crate with settings, a test and a case.
#[derive(Args)]
pub struct New {
    /// Its name: lower-case letters, digits and `-`.
    name: String,
    /// Where its directory is made.
    #[arg(long, value_name = "DIRECTORY", default_value = ".")]
    into: PathBuf,
    /// Where the crate `clearance-policy` lies, instead of the repository that it is published in.
    #[arg(long, value_name = "DIRECTORY")]
    guest_crate: Option<PathBuf>,
}

/// The files of a new policy. `NAME` and `TYPE` stand for its name, `MODULE` for what Cargo builds of it, `GUEST` for where the
/// guest crate is.
const FILES: [(&str, &str); 7] = [
    ("Cargo.toml", include_str!("../../../../../policies/template/Cargo.toml.txt")),
    (".cargo/config.toml", include_str!("../../../../../policies/.cargo/config.toml")),
    ("README.md", include_str!("../../../../../policies/template/README.md")),
    ("metadata.json", include_str!("../../../../../policies/template/metadata.json")),
    ("settings.schema.json", include_str!("../../../../../policies/template/settings.schema.json")),
    ("src/lib.rs", include_str!("../../../../../policies/template/src/lib.rs.txt")),
    ("cases/refused.yaml", include_str!("../../../../../policies/template/cases/refused.yaml")),
];

impl New {
    pub fn run(self) -> Result<Exit> {
        let name = &self.name;
        let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.ends_with('-') || !name.chars().all(is_letter) || name.len() > 63 {
            bail!("a policy's name is lower-case letters, digits and `-`, such as `allowed-domains`");
        }
        let directory = self.into.join(name);
        if directory.exists() {
            bail!("`{}` is there already", directory.display());
        }
        let guest = match &self.guest_crate {
            Some(path) => {
                let path = std::fs::canonicalize(path).with_context(|| format!("cannot find `{}`", path.display()))?;
                format!("path = {:?}", path.to_string_lossy())
            }
            None => format!("git = \"{}\"", env!("CARGO_PKG_REPOSITORY")),
        };
        let module = format!("target/wasm32-unknown-unknown/release/{}.wasm", name.replace('-', "_"));
        for (file, text) in FILES {
            let path = directory.join(file);
            std::fs::create_dir_all(path.parent().unwrap_or(&directory))
                .with_context(|| format!("cannot make `{}`", directory.display()))?;
            let text = text.replace("NAME", name).replace("TYPE", &type_of(name)).replace("MODULE", &module).replace("GUEST", &guest);
            std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        print(&format!(
            "{0} is begun. Next:\n\n  cd {0}\n  cargo test\n  cargo build --release --target wasm32-unknown-unknown\n  \
             clearance policy test {module} cases\n",
            directory.display()
        ))?;
        Ok(Exit::Clean)
    }
}

/// `allowed-domains` becomes `AllowedDomains`.
fn type_of(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.split('-').map(capital).collect()
}
