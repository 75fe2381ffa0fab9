//! What `fix` and `fill` have in common: files are read, judged, changed and written back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use clearance_core::fleet::Identity;
use clearance_core::mend::{Made, Mended, mend};
use clearance_core::source::{Limits, TextEdit, TextRange};
use clearance_core::{Applicability, Catalog, Document, Examined, Fleet, Operation, Record, Rulebook, Verdict, source};
use clearance_files::catalog::OwnCatalog;
use clearance_files::policies::OwnPolicies;
use clearance_files::surroundings::Surroundings;
use clearance_policy_host::{Basis as PolicyBasis, Policies};
use clearance_render::masked;
use similar::TextDiff;

use super::basis::Basis;
use super::{Exit, Look};
use crate::config;
use crate::fleet::{Known, surroundings};
use crate::input::{self, Input, Source, place};
use crate::output::{complain, is_quiet, print, warn};
use crate::replace::replace;
use crate::repository::Lists;
use crate::scan::{Judged, Reader, Scanned, of_snapshots};

pub const EXIT_CODES: &str = "Exit codes: 0 done, or nothing to do; 1 with --check or --diff, something would change; \
    2 used wrongly, or something could not be read or written; 3 a fault of clearance itself.";

#[derive(Args)]
pub struct Rewrite {
    #[command(flatten)]
    basis: Basis,
    /// Writes nothing: shows what would change. Credentials in it are masked.
    #[arg(long)]
    diff: bool,
    /// Writes nothing: says which files would change.
    #[arg(long, conflicts_with = "diff")]
    check: bool,
}

/// What is done to a file.
#[derive(Clone, Copy)]
pub enum Work {
    /// Fixes that are at least so applicable.
    Fix(Applicability),
    /// What is missing is written into it.
    Fill,
}

/// The files and what is known of their clusters, kept up to date while they are changed.
struct Bench<'b> {
    reader: &'b Reader<'b>,
    policies: &'b Policies,
    lists: Lists,
    /// The records of each file.
    records: Vec<Vec<Arc<Record>>>,
    others: Vec<Arc<Record>>,
    fleet: Fleet,
}

impl Rewrite {
    pub fn run(mut self, look: Look, work: Work) -> Result<Exit> {
        let read = self.basis.configured()?;
        if let Some(told) = read.findings.first() {
            let finding = &told.finding;
            complain(&format!("{}:{}: {}", finding.file, finding.range.start.line, finding.message));
            return config::refuse();
        }
        let look = look.or(read.config.lang);
        let limits = Limits::default();
        let now = self.basis.now();
        let own = self.basis.own_catalog()?;
        let Some(catalog) = own.as_ref().map_or_else(|| Some(Catalog::built_in()), OwnCatalog::catalog) else {
            bail!("this catalogue cannot be used, so nothing was changed; `clearance check --catalog` says why");
        };
        let own = self.basis.own_policies()?;
        let none = Policies::default();
        let Some(policies) = own.as_ref().map_or(Some(&none), OwnPolicies::policies) else {
            bail!("these policies cannot be used, so nothing was changed; `clearance check --policies` says why");
        };
        let rulebook = Rulebook::new(catalog.clone(), self.basis.settings(look, &read.config));
        let inputs = self.basis.inputs(&read.config, limits.bytes)?;
        let others = self.basis.others(&read.config, &inputs.found, of_snapshots().bytes)?;
        let surroundings = surroundings(others, &Reader { rulebook: &rulebook, limits: of_snapshots(), now, name: None });
        let reader = Reader { rulebook: &rulebook, limits, now, name: self.basis.name.as_deref() };
        let mut troubles = inputs.troubles.len() + surroundings.troubles.len();
        inputs.troubles.iter().for_each(|trouble| complain(trouble));

        let scanned = reader.scan(&inputs.found);
        if reader.name.is_some() && scanned.iter().map(|file| file.clusters).sum::<usize>() > 1 {
            bail!("--name is the name of one cluster, and there are several here");
        }
        let is_judged: Vec<bool> = scanned.iter().map(Scanned::is_judged).collect();
        let lists = Lists::read(&inputs.found, &scanned, &reader);
        let complete = self.basis.is_complete(&inputs.found, &surroundings);
        let mut bench = Bench::new(&reader, policies, lists, scanned, surroundings, complete, &mut troubles);
        let mut changed = 0;
        for (index, input) in inputs.found.iter().enumerate().filter(|(index, _)| is_judged.get(*index) == Some(&true)) {
            match self.one(&mut bench, index, input, work) {
                Ok(is_changed) => changed += usize::from(is_changed),
                Err(error) => {
                    complain(&format!("{error:#}"));
                    troubles += 1;
                }
            }
        }
        if changed == 0 && troubles == 0 && !is_quiet() && !inputs.found.iter().any(|input| matches!(input.source, Source::Held(_))) {
            print(match work {
                Work::Fix(_) => "nothing to fix\n",
                Work::Fill => "nothing to fill in\n",
            })?;
        }
        Ok(match () {
            () if troubles > 0 => Exit::Unusable,
            () if changed > 0 && (self.diff || self.check) => Exit::Findings,
            () => Exit::Clean,
        })
    }

