//! From a review to its answer. The core judges; `told.rs` puts its verdict into Kubernetes' words.

use std::sync::Arc;
use std::time::Instant;

use clearance_core::finding::visible;
use clearance_core::model::{GROUP, KIND};
use clearance_core::{Document, Examined, Finding, Verdict};
use clearance_policy_host::{Described, Heard, Hearing, Operation, Snapshot};

use crate::answer::{Answer, Status};
use crate::basis::Basis;
use crate::others::Stale;
use crate::review::{self, Review, metadata};
use crate::told::Told;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A verdict.
    Verdict,
    /// A verdict, and the changes that fill in what is missing.
    Filling,
}

impl Wanted {
    /// Where it is asked for.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Verdict => "/validate",
            Self::Filling => "/mutate",
        }
    }
}

/// An answer, and what is logged and counted of it.
#[derive(Debug)]
pub(crate) struct Admission {
    pub answer: Answer,
    pub errors: usize,
    pub warnings: usize,
    /// What was found, as far as the verdict lists it.
    pub findings: Vec<Finding>,
}

impl From<Answer> for Admission {
    fn from(answer: Answer) -> Self {
        Self { answer, errors: 0, warnings: 0, findings: Vec::new() }
    }
}

/// Answers a review.
pub(crate) fn admit(review: &Review<'_>, wanted: Wanted, basis: &Basis, now: i64) -> Admission {
    let uid = review.uid.as_ref();
    if let Some(kind) = review.kind().filter(|kind| kind.group != GROUP || kind.kind != KIND) {
        let warning = format!("nothing was checked: `{}` of `{}` is no {KIND} of {GROUP}", visible(kind.kind), visible(kind.group));
        return Answer::allowed(uid).with_warnings(vec![warning]).into();
    }
    if review.operation == review::Operation::Connect || !review.sub_resource.is_empty() {
        return Answer::allowed(uid).into();
    }
    let (document, previous) = match review.operation {
        review::Operation::Delete => (review.old_object.as_ref(), None),
        _ => (review.object.as_ref(), review.old_object.as_ref().filter(|_| review.operation == review::Operation::Update)),
    };
    let Some(document) = document else {
        let field = if review.operation == review::Operation::Delete { "oldObject" } else { "object" };
        let message = format!("the review holds no `request.{field}`, so there is nothing to judge");
        return Answer::refused(uid, Status::failure(400, message)).into();
    };
    // What is being deleted must be able to lose its finalizers, whatever is wrong with it.
    let leaving = review.operation == review::Operation::Update && [Some(document), previous].into_iter().flatten().any(is_leaving);
    let question = Question { review, wanted, document, previous, leaving };
    let (verdict, stale) = question.judge(basis, now);
    let told = Told { review, document, verdict: &verdict, basis };
    let answer = if leaving {
        Answer::allowed(uid).with_warnings(told.lines_of_leaving())
    } else if verdict.errors > 0 {
        Answer::refused(uid, told.refusal()).with_warnings(told.warnings(stale))
    } else {
        let mut warnings = told.warnings(stale);
        if review.operation == review::Operation::Delete {
            Answer::allowed(uid).with_warnings(warnings)
        } else if wanted == Wanted::Filling {
            Answer::allowed(uid).with_patch(&told.patch()).with_warnings(warnings)
        } else {
            warnings.extend(told.not_filled_in());
            warnings
                .extend(question.is_half().then(|| "the review holds no `request.oldObject`: it was judged as if it were new".to_owned()));
            Answer::allowed(uid).with_warnings(warnings)
        }
    };
    let answer = answer.with_audit(told.audit());
    Admission { answer, errors: verdict.errors, warnings: verdict.warnings, findings: verdict.findings }
}

/// A review whose objects were read.
struct Question<'q> {
    review: &'q Review<'q>,
    wanted: Wanted,
    document: &'q Document<'q>,
    previous: Option<&'q Document<'q>>,
    leaving: bool,
}

impl Question<'_> {
    /// Whether it is an update of nobody knows what.
    fn is_half(&self) -> bool {
        self.review.operation == review::Operation::Update && self.previous.is_none()
    }

    /// Whether what is let in here counts as present before it was seen: the last door counts.
    fn counts(&self) -> bool {
        let is_last = self.wanted == Wanted::Verdict && self.review.operation != review::Operation::Delete;
        is_last && !self.review.dry_run && !self.leaving
    }

    /// Judges, among what else exists right now. Of two that would clash and are judged at once, the
    /// one that is second to count is judged again and sees the first.
    fn judge(&self, basis: &Basis, now: i64) -> (Verdict, Option<Stale>) {
        let rulebook = basis.rulebook_for(self.review);
        let deletion = self.review.operation == review::Operation::Delete;
        let examined = rulebook.examine(self.document, now);
        let old = self.previous.map(|previous| (previous, rulebook.examine(previous, now)));
        let hearing = self.hearing(basis, &examined, old.as_ref());
        // Of what is being deleted nothing is refused, so they are not asked.
        let heard = if self.leaving { Heard::default() } else { basis.policies.hear(&hearing, rulebook) };
        loop {
            let (related, version, stale, counts) = {
                let known = basis.others.read();
                let old = old.as_ref().map(|(_, old): &(_, Examined)| (&old.record, &known.fleet));
                let related = heard.relate(rulebook, &examined.record, old, deletion, &known.fleet);
                let counts = known.is_followed() && self.counts() && !examined.record.name.is_empty();
                (related, known.version, known.stale(Instant::now()), counts)
            };
            if !counts {
                return (heard.conclude(rulebook, self.document, examined, old, related), stale);
            }
            let verdict = heard.conclude(rulebook, self.document, examined.clone(), old.clone(), related);
            if verdict.errors > 0 || basis.others.admit(examined.record.clone(), version) {
                return (verdict, stale);
            }
        }
    }
}

impl Question<'_> {
    /// What policies are told.
    fn hearing<'h>(&'h self, basis: &Basis, examined: &'h Examined, old: Option<&'h (&'h Document<'h>, Examined)>) -> Hearing<'h> {
        let looks_up = !self.leaving && basis.policies.look_up();
        let clusters = looks_up.then(|| Arc::new(Snapshot::of(&basis.others.read().fleet)));
        Hearing {
            operation: match self.review.operation {
                review::Operation::Delete => Operation::Delete,
                _ if old.is_some() => Operation::Update,
                _ => Operation::Create,
            },
            now: Described { document: self.document, fill: &examined.fill },
            old: old.map(|(document, examined)| Described { document, fill: &examined.fill }),
            user: self.review.user_as_told(),
            dry_run: self.review.dry_run,
            clusters,
        }
    }
}

fn is_leaving(document: &Document<'_>) -> bool {
    metadata(&document.root, "deletionTimestamp").is_some()
}

#[cfg(test)]
mod tests;
