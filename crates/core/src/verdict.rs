//! The one entry: a description, the fleet, the rules and the time in; the verdict out.

use crate::catalog::Catalog;
use crate::defaults::{self, Filled};
use crate::document::Document;
use crate::finding::{Applicability, Change, Excuse, Finding, Findings, Part, Path, Place, Segment, Severity};
use crate::fleet::{Fleet, Record};
use crate::model::structure::Shape;
use crate::model::{Cluster, RESOURCE, RequestOnly, Slot};
use crate::net::Address;
use crate::overrides::Override;
use crate::prelude::*;
use crate::rules::policy::Opinion;
use crate::rules::{self, Relation, Subject, structure, suppression, syntax};
use crate::settings::Settings;
use crate::sort::sort_by;
use crate::source::{self, Limits, Node, TextRange, Value};

/// The rules that hold: the stock rules under an organisation's catalogue and settings.
#[derive(Debug, Clone)]
pub struct Rulebook {
    catalog: Catalog,
    settings: Settings,
    core: Core,
}

/// Which core gave a verdict, and by which rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Core {
    /// The core's version.
    pub version: &'static str,
    /// A hash of rules, catalogue and settings: equal hashes and equal input give equal verdicts.
    pub hash: u64,
}

/// What happens to the cluster that a document describes.
#[derive(Debug, Clone, Copy)]
pub enum Operation<'o> {
    /// It is new, or is judged as if it were.
    Create,
    /// It was described by another document until now.
    Update(&'o Document<'o>),
    /// It goes.
    Delete,
}

/// What was found in one description.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The findings, in a fixed order, at most [`Settings::limit`] of them.
    pub findings: Vec<Finding>,
    /// How many more there were.
    pub omitted: usize,
    /// How many errors there were, omitted ones included.
    pub errors: usize,
    /// How many warnings there were, omitted ones included.
    pub warnings: usize,
    /// What is filled in, as changes to the resource.
    pub fill: Vec<Change>,
    /// Who says so.
    pub core: Core,
}

/// What a description says on its own, before the fleet is known.
#[derive(Debug, Clone)]
pub struct Examined {
    findings: Findings,
    /// What the fleet must know of it.
    pub record: Record,
    /// What is filled in.
    pub fill: Vec<Change>,
    /// Whether the document asks for findings to be ignored.
    suppresses: bool,
}

/// What the fleet has to say of a description.
#[derive(Debug, Clone)]
pub struct Relations {
    findings: Findings,
    /// What it would have said of the one from before.
    before: Findings,
    deletion: bool,
    /// Whether all other clusters are known.
    complete: bool,
}

impl Relations {
    /// Adds what policies say of the description, and what they would have said of the one from before.
    pub fn hear(&mut self, opinions: &[Opinion], before: &[Opinion]) {
        for (opinions, findings) in [(opinions, &mut self.findings), (before, &mut self.before)] {
            for opinion in opinions {
                opinion.add_to(findings);
            }
        }
    }
}

impl Default for Rulebook {
    fn default() -> Self {
        Self::new(Catalog::built_in().clone(), Settings::default())
    }
}

impl Rulebook {
    /// The stock rules under a catalogue and settings.
    #[must_use]
    pub fn new(catalog: Catalog, settings: Settings) -> Self {
        let mut hash = Hash::default();
        for rule in rules::all() {
            hash.add(&[rule.name, rule.severity.name(), rule.status.words().0]);
        }
        catalog.hash(&mut hash);
        settings.hash(&mut hash);
        Self { catalog, settings, core: Core { version: env!("CARGO_PKG_VERSION"), hash: hash.0 } }
    }

    /// The catalogue.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Who says so.
    #[must_use]
    pub fn core(&self) -> Core {
        self.core
    }

    /// Judges a description. `now` is in seconds since 1970 (UTC).
    #[must_use]
    pub fn judge(&self, document: &Document<'_>, operation: Operation<'_>, fleet: &Fleet, now: i64) -> Verdict {
        self.judge_examined(document, self.examine(document, now), operation, fleet, now)
    }

    /// Judges a description that was examined before.
    #[must_use]
    pub fn judge_examined(
        &self,
        document: &Document<'_>,
        examined: Examined,
        operation: Operation<'_>,
        fleet: &Fleet,
        now: i64,
    ) -> Verdict {
        let old = self.examine_old(document, &examined, operation, now);
        let before = old.as_ref().map(|(_, examined)| (&examined.record, fleet));
        let relations = self.relate(&examined.record, before, matches!(operation, Operation::Delete), fleet);
        self.conclude(document, examined, old, relations)
    }

