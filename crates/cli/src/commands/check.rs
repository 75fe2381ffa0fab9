//! `clearance check`

mod tell;

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Command, FromArgMatches};
use clearance_core::source::{Format as TextFormat, Limits};
use clearance_core::{Catalog, Rulebook, Settings};
use clearance_files::catalog::OwnCatalog;
use clearance_files::policies::OwnPolicies;
use clearance_files::surroundings::Surroundings;
use clearance_policy_host::Policies;
use clearance_render::{Detail, Output, Summary, yaml};
use rayon::prelude::*;

use super::basis::Basis;
use super::given::{OldText, tell_all};
use super::{Exit, Look};
use crate::base::Base;
use crate::baseline::Baseline;
use crate::config::{self, Config, FailOn};
use crate::fleet::{Known, surroundings};
use crate::input::{Input, Inputs};
use crate::judge::{Judge, Page, Resource, Wanted};
use crate::output::{cannot_write, complain, print, warn};
use crate::progress;
use crate::report::{self, Format, Reports, To};
use crate::repository::Lists;
use crate::scan::{Reader, of_snapshots};
use crate::shelf::Files;
use tell::Tell;

/// Checks descriptions of clusters: requests, resources, property files.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
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
    /// The Git revision that a change starts from: judges what differs from it as updates and deletions.
    #[arg(long, value_name = "REV", conflicts_with_all = ["old", "delete"])]
    base: Option<String>,
    /// Tells of files that are as they were at the base only what the change makes wrong in them.
    #[arg(long, requires = "base")]
    changed_only: bool,
    /// Findings that are known and not told.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Writes all findings there are into a baseline, and tells none. Those of rules that cannot be ignored
    /// are not taken: they are always told.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "output"])]
    write_baseline: Option<PathBuf>,
    /// The least severity for exit code 1 [default: error].
    #[arg(long, value_name = "LEVEL", value_enum, env = "CLEARANCE_FAIL_ON", hide_env_values = true)]
    fail_on: Option<FailOn>,
    /// How findings are written to standard output.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
    /// Writes the findings once more, in any format, to a file: sarif=findings.sarif. `-` is standard output.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = To::parse)]
    output: Vec<To>,
    /// Counts the findings of each rule in place of telling them: the same as `--format summary`.
    #[arg(long, conflicts_with = "format")]
    summary: bool,
    /// Also gives the resources with everything filled in; but in JSON, findings then go to standard error.
    #[arg(long)]
    show_filled: bool,
}

/// What another command gives in place of what a person would.
#[derive(Default)]
pub struct Given {
    /// What is checked; if not said, what the paths lead to.
    pub inputs: Option<Inputs>,
    /// The file of what described the cluster until now, or its text.
    pub old: Option<PathBuf>,
    pub old_text: Option<OldText>,
    pub delete: bool,
}

/// What is known beside what is checked.
struct Beside<'g> {
    surroundings: Surroundings,
    old: Option<&'g OldText>,
    baseline: Option<&'g Baseline>,
    policies: Option<&'g Policies>,
    config: &'g Config,
}

impl Check {
    /// With nothing said but what it is judged by.
    pub fn of(basis: Basis) -> Self {
        let matches = Self::augment_args(Command::new("check").no_binary_name(true)).get_matches_from([""; 0]);
        // Everything has a default.
        let check = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        Self { basis, ..check }
    }

    /// With the resources filled in.
    pub fn with_filled(self) -> Self {
        Self { show_filled: true, ..self }
    }

    pub fn run(self, look: Look) -> Result<Exit> {
        self.run_into(Given::default(), look, None)
    }

    /// Checks what was read elsewhere, and is all there is.
    pub fn run_on_all(mut self, found: Vec<Input>, look: Look) -> Result<Exit> {
        self.basis.complete.get_or_insert(true);
        // There is nothing beside all there is.
        self.basis.alone = true;
        self.run_into(Given { inputs: Some(Inputs { found, troubles: Vec::new() }), ..Given::default() }, look, None)
    }

