//! Helm's templates: no descriptions until Helm has rendered them.

use std::path::Path;

use crate::input::{Input, Source};

/// What actions of Helm's templates begin with.
const ACTIONS: &[&str] =
    &[".Values", ".Release", ".Chart", ".Files", ".Capabilities", "include ", "template ", "define ", "if ", "range ", "with ", "toYaml "];

/// Whether a file is a template: one of a chart, whoever names it, or one that was found and holds Helm's actions.
#[must_use]
pub fn is_one(input: &Input, text: &str) -> bool {
    let Source::File(path) = &input.source else { return false };
    text.contains("{{") && (is_in_chart(path) || !input.named && has_action(text))
}

fn is_in_chart(path: &Path) -> bool {
    let is_templates = |directory: &&Path| directory.file_name().is_some_and(|name| name == "templates");
    path.ancestors().skip(1).filter(is_templates).any(|directory| directory.with_file_name("Chart.yaml").is_file())
}

fn has_action(text: &str) -> bool {
    text.split("{{").skip(1).any(|inside| {
        let inside = inside.trim_start_matches('-').trim_start();
        ACTIONS.iter().any(|action| inside.starts_with(action))
    })
}