    /// Looks at the description from before an update; what is as it was has been looked at.
    #[must_use]
    pub fn examine_old<'o>(
        &self,
        document: &Document<'_>,
        examined: &Examined,
        operation: Operation<'o>,
        now: i64,
    ) -> Option<(&'o Document<'o>, Examined)> {
        match operation {
            Operation::Update(old) if core::ptr::eq(old, document) => Some((old, examined.clone())),
            Operation::Update(old) => Some((old, self.examine(old, now))),
            Operation::Create | Operation::Delete => None,
        }
    }

    /// Looks at a cluster among all others: at its record, and for an update at the one from before, among
    /// what was there then. That is the same fleet, unless more than this cluster changes at once.
    /// This is the only part of a judgement that needs the fleet, and it takes microseconds however
    /// long the description is.
    #[must_use]
    pub fn relate(&self, record: &Record, old: Option<(&Record, &Fleet)>, deletion: bool, fleet: &Fleet) -> Relations {
        let complete = self.settings.complete.unwrap_or_else(|| fleet.is_complete());
        let look = |relation: Relation<'_>| {
            let mut findings = Findings::new();
            rules::among_others(&relation, &mut findings);
            findings
        };
        let before = |(record, fleet)| look(Relation { record, old: None, deletion: false, fleet, complete });
        Relations {
            findings: look(Relation { record, old: old.map(|(record, _)| record), deletion, fleet, complete }),
            before: old.map(before).unwrap_or_default(),
            deletion,
            complete,
        }
    }

    /// Puts together what was found: by a look at the description, for an update at the one from
    /// before, and among all others.
    #[must_use]
    pub fn conclude(
        &self,
        document: &Document<'_>,
        examined: Examined,
        old: Option<(&Document<'_>, Examined)>,
        relations: Relations,
    ) -> Verdict {
        let Examined { mut findings, fill, suppresses, .. } = examined;
        if relations.deletion {
            // Whatever is wrong with it goes with it.
            return self.finish(document, relations.findings, Vec::new(), None);
        }
        findings.extend(relations.findings);
        if let Some((old, examined)) = old {
            let mut before = examined.findings;
            before.extend(relations.before);
            mark_unchanged(document, &mut findings, old, &before);
        }
        self.finish(document, findings, fill, suppresses.then_some(relations.complete))
    }

    /// Looks at a description on its own.
    #[must_use]
    pub fn examine(&self, document: &Document<'_>, now: i64) -> Examined {
        let mut examined = self.examine_once(document, now);
        rank_copies(&mut examined.findings, document, |trial| self.examine_once(trial, now).findings);
        examined
    }

    fn examine_once(&self, document: &Document<'_>, now: i64) -> Examined {
        let mut findings = Findings::new();
        // It is asked for at each map, and hardly ever so.
        let repeats_keys = document.root.repeats_keys();
        document.faults(repeats_keys, &mut findings);
        let broken = findings.iter().any(|finding| is_one_of(finding, &[&syntax::INVALID_SYNTAX, &syntax::TOO_DEEP, &syntax::ALIAS_LIMIT]));
        if !document.is_readable() || !document.describes {
            let unread = broken || findings.iter().any(|finding| is_one_of(finding, &[&syntax::TOO_LARGE]));
            if !unread {
                findings.push(structure::no_cluster(&document.root));
            }
            return Examined { findings, record: Record::default(), fill: Vec::new(), suppresses: false };
        }
        document.form.check(&document.root, repeats_keys, &mut findings);
        let written = Cluster::read(document.form, &document.root);
        let request = RequestOnly::read(document.form, &document.root);
        let name = document.name.as_deref().or(written.metadata.name.as_deref());
        let Filled { cluster, mut changes } = Filled::of(&written, name, &self.catalog);
        let address = written.spec.api_server.as_deref().map(Address::parse);
        let mut known = [None; Slot::ALL.len()];
        for (known, &slot) in known.iter_mut().zip(Slot::ALL) {
            *known = cluster.spec.component(slot).and_then(|component| match component.name.as_deref() {
                Some(name) => self.catalog.component(name),
                None => self.catalog.default_of(slot),
            });
        }
        let catalog = &self.catalog;
        let subject = Subject { document, written: &written, cluster: &cluster, request: &request, address, name, catalog, known };
        rules::alone(&subject, &mut findings);
        rules::kubeconfig::check(&subject, now, &mut findings);
        changes.extend(defaults::vcluster_port(document.form, &cluster, &request));
        // What a person wrote is never overwritten, whatever its type.
        changes.retain(|change| matches!(change, Change::Insert { path, .. } if document.has_room_for(path)));
        let nulls = defaults::nulls(document.form, &document.root, &changes);
        changes.extend(nulls);
        if broken {
            // What could not be read may hold what seems to be missing, and is nothing in the tree.
            let is_nothing = |finding: &Finding| is_one_of(finding, &[&structure::WRONG_TYPE]) && finding.value.is_none();
            findings.retain(|finding| !is_absence(finding) && !is_nothing(finding));
            // The tree is a guess there: a change to it might break the text further.
            for finding in &mut findings {
                finding.fixes.retain(|fix| fix.changes.iter().all(|change| matches!(change, Change::Edit(_))));
            }
        }
        let record = Record::of(&cluster, name.unwrap_or_default(), subject.address.and_then(Result::ok), &self.catalog);
        Examined { findings, record, fill: changes, suppresses: self.settings.ignores && suppression::is_asked(document) }
    }

    /// Whether the fleet has anything to say of a cluster that is new or judged as if it were.
    /// A door that holds many documents asks this before it reads one of them again.
    #[must_use]
    pub fn has_relations(&self, record: &Record, fleet: &Fleet) -> bool {
        !self.relate(record, None, false, fleet).findings.is_empty()
    }

    /// Whether a description, on its own, has no finding.
    #[must_use]
    pub fn is_clean(&self, examined: &Examined) -> bool {
        examined.findings.is_empty() && !examined.suppresses
    }

    /// Weighs, orders and bounds findings. `suppressing` is there where the document asks for some to be
    /// ignored, and says whether all other clusters are known.
    pub(crate) fn finish(&self, document: &Document<'_>, mut findings: Findings, fill: Vec<Change>, suppressing: Option<bool>) -> Verdict {
        if !findings.is_empty() || suppressing.is_some() {
            settle(document, &mut findings);
            if let Some(complete) = suppressing {
                suppression::apply(document, &mut findings, complete, |rule| self.settings.severities.get(rule) == Some(&None));
            }
            let overrides: Vec<Override<'_>> = if self.settings.overrides { Override::all(&document.root).collect() } else { Vec::new() };
            findings.retain_mut(|finding| self.weigh(finding, &overrides));
            // The key of each is made once, and not in each comparison.
            let mut keyed: Vec<_> = findings.into_iter().map(|finding| (order(&finding), finding)).collect();
            sort_by(&mut keyed, |(a, _), (b, _)| a.cmp(b));
            findings = keyed.into_iter().map(|(_, finding)| finding).collect();
        }
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let omitted = findings.len().saturating_sub(self.settings.limit);
        if omitted > 0 {
            keep_weightiest(&mut findings, self.settings.limit, errors, warnings);
        }
        Verdict { findings, omitted, errors, warnings, fill, core: self.core }
    }

    /// Applies the settings to a finding; returns whether it is told at all.
    fn weigh(&self, finding: &mut Finding, overrides: &[Override<'_>]) -> bool {
        if let Some(severity) = self.settings.severities.get(finding.rule.name) {
            let Some(severity) = severity else { return false };
            // A setting makes a rule weigh more or less; what a finding weighs less than its rule, it keeps.
            if finding.severity == finding.rule.severity {
                finding.severity = *severity;
            }
        }
        if finding.unchanged && finding.severity == Severity::Error {
            finding.severity = Severity::Warning;
        }
        if finding.severity == Severity::Error {
            let rule = finding.rule;
            let reason = overrides.iter().find(|line| rule.can_be_overridden() && line.rule == rule.name).map(|line| line.reason);
            let excuse = match reason {
                Some(reason) => Some(Excuse::Override(reason.to_owned())),
                None => self.settings.monitor.covers(rule.name).then_some(Excuse::Monitor),
            };
            if excuse.is_some() {
                finding.severity = Severity::Warning;
                finding.excuse = excuse;
            }
        }
        !(finding.rule.can_be_suppressed()
            && self.settings.suppressions.iter().any(|suppression| {
                suppression.rule == finding.rule.name
                    && suppression.path.as_deref().is_none_or(|path| match &finding.place {
                        Place::Path { path: at, .. } => {
                            let at = at.to_string();
                            at.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
                        }
                        Place::Text(_) => false,
                    })
            }))
    }
}

fn is_one_of(finding: &Finding, rules: &[&'static rules::Rule]) -> bool {
    rules.iter().any(|rule| core::ptr::eq(finding.rule, *rule))
}

fn is_absence(finding: &Finding) -> bool {
    is_one_of(
        finding,
        &[
            &structure::MISSING_FIELD,
            &rules::topology::WORKER_WITHOUT_TYPE,
            &rules::topology::VIRTUAL_WITHOUT_HOST,
            &rules::components::MISSING_ADDITION,
        ],
    )
}

/// One fault, one finding: what only follows from another finding at the same place is not told.
fn settle(document: &Document<'_>, findings: &mut Findings) {
    let variables: Vec<(Path, bool)> = findings
        .iter()
        .filter(|finding| is_one_of(finding, &[&syntax::UNREPLACED_VARIABLE]))
        .filter_map(|finding| Some((finding.place.path().cloned()?, finding.unchanged)))
        .collect();
    if !variables.is_empty() {
        // A variable that was there before an update does not hide what the update brings.
        let hides = |finding: &Finding| {
            variables.iter().any(|(path, unchanged)| finding.place.path() == Some(path) && (finding.unchanged || !unchanged))
        };
        findings.retain(|finding| is_one_of(finding, &[&syntax::UNREPLACED_VARIABLE, &syntax::DUPLICATE_KEY]) || !hides(finding));
    }
    // In quotes a number or a word should say what it says now, not what Kubernetes makes of it: `1.10` is no `1.1`. A word
    // that YAML readers disagree on may have meant either.
    let ambiguous: Vec<Path> = findings
        .iter()
        .filter(|finding| is_one_of(finding, &[&syntax::AMBIGUOUS_SCALAR]))
        .filter_map(|finding| finding.place.path().cloned())
        .collect();
    for finding in findings.iter_mut().filter(|finding| is_one_of(finding, &[&structure::WRONG_TYPE])) {
        let is_ambiguous = finding.place.path().is_some_and(|path| ambiguous.contains(path));
        let text = document.range_of(&finding.place).of(document.text);
        // Before a number may stand an anchor or a tag.
        if text.is_empty() || text.contains(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.' | '_' | '~')) {
            continue;
        }
        for fix in &mut finding.fixes {
            if is_ambiguous {
                fix.applicability = Applicability::Unsafe;
            }
            for change in &mut fix.changes {
                if let Change::Set { value, .. } = change {
                    *value = Value::String(text.to_owned().into());
                }
            }
        }
    }
}

/// Keeps as many findings as are told, in their order: whoever reads a refusal must find out why.
fn keep_weightiest(findings: &mut Findings, limit: usize, errors: usize, warnings: usize) {
    let mut room_for_errors = errors.min(limit);
    let mut room_for_warnings = warnings.min(limit.saturating_sub(room_for_errors));
    let mut room_for_others = limit.saturating_sub(room_for_errors).saturating_sub(room_for_warnings);
    findings.retain(|finding| {
        let room = match finding.severity {
            Severity::Error => &mut room_for_errors,
            Severity::Warning => &mut room_for_warnings,
            Severity::Info => &mut room_for_others,
        };
        let is_kept = *room > 0;
        *room = room.saturating_sub(1);
        is_kept
    });
}

/// Notes which findings an update found there already: the same rule and path, and the value unchanged. What is said of a
/// cluster among others, and by policies, which share a rule, must be the same, too: it rests on more than that value.
fn mark_unchanged(document: &Document<'_>, findings: &mut Findings, old: &Document<'_>, before: &Findings) {
    for finding in findings.iter_mut().filter(|finding| finding.rule.group != "lifecycle") {
        let by_words = finding.rule.group == "policy" || finding.rule.reads_fleet();
        finding.unchanged = before.iter().any(|earlier| {
            core::ptr::eq(earlier.rule, finding.rule)
                && (!by_words || earlier.args == finding.args)
                && match (&earlier.place, &finding.place) {
                    (Place::Path { path: a, .. }, Place::Path { path: b, .. }) => is_as_it_was((old, a), (document, b)),
                    (Place::Text(a), Place::Text(b)) => {
                        a.of(old.text) == b.of(document.text) && rest(old.text, *a) == rest(document.text, *b)
                    }
                    _ => false,
                }
        });
    }
}

/// Whether the same stands at both paths. An item of a list may have moved: then the items are compared.
fn is_as_it_was((old, before): (&Document<'_>, &Path), (new, now): (&Document<'_>, &Path)) -> bool {
    if before == now {
        return same_value((old, before), (new, now));
    }
    let (mut before, mut now) = (before.clone(), now.clone());
    while before.segments().last() == now.segments().last() && before.pop().is_some() {
        now.pop();
    }
    let are_same = same_value((old, &before), (new, &now));
    are_same && matches!((before.pop(), now.pop()), (Some(Segment::Index(_)), Some(Segment::Index(_)))) && before == now
}

fn same_value((a, at): (&Document<'_>, &Path), (b, there): (&Document<'_>, &Path)) -> bool {
    let (a, b) = (a.find(at, None), b.find(there, None));
    match (a.as_ref().map(|at| at.node()), b.as_ref().map(|at| at.node())) {
        (Some(a), Some(b)) => a.value.same(&b.value),
        (a, b) => a.is_none_or(Node::is_null) && b.is_none_or(Node::is_null),
    }
}

/// What stands from a range to the end of its line.
fn rest(text: &str, range: TextRange) -> Option<&str> {
    text.get(range.as_range().start..)?.lines().next()
}

/// Orders the offers of a repeated key: first the copy that leaves the fewest errors.
fn rank_copies(findings: &mut Findings, document: &Document<'_>, examine: impl Fn(&Document<'_>) -> Findings) {
    for finding in findings.iter_mut().filter(|finding| is_one_of(finding, &[&syntax::DUPLICATE_KEY]) && finding.fixes.len() > 1) {
        let fixes = core::mem::take(&mut finding.fixes);
        let mut ranked: Vec<_> = fixes
            .into_iter()
            .map(|fix| {
                let errors = trial(document, &fix.changes, &examine);
                (errors.unwrap_or(usize::MAX), fix)
            })
            .collect();
        sort_by(&mut ranked, |(a, _), (b, _)| a.cmp(b));
        finding.fixes = ranked.into_iter().map(|(_, fix)| fix).collect();
    }
}

/// How many errors are left after some changes.
fn trial(document: &Document<'_>, changes: &[Change], examine: impl Fn(&Document<'_>) -> Findings) -> Option<usize> {
    let mut edits = document.edits(changes)?;
    let (text, start) = document.own_text();
    for edit in &mut edits {
        let range = edit.range.as_range();
        edit.range = TextRange::new(range.start.checked_sub(start)?, range.end.checked_sub(start)?);
    }
    let text = source::apply(&text, &edits)?;
    let mut trial = Document::read_as(&text, document.format, document.form, &Limits::default());
    trial.name = document.name.as_deref().map(alloc::borrow::Cow::Borrowed);
    Some(examine(&trial).iter().filter(|finding| finding.severity == Severity::Error).count())
}

