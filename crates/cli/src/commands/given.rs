//! What is given beside what is judged.

use std::io;
use std::path::Path;

use anyhow::{Result, bail};
use clearance_core::fleet::Identity;
use clearance_core::{Content, Document};
use clearance_render::{Output, Summary, Told};

use crate::read;
use crate::scan::Reader;

/// Tells what is wrong in a file that something is judged by.
pub fn tell_all(findings: &[Told], output: &mut dyn Output, summary: &mut Summary) -> io::Result<()> {
    for told in findings {
        output.finding(told)?;
        match told.finding.severity.as_str() {
            "error" => summary.errors += 1,
            "warning" => summary.warnings += 1,
            _ => summary.infos += 1,
        }
    }
    summary.told += usize::from(!findings.is_empty());
    Ok(())
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
        Ok(Self { name: path.to_string_lossy().into_owned(), text: read::named(path, reader.limits.bytes)? })
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
