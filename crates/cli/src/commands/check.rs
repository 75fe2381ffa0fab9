//! `clearance check`

mod given;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use clearance_core::rules::{self, Lookup};
use clearance_core::source::{Format as TextFormat, Limits};
use clearance_core::{Catalog, Rulebook, Settings, Severity};
use clearance_render::{Json, Output, Summary, Text, TextOptions, yaml};
use rayon::prelude::*;

use super::{Exit, Format, Look};
use crate::clock;
use crate::fleet::{Known, Surroundings};
use crate::input::{self, Input, Inputs};
use crate::judge::{Judge, Page, Resource, Wanted};
use crate::output::{cannot_write, complain, print, stderr, stdout, warn};
use crate::scan::Reader;
use crate::shelf::Files;
use given::{OldText, OwnCatalog};

/// How many files are looked at again before what was found in them is written.
const BATCH: usize = 256;

/// The bounds on what is not judged: a snapshot of thousands of clusters is one document.
fn of_snapshots() -> Limits {
    Limits { bytes: 256 << 20, document_bytes: 256 << 20, ..Limits::default() }
}

/// Checks descriptions of clusters: requests, resources, property files.
#[derive(Args)]
#[command(after_help = "Exit codes: 0 nothing to object to; 1 findings; 2 used wrongly, or something could not be read; \
    3 a fault of clearance itself.")]
pub struct Check {
    /// Files, directories, patterns, or `-` for standard input.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// What standard input is called; the ending tells JSON from YAML.
    #[arg(long, value_name = "NAME", default_value = "<stdin>")]
    stdin_filename: String,
    /// What else exists: a tenant repository, a file, a snapshot. What is not there does not exist.
    #[arg(long, value_name = "PATH")]
    fleet: Vec<PathBuf>,
    /// What described the cluster until now: judges an update.
    #[arg(long, value_name = "FILE", conflicts_with = "delete")]
    old: Option<PathBuf>,
    /// Judges the deletion of what is described.
    #[arg(long)]
    delete: bool,
    /// The cluster's name, as in the request's URL.
    #[arg(long)]
    name: Option<String>,
    /// Your own components and profiles, beside the built-in ones.
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// When it is judged, in RFC 3339 [default: now].
    #[arg(long, value_name = "TIME", value_parser = clock::parse)]
    now: Option<i64>,
    /// Lets what objects override by annotation, with a reason, only warn: as the webhook does for those
    /// whom its configuration names.
    #[arg(long)]
    overrides: bool,
    /// The least severity for exit code 1.
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Error)]
    fail_on: FailOn,
    /// Whether what is known of other clusters is all there is [default: true with --fleet].
    #[arg(long, value_name = "BOOL")]
    complete: Option<bool>,
    /// Weighs a rule differently: error, warning, info or off.
    #[arg(long, value_name = "RULE=LEVEL", value_parser = severity)]
    severity: Vec<(String, Option<Severity>)>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Also gives the resources with everything filled in; in text, findings then go to standard error.
    #[arg(long)]
    show_filled: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Never,
}

fn severity(text: &str) -> Result<(String, Option<Severity>), String> {
    let (rule, level) = text.split_once('=').ok_or("write RULE=LEVEL, such as kubeconfig-expired=off")?;
    match rules::find(rule) {
        Lookup::Known(_) | Lookup::Removed(_) => {}
        Lookup::Unknown { nearest } => return Err(super::no_such_rule(rule, nearest)),
    }
    let severity = match level {
        "off" => None,
        _ => Some(Severity::from_name(level).ok_or("a level is one of error, warning, info, off")?),
    };
    Ok((rule.to_owned(), severity))
}

impl Check {
    pub fn run(self, look: Look) -> Result<Exit> {
        self.run_on(None, look)
    }

    /// Checks what was read elsewhere, and is all there is.
    pub fn run_on_all(mut self, found: Vec<Input>, look: Look) -> Result<Exit> {
        self.complete.get_or_insert(true);
        self.run_on(Some(Inputs { found, troubles: Vec::new() }), look)
    }

