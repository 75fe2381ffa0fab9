//! What is offered can be done, and does what it says.

use clearance_core::finding::Place;
use clearance_core::rules::{self, Lookup};
use clearance_core::source;
use clearance_core::{Applicability, Document, Finding};
use clearance_tests::generate;
use proptest::prelude::*;

use super::support::{Told, cases, judge, read_as, told};

/// A finding, and for a fault of the text what it underlines.
type Seen = (Told, String);

fn seen(finding: &Finding, document: &Document<'_>) -> Seen {
    let text = match &finding.place {
        Place::Text(range) => range.of(document.text).to_owned(),
        Place::Path { .. } => String::new(),
    };
    let mut told = told(finding);
    // It names the token before the comma, which another fix may change.
    if finding.rule.name == "missing-comma" {
        told.4.clear();
        return (told, String::new());
    }
    (told, text)
}

fn changed_paths(finding: &Finding, changes: &[clearance_core::Change]) -> Vec<String> {
    use clearance_core::Change;
    changes
        .iter()
        .flat_map(|change| match change {
            Change::Set { path, .. } | Change::Insert { path, .. } | Change::Remove { path, .. } => vec![path.to_string()],
            Change::Rename { path, to } => {
                let mut renamed = path.clone();
                renamed.pop();
                vec![path.to_string(), renamed.key(to.clone()).to_string()]
            }
            Change::Edit(_) => Vec::new(),
        })
        .chain(finding.place.path().map(ToString::to_string))
        .collect()
}

/// Whether a rule says that something is not what it could be read as.
fn is_about_reading(rule: &str) -> bool {
    match rules::find(rule) {
        Lookup::Known(rule) => rule.group == "syntax" || rule.group == "structure",
        _ => false,
    }
}

proptest! {
    #![proptest_config(cases())]

    /// A fix that has edits can be applied, and the text can still be read.
    #[test]
    fn every_fix_applies(plan in generate::plans()) {
        let generated = plan.write();
        let document = read_as(&generated.text, plan.format, plan.form, &generated.name);
        let verdict = judge(&document);
        for finding in &verdict.findings {
            for fix in &finding.fixes {
                let Some(edits) = document.edits(&fix.changes) else { continue };
                let text = source::apply(document.text, &edits);
                prop_assert!(text.is_some(), "{} {edits:?}\n{}", finding.rule.name, document.text);
                let text = text.unwrap_or_default();
                prop_assert!(text != document.text, "{} changes nothing: {:?}\n{}", finding.rule.name, fix.changes, document.text);
                let after = read_as(&text, plan.format, plan.form, &generated.name);
                let broken = |document: &Document<'_>| judge(document).findings.iter().filter(|finding| finding.rule.name == "invalid-syntax").count();
                prop_assert!(broken(&after) <= broken(&document), "{} breaks the text: {:?}\n{}\n---\n{}", finding.rule.name, fix.changes, document.text, text);
            }
        }
    }

    /// A safe fix takes its finding away and brings no other. Where something could not be read until now, more may
    /// be said of it; but then no longer that it cannot be read.
    #[test]
    fn a_safe_fix_mends(plan in generate::plans()) {
        let generated = plan.write();
        let document = read_as(&generated.text, plan.format, plan.form, &generated.name);
        let verdict = judge(&document);
        let before: Vec<Seen> = verdict.findings.iter().map(|finding| seen(finding, &document)).collect();
        for (index, finding) in verdict.findings.iter().enumerate() {
            for fix in finding.fixes.iter().filter(|fix| fix.applicability == Applicability::Safe) {
                let Some(edits) = document.edits(&fix.changes) else { continue };
                let text = source::apply(document.text, &edits).unwrap_or_default();
                let mended = read_as(&text, plan.format, plan.form, &generated.name);
                let after = judge(&mended);
                let mut left: Vec<Seen> = after.findings.iter().map(|finding| seen(finding, &mended)).collect();
                for (other, finding) in before.iter().enumerate() {
                    if other != index && let Some(at) = left.iter().position(|seen| seen == finding) {
                        left.remove(at);
                    }
                }
                let gone = !left.contains(&before[index]);
                prop_assert!(gone, "{:?} is still there after {:?}\n{}\n---\n{}", before[index], fix.changes, document.text, text);
                let touched = changed_paths(finding, &fix.changes);
                let was_unread = is_about_reading(finding.rule.name);
                left.retain(|((rule, _, path, _, _), _)| {
                    is_about_reading(rule) || !was_unread && !touched.iter().any(|at| path.starts_with(at.as_str()))
                });
                prop_assert!(left.is_empty(), "{:?}: {:?} brings {:?}\n{}\n---\n{}", before[index], fix.changes, left, document.text, text);
            }
        }
    }
}
