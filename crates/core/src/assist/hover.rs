//! What a field is, at the place where it stands.

use core::fmt::Write as _;

use super::{Kind, Use, fields_at, shape_at};
use crate::document::Document;
use crate::finding::{Change, Finding, Language, Path, Segment, Text};
use crate::model::Slot;
use crate::prelude::*;
use crate::rules::Rule;
use crate::source::{Node, TextRange, Value};
use crate::verdict::{Rulebook, Verdict};

/// What is shown of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// Where it stands.
    pub range: TextRange,
    /// What it is, in Markdown.
    pub markdown: String,
}

const REQUIRED: Text = Text::new("Required for", "以下集群必填");
const FILLED: Text = Text::new("Filled in for", "以下集群自动填写");
const REFUSED: Text = Text::new("Not used by", "以下集群不使用");
const ALL: Text = Text::new("every cluster", "所有集群");
const WILL_BE: Text = Text::new("Will be filled in", "将自动填写");
const COMPONENTS: Text = Text::new("Components for this slot", "此插槽的组件");

impl Rulebook {
    /// What stands at an offset of a document: the field, the profiles that need or refuse it, what
    /// will be filled in below it, and the pages of the rules that find something there. `link`
    /// gives the address of a rule's page.
    #[must_use]
    pub fn hover(&self, document: &Document<'_>, verdict: &Verdict, offset: u32, link: impl Fn(&Rule) -> String) -> Option<Hover> {
        let language = self.settings().language;
        let (written, range) = entry_at(document, offset)?;
        let path = document.form.canonical(&written);
        let mut markdown = format!("**`{}`**\n", document.form.display(&path));
        let (_, field) = shape_at(&path)?;
        if let Some(field) = field {
            let _ = write!(markdown, "\n{}\n", field.about);
            self.profiles(&path, document, language, &mut markdown);
        }
        if let Some(Segment::Key(key)) = path.segments().get(2)
            && path.segments().len() <= 4
            && let Some(slot) = Slot::from_word(key)
        {
            self.components(slot, language, &mut markdown);
        }
        let below = verdict.fill.iter().filter_map(|change| match change {
            Change::Insert { path: at, value: Value::String(value) } if at.starts_with(&path) => Some((at, value)),
            _ => None,
        });
        let filled: Vec<String> = below.map(|(at, value)| format!("- `{}: {value}`\n", document.form.display(at))).collect();
        if !filled.is_empty() {
            let _ = write!(markdown, "\n{}:\n\n{}", WILL_BE.in_language(language), filled.concat());
        }
        let here = |finding: &&Finding| finding.place.path() == Some(&path);
        for finding in verdict.findings.iter().filter(here) {
            let rule = finding.rule;
            let _ = write!(markdown, "\n{}: [{}]({})\n", rule.headline.in_language(language), rule.name, link(rule));
        }
        Some(Hover { range, markdown })
    }

    /// Which kinds of cluster need the field, and which do not use it.
    fn profiles(&self, path: &Path, document: &Document<'_>, language: Language, markdown: &mut String) {
        let mut above = document.form.written(path).unwrap_or_default();
        above.pop();
        let fields = fields_at(document.form, &above);
        let Some((_, field)) = fields.iter().find(|(own, _)| own == path) else { return };
        let profiles = self.catalog().profiles();
        for (title, wanted) in [(REQUIRED, Use::Required), (FILLED, Use::Filled), (REFUSED, Use::Refused)] {
            let rows: Vec<String> = profiles
                .iter()
                .filter(|profile| Kind::of(profile).makes_of(path, field) == wanted)
                .map(|profile| format!("`{}`", profile.name()))
                .collect();
            let who = if rows.len() == profiles.len() { ALL.in_language(language).to_owned() } else { rows.join(", ") };
            // What nobody uses or everybody gets filled in says its own sentence.
            if !rows.is_empty() && (wanted == Use::Required || rows.len() < profiles.len()) {
                let _ = write!(markdown, "\n{}: {who}\n", title.in_language(language));
            }
        }
    }

    fn components(&self, slot: Slot, language: Language, markdown: &mut String) {
        let _ = write!(markdown, "\n{}:\n\n", COMPONENTS.in_language(language));
        for component in self.catalog().in_slot(slot) {
            let additions: Vec<String> = component.additions.iter().map(|addition| format!("`{}`", addition.name)).collect();
            let _ = writeln!(markdown, "- `{}` · `{}` {}", component.name, component.namespace, additions.join(", "));
        }
    }
}

/// The deepest entry at an offset: its path as it is written, and its key or value.
fn entry_at(document: &Document<'_>, offset: u32) -> Option<(Path, TextRange)> {
    fn look(node: &Node<'_>, path: &Path, offset: u32, found: &mut Option<(Path, TextRange)>) {
        let holds = |range: TextRange| range.start <= offset && offset <= range.end;
        for entry in node.entries().iter().filter(|entry| !entry.merged && !entry.value.alias) {
            let below = path.clone().key(entry.key.clone().into_owned());
            if holds(entry.key_range) {
                *found = Some((below.clone(), entry.key_range));
            } else if holds(entry.value.range) {
                if !matches!(entry.value.value, Value::Map(_) | Value::List(_) | Value::Null) {
                    *found = Some((below.clone(), entry.value.range));
                }
                look(&entry.value, &below, offset, found);
            }
        }
        for (index, item) in node.items().iter().enumerate().filter(|(_, item)| !item.alias && holds(item.range)) {
            look(item, &path.clone().index(index), offset, found);
        }
    }
    let mut found = None;
    look(&document.root, &Path::root(), offset, &mut found);
    found
}
