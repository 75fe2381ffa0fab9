//! The corpus against the core: what comes out is what is written down, and what people expect.
//!
//! `CLEARANCE_BLESS=1 cargo test -p clearance-tests --test corpus` writes `expected.json` anew; look at the difference before
//! you commit it.

use std::collections::BTreeSet;
use std::fmt::Write;

use clearance_core::{Catalog, Rulebook, Settings, rules};
use clearance_tests::case::{self, Expected};
use clearance_tests::door::Core;
use clearance_tests::{Case, Door};

fn outcome(door: &Core, case: &Case) -> Expected {
    door.take(case).expect("a case can be taken").expect("the core sees every case")
}

#[test]
fn expected() {
    comes_out(case::all().expect("the corpus can be read"));
}

#[test]
fn expected_of_policies() {
    comes_out(case::with_policies().expect("the cases can be read"));
}

fn comes_out(cases: Vec<Case>) {
    let bless = std::env::var_os("CLEARANCE_BLESS").is_some();
    let door = Core::default();
    let mut wrong = String::new();
    for case in cases {
        let found = outcome(&door, &case);
        if bless {
            let mut text = serde_json::to_string_pretty(&found).expect("JSON");
            text.push('\n');
            std::fs::write(case.directory.join("expected.json"), text).expect("the corpus can be written");
        } else if case.expected.as_ref() != Some(&found) {
            let expected = serde_json::to_string_pretty(&case.expected).expect("JSON");
            let found = serde_json::to_string_pretty(&found).expect("JSON");
            writeln!(wrong, "== {}\nexpected {expected}\nfound {found}", case.name).expect("a string");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What people expect of each case, written before the rules were.
#[test]
fn intended() {
    let count = is_intended(case::all().expect("the corpus can be read"));
    assert!(count >= 150, "{count} cases");
    println!("{count} cases");
}

/// The same of the cases with policies.
#[test]
fn intended_of_policies() {
    let count = is_intended(case::with_policies().expect("the cases can be read"));
    assert!(count >= 9, "{count} cases");
}

fn is_intended(cases: Vec<Case>) -> usize {
    let door = Core::default();
    let mut wrong = String::new();
    let mut count = 0;
    for case in cases {
        count += 1;
        let found = outcome(&door, &case).findings;
        let mut unexplained: Vec<_> = found.iter().collect();
        let mut told = String::new();
        for intent in &case.about.intends {
            let fits = |observed: &clearance_tests::Observed| {
                observed.rule == intent.rule
                    && intent.path.as_ref().is_none_or(|path| observed.path.as_ref() == Some(path))
                    && intent.severity.as_ref().is_none_or(|severity| observed.severity == *severity)
            };
            if !found.iter().any(fits) {
                writeln!(told, "  lacks {intent:?}").expect("a string");
            }
            unexplained.retain(|observed| !fits(observed));
        }
        if case.about.only {
            for observed in &unexplained {
                writeln!(told, "  has beside {observed:?}").expect("a string");
            }
        }
        for observed in found.iter().filter(|observed| case.about.not.contains(&observed.rule)) {
            writeln!(told, "  must not have {observed:?}").expect("a string");
        }
        if !told.is_empty() {
            writeln!(wrong, "{}: {}\n{told}", case.name, case.about.about).expect("a string");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    count
}

/// Each rule on clusters has a case that fails and one that passes; and with any one rule off, the corpus fails.
#[test]
fn every_rule_counts() {
    let cases = case::all().expect("the corpus can be read");
    let door = Core::default();
    let fired: BTreeSet<String> = cases.iter().flat_map(|case| outcome(&door, case).findings).map(|observed| observed.rule).collect();
    for rule in rules::all().filter(|rule| !matches!(rule.group, "catalog" | "policy" | "repository")) {
        assert!(fired.contains(rule.name), "no case fails `{}`", rule.name);
        let passes = cases.iter().any(|case| case.about.not.iter().any(|name| name == rule.name));
        assert!(passes, "no case is a near miss of `{}`", rule.name);
        let mut settings = Settings::default();
        settings.severities.insert(rule.name.to_owned(), None);
        let without = Core { rulebook: Rulebook::new(Catalog::built_in().clone(), settings) };
        let differs = cases
            .iter()
            .filter(|case| {
                case.expected.as_ref().is_some_and(|expected| expected.findings.iter().any(|observed| observed.rule == rule.name))
            })
            .any(|case| Some(&outcome(&without, case)) != case.expected.as_ref());
        assert!(differs, "the corpus does not notice when `{}` is switched off", rule.name);
    }
}
