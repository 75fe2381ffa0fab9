//! What is given beside what is judged: a catalogue, and what was there before.

use std::io;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use clearance_core::finding::Finding;
use clearance_core::fleet::Identity;
use clearance_core::source::{Format, Limits, LineIndex};
use clearance_core::{Catalog, Content, Document, Form, Rulebook, Severity, catalog};
use clearance_render::{Detail, NoShelf, Output, Summary, Teller};

use crate::input::cannot_read;
use crate::read;
use crate::scan::Reader;

fn text(path: &Path, limits: &Limits) -> Result<String> {
    let mut buffer = Vec::new();
    read::file(path, limits.bytes, &mut buffer).map(str::to_owned).map_err(|why| anyhow!(cannot_read(path, &why.reason())))
}

/// A catalogue of one's own.
pub struct OwnCatalog {
    name: String,
    text: String,
    findings: Vec<Finding>,
    /// The table; nothing where it cannot be used.
    pub catalog: Option<Catalog>,
}

impl OwnCatalog {
    pub fn read(path: &Path, limits: &Limits) -> Result<Self> {
        let (name, text) = (path.to_string_lossy().into_owned(), text(path, limits)?);
        let (catalog, findings) = catalog::read(&text, Some(&name));
        Ok(Self { name, text, findings, catalog })
    }

    /// Tells what is to be said of the catalogue itself.
    pub fn tell(&self, rulebook: &Rulebook, output: &mut dyn Output, summary: &mut Summary) -> io::Result<()> {
        let format = Format::of(Some(&self.name), &self.text);
        let document = Document::read_as(&self.text, format, Form::Resource, &Limits::default());
        let lines = LineIndex::new(&self.text);
        let teller = Teller::new(&document, &lines, &self.name, None, rulebook.settings().language, &NoShelf);
        for finding in &self.findings {
            output.finding(&teller.tell(finding, output.wants() == Detail::Excerpt))?;
            match finding.severity {
                Severity::Error => summary.errors += 1,
                Severity::Warning => summary.warnings += 1,
                Severity::Info => summary.infos += 1,
            }
        }
        summary.told += usize::from(!self.findings.is_empty());
        Ok(())
    }
}

/// The text of what described clusters until now.
pub struct OldText {
    name: String,
    text: String,
}

impl OldText {
    /// A text that was read elsewhere.
    pub fn of(name: String, text: String) -> Self {
        Self { name, text }
    }

    pub fn read(path: &Path, reader: &Reader<'_>) -> Result<Self> {
        Ok(Self { name: path.to_string_lossy().into_owned(), text: text(path, &reader.limits)? })
    }

    /// The clusters in it.
    pub fn documents(&self, reader: &Reader<'_>) -> Result<Vec<(Identity, Document<'_>)>> {
        let mut documents = Vec::new();
        for content in Document::read_all(&self.text, Some(&self.name), &reader.limits) {
            let Content::Cluster(mut document) = content else { continue };
            if let Some(name) = reader.name {
                document = document.named(name.to_owned());
            }
            let identity = reader.rulebook.examine(&document, reader.now).record.identity();
            documents.push((identity, document));
        }
        if documents.is_empty() {
            bail!("`{}` holds no cluster that an update could start from", self.name);
        }
        Ok(documents)
    }
}
