//! `clearance check`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use clearance_core::source::{Format as TextFormat, Limits};
use clearance_core::{Catalog, Rulebook};
use clearance_render::{Output, Summary, yaml};
use rayon::prelude::*;

use super::basis::Basis;
use super::given::{OldText, OwnCatalog};
use super::{Exit, Look};
use crate::fleet::{Known, Surroundings};
use crate::input::{self, Input, Inputs};
use crate::judge::{Judge, Page, Resource, Wanted};
use crate::output::{cannot_write, complain, print, warn};
use crate::report::{Format, Reports, To};
use crate::scan::Reader;
use crate::shelf::Files;

/// How many files are looked at again before what was found in them is written.
const BATCH: usize = 256;

/// The bounds on what is not judged: a snapshot of thousands of clusters is one document.
pub fn of_snapshots() -> Limits {
    Limits { bytes: 256 << 20, document_bytes: 256 << 20, ..Limits::default() }
}

/// Checks descriptions of clusters: requests, resources, property files.
#[derive(Args)]
#[command(after_help = "Exit codes: 0 nothing to object to; 1 findings; 2 used wrongly, or something could not be read; \
    3 a fault of clearance itself.")]
pub struct Check {
    #[command(flatten)]
    basis: Basis,
    /// What described the cluster until now: judges an update.
    #[arg(long, value_name = "FILE", conflicts_with = "delete")]
    old: Option<PathBuf>,
    /// Judges the deletion of what is described.
    #[arg(long)]
    delete: bool,
    /// The least severity for exit code 1.
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Error)]
    fail_on: FailOn,
    /// How findings are written to standard output.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
    /// Writes the findings once more, in any format, to a file: sarif=findings.sarif. `-` is standard output.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = To::parse)]
    output: Vec<To>,
    /// Also gives the resources with everything filled in; but in JSON, findings then go to standard error.
    #[arg(long)]
    show_filled: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Never,
}

impl Check {
    pub fn run(self, look: Look) -> Result<Exit> {
        self.run_on(None, look)
    }

    /// Checks what was read elsewhere, and is all there is.
    pub fn run_on_all(mut self, found: Vec<Input>, look: Look) -> Result<Exit> {
        self.basis.complete.get_or_insert(true);
        self.run_on(Some(Inputs { found, troubles: Vec::new() }), look)
    }

    fn run_on(self, inputs: Option<Inputs>, look: Look) -> Result<Exit> {
        let limits = Limits::default();
        let now = self.basis.now();
        let own = self.basis.catalog.as_deref().map(|path| OwnCatalog::read(path, &limits)).transpose()?;
        let catalog = own.as_ref().map_or_else(|| Some(Catalog::built_in()), |own| own.catalog.as_ref());
        let rulebook = Rulebook::new(catalog.cloned().unwrap_or_default(), self.basis.settings(look));
        let reports = Reports { format: self.format, more: &self.output, show_filled: self.show_filled, look };
        let mut output = reports.open(&rulebook)?;
        let mut summary = Summary::default();
        if let Some(own) = &own {
            own.tell(&rulebook, &mut output, &mut summary).map_err(cannot_write)?;
        }
        if catalog.is_none() {
            // By half a catalogue nothing is judged.
            output.finish(&summary).map_err(cannot_write)?;
            complain("this catalogue cannot be used, so nothing was checked");
            return Ok(Exit::Unusable);
        }

        let inputs = match inputs {
            Some(inputs) => inputs,
            None => input::collect(&self.basis.paths, &self.basis.stdin_filename, limits.bytes)?,
        };
        let surroundings = Surroundings::read(&self.basis.fleet, &Reader { rulebook: &rulebook, limits: of_snapshots(), now, name: None })?;
        let reader = Reader { rulebook: &rulebook, limits, now, name: self.basis.name.as_deref() };
        let old = self.old.as_deref().map(|path| OldText::read(path, &reader)).transpose()?;
        self.judge(&reader, inputs, surroundings, old.as_ref(), &mut output, &mut summary)?;
        output.finish(&summary).map_err(cannot_write)?;
        Ok(self.exit(&summary))
    }

