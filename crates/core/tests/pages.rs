//! Runs the examples on the rules' pages.
//!
//! The first word of a fenced block says how it is written (`yaml` or `json`), the second what it is
//! for; a block without a second word is only shown.
//!
//! | block | meaning |
//! | --- | --- |
//! | `fails` | the page's rule fires |
//! | `passes` | the rule does not fire, and there is no error |
//! | `fleet` | what else exists; it is complete then |
//! | `old` | what an update replaces |
//!
//! The surroundings (`fleet`, `old`) hold for all examples below them. Further words of
//! an example:
//!
//! | word | meaning |
//! | --- | --- |
//! | `fixes` | the first change that is offered mends it |
//! | `delete` | the cluster is deleted |
//! | `catalog` | the example is a catalogue, not a cluster |
//! | `clusters=…` | the example is the list of a repository's clusters; beside it lie these files |
//! | `name=…` | the name from outside, such as the one in a request's URL |
//! | `now=…` | the clock; else it is [`NOW`] |
//! | `policy=…` | what a policy says of `spec.primaryDomain`: `denied`, `warned`, `failed` |
//! | `times=…` | what `…` stands for: so many more of the character before it |

#![cfg(feature = "pages")]

use std::collections::BTreeSet;
use std::fmt::Write;

use clearance_core::finding::Path;
use clearance_core::repository::Neighbours;
use clearance_core::rules::policy::{Opinion, Says};
use clearance_core::rules::{self, Rule, pages::page};
use clearance_core::source::{self, Format, LineIndex};
use clearance_core::{
    Content, Document, Finding, Fleet, Form, Language, Limits, Operation, Record, Referrer, Rulebook, Severity, Verdict, catalog,
};

const NOW: &str = "2026-11-01T00:00:00Z";

/// A fenced block of a page.
struct Block<'p> {
    line: usize,
    words: Vec<&'p str>,
    text: String,
}

impl Block<'_> {
    fn is(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    fn file_name(&self) -> String {
        format!("example.{}", self.words.first().copied().unwrap_or_default())
    }
}

/// An example and what stands above it.
struct Example<'b, 'p> {
    block: &'b Block<'p>,
    fleet: Option<&'b Block<'p>>,
    old: Option<&'b Block<'p>>,
}

