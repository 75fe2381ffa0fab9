//! `clearance policy inspect`

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use clearance_policy_host::{Mode, Module};
use serde_json::json;

use super::super::{Exit, Format};
use crate::output::print;

/// Shows what a module is: what it says of itself, what it imports, what it wants.
#[derive(Args)]
pub struct Inspect {
    /// The module, or a directory with `policy.wasm`.
    module: PathBuf,
    /// How it is shown.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
}

impl Inspect {
    pub fn run(self) -> Result<Exit> {
        let module = super::load(&self.module, Mode::Server)?;
        match self.format {
            Format::Text => print(&text(&module))?,
            Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&value(&module))?))?,
        }
        Ok(Exit::Clean)
    }
}

fn value(module: &Module) -> serde_json::Value {
    json!({
        "digest": format!("sha256:{}", module.digest()),
        "bytes": module.size(),
        "protocol": module.protocol(),
        "metadata": module.metadata(),
        "settings": module.schema(),
        "imports": module.imports(),
        "startsOnce": module.is_started(),
    })
}

fn text(module: &Module) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<13}{value}");
    };
    let metadata = module.metadata();
    let word = |name| metadata.and_then(|metadata| metadata.annotation(name));
    line("title", word("io.kubewarden.policy.title").unwrap_or("none"));
    if let Some(description) = word("io.kubewarden.policy.description") {
        line("description", description);
    }
    line("digest", &format!("sha256:{}", module.digest()));
    line("size", &format!("{} bytes", module.size()));
    line("protocol", module.protocol().unwrap_or("v1, as it does not say"));
    match metadata {
        None => line("metadata", "none (`io.kubewarden.metadata`)"),
        Some(metadata) => {
            line("mutating", if metadata.mutating { "yes: it changes objects where its configuration has `mutates: true`" } else { "no" });
            for rule in &metadata.rules {
                let list = |words: &[String]| words.join(", ");
                let (operations, resources, groups) = (list(&rule.operations), list(&rule.resources), list(&rule.api_groups));
                line("for", &format!("{operations} of {resources} in {groups}"));
            }
            for resource in &metadata.context_aware_resources {
                line("looks up", &format!("{} of {}", resource.kind, resource.api_version));
            }
        }
    }
    let is_asking = module.imports().iter().any(|import| import == "wapc.__host_call");
    line("host calls", if is_asking { "it can make them; each capability must be granted" } else { "none" });
    line("settings", if module.schema().is_some() { "checked by its own schema" } else { "it has no schema (`io.clearance.settings`)" });
    line("start", if module.is_started() { "done once, before all calls" } else { "in each call" });
    line("imports", &module.imports().join(" "));
    text
}