    /// Checks, and tells it `into` another output than was asked for.
    pub fn run_into(mut self, given: Given, look: Look, into: Option<&mut dyn Output>) -> Result<Exit> {
        self.old = self.old.or(given.old);
        self.delete |= given.delete;
        let is_told_elsewhere = into.is_some();
        if self.summary {
            self.format = Format::Summary;
        }
        let read = self.basis.configured()?;
        self.fail_on = self.fail_on.or(read.config.fail_on);
        if self.write_baseline.is_none() {
            self.baseline = self.baseline.take().or_else(|| read.config.baseline.clone());
        }
        let look = look.or(read.config.lang);
        let limits = Limits::default();
        let now = self.basis.now();
        let own = self.basis.own_catalog()?;
        let catalog = own.as_ref().map_or_else(|| Some(Catalog::built_in()), OwnCatalog::catalog);
        let rulebook = Rulebook::new(catalog.cloned().unwrap_or_default(), self.settings(look, &read.config));
        let reports = Reports { format: self.format, more: &self.output, show_filled: self.show_filled, look };
        let mut opened;
        let output: &mut dyn Output = match into {
            Some(output) => output,
            None => {
                opened = reports.open(&rulebook)?;
                &mut opened
            }
        };
        let mut summary = Summary::default();
        if !read.findings.is_empty() {
            tell_all(&read.findings, output, &mut summary).map_err(cannot_write)?;
            output.finish(&summary).map_err(cannot_write)?;
            return config::refuse();
        }
        if let Some(own) = &own {
            let findings = own.findings(rulebook.settings().language, output.wants() == Detail::Excerpt);
            tell_all(&findings, output, &mut summary).map_err(cannot_write)?;
        }
        if catalog.is_none() {
            // By half a catalogue nothing is judged.
            output.finish(&summary).map_err(cannot_write)?;
            complain("this catalogue cannot be used, so nothing was checked");
            return Ok(Exit::Unusable);
        }

        let own_policies = self.basis.own_policies()?;
        if let Some(own) = &own_policies {
            tell_all(own.findings(), output, &mut summary).map_err(cannot_write)?;
            if own.policies().is_none() {
                output.finish(&summary).map_err(cannot_write)?;
                complain("these policies cannot be used, so nothing was checked");
                return Ok(Exit::Unusable);
            }
        }
        let inputs = match given.inputs {
            Some(inputs) => inputs,
            None => self.basis.inputs(&read.config, limits.bytes)?,
        };
        let others = self.basis.others(&read.config, &inputs.found, of_snapshots().bytes)?;
        let surroundings = surroundings(others, &Reader { rulebook: &rulebook, limits: of_snapshots(), now, name: None });
        let reader = Reader { rulebook: &rulebook, limits, now, name: self.basis.name.as_deref() };
        let old = self.old.as_deref().map(|path| OldText::read(path, &reader)).transpose()?.or(given.old_text);
        let baseline = self.baseline.as_deref().map(Baseline::read).transpose()?;
        let policies = own_policies.as_ref().and_then(OwnPolicies::policies);
        let beside = Beside { surroundings, old: old.as_ref(), baseline: baseline.as_ref(), policies, config: &read.config };
        let resources = self.judge(&reader, inputs, beside, output, &mut summary)?;
        if !is_told_elsewhere && self.format != Format::Json {
            print_filled(&resources)?;
        }
        if self.write_baseline.is_some() {
            return Ok(if summary.unreadable > 0 { Exit::Unusable } else { Exit::Clean });
        }
        output.finish(&summary).map_err(cannot_write)?;
        Ok(self.exit(&summary))
    }

