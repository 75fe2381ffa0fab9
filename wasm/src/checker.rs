//! Rules and a fleet, held for many texts.

use clearance_core::catalog;
use clearance_core::source::LineIndex;
use clearance_core::{Catalog, Rulebook};

use crate::fleet::Others;
use crate::judge;
use crate::mirror::{Added, Verdict};
use crate::options::{Misuse, Request, Settings};
use crate::policies::{Desk, Policies};
use crate::prelude::*;

/// Rules, settings and a fleet.
#[derive(Debug)]
pub struct Checker {
    pub(crate) rulebook: Rulebook,
    pub(crate) others: Others,
    pub(crate) policies: Policies,
    pub(crate) desk: Desk,
}

impl Checker {
    /// The stock rules under settings.
    pub fn new(settings: &Settings) -> Result<Self, Misuse> {
        let catalog = match &settings.catalog {
            Some(text) => own_catalog(text, settings.catalog_name.as_deref().unwrap_or("catalog.yaml"))?,
            None => Catalog::built_in().clone(),
        };
        let default = clearance_core::Settings::default();
        let limit = settings.limit.unwrap_or(default.limit);
        let rules = clearance_core::Settings {
            severities: settings.severities.clone(),
            suppressions: settings.suppressions.clone(),
            limit,
            ..default
        };
        Ok(Self {
            rulebook: Rulebook::new(catalog, rules),
            others: Others::new(settings.complete),
            policies: Policies::default(),
            desk: Desk::default(),
        })
    }

    /// Adds what a text holds to the fleet.
    pub fn add(&mut self, text: &str, file: Option<String>) -> Added {
        self.others.add(&self.rulebook, text, file)
    }

    /// Takes out what came from a file; returns whether there was anything.
    pub fn remove(&mut self, file: &str) -> bool {
        self.others.remove(file)
    }

    /// Judges a text. Where policies hold, the verdict is whole when they left no question.
    pub fn check(&mut self, text: &[u8], request: &Request) -> Verdict {
        self.desk.begin();
        let verdict = judge::check(&self.rulebook, &mut self.others, &self.policies, text, request);
        self.desk.end();
        verdict
    }
}

/// An organisation's catalogue: it is used whole or not at all.
fn own_catalog(text: &str, name: &str) -> Result<Catalog, Misuse> {
    let (catalog, findings) = catalog::read(text, Some(name));
    if let Some(catalog) = catalog {
        return Ok(catalog);
    }
    let Some(finding) = findings.iter().max_by_key(|finding| finding.severity) else {
        return Err(Misuse(format!("the catalogue `{name}` is empty")));
    };
    let lines = LineIndex::new(text);
    let format = clearance_core::source::Format::of(Some(name), text);
    let parsed = clearance_core::source::read(text, format, &clearance_core::Limits::default()).into_iter().next();
    let position = parsed.map(|parsed| {
        let document = clearance_core::Document::plain(text, format, parsed);
        let at = lines.position(text, document.range_of(&finding.place).start, clearance_core::source::Encoding::Utf16);
        format!(":{}:{}", at.line + 1, at.column + 1)
    });
    let message = finding.message(clearance_core::Language::English);
    Err(Misuse(format!("the catalogue cannot be used: {name}{}: {message} ({})", position.unwrap_or_default(), finding.rule.name)))
}
