//! `clearance locate`

use std::path::{Path as FilePath, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::Args;
use clearance_core::finding::Place;
use clearance_core::source::{Limits, LineIndex};
use clearance_core::{Content, Document, Rulebook};
use clearance_render::{Finding, Output, Spot, Summary, Told};

use super::{Exit, Look};
use crate::input::{self, Input, cannot_read};
use crate::output::{cannot_write, complain, warn};
use crate::refusal::{self, Cause};
use crate::report::{Format, Reports};
use crate::scan::Reader;

/// Finds the lines that a refusal of the API server speaks of.
///
/// It reads what `kubectl apply` or Argo CD's sync says: `kubectl apply -f . 2>&1 | clearance locate -`.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 every cause was found, or there is none; 1 some were not; 2 used wrongly, or something could not be read."
)]
pub struct Locate {
    /// The message, or `-` for standard input.
    #[arg(value_name = "MESSAGE")]
    message: PathBuf,
    /// Where the descriptions are.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// How the places are written.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
}

impl Locate {
    pub fn run(&self, look: Look) -> Result<Exit> {
        let limits = Limits::default();
        let rulebook = Rulebook::default();
        let reader = Reader { rulebook: &rulebook, limits, now: 0, name: None };
        let message = input::collect(std::slice::from_ref(&self.message), "-", limits.bytes)?;
        if let Some(trouble) = message.troubles.first() {
            bail!("{trouble}");
        }
        let [message] = message.found.as_slice() else { bail!("`{}` is no single file", self.message.display()) };
        let mut buffer = Vec::new();
        let text = reader.open(message, &mut buffer).map_err(|why| anyhow!(cannot_read(FilePath::new(&message.name), &why.reason())))?;
        let mut open = refusal::causes(text);
        if open.is_empty() {
            warn("there is no refusal of a Cluster in this message");
            return Ok(Exit::Clean);
        }
        let inputs = input::collect(&self.paths, "-", limits.bytes)?;
        inputs.troubles.iter().for_each(|trouble| complain(trouble));
        let mut output = Reports { format: self.format, more: &[], show_filled: false, look }.open(&rulebook)?;
        let mut summary = Summary { unreadable: inputs.troubles.len(), ..Summary::default() };
        for input in &inputs.found {
            locate(&reader, input, &mut open, &mut output, &mut summary)?;
        }
        output.finish(&summary).map_err(cannot_write)?;
        for cause in &open {
            let of = cause.name.as_ref().map(|name| format!(" of `{name}`")).unwrap_or_default();
            complain(&format!("no file here has `{}`{of}: {}", cause.path, cause.sentence));
        }
        Ok(if summary.unreadable > 0 {
            Exit::Unusable
        } else if open.is_empty() {
            Exit::Clean
        } else {
            Exit::Findings
        })
    }
}

/// Tells the causes that stand in a file, and takes them out of those that are open.
fn locate(reader: &Reader<'_>, input: &Input, open: &mut Vec<Cause>, output: &mut dyn Output, summary: &mut Summary) -> Result<()> {
    let mut buffer = Vec::new();
    let Ok(text) = reader.open(input, &mut buffer) else { return Ok(()) };
    let contents = Document::read_all(text, Some(&input.name), &reader.limits);
    let many = contents.len() > 1;
    let lines = LineIndex::new(text);
    let before = summary.errors;
    for (index, content) in contents.into_iter().enumerate() {
        let Content::Cluster(document) = content else { continue };
        summary.documents += 1;
        let resource = document.to_resource();
        let name = resource.get("metadata").and_then(|metadata| metadata.get("name")).and_then(|name| name.as_str());
        for cause in open.extract_if(.., |cause| cause.name.is_none() || cause.name.as_deref() == name) {
            let spot = Spot::of(&document, &lines, &Place::value(cause.path.clone()));
            let finding = Finding {
                rule: cause.rule.clone().unwrap_or_else(|| "refused".to_owned()),
                severity: "error".to_owned(),
                message: cause.sentence,
                help: None,
                file: input.name.clone(),
                document: many.then_some(index + 1),
                path: Some(cause.path.to_string()),
                pointer: Some(cause.path.to_pointer()),
                display: Some(document.form.display(&cause.path)),
                range: spot.range,
                within: None,
                related: Vec::new(),
                changes: Vec::new(),
                unchanged: false,
                docs: cause.rule.as_deref().and_then(refusal::rule).map(clearance_core::rules::Rule::page).unwrap_or_default(),
            };
            summary.errors += 1;
            output.finding(&Told { finding, shown: Some(spot.shown), related: Vec::new() }).map_err(cannot_write)?;
        }
    }
    summary.files += 1;
    summary.told += usize::from(summary.errors > before);
    Ok(())
}
