//! What is found depends on what is said, not on how.

use clearance_core::source::Format;
use clearance_core::{Language, Limits, Operation, fleet};
use clearance_tests::generate;
use proptest::prelude::*;

use super::support::{FLEET, NOW, RULEBOOK, cases, clusters, judge, read_as, told, told_of};

proptest! {
    #![proptest_config(cases())]

    /// Everything that can be asked of a document is asked.
    #[test]
    fn nothing_panics(old in generate::plans(), new in generate::plans()) {
        let (old, new) = (old.write(), new.write());
        for document in clusters(&new) {
            for before in clusters(&old) {
                let _ = RULEBOOK.judge(&document, Operation::Update(&before), &FLEET, NOW);
            }
            let _ = RULEBOOK.judge(&document, Operation::Delete, &FLEET, NOW);
            let verdict = judge(&document);
            for finding in &verdict.findings {
                for language in [Language::English, Language::Chinese] {
                    let message = finding.message(language);
                    prop_assert!(!message.contains('\n'), "{}: {}", finding.rule.name, message);
                    let _ = finding.kubernetes_line(language);
                    let _ = finding.help(language);
                }
                prop_assert!(document.range_of(&finding.place).of(document.text).len() <= document.text.len());
            }
            let _ = document.secrets();
        }
        let _ = fleet::read(&new.text, Some(&new.name), RULEBOOK.catalog(), &clearance_core::Limits::default());
    }

    /// The order of keys changes neither the findings nor their order.
    #[test]
    fn the_order_of_keys_is_nothing(plan in generate::tidy_plans(), seed in any::<u64>()) {
        let (one, other) = (plan.write(), plan.write_tree(&plan.tree().reordered(seed)));
        let (one, other) = (read_as(&one.text, plan.format, plan.form, &one.name), read_as(&other.text, plan.format, plan.form, &other.name));
        prop_assert_eq!(told_of(&judge(&one)), told_of(&judge(&other)), "{}\n---\n{}", one.text, other.text);
    }

    /// One tree, one verdict: YAML or JSON.
    #[test]
    fn the_format_is_nothing(plan in generate::tidy_plans()) {
        let tree = plan.tree();
        let texts = [Format::Json, Format::Yaml].map(|format| (format, plan.plain_text(&tree, format)));
        let documents = texts.each_ref().map(|(format, text)| read_as(text, *format, plan.form, &plan.blueprint.name));
        let [json, yaml] = &documents;
        let has_faults = |document| judge(document).findings.iter().any(|finding| finding.place.path().is_none());
        if !json.root.value.same(&yaml.root.value) || has_faults(json) || has_faults(yaml) {
            // A word such as `yes` or `.inf` means something else in YAML.
            return Ok(());
        }
        prop_assert_eq!(told_of(&judge(json)), told_of(&judge(yaml)), "{}\n---\n{}", json.text, yaml.text);
    }

    /// The form is found again.
    #[test]
    fn the_form_is_recognised(plan in generate::tidy_plans()) {
        let right = generate::Plan { mutations: Vec::new(), ..plan };
        let generated = right.write();
        let documents = clusters(&generated);
        prop_assert_eq!(documents.len(), 1, "{}", generated.text);
        prop_assert_eq!(documents[0].form, generated.form, "{}", generated.text);
        let findings: Vec<_> = judge(&documents[0]).findings.iter().map(told).collect();
        // An API server known by name that is written twice, or a port that two serials share, is no slip of the generator.
        prop_assert!(findings.is_empty(), "{findings:?}\n{}", generated.text);
    }

    /// Any text at all, and any cut of a document.
    #[test]
    fn any_text(text in "[ -~\\n\\r\\t域😀\\PC]{0,60}", json in any::<bool>()) {
        let file = if json { "a.json" } else { "a.yaml" };
        for content in clearance_core::Document::read_all(&text, Some(file), &Limits::default()) {
            let (clearance_core::Content::Cluster(document) | clearance_core::Content::Other(document)) = content;
            judge(&document);
        }
    }
}