    /// Works on one file; returns whether it changes.
    fn one(&self, bench: &mut Bench<'_>, index: usize, input: &Input, work: Work) -> Result<bool> {
        let mut buffer = Vec::new();
        let text = match bench.reader.open(input, &mut buffer) {
            Ok(text) => text,
            Err(why) => bail!("{}", input::cannot_read(std::path::Path::new(&input.name), &why.reason())),
        };
        let before = bench.records.get(index).cloned().unwrap_or_default();
        let mended = match work {
            Work::Fix(least) => mend(text, least, |text| bench.judge(index, input, text)),
            Work::Fill => bench.fill(index, input, text),
        };
        for left in &mended.left {
            let title = left.fix.title(bench.reader.rulebook.settings().language);
            warn(&format!("`{}`: `{title}` ({}) was left: the file would be no better with it", input.name, left.rule.name));
        }
        let is_changed = mended.text != text;
        // What was tried last need not be what it came to.
        let after = if is_changed { records(&bench.examine(input, &mended.text)) } else { before };
        bench.put(index, after);
        self.show(input, text, &mended)?;
        Ok(is_changed)
    }

    fn show(&self, input: &Input, before: &str, mended: &Mended) -> Result<()> {
        let is_changed = mended.text != before;
        let verb = if self.check { "would change" } else { "changed" };
        match &input.source {
            _ if self.diff => print(&difference(input, before, &mended.text))?,
            Source::Held(_) if self.check && is_changed => print(&format!("{verb} {}\n", input.name))?,
            Source::Held(_) if self.check => {}
            // The document itself goes where it came from: on, as through any filter.
            Source::Held(_) => print(&mended.text)?,
            Source::File(path) if is_changed => {
                if !self.check {
                    replace(path, before, &mended.text)?;
                }
                print(&format!("{verb} {}{}\n", input.name, counted(&mended.made)))?;
            }
            Source::File(_) => {}
        }
        Ok(())
    }
}

/// How often each rule had something fixed.
fn counted(made: &[Made]) -> String {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for made in made {
        *rules.entry(made.rule.name).or_default() += 1;
    }
    let words: Vec<String> =
        rules.iter().map(|(rule, times)| if *times == 1 { (*rule).to_owned() } else { format!("{rule} ×{times}") }).collect();
    if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) }
}

/// What changes, without the credentials beside it.
fn difference(input: &Input, before: &str, after: &str) -> String {
    let shown = |text: &str| {
        let mut secrets: Vec<TextRange> = Vec::new();
        for content in Document::read_all(text, Some(&input.name), &Limits::default()) {
            let (clearance_core::Content::Cluster(document) | clearance_core::Content::Other(document)) = content;
            secrets.extend(document.secrets());
        }
        masked(text, &secrets)
    };
    let (before, after) = (shown(before), shown(after));
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let name = input.name.trim_start_matches("./");
    diff.unified_diff().header(&format!("a/{name}"), &format!("b/{name}")).to_string()
}