/// The place of a finding among all: faults of text in the order of the text, then by path in the
/// order of the schema, then by rule.
type Order = (u32, Vec<Step>, Option<Part>, Option<usize>, usize, String);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Field(usize),
    Index(usize),
    Key(String),
}

fn order(finding: &Finding) -> Order {
    let rule = rules::order(finding.rule);
    let within = finding.within.as_ref().map(|within| within.path.to_string()).unwrap_or_default();
    match &finding.place {
        Place::Text(range) => (range.start, Vec::new(), None, None, rule, within),
        Place::Path { path, part, occurrence } => (u32::MAX, steps(path), Some(*part), *occurrence, rule, within),
    }
}

fn steps(path: &Path) -> Vec<Step> {
    let mut shape = Some(&RESOURCE);
    path.segments()
        .iter()
        .map(|segment| match segment {
            Segment::Index(index) => {
                shape = match shape {
                    Some(Shape::List(inner)) => Some(inner),
                    _ => None,
                };
                Step::Index(*index)
            }
            Segment::Key(key) => {
                let field = shape.and_then(|shape| shape.fields().iter().position(|field| field.name == key.as_ref()));
                shape = shape.and_then(|shape| shape.at(key));
                field.map_or_else(|| Step::Key(key.clone().into_owned()), Step::Field)
            }
        })
        .collect()
}

/// FNV-1a with 64 bits (Fowler, Noll, Vo): the same on every machine and in every version.
#[derive(Debug, Clone, Copy)]
pub struct Hash(pub(crate) u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    /// Adds words, each with an end of its own.
    pub(crate) fn add(&mut self, words: &[&str]) {
        for word in words {
            for byte in word.bytes().chain([0xff]) {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
}

impl core::fmt::Display for Core {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}+{:016x}", self.version, self.hash)
    }
}

impl Verdict {
    /// The heaviest finding's severity.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        if self.errors > 0 {
            return Some(Severity::Error);
        }
        self.findings.iter().map(|finding| finding.severity).max()
    }
}
