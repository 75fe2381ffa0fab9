//! What `fix` and `fill` have in common: files are read, judged, changed and written back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Result, bail};
use clap::Args;
use clearance_core::mend::{Made, Mended, mend};
use clearance_core::source::{Limits, TextEdit, TextRange};
use clearance_core::{Applicability, Catalog, Document, Fleet, Operation, Record, Referrer, Rulebook, Verdict, source};
use clearance_render::masked;
use similar::TextDiff;

use super::basis::Basis;
use super::check::of_snapshots;
use super::given::OwnCatalog;
use super::{Exit, Look};
use crate::config;
use crate::fleet::{Known, Surroundings};
use crate::input::{self, Input, Source, place};
use crate::output::{complain, is_quiet, print, warn};
use crate::replace::replace;
use crate::repository::Lists;
use crate::scan::{Reader, Scanned};

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
    lists: Lists,
    /// The records of each file.
    records: Vec<Vec<Record>>,
    others: Vec<Record>,
    referrers: Vec<Referrer>,
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
        let own = self.basis.catalog.as_deref().map(|path| OwnCatalog::read(path, &limits)).transpose()?;
        let Some(catalog) = own.as_ref().map_or_else(|| Some(Catalog::built_in()), |own| own.catalog.as_ref()) else {
            bail!("this catalogue cannot be used, so nothing was changed; `clearance check --catalog` says why");
        };
        let rulebook = Rulebook::new(catalog.clone(), self.basis.settings(look, &read.config));
        let inputs = self.basis.inputs(&read.config, limits.bytes)?;
        let others = self.basis.others(&read.config, &inputs.found, of_snapshots().bytes)?;
        let surroundings = Surroundings::read(others, &Reader { rulebook: &rulebook, limits: of_snapshots(), now, name: None });
        let reader = Reader { rulebook: &rulebook, limits, now, name: self.basis.name.as_deref() };
        let mut troubles = inputs.troubles.len() + surroundings.unreadable;
        inputs.troubles.iter().for_each(|trouble| complain(trouble));

        let scanned = reader.scan(&inputs.found);
        if reader.name.is_some() && scanned.iter().map(|file| file.clusters).sum::<usize>() > 1 {
            bail!("--name is the name of one cluster, and there are several here");
        }
        let is_judged: Vec<bool> = scanned.iter().map(Scanned::is_judged).collect();
        let lists = Lists::read(&inputs.found, &scanned, &reader);
        let mut bench = Bench::new(&reader, lists, scanned, surroundings, self.basis.is_complete(&inputs.found), &mut troubles);
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
        let mended = match work {
            Work::Fix(least) => mend(text, least, |text| bench.judge(index, input, text)),
            Work::Fill => bench.fill(index, input, text),
        };
        for left in &mended.left {
            let title = left.fix.title(bench.reader.rulebook.settings().language);
            warn(&format!("`{}`: `{title}` ({}) was left: the file would be no better with it", input.name, left.rule.name));
        }
        let is_changed = mended.text != text;
        if is_changed {
            bench.learn(index, input, &mended.text);
        }
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

impl<'b> Bench<'b> {
    fn new(
        reader: &'b Reader<'b>,
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
        let records = scanned.iter().map(|file| file.records.clone()).collect();
        let others = surroundings.records().to_vec();
        let mut referrers = surroundings.referrers().to_vec();
        referrers.extend(scanned.iter().flat_map(|file| file.referrers.iter().cloned()));
        let known = Known::new(&mut scanned, surroundings, complete, false);
        Self { reader, lists, records, others, referrers, fleet: known.fleet }
    }

    /// The documents of a text and their verdicts, as the file would be judged among all others.
    fn judge<'a>(&self, index: usize, input: &Input, text: &'a str) -> Vec<(Document<'a>, Verdict)> {
        if let Some(list) = self.lists.judge(&input.name, text, self.reader) {
            return vec![list];
        }
        let Reader { rulebook, limits, now, .. } = *self.reader;
        let contents = Document::read_all(text, Some(&place(&input.name)), &limits);
        let judged = self.reader.judged(input, text, contents, false);
        let examined: Vec<_> = judged
            .into_iter()
            .map(|judged| {
                let mut examined = rulebook.examine(&judged.document, now);
                examined.record.file = Some(input.name.clone());
                examined.record.judged = true;
                (judged.document, examined)
            })
            .collect();
        let records = examined.iter().filter(|(document, _)| document.is_readable()).map(|(_, examined)| examined.record.clone()).collect();
        let fleet = self.fleet_with(index, records);
        examined
            .into_iter()
            .map(|(document, examined)| {
                let verdict = rulebook.judge_examined(&document, examined, Operation::Create, &fleet, now);
                (document, verdict)
            })
            .collect()
    }

    /// The fleet, with other records of one file.
    fn fleet_with(&self, index: usize, records: Vec<Record>) -> Cow<'_, Fleet> {
        if self.records.get(index) == Some(&records) {
            return Cow::Borrowed(&self.fleet);
        }
        let rest = self.records.iter().enumerate().filter(|(other, _)| *other != index).flat_map(|(_, records)| records);
        let all = records.into_iter().chain(rest.chain(&self.others).cloned()).collect();
        Cow::Owned(Fleet::new(all, self.referrers.clone(), self.fleet.is_complete()))
    }

    /// Takes note of what a file says now.
    fn learn(&mut self, index: usize, input: &Input, text: &str) {
        let Reader { rulebook, limits, now, .. } = *self.reader;
        let judged = self.reader.judged(input, text, Document::read_all(text, Some(&place(&input.name)), &limits), false);
        let record =
            |document: &Document<'_>| Record { file: Some(input.name.clone()), judged: true, ..rulebook.examine(document, now).record };
        let records: Vec<Record> =
            judged.iter().filter(|judged| judged.document.is_readable()).map(|judged| record(&judged.document)).collect();
        if let Cow::Owned(fleet) = self.fleet_with(index, records.clone()) {
            self.fleet = fleet;
        }
        if let Some(known) = self.records.get_mut(index) {
            *known = records;
        }
    }

    /// Fills in what a file's documents lack. What cannot be read is left as it is.
    fn fill(&self, index: usize, input: &Input, text: &str) -> Mended {
        let judged = self.judge(index, input, text);
        let mut edits: Vec<TextEdit> = Vec::new();
        for (document, verdict) in &judged {
            if verdict.findings.iter().any(|finding| finding.rule.name == "invalid-syntax") {
                continue;
            }
            match document.edits(&verdict.fill) {
                Some(filled) => edits.extend(filled),
                None => warn(&format!("`{}` is left as it is: what is missing stands behind an alias", input.name)),
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
