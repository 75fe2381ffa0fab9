//! Whatever is mended is better than before, and keeps what it does not touch.

use clearance_core::mend::{Mended, mend};
use clearance_core::source::{Format, Located};
use clearance_core::{Applicability, Change, Document, Verdict};
use clearance_tests::generate::{self, Plan};
use proptest::prelude::*;

use super::support::{cases, judge, read_as};

fn judged<'a>(plan: &Plan, name: &str, text: &'a str) -> Vec<(Document<'a>, Verdict)> {
    let document = read_as(text, plan.format, plan.form, name);
    let verdict = judge(&document);
    vec![(document, verdict)]
}

fn mended(plan: &Plan, name: &str, text: &str, least: Applicability) -> Mended {
    mend(text, least, |text| judged(plan, name, text))
}

/// The comments that generated texts hold.
fn comments(text: &str) -> usize {
    text.matches("# 注释").count() + text.matches("// ").count()
}

/// An entry or item with its comments: the lines of comment above it, and the rest of its last line.
fn own(text: &str, at: &Located<'_, '_>) -> std::ops::Range<usize> {
    let value = at.node().range.as_range();
    let start = match at {
        Located::Entry(entry) => entry.key_range.as_range().start,
        Located::Item(_) | Located::Root(_) => value.start,
    };
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let above: usize =
        text[..line].split_inclusive('\n').rev().take_while(|line| line.trim_start().starts_with(['#', '/'])).map(str::len).sum();
    let end = value.end.max(start);
    let end = text[end..].find('\n').map_or(text.len(), |length| end + length + 1);
    line - above..end
}

/// Removing something removes the comments in it, and JSON has no place for any.
fn removes(mended: &Mended) -> bool {
    use clearance_core::Change;
    mended
        .made
        .iter()
        .any(|made| made.rule.name == "comment-in-json" || made.fix.changes.iter().any(|change| matches!(change, Change::Remove { .. })))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn never_worse_and_done_once(plan in generate::plans(), all in any::<bool>()) {
        let least = if all { Applicability::Unsafe } else { Applicability::Safe };
        let generated = plan.write();
        let once = mended(&plan, &generated.name, &generated.text, least);
        let twice = mended(&plan, &generated.name, &once.text, least);
        prop_assert_eq!(&twice.text, &once.text, "{}", generated.text);
        prop_assert_eq!(once.made.is_empty(), once.text == generated.text);
        let weigh = |text: &str| {
            let [(_, verdict)] = &judged(&plan, &generated.name, text)[..] else { unreachable!("one document") };
            let unread = verdict.findings.iter().filter(|finding| finding.rule.group == "syntax" && finding.severity == clearance_core::Severity::Error).count();
            (unread, verdict.errors, verdict.warnings)
        };
        let (before, after) = (weigh(&generated.text), weigh(&once.text));
        prop_assert!(once.made.is_empty() || after < before, "{:?} -> {:?}\n{}\n---\n{}", before, after, generated.text, once.text);
    }

    /// What a change takes away holds no comment but those of the entry that it removes, and those right above it.
    #[test]
    fn a_removal_takes_no_other_comment(plan in generate::plans()) {
        let generated = plan.write();
        let [(document, verdict)] = &judged(&plan, &generated.name, &generated.text)[..] else { unreachable!("one document") };
        for fix in verdict.findings.iter().flat_map(|finding| &finding.fixes) {
            let [Change::Remove { path, occurrence }] = fix.changes.as_slice() else { continue };
            let (Some(edits), Some(at)) = (document.edits(&fix.changes), document.find(path, *occurrence)) else { continue };
            let own = own(document.text, &at);
            for edit in edits {
                let range = edit.range.as_range();
                let outside = [range.start..range.end.min(own.start), range.start.max(own.end)..range.end];
                for lost in outside.into_iter().filter(|lost| lost.start < lost.end) {
                    let lost = &document.text[lost];
                    prop_assert_eq!(comments(lost), comments(&edit.text), "{} takes {:?} away\n{}", path, lost, document.text);
                }
            }
        }
    }

    #[test]
    fn comments_stay(plan in generate::plans()) {
        let generated = plan.write();
        let mended = mended(&plan, &generated.name, &generated.text, Applicability::Safe);
        if !removes(&mended) {
            prop_assert_eq!(comments(&mended.text), comments(&generated.text), "{:?}\n{}\n---\n{}", mended.made, generated.text, mended.text);
        }
        if plan.format == Format::Yaml {
            prop_assert_eq!(mended.text.contains("\r\n"), generated.text.contains("\r\n"));
        }
    }
}
