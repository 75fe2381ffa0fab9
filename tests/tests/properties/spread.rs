//! The generator itself: what it makes is like what people write.

use std::collections::{BTreeMap, BTreeSet};

use clearance_core::rules;
use clearance_tests::generate;

use super::support::{clusters, judge};

#[test]
fn most_documents_have_few_findings_and_most_rules_are_met() {
    let size = 3_000;
    let batch = generate::batch(7, size);
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    let mut met = BTreeSet::new();
    let mut read = 0;
    for generated in &batch {
        for document in clusters(generated) {
            let verdict = judge(&document);
            *counts.entry(verdict.findings.len() + verdict.omitted).or_default() += 1;
            met.extend(verdict.findings.iter().map(|finding| finding.rule.name));
            read += 1;
        }
    }
    let unmet: Vec<_> = rules::all().map(|rule| rule.name).filter(|name| !met.contains(name)).collect();
    println!("findings a document: {counts:?}\nnever met: {unmet:?}");
    let few: usize = counts.range(0..=5).map(|(_, count)| count).sum();
    let clean = counts.get(&0).copied().unwrap_or(0);
    assert!(read * 10 >= size * 9, "only {read} of {size} documents are clusters");
    assert!(few * 10 >= read * 9, "{counts:?}");
    assert!(clean * 10 >= read * 2, "{counts:?}");
    assert!(met.len() >= 45, "only {} rules are met; not {unmet:?}", met.len());
}

#[test]
fn a_seed_always_gives_the_same_batch() {
    assert_eq!(generate::batch(3, 200), generate::batch(3, 200));
    assert_ne!(generate::batch(3, 200), generate::batch(4, 200));
    let names: BTreeSet<_> = generate::batch(3, 200).into_iter().map(|generated| generated.name).collect();
    assert_eq!(names.len(), 200);
}
