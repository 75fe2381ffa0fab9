//! Whatever is mended is better than before, and keeps what it does not touch.

use clearance_core::mend::{Mended, mend};
use clearance_core::source::Format;
use clearance_core::{Applicability, Document, Verdict};
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