/// What is known of the clusters that could be read.
fn records(examined: &[(Document<'_>, Examined)]) -> Vec<Arc<Record>> {
    let readable = examined.iter().filter(|(document, _)| document.is_readable());
    readable.map(|(_, examined)| Arc::new(examined.record.clone())).collect()
}

impl<'b> Bench<'b> {
    fn new(
        reader: &'b Reader<'b>,
        policies: &'b Policies,
        lists: Lists,
        mut scanned: Vec<Scanned>,
        surroundings: Surroundings,
        complete: bool,
        troubles: &mut usize,
    ) -> Self {
        for file in &mut scanned {
            if let Some(trouble) = file.trouble.take().or_else(|| file.unread.take().filter(|_| file.told)) {
                complain(&trouble);
                *troubles += 1;
            }
        }
        // Those that a file describes, too, come back when it no longer does.
        let others = surroundings.records.clone();
        let Known { fleet, clusters } = Known::new(&mut scanned, surroundings, complete, false);
        let records = clusters.into_iter().map(|clusters| fleet.records().get(clusters).unwrap_or_default().to_vec()).collect();
        Self { reader, policies, lists, records, others, fleet }
    }

    /// The documents of a text and their verdicts, as the file would be judged among all others.
    fn judge<'a>(&mut self, index: usize, input: &Input, text: &'a str) -> Vec<(Document<'a>, Verdict)> {
        if let Some(list) = self.lists.judge(&input.name, text, self.reader) {
            return vec![list];
        }
        let Reader { rulebook, now, .. } = *self.reader;
        let examined = self.examine(input, text);
        self.put(index, records(&examined));
        let basis = PolicyBasis { rulebook, fleet: &self.fleet, now };
        let judge = |(document, examined): (Document<'a>, Examined)| {
            let verdict = self.policies.judge(&basis, &document, examined, Operation::Create);
            (document, verdict)
        };
        examined.into_iter().map(judge).collect()
    }

    fn examine<'a>(&self, input: &Input, text: &'a str) -> Vec<(Document<'a>, Examined)> {
        let Reader { rulebook, limits, now, .. } = *self.reader;
        let contents = Document::read_all(text, Some(&place(&input.name)), &limits);
        let examine = |judged: Judged<'a>| {
            let mut examined = rulebook.examine(&judged.document, now);
            examined.record.file = Some(input.name.clone());
            examined.record.judged = true;
            (judged.document, examined)
        };
        self.reader.judged(input, text, contents, false).into_iter().map(examine).collect()
    }

    /// Puts what a file describes now in the place of what it described before.
    fn put(&mut self, index: usize, records: Vec<Arc<Record>>) {
        let Some(known) = self.records.get_mut(index).filter(|known| **known != records) else { return };
        let before = std::mem::replace(known, records);
        let touched: BTreeSet<Identity> = before.iter().chain(&*known).map(|record| record.identity()).collect();
        // A record without a name is in no index, so that it could not be taken out again; no rule asks for it.
        for identity in touched.into_iter().filter(|(_, name)| !name.is_empty()) {
            self.fleet.take(&identity);
            let is_it = |record: &&Arc<Record>| (&record.namespace, &record.name) == (&identity.0, &identity.1);
            let judged: Vec<_> = self.records.iter().flatten().filter(is_it).collect();
            let all = if judged.is_empty() { self.others.iter().filter(is_it).collect() } else { judged };
            all.into_iter().cloned().for_each(|record| self.fleet.add(record));
        }
    }

    /// Fills in what a file's documents lack. What cannot be read is left as it is.
    fn fill(&mut self, index: usize, input: &Input, text: &str) -> Mended {
        let judged = self.judge(index, input, text);
        let mut edits: Vec<TextEdit> = Vec::new();
        for (document, verdict) in &judged {
            if !document.is_whole() {
                continue;
            }
            match document.edits(&verdict.fill) {
                Some(filled) => edits.extend(filled),
                None => warn(&format!(
                    "`{}` is left as it is: what is missing cannot be written into it, for instance because it stands behind an alias",
                    input.name
                )),
            }
        }
        let filled = source::apply(text, &edits).unwrap_or_else(|| text.to_owned());
        let errors = |judged: &[(Document<'_>, Verdict)]| judged.iter().map(|(_, verdict)| verdict.errors).sum::<usize>();
        let is_worse = errors(&self.judge(index, input, &filled)) > errors(&judged);
        if is_worse {
            warn(&format!("`{}` is left as it is: it would have more errors than before", input.name));
        }
        Mended { text: if is_worse { text.to_owned() } else { filled }, ..Mended::default() }
    }
}