#[test]
fn examples_do_what_their_pages_say() {
    let mut faults = String::new();
    for rule in rules::all() {
        for fault in faults_of_examples(rule) {
            let _ = writeln!(faults, "{}.md:{fault}", rule.name);
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn pages_have_one_shape() {
    let mut faults = String::new();
    for rule in rules::all() {
        let text = page(rule.name).unwrap_or_default();
        let mut fault = |what: &str| {
            let _ = writeln!(faults, "{}.md: {what}", rule.name);
        };
        if !text.starts_with(&format!("# {}\n\n", rule.name)) {
            fault("the rule's name does not stand at the top");
        }
        let headings: Vec<&str> = outside_blocks(text).filter(|line| line.starts_with('#')).skip(1).collect();
        if !matches!(
            headings.as_slice(),
            ["## Why", "## Example", "## How to fix it"] | ["## Why", "## Example", "## How to fix it", "## Exceptions"]
        ) {
            fault(&format!("headings are {headings:?}"));
        }
        if outside_blocks(text).any(|line| line.chars().count() > 100) {
            fault("a line is longer than 100 characters");
        }
        if text.lines().any(|line| line.ends_with(char::is_whitespace)) || !text.ends_with('\n') || text.ends_with("\n\n") {
            fault("white space at an end");
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may look at the sources")]
fn no_page_is_left_out() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules/pages");
    for entry in std::fs::read_dir(directory).expect("the pages' directory") {
        let path = entry.expect("an entry").path();
        let rule = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        assert!(page(rule).is_some(), "{} is not in the list of pages", path.display());
    }
}

/// What is wrong with the examples on a rule's page.
fn faults_of_examples(rule: &'static Rule) -> Vec<String> {
    let blocks = blocks(page(rule.name).expect("a page"));
    let mut faults = Vec::new();
    let (mut fleet, mut old) = (None, None);
    let (mut failing, mut passing, mut fixed) = (0, 0, 0);
    for block in &blocks {
        let example = Example { block, fleet, old };
        let mut fault = |what: String| faults.push(format!("{}: {what}", block.line));
        if let Some(word) = block.words.iter().find(|word| !is_known(word)) {
            fault(format!("unknown word `{word}`"));
        }
        match block.words.get(1).copied() {
            None => {}
            Some("fleet") => fleet = Some(block),
            Some("old") => old = Some(block),
            Some("passes") => {
                passing += 1;
                for told in example.judge(&block.text) {
                    if told.finding.rule.name == rule.name || told.finding.severity == Severity::Error {
                        fault(format!("the passing example has {told}"));
                    }
                }
            }
            Some("fails") => {
                failing += 1;
                let before = example.judge(&block.text);
                let of_rule = before.iter().find(|told| told.finding.rule.name == rule.name);
                match of_rule {
                    None => fault(format!("the failing example has {}", listed(&before))),
                    Some(told) if block.is("fixes") => {
                        fixed += 1;
                        if let Err(what) = example.fix(told, &before) {
                            fault(format!("{what}; before: {}", listed(&before)));
                        }
                    }
                    Some(told) if !told.finding.fixes.is_empty() => {
                        fault(format!("a change is offered, but the example is not marked `fixes`: {told}"));
                    }
                    Some(_) => {}
                }
            }
            Some(word) => fault(format!("`{word}` does not say what the block is for")),
        }
    }
    if failing == 0 || passing == 0 {
        faults.push("1: a page has a failing and a passing example".to_owned());
    }
    if rule.fixable != (fixed > 0) {
        faults.push(format!("1: `fixable` is {}, and {fixed} examples are marked `fixes`", rule.fixable));
    }
    faults
}

/// A finding, told with its place.
struct Told {
    finding: Finding,
    place: String,
    /// The changes of the first fix as edits of the text.
    edits: Option<Vec<source::TextEdit>>,
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { finding, place, .. } = self;
        write!(f, "{}[{}] at {place}: {}", finding.severity.name(), finding.rule.name, finding.message(Language::English))
    }
}

fn listed(findings: &[Told]) -> String {
    if findings.is_empty() { "no finding".to_owned() } else { findings.iter().map(Told::to_string).collect::<Vec<_>>().join("; ") }
}

impl Example<'_, '_> {
    /// Applies the first change that is offered, and looks whether it mends the finding.
    fn fix(&self, told: &Told, before: &[Told]) -> Result<(), String> {
        let Some(first) = told.finding.fixes.first() else { return Err("no change is offered".to_owned()) };
        let Some(edits) = &told.edits else { return Err(format!("{:?} cannot be made in the text", first.changes)) };
        let Some(mended) = source::apply(&self.block.text, edits) else { return Err(format!("{edits:?} cannot be applied")) };
        let after = self.judge(&mended);
        let same = |a: &Told, b: &Told| a.finding.rule.name == b.finding.rule.name && a.place == b.place;
        let fault = after.iter().find_map(|told_after| {
            if told_after.finding.rule.name == told.finding.rule.name
                && !before.iter().any(|old| !std::ptr::eq(old, told) && same(old, told_after))
            {
                Some(format!("the finding is still there after the change: {told_after}"))
            } else if told_after.finding.severity == Severity::Error && !before.iter().any(|old| same(old, told_after)) {
                Some(format!("the change brings {told_after}"))
            } else {
                None
            }
        });
        fault.map_or(Ok(()), |fault| Err(format!("{fault}\n--- after `{}`:\n{mended}---", first.title(Language::English))))
    }

    /// Judges all documents of a text in the example's surroundings.
    fn judge(&self, text: &str) -> Vec<Told> {
        let file_name = self.block.file_name();
        if self.block.is("catalog") {
            let (_, findings) = catalog::read(text, Some(&file_name));
            return findings.into_iter().map(|finding| Told { place: format!("{:?}", finding.place), edits: None, finding }).collect();
        }
        let rulebook = Rulebook::default();
        if let Some(files) = self.block.option("clusters") {
            return self.judge_list(&rulebook, text, files);
        }
        let now = seconds(self.block.option("now").unwrap_or(NOW));
        let documents: Vec<Document<'_>> = Document::read_all(text, Some(&file_name), &Limits::default())
            .into_iter()
            .map(|content| match content {
                // What a page calls an example is always meant to be a cluster.
                Content::Cluster(document) | Content::Other(document) => match self.block.option("name") {
                    Some(name) => document.named(name.to_owned()),
                    None => document,
                },
            })
            .collect();
        let (mut records, referrers) = self.others(&rulebook, now);
        for document in documents.iter().filter(|document| document.is_readable()) {
            records.push(Record { judged: true, ..rulebook.examine(document, now).record });
        }
        let fleet = Fleet::new(records, referrers, self.fleet.is_some());
        let old = self.old.map(|block| Document::read_all(&block.text, Some(&block.file_name()), &Limits::default()));
        let old = old.as_ref().and_then(|contents| contents.iter().find_map(as_cluster));
        let operation = match old {
            _ if self.block.is("delete") => Operation::Delete,
            Some(old) => Operation::Update(old),
            None => Operation::Create,
        };
        let lines = LineIndex::new(text);
        let mut told = Vec::new();
        for document in &documents {
            for finding in self.verdict(&rulebook, document, operation, &fleet, now).findings {
                let range = document.range_of(&finding.place);
                let position = lines.position(text, range.start, source::Encoding::CodePoints);
                let place = match &finding.place {
                    clearance_core::finding::Place::Path { path, .. } => path.to_string(),
                    clearance_core::finding::Place::Text(_) => format!("{}:{}", position.line + 1, position.column + 1),
                };
                let edits = finding.fixes.first().and_then(|fix| document.edits(&fix.changes));
                told.push(Told { finding, place, edits });
            }
        }
        told
    }

    fn verdict(&self, rulebook: &Rulebook, document: &Document<'_>, operation: Operation<'_>, fleet: &Fleet, now: i64) -> Verdict {
        let Some(says) = self.block.option("policy") else { return rulebook.judge(document, operation, fleet, now) };
        let says = match says {
            "denied" => Says::Denied,
            "warned" => Says::Warned,
            "failed" => Says::Failed,
            other => panic!("no policy says `{other}`"),
        };
        let path = Path::of("spec.primaryDomain");
        let opinion =
            Opinion { policy: "allowed-domains".to_owned(), says, path, sentence: "it says so".to_owned(), told: None, monitored: false };
        let examined = rulebook.examine(document, now);
        let mut relations = rulebook.relate(&examined.record, None, false, fleet);
        relations.hear(&[opinion], &[]);
        rulebook.conclude(document, examined, None, relations)
    }

    /// Judges a list among the files beside it.
    fn judge_list(&self, rulebook: &Rulebook, text: &str, files: &str) -> Vec<Told> {
        let list = Document::read_as(text, Format::of(Some(&self.block.file_name()), text), Form::Resource, &Limits::default());
        let files: BTreeSet<String> = files.split(',').map(str::to_owned).collect();
        let neighbours = Neighbours { present: files.clone(), clusters: files };
        let verdict = rulebook.judge_list(&list, &neighbours, None);
        let told = |finding: Finding| Told {
            place: format!("{:?}", finding.place),
            edits: finding.fixes.first().and_then(|fix| list.edits(&fix.changes)),
            finding,
        };
        verdict.findings.into_iter().map(told).collect()
    }

    /// What the fleet block holds.
    fn others(&self, rulebook: &Rulebook, now: i64) -> (Vec<Record>, Vec<Referrer>) {
        let (mut records, mut referrers) = (Vec::new(), Vec::new());
        let Some(block) = self.fleet else { return (records, referrers) };
        for content in Document::read_all(&block.text, Some(&block.file_name()), &Limits::default()) {
            match content {
                Content::Cluster(document) => records.push(rulebook.examine(&document, now).record),
                Content::Other(document) => {
                    referrers.push(Referrer::read(&document.root).unwrap_or_else(|| panic!("line {}: no referrer", block.line)));
                }
            }
        }
        (records, referrers)
    }
}

fn as_cluster<'c, 'a>(content: &'c Content<'a>) -> Option<&'c Document<'a>> {
    match content {
        Content::Cluster(document) => Some(document),
        Content::Other(_) => None,
    }
}

fn is_known(word: &str) -> bool {
    const WORDS: &[&str] = &["yaml", "json", "fails", "passes", "fleet", "old", "catalog", "fixes", "delete"];
    WORDS.contains(&word) || word.split_once('=').is_some_and(|(name, _)| matches!(name, "clusters" | "name" | "now" | "policy" | "times"))
}

/// The fenced blocks of a page.
fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut open = false;
    for (number, line) in page.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(info) if !open => {
                blocks.push(Block { line: number + 1, words: info.split_whitespace().collect(), text: String::new() });
                open = true;
            }
            Some(_) => open = false,
            None if open => {
                let block = blocks.last_mut().expect("an open block");
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    for block in &mut blocks {
        if let Some(times) = block.option("times") {
            block.text = spread(&block.text, times.parse().expect("a number"));
        }
    }
    blocks
}

/// Puts in place of each `…` what it stands for.
fn spread(text: &str, times: usize) -> String {
    let mut parts = text.split('…');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let last = whole.chars().last().expect("a character before `…`");
        whole.extend(std::iter::repeat_n(last, times));
        whole.push_str(part);
    }
    whole
}

/// The lines of a page that are no example.
fn outside_blocks(page: &str) -> impl Iterator<Item = &str> {
    let mut open = false;
    page.lines().filter(move |line| {
        let fence = line.starts_with("```");
        open ^= fence;
        !open && !fence
    })
}

/// A time such as `2024-07-01T00:00:00Z` in seconds since 1970.
fn seconds(time: &str) -> i64 {
    let numbers: Vec<i64> =
        time.split(['-', 'T', ':', 'Z']).filter(|part| !part.is_empty()).map(|part| part.parse().expect("a number")).collect();
    let [year, month, day, hour, minute, second] = numbers.as_slice() else { panic!("`{time}` is no time") };
    // Days from March on, so that the leap day is the last one of a year.
    let (year, month) = if *month < 3 { (year - 1, month + 9) } else { (*year, month - 3) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day - 719_469;
    ((days * 24 + hour) * 60 + minute) * 60 + second
}

#[test]
fn the_clock_of_an_example() {
    assert_eq!(seconds("1970-01-01T00:00:00Z"), 0);
    assert_eq!(seconds("2000-02-29T00:00:00Z"), 951_782_400);
    assert_eq!(seconds("2024-06-06T22:21:14Z"), 1_717_712_474);
}