    fn exit(&self, summary: &Summary) -> Exit {
        let counted = match self.fail_on.unwrap_or(FailOn::Error) {
            FailOn::Error => summary.errors,
            FailOn::Warning => summary.errors + summary.warnings.saturating_sub(summary.unchanged),
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

    /// Judges; returns the resources, where they are wanted.
    fn judge(
        &self,
        reader: &Reader<'_>,
        inputs: Inputs,
        beside: Beside<'_>,
        output: &mut dyn Output,
        summary: &mut Summary,
    ) -> Result<Vec<Resource>> {
        let Inputs { found, mut troubles } = inputs;
        let Beside { surroundings, old, baseline, policies, config } = beside;
        let mut scanned = progress::scan(reader, &found);
        troubles.extend(scanned.iter().filter_map(|file| file.trouble.clone()));
        for trouble in &troubles {
            complain(trouble);
            output.trouble(trouble).map_err(cannot_write)?;
        }
        for file in scanned.iter().filter(|file| file.trouble.is_none()) {
            summary.documents += file.clusters;
            *(if file.is_judged() { &mut summary.files } else { &mut summary.skipped }) += 1;
        }
        summary.unreadable += troubles.len() + surroundings.troubles.len();
        if self.basis.name.is_some() && summary.documents > 1 {
            bail!("--name is the name of one cluster, and there are {} here", summary.documents);
        }
        let templates = scanned.iter().filter(|file| file.is_template).count();
        if templates > 0 {
            let are = if templates == 1 { "file is a Helm template and is" } else { "files are Helm templates and are" };
            warn(&format!("{templates} {are} skipped: check what Helm renders, as by `helm template … | clearance check -`"));
        }
        if found.is_empty() && troubles.is_empty() {
            warn("there is nothing to check: no .yaml, .yml or .json file");
        }

        // What goes is no repository.
        let read_lists = |scanned: &[_]| if self.delete { Lists::default() } else { Lists::read(&found, scanned, reader) };
        let complete = self.basis.is_complete(&found, &surroundings);
        let (known, mut lists) = Known::beside(&mut scanned, surroundings, complete, self.delete, read_lists);
        let old = old.map(|old| old.documents(reader)).transpose()?;
        let base =
            self.base.as_deref().map(|base| Base::read(base, self.basis.paths(), config, &found, reader.limits.bytes)).transpose()?;
        let before = base.as_ref().map(|base| base.before(reader));
        let operation = match (&before, &old) {
            (Some(before), _) => Wanted::Since { before, fleet: before.fleet(&known.fleet, &found), clashing: HashSet::new() },
            _ if self.delete => Wanted::Delete,
            (None, Some(old)) => Wanted::Update { old, pair: summary.documents == 1 },
            (None, None) => Wanted::Create,
        };
        let is_new = matches!(operation, Wanted::Create);
        if let (Some(base), Some(before)) = (&base, &before) {
            lists.compare(base, before, reader);
        }
        let none = Policies::default();
        let policies = policies.unwrap_or(&none);
        let mut judge = Judge {
            policies,
            reader,
            fleet: &known.fleet,
            operation,
            filled: self.show_filled,
            shelf: Files::new(&found, of_snapshots()),
            lists: &lists,
            changed_only: self.changed_only,
            baseline,
            paths: report::paths(),
        };
        let is_unchanged = |index| before.as_ref().is_some_and(|before| before.is_unchanged(name(&found, index)));
        let has_relations = |clusters: &std::ops::Range<usize>| {
            let records = known.fleet.records().get(clusters.clone()).unwrap_or_default();
            records.iter().any(|record| reader.rulebook.has_relations(record, &known.fleet))
        };
        let again: Vec<usize> = (&scanned, &known.clusters)
            .into_par_iter()
            .enumerate()
            .filter(|(index, (file, clusters))| {
                let is_unchanged = is_unchanged(*index);
                let has_all = self.show_filled || !policies.is_empty() || !is_new && !is_unchanged;
                let is_wanted = !(is_unchanged && self.changed_only) && (file.told || file.clusters > 0 && has_all);
                // A list may be wrong although only what lies beside it has changed, and so may a cluster.
                file.is_list || is_wanted || file.clusters > 0 && has_relations(clusters)
            })
            .map(|(index, _)| index)
            .collect();
        let gone = before.iter().flat_map(|before| before.gone(known.fleet.records()));
        let farewells: Vec<_> = gone.map(|gone| judge.farewell(&gone)).collect();
        // Who clashes with whom matters only where one of them is as it was.
        if before.is_some() && again.iter().any(|index| is_unchanged(*index)) {
            let differing = again.par_iter().filter(|index| !is_unchanged(**index)).filter_map(|index| found.get(*index));
            let mut clashing: HashSet<String> = differing.flat_map_iter(|input| judge.clashes(input)).collect();
            clashing.extend(farewells.iter().flat_map(Page::clashes));
            judge.operation.excuse(clashing);
        }
        let judged: Vec<usize> = scanned.iter().enumerate().filter(|(_, file)| file.is_judged()).map(|(index, _)| index).collect();
        let mut tell = Tell { judge: &judge, found: &found, output, summary };
        if let Some(path) = &self.write_baseline {
            let learned = tell.learn(&again);
            learned.write(path)?;
            if summary.unreadable == 0 {
                print(&format!("{}\n", learned.told(path)))?;
            }
            return Ok(Vec::new());
        }
        let resources = tell.files(&again, &judged)?;
        for farewell in farewells {
            farewell.write(output, summary).map_err(cannot_write)?;
        }
        drop(judge);
        // To free what is known of all clusters takes as long as to judge a tenth of them, and nobody need wait for it.
        rayon::spawn(move || drop((found, scanned, known)));
        Ok(resources)
    }

    fn settings(&self, look: Look, config: &Config) -> Settings {
        let mut settings = self.basis.settings(look, config);
        if self.baseline.is_some() || self.write_baseline.is_some() {
            // What is known is counted one by one.
            settings.limit = MOST_KNOWN;
        }
        settings
    }
}

/// How many findings of one document a baseline can know.
const MOST_KNOWN: usize = 10_000;

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
