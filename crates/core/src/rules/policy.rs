//! What an organisation's own policies say. They run outside the core, which gives their words the
//! place, the weight and the order that its own findings have.

use super::{Check, rules};
use crate::finding::{Excuse, Finding, Findings, Path, Place, Severity, message};
use crate::prelude::*;
use crate::text::without_secrets;

rules! { "policy";
    POLICY_DENIED = "policy-denied", Error, Forbidden, false, Check::Reader,
        "a policy of the organisation refuses it", "组织的策略拒绝它";
    POLICY_WARNED = "policy-warned", Warning, Invalid, false, Check::Reader,
        "a policy of the organisation warns of it", "组织的策略对它发出警告";
    POLICY_FAILED = "policy-failed", Error, Invalid, false, Check::Reader,
        "a policy of the organisation gave no verdict", "组织的策略没有给出结论";
}

/// What one policy says of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// The policy's name.
    pub policy: String,
    /// What it is.
    pub says: Says,
    /// Where, in the resource; the root if the policy does not say.
    pub path: Path,
    /// Its own words; for a failure, why there is no verdict.
    pub sentence: String,
    /// What is told instead of them, where its configuration says so.
    pub told: Option<String>,
    /// Whether it only warns because the policy is on trial.
    pub monitored: bool,
}

/// What a policy can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// It is not to be.
    Denied,
    /// It may be, and somebody should look at it.
    Warned,
    /// There is no verdict, and without one it is refused.
    Failed,
    /// There is no verdict, and it is let through with a warning.
    Passed,
}

impl Opinion {
    pub(crate) fn add_to(&self, findings: &mut Findings) {
        let (rule, message) = match self.says {
            Says::Denied => (&POLICY_DENIED, message!("policy `{policy}`: {sentence}", "策略 `{policy}`：{sentence}")),
            Says::Warned => (&POLICY_WARNED, message!("policy `{policy}`: {sentence}", "策略 `{policy}`：{sentence}")),
            Says::Failed | Says::Passed => (
                &POLICY_FAILED,
                message!("policy `{policy}` failed: {sentence}", "策略 `{policy}` 失败：{sentence}";
                    "It gave no verdict; its configuration says whether that refuses.", "它没有给出结论；由其配置决定是否因此拒绝。"),
            ),
        };
        let place = Place::value(self.path.clone());
        // A policy's sentence is told whole; it may repeat what it has read.
        let shown = |sentence: &str| without_secrets(sentence).into_owned();
        let sentence = shown(self.told.as_deref().unwrap_or(&self.sentence));
        let mut finding = Finding::new(rule, message, place).with("policy", self.policy.clone()).with_list("sentence", sentence);
        if self.told.is_some() {
            // Told to nobody: by it two objections are known to be different.
            finding = finding.with_list("own words", shown(&self.sentence));
        }
        if self.says == Says::Passed {
            finding = finding.weigh(Severity::Warning);
        } else if self.monitored && finding.severity == Severity::Error {
            finding = finding.weigh(Severity::Warning);
            finding.excuse = Some(Excuse::Monitor);
        }
        findings.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, Fleet, Language, Operation, Rulebook, Verdict};

    const TEXT: &str = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: demo\n  namespace: nautes\n\
        spec:\n  apiServer: https://10.0.0.1:6443\n  clusterType: physical\n  usage: host\n  primaryDomain: example.com\n";

    fn read(text: &str) -> Document<'_> {
        Document::read_as(text, crate::source::Format::Yaml, crate::Form::Resource, &crate::Limits::default())
    }

    fn opinion(says: Says, path: Path) -> Opinion {
        Opinion { policy: "own".to_owned(), says, path, sentence: "not `example.com`".to_owned(), told: None, monitored: false }
    }

    fn judge(text: &str, old: Option<&str>, now: &[Opinion], before: &[Opinion]) -> Verdict {
        let rulebook = Rulebook::default();
        let (document, old) = (read(text), old.map(read));
        let examined = rulebook.examine(&document, 0);
        let old = old.as_ref().map(|old| (old, rulebook.examine(old, 0)));
        let mut relations = rulebook.relate(&examined.record, None, false, &Fleet::default());
        relations.hear(now, before);
        rulebook.conclude(&document, examined, old, relations)
    }

    #[test]
    fn opinions_stand_among_the_findings() {
        let at = Path::of("spec.primaryDomain");
        let mut monitored = opinion(Says::Denied, at.clone());
        monitored.monitored = true;
        let all = [
            opinion(Says::Denied, at.clone()),
            opinion(Says::Warned, Path::root()),
            opinion(Says::Failed, at.clone()),
            opinion(Says::Passed, at),
            monitored,
        ];
        let verdict = judge(TEXT, None, &all, &[]);
        let told: Vec<String> = verdict
            .findings
            .iter()
            .map(|finding| format!("{}[{}]: {}", finding.severity.name(), finding.rule.name, finding.message(Language::English)))
            .collect();
        assert_eq!(
            told,
            [
                "warning[policy-warned]: policy `own`: not `example.com`",
                "error[policy-denied]: policy `own`: not `example.com`",
                "warning[policy-denied]: policy `own`: not `example.com`",
                "error[policy-failed]: policy `own` failed: not `example.com`",
                "warning[policy-failed]: policy `own` failed: not `example.com`",
            ]
        );
        assert_eq!((verdict.errors, verdict.findings[2].excuse.clone()), (2, Some(Excuse::Monitor)));
    }

    #[test]
    fn what_a_policy_said_before_the_update_only_warns() {
        let denied = [opinion(Says::Denied, Path::of("spec.primaryDomain"))];
        let other = TEXT.replace("example.com", "example.org");
        assert_eq!(judge(TEXT, Some(TEXT), &denied, &denied).errors, 0);
        assert_eq!(judge(&other, Some(TEXT), &denied, &denied).errors, 1);
        assert_eq!(judge(TEXT, Some(TEXT), &denied, &[]).errors, 1);
    }

    #[test]
    fn what_another_policy_said_or_this_one_otherwise_does_not_count() {
        let said = |change: fn(&mut Opinion)| {
            let mut opinion = opinion(Says::Denied, Path::of("spec.primaryDomain"));
            change(&mut opinion);
            opinion
        };
        let denied = [said(|_| ())];
        for before in [
            said(|opinion| opinion.policy = "other".to_owned()),
            said(|opinion| opinion.sentence = "something else".to_owned()),
            said(|opinion| opinion.monitored = true),
        ] {
            let is_same = before.monitored;
            assert_eq!(judge(TEXT, Some(TEXT), &denied, &[before]).errors, usize::from(!is_same));
        }
        let alike = |sentence: &str| {
            let mut opinion = said(|opinion| opinion.told = Some("ask the platform team".to_owned()));
            sentence.clone_into(&mut opinion.sentence);
            [opinion]
        };
        assert_eq!(judge(TEXT, Some(TEXT), &alike("a"), &alike("b")).errors, 1);
        assert_eq!(judge(TEXT, Some(TEXT), &alike("a"), &alike("a")).errors, 0);
    }

    #[test]
    fn a_deletion_hears_them_too() {
        let (rulebook, document) = (Rulebook::default(), read(TEXT));
        let examined = rulebook.examine(&document, 0);
        let mut relations = rulebook.relate(&examined.record, None, true, &Fleet::default());
        relations.hear(&[opinion(Says::Denied, Path::root())], &[]);
        assert_eq!(rulebook.conclude(&document, examined, None, relations).errors, 1);
        assert_eq!(rulebook.judge(&document, Operation::Delete, &Fleet::default(), 0).errors, 0);
    }
}
