//! How a property reads and judges a document.

use std::sync::LazyLock;

use clearance_core::finding::{Part, Place};
use clearance_core::source::Format;
use clearance_core::{Content, Document, Finding, Fleet, Form, Language, Limits, Operation, Rulebook, Verdict};
use clearance_tests::generate::{self, Generated};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// The clock of all properties.
pub(crate) const NOW: i64 = 1_793_491_200;

pub(crate) static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(Rulebook::default);
pub(crate) static FLEET: LazyLock<Fleet> = LazyLock::new(generate::fleet);

/// How often a property is tried, and from which seed: the same for all, so that a run says the same
/// wherever it runs. `CLEARANCE_CASES` and `CLEARANCE_SEED` look further.
pub(crate) fn cases() -> ProptestConfig {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let cases = number("CLEARANCE_CASES").and_then(|cases| u32::try_from(cases).ok()).unwrap_or(2_000);
    let rng_seed = RngSeed::Fixed(number("CLEARANCE_SEED").unwrap_or(1));
    ProptestConfig { cases, rng_seed, failure_persistence: None, max_shrink_iters: 4_000, ..ProptestConfig::default() }
}

/// A text as the document of a known form.
pub(crate) fn read_as<'a>(text: &'a str, format: Format, form: Form, name: &str) -> Document<'a> {
    Document::read_as(text, format, form, &Limits::default()).named(name.to_owned())
}

/// The clusters in a generated document, recognised as a door would.
pub(crate) fn clusters(generated: &Generated) -> Vec<Document<'_>> {
    let file = format!("{}.{}", generated.name, generated.file_extension);
    Document::read_all(&generated.text, Some(&file), &Limits::default())
        .into_iter()
        .filter_map(|content| match content {
            Content::Cluster(document) => Some(document.named(generated.name.clone())),
            Content::Other(_) => None,
        })
        .collect()
}

pub(crate) fn judge(document: &Document<'_>) -> Verdict {
    RULEBOOK.judge(document, Operation::Create, &FLEET, NOW)
}

/// A finding without its place in the text.
pub(crate) type Told = (&'static str, &'static str, String, Option<Part>, String);

pub(crate) fn told(finding: &Finding) -> Told {
    let (path, part) = match &finding.place {
        Place::Path { path, part, .. } => (path.to_string(), Some(*part)),
        Place::Text(_) => (String::new(), None),
    };
    (finding.rule.name, finding.severity.name(), path, part, finding.message(Language::English))
}

/// The findings that stand at a path, as they are told.
pub(crate) fn told_of(verdict: &Verdict) -> Vec<Told> {
    verdict.findings.iter().filter(|finding| finding.place.path().is_some()).map(told).collect()
}

/// Whether a YAML text uses an alias: no change is offered through one.
pub(crate) fn has_alias(node: &clearance_core::source::Node<'_>) -> bool {
    node.alias || node.items().iter().any(has_alias) || node.entries().iter().any(|entry| entry.merged || has_alias(&entry.value))
}

/// Whether a key is given twice anywhere.
pub(crate) fn has_copies(node: &clearance_core::source::Node<'_>) -> bool {
    let entries = node.entries();
    let twice = entries.iter().enumerate().any(|(index, entry)| entries[..index].iter().any(|other| other.key == entry.key));
    twice || node.items().iter().any(has_copies) || entries.iter().any(|entry| has_copies(&entry.value))
}