    fn exit(&self, summary: &Summary) -> Exit {
        let counted = match self.fail_on {
            FailOn::Error => summary.errors,
            FailOn::Warning => summary.errors + summary.warnings,
            FailOn::Never => 0,
        };
        if summary.unreadable > 0 {
            Exit::Unusable
        } else if counted > 0 {
            Exit::Findings
        } else {
            Exit::Clean
        }
    }

    fn judge(
        &self,
        reader: &Reader<'_>,
        inputs: Inputs,
        surroundings: Surroundings,
        old: Option<&OldText>,
        output: &mut dyn Output,
        summary: &mut Summary,
    ) -> Result<()> {
        let Inputs { found, mut troubles } = inputs;
        let mut scanned = reader.scan(&found);
        troubles.extend(scanned.iter().filter_map(|file| file.trouble.clone()));
        for trouble in &troubles {
            complain(trouble);
            output.trouble(trouble).map_err(cannot_write)?;
        }
        let is_judged = |clusters: usize, told: bool| clusters > 0 || told;
        for file in scanned.iter().filter(|file| file.trouble.is_none()) {
            summary.documents += file.clusters;
            *(if is_judged(file.clusters, file.told) { &mut summary.files } else { &mut summary.skipped }) += 1;
        }
        summary.unreadable += troubles.len() + surroundings.unreadable;
        if self.basis.name.is_some() && summary.documents > 1 {
            bail!("--name is the name of one cluster, and there are {} here", summary.documents);
        }
        if found.is_empty() && troubles.is_empty() {
            warn("there is nothing to check: no .yaml, .yml or .json file");
        }

        let known = Known::new(&mut scanned, surroundings, self.basis.is_complete(), self.delete);
        let old = old.map(|old| old.documents(reader)).transpose()?;
        let operation = match &old {
            _ if self.delete => Wanted::Delete,
            Some(old) => Wanted::Update { old, pair: summary.documents == 1 },
            None => Wanted::Create,
        };
        let is_new = matches!(operation, Wanted::Create);
        let judge = Judge { reader, fleet: &known.fleet, operation, filled: self.show_filled, shelf: Files::new(&found, of_snapshots()) };
        let has_relations = |clusters: &std::ops::Range<usize>| {
            let records = known.fleet.records().get(clusters.clone()).unwrap_or_default();
            records.iter().any(|record| reader.rulebook.has_relations(record, &known.fleet))
        };
        let again: Vec<usize> = (&scanned, &known.clusters)
            .into_par_iter()
            .enumerate()
            .filter(|(_, (file, clusters))| file.told || file.clusters > 0 && (self.show_filled || !is_new || has_relations(clusters)))
            .map(|(index, _)| index)
            .collect();
        // What has nothing to tell is told as judged, in its turn.
        let mut clean =
            scanned.iter().enumerate().filter(|(_, file)| is_judged(file.clusters, file.told)).map(|(index, _)| index).peekable();
        let mut resources = Vec::new();
        for batch in again.chunks(BATCH) {
            let detail = output.wants();
            let look_again = |buffer: &mut Vec<u8>, index: &usize| found.get(*index).map(|input| judge.look_again(input, buffer, detail));
            let pages: Vec<Option<Page>> = batch.par_iter().map_init(Vec::new, look_again).collect();
            for (index, page) in batch.iter().zip(pages) {
                while let Some(judged) = clean.next_if(|judged| judged <= index) {
                    output.file(name(&found, judged)).map_err(cannot_write)?;
                }
                for resource in page.unwrap_or_default().write(output, summary).map_err(cannot_write)? {
                    output.filled(resource.filled.clone()).map_err(cannot_write)?;
                    if self.format != Format::Json {
                        resources.push(resource);
                    }
                }
            }
        }
        for judged in clean {
            output.file(name(&found, judged)).map_err(cannot_write)?;
        }
        print_filled(&resources)
    }
}

fn name(found: &[Input], index: usize) -> &str {
    found.get(index).map(|input| input.name.as_str()).unwrap_or_default()
}

/// The resources as YAML; a single one that was written in JSON, as JSON.
fn print_filled(resources: &[Resource]) -> Result<()> {
    match resources {
        [] => Ok(()),
        [only] if only.format == TextFormat::Json => print(&format!("{}\n", serde_json::to_string_pretty(&only.filled.resource)?)),
        many => print(&many.iter().map(|resource| yaml(&resource.filled.resource)).collect::<Vec<_>>().join("---\n")),
    }
}
