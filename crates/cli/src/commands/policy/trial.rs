//! `clearance policy run`

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use clearance_core::finding::visible;
use clearance_core::rules::policy::Says;
use clearance_core::source::LineIndex;
use clearance_policy_host::{Bounds, Capability, Mode, Trial};
use clearance_render::{Detail, NoShelf, Output, Summary, Teller};
use serde_json::json;

use super::super::{Exit, Format, Look};
use super::case::{self, Case};
use crate::output::{cannot_write, print, stderr};
use crate::report::{self, Reports};

/// Asks one policy about one cluster, and shows what it says and what that cost.
#[derive(Args)]
pub struct Run {
    /// The module, or a directory with `policy.wasm`.
    module: PathBuf,
    /// The description of a cluster.
    document: PathBuf,
    /// The settings: a file of YAML or JSON.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// What described the cluster until now: asks about an update.
    #[arg(long, value_name = "FILE", conflicts_with = "delete")]
    old: Option<PathBuf>,
    /// Asks about the deletion of what is described.
    #[arg(long)]
    delete: bool,
    /// What else exists.
    #[arg(long, value_name = "FILE")]
    fleet: Option<PathBuf>,
    /// Grants the policy a capability: clusters.
    #[arg(long, value_name = "NAME", value_parser = capability)]
    grant: Vec<Capability>,
    /// How long it may run, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    time: u64,
    /// How much memory it may have, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=512))]
    memory: u32,
    /// How the verdict is shown.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
}

pub fn capability(name: &str) -> Result<Capability, String> {
    Capability::from_name(name).ok_or_else(|| format!("there are {}", Capability::ALL.map(Capability::name).join(", ")))
}

impl Run {
    pub fn run(self, look: Look) -> Result<Exit> {
        let module = super::load(&self.module, Mode::Metered)?;
        let text = super::text(&self.document)?;
        let name = self.document.to_string_lossy().into_owned();
        let mut case = Case::of(&text, &name)?;
        case.settings = super::settings(self.settings.as_ref())?;
        let old = self.old.as_deref().map(super::text).transpose()?;
        case.old = old.as_deref();
        case.is_deletion = self.delete;
        let fleet = self.fleet.as_deref().map(super::text).transpose()?;
        case.fleet = fleet.as_deref();
        case.granted = self.grant;
        case.bounds = Bounds { time: Duration::from_millis(self.time), memory: usize::try_from(self.memory)? << 20 };
        case.check(&module)?;
        let trial = case.ask(module)?;
        let refuses = trial.opinions.iter().any(|opinion| matches!(opinion.says, Says::Denied | Says::Failed));
        match self.format {
            Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&value(&trial, refuses))?))?,
            Format::Text => show(&case, &name, &trial, look)?,
        }
        Ok(if refuses { Exit::Findings } else { Exit::Clean })
    }
}

fn value(trial: &Trial, refuses: bool) -> serde_json::Value {
    let opinions = trial
        .opinions
        .iter()
        .map(|opinion| json!({"says": case::word(opinion.says), "path": opinion.path.to_string(), "message": opinion.sentence}));
    json!({
        "allowed": !refuses,
        "opinions": opinions.collect::<Vec<_>>(),
        "mutated": trial.response.as_ref().and_then(|response| response.mutated_object.as_ref()),
        "log": trial.log,
        "denied": trial.denied,
        "cost": {"fuel": trial.cost.fuel, "memory": trial.cost.memory, "micros": u64::try_from(trial.cost.time.as_micros()).unwrap_or(u64::MAX)},
    })
}

/// Findings as `check` shows them, then what it cost.
fn show(case: &Case<'_>, name: &str, trial: &Trial, look: Look) -> Result<()> {
    let rulebook = clearance_core::Rulebook::default();
    let reports = Reports { format: report::Format::Text, more: &[], show_filled: false, look };
    let mut output = reports.open(&rulebook)?;
    let verdict = case.verdict(&rulebook, &trial.opinions);
    let lines = LineIndex::new(case.text);
    let teller = Teller::new(&case.document, &lines, name, None, look.language(), &NoShelf);
    for finding in &verdict.findings {
        output.finding(&teller.tell(finding, output.wants() == Detail::Excerpt)).map_err(cannot_write)?;
    }
    let summary = Summary {
        files: 1,
        documents: 1,
        errors: verdict.errors,
        warnings: verdict.warnings,
        told: usize::from(!verdict.findings.is_empty()),
        ..Summary::default()
    };
    output.finish(&summary).map_err(cannot_write)?;
    drop(output);
    let mut err = stderr();
    more(&mut err, trial).and_then(|()| err.flush()).map_err(cannot_write)
}

/// What is no finding: the log, the changes, and what it cost.
fn more(out: &mut impl Write, trial: &Trial) -> io::Result<()> {
    for line in &trial.log {
        writeln!(out, "log: {}", visible(line))?;
    }
    for change in &trial.changes {
        writeln!(out, "change: {}", case::change(change))?;
    }
    if !trial.denied.is_empty() {
        writeln!(out, "it asked for what it is not granted: {}", trial.denied.join(", "))?;
    }
    let cost = trial.cost;
    let fuel = cost.fuel.map(|fuel| format!("{fuel} fuel, ")).unwrap_or_default();
    writeln!(out, "it took {fuel}{} KiB of memory, {} µs", cost.memory >> 10, cost.time.as_micros())
}
