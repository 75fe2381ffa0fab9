//! `clearance explain`

mod field;

use anyhow::{Result, bail};
use clap::Args;
use clearance_core::rules::{self, Lookup, pages};

use super::{Exit, Look};
use crate::config::no_such_rule;
use crate::markdown::render;
use crate::output::print;

/// Explains a rule, or a field.
#[derive(Args)]
pub struct Explain {
    /// The rule's name.
    #[arg(required_unless_present = "path", conflicts_with = "path")]
    rule: Option<String>,
    /// A field, in the words of any form: `spec.hostCluster`, `components_list.gateway`.
    #[arg(long)]
    path: Option<String>,
}

impl Explain {
    pub fn run(&self, look: Look) -> Result<Exit> {
        let color = look.color(&std::io::stdout());
        let text = match (&self.rule, &self.path) {
            (Some(rule), _) => render(page(rule)?, color),
            (None, Some(path)) => field::explain(path, look.language(), color)?,
            (None, None) => String::new(),
        };
        print(&text)?;
        Ok(Exit::Clean)
    }
}

fn page(name: &str) -> Result<&'static str> {
    let rule = match rules::find(name) {
        Lookup::Known(rule) => rule,
        Lookup::Removed(rule) => bail!("the rule `{name}` was removed in {}", rule.status.words().1),
        Lookup::Unknown { nearest } => bail!(no_such_rule(name, nearest)),
    };
    match pages::page(rule.name) {
        Some(page) => Ok(page),
        None => bail!("the rule `{name}` has no page"),
    }
}
