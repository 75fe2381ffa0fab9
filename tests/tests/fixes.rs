//! Every change of the corpus that is marked safe, made alone: its finding is gone, and there is no new one.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use clearance_core::finding::Place;
use clearance_core::{Applicability, Document, Finding, Verdict, source};
use clearance_tests::door::{Binary, Core};
use clearance_tests::{Case, case};

/// A finding without its place in the text, which shifts.
type Told = (&'static str, String, String);

fn told(finding: &Finding) -> Told {
    let path = finding.place.path().map(ToString::to_string).unwrap_or_default();
    (finding.rule.name, path, finding.message(clearance_core::Language::English))
}

fn all_told(core: &Core, case: &Case) -> BTreeMap<Told, usize> {
    let mut all = BTreeMap::new();
    core.judge(case, |_, verdict| {
        verdict.findings.iter().for_each(|finding| *all.entry(told(finding)).or_default() += 1);
        Ok(())
    })
    .expect("a case can be judged");
    all
}

/// The texts that come of the safe changes in a document, each with the finding that it is for.
fn mended(document: &Document<'_>, verdict: &Verdict) -> Vec<(Told, String, bool)> {
    let mut texts = Vec::new();
    for finding in &verdict.findings {
        for fix in finding.fixes.iter().filter(|fix| fix.applicability == Applicability::Safe) {
            let Some(edits) = document.edits(&fix.changes) else { continue };
            let text = source::apply(document.text, &edits).expect("edits that fit");
            // Where something could not be read until now, more may be said of what it holds.
            let is_of_text = matches!(finding.place, Place::Text(_)) || matches!(finding.rule.group, "syntax" | "structure");
            texts.push((told(finding), text, is_of_text));
        }
    }
    texts
}

/// What `clearance fix` makes of a case's text.
fn fixed(binary: &Binary, case: &Case) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join(&case.file);
    std::fs::write(&path, &case.input).expect("a file");
    let status = Command::new(binary.path()).arg("fix").arg(&path).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("it runs").success(), "{}", case.name);
    std::fs::read_to_string(path).expect("a text")
}

#[test]
fn a_safe_change_ends_its_finding_and_brings_no_other() {
    let core = Core::default();
    let (mut made, mut wrong) = (0, Vec::new());
    let binary = Binary::new().expect("the binary is built");
    for case in case::all().expect("the corpus can be read") {
        let before = all_told(&core, &case);
        let mut texts = Vec::new();
        core.judge(&case, |document, verdict| {
            texts.extend(mended(document, verdict));
            Ok(())
        })
        .expect("a case can be judged");
        for (finding, text, is_of_text) in texts {
            made += 1;
            // Of a key that is given twice with equal contents, one change alone would make two contents: `fix` makes
            // the changes of a text together, and leaves none that does it no good.
            let is_in_copy = before.keys().any(|(rule, path, _)| *rule == "duplicate-key" && finding.1.starts_with(path.as_str()));
            let text = if is_in_copy { fixed(&binary, &case) } else { text };
            let after = all_told(&core, &Case { input: text.into_bytes(), ..case.clone() });
            let count = |all: &BTreeMap<Told, usize>, told: &Told| all.get(told).copied().unwrap_or(0);
            if count(&after, &finding) >= count(&before, &finding) {
                wrong.push(format!("{}: {finding:?} is still there", case.name));
            }
            let new: Vec<_> = after.iter().filter(|(told, times)| **times > count(&before, told)).map(|(told, _)| told).collect();
            let is_about_what_is_read = |told: &&Told| is_of_text && !matches!(told.0, "invalid-syntax" | "missing-comma");
            let new: Vec<_> = new.into_iter().filter(|told| !is_about_what_is_read(told)).collect();
            if !new.is_empty() {
                wrong.push(format!("{}: {finding:?} mended brings {new:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(made > 100, "only {made} safe changes");
    println!("{made} safe changes of the corpus: each ends its finding and brings no other");
}