    fn run_on(self, inputs: Option<Inputs>, look: Look) -> Result<Exit> {
        let limits = Limits::default();
        let now = self.now.unwrap_or_else(clock::now);
        let settings = Settings {
            severities: self.severity.iter().cloned().collect::<BTreeMap<_, _>>(),
            language: look.language(),
            complete: self.complete,
            overrides: self.overrides,
            ..Settings::default()
        };
        let own = self.catalog.as_deref().map(|path| OwnCatalog::read(path, &limits)).transpose()?;
        let catalog = own.as_ref().map_or_else(|| Some(Catalog::built_in()), |own| own.catalog.as_ref());
        let rulebook = Rulebook::new(catalog.cloned().unwrap_or_default(), settings);
        let mut output = self.output(look, &rulebook);
        let mut summary = Summary::default();
        if let Some(own) = &own {
            own.tell(&rulebook, output.as_mut(), &mut summary).map_err(cannot_write)?;
        }
        if catalog.is_none() {
            // By half a catalogue nothing is judged.
            output.finish(&summary).map_err(cannot_write)?;
            complain("this catalogue cannot be used, so nothing was checked");
            return Ok(Exit::Unusable);
        }

        let inputs = match inputs {
            Some(inputs) => inputs,
            None => input::collect(&self.paths, &self.stdin_filename, limits.bytes)?,
        };
        let surroundings = Surroundings::read(&self.fleet, &Reader { rulebook: &rulebook, limits: of_snapshots(), now, name: None })?;
        let reader = Reader { rulebook: &rulebook, limits, now, name: self.name.as_deref() };
        let old = self.old.as_deref().map(|path| OldText::read(path, &reader)).transpose()?;
        self.judge(&reader, inputs, surroundings, old.as_ref(), output.as_mut(), &mut summary)?;
        output.finish(&summary).map_err(cannot_write)?;
        Ok(self.exit(&summary))
    }

    fn output(&self, look: Look, rulebook: &Rulebook) -> Box<dyn Output> {
        let plain = std::env::var_os("NO_GRAPHICS").is_some_and(|value| !value.is_empty());
        let options = |color| TextOptions { color, plain, language: look.language() };
        match self.format {
            Format::Json => Box::new(Json::new(stdout(), rulebook.core(), self.show_filled)),
            Format::Text if self.show_filled => Box::new(Text::new(stderr(), options(look.color(&io::stderr())))),
            Format::Text => Box::new(Text::new(stdout(), options(look.color(&io::stdout())))),
        }
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
        }
        let is_judged = |clusters: usize, told: bool| clusters > 0 || told;
        for file in scanned.iter().filter(|file| file.trouble.is_none()) {
            summary.documents += file.clusters;
            *(if is_judged(file.clusters, file.told) { &mut summary.files } else { &mut summary.skipped }) += 1;
        }
        summary.unreadable += troubles.len() + surroundings.unreadable;
        if self.name.is_some() && summary.documents > 1 {
            bail!("--name is the name of one cluster, and there are {} here", summary.documents);
        }
        if found.is_empty() && troubles.is_empty() {
            warn("there is nothing to check: no .yaml, .yml or .json file");
        }

        let complete = self.complete.unwrap_or(!self.fleet.is_empty());
        let known = Known::new(&mut scanned, surroundings, complete, self.delete);
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
        let again: Vec<&Input> = (&found, &scanned, &known.clusters)
            .into_par_iter()
            .filter(|(_, file, clusters)| file.told || file.clusters > 0 && (self.show_filled || !is_new || has_relations(clusters)))
            .map(|(input, ..)| input)
            .collect();
        let mut resources = Vec::new();
        for batch in again.chunks(BATCH) {
            let detail = output.wants();
            let pages: Vec<Page> = batch.par_iter().map_init(Vec::new, |buffer, input| judge.look_again(input, buffer, detail)).collect();
            for page in pages {
                for resource in page.write(output, summary).map_err(cannot_write)? {
                    match self.format {
                        Format::Json => output.filled(resource.filled).map_err(cannot_write)?,
                        Format::Text => resources.push(resource),
                    }
                }
            }
        }
        print_filled(&resources)
    }
}

/// The resources as YAML; a single one that was written in JSON, as JSON.
fn print_filled(resources: &[Resource]) -> Result<()> {
    match resources {
        [] => Ok(()),
        [only] if only.format == TextFormat::Json => print(&format!("{}\n", serde_json::to_string_pretty(&only.filled.resource)?)),
        many => print(&many.iter().map(|resource| yaml(&resource.filled.resource)).collect::<Vec<_>>().join("---\n")),
    }
}
