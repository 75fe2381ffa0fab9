//! An organisation's own catalogue, from its file.

use std::path::Path;

use anyhow::Result;
use clearance_core::finding::Finding;
use clearance_core::source::{Format, Limits, LineIndex};
use clearance_core::{Catalog, Document, Form, Language, catalog};
use clearance_render::{NoShelf, Teller, Told};

use crate::read;

/// The longest catalogue.
const LONGEST: usize = 4 << 20;

/// A catalogue as it stands in a file.
#[derive(Debug)]
pub struct OwnCatalog {
    name: String,
    text: String,
    findings: Vec<Finding>,
    catalog: Option<Catalog>,
}

impl OwnCatalog {
    /// Reads one.
    ///
    /// # Errors
    /// Where the file cannot be read. What is wrong in it is a finding.
    pub fn read(path: &Path) -> Result<Self> {
        let text = read::named(path, LONGEST)?;
        let name = path.to_string_lossy().into_owned();
        let (catalog, findings) = catalog::read(&text, Some(&name));
        Ok(Self { name, text, findings, catalog })
    }

    /// The table; nothing where it cannot be used.
    #[must_use]
    pub fn catalog(&self) -> Option<&Catalog> {
        self.catalog.as_ref()
    }

    /// What is to be said of the catalogue itself, with the lines that it is about where `with_excerpt` says so.
    #[must_use]
    pub fn findings(&self, language: Language, with_excerpt: bool) -> Vec<Told> {
        let format = Format::of(Some(&self.name), &self.text);
        let document = Document::read_as(&self.text, format, Form::Resource, &Limits::default());
        let lines = LineIndex::new(&self.text);
        let teller = Teller::new(&document, &lines, &self.name, None, language, &NoShelf);
        self.findings.iter().map(|finding| teller.tell(finding, with_excerpt)).collect()
    }
}
