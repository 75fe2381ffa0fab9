//! `clearance rules`

use std::fmt::Write;

use anyhow::Result;
use clap::Args;
use clearance_core::rules;
use clearance_render::Rule;

use super::{Exit, Format, Look};
use crate::markdown::{bold, styled};
use crate::output::print;

/// Lists all rules.
#[derive(Args)]
pub struct Rules {
    /// How the list is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Rules {
    pub fn run(&self, look: Look) -> Result<Exit> {
        let rules: Vec<Rule> = rules::all().map(|rule| Rule::of(rule, look.language())).collect();
        match self.format {
            Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&rules)?))?,
            Format::Text => print(&table(&rules, look.color(&std::io::stdout())))?,
        }
        Ok(Exit::Clean)
    }
}

fn table(rules: &[Rule], color: bool) -> String {
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut group = "";
    for rule in rules {
        if rule.group != group {
            if !group.is_empty() {
                text.push('\n');
            }
            group = rule.group;
            let _ = writeln!(text, "{}", bold(group, color));
        }
        let style = match rule.severity {
            "error" => "\u{1b}[91m",
            "warning" => "\u{1b}[33m",
            _ => "\u{1b}[94m",
        };
        let severity = styled(&format!("{:7}", rule.severity), style, color);
        let fix = if rule.fixable { "fix" } else { "   " };
        let status = if rule.status == "stable" { String::new() } else { format!(" ({})", rule.status) };
        let _ = writeln!(text, "  {:width$}  {severity}  {fix}  {}{status}", rule.name, rule.headline);
    }
    text
}
