//! Mending a text by the fixes that its findings offer.
//!
//! A door says how a text is judged; here it is decided which fixes are made, and that the result is
//! never worse than what was there.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::document::Document;
use crate::finding::{Applicability, Finding, Fix, Language, Severity};
use crate::prelude::*;
use crate::rules::Rule;
use crate::source::{self, TextEdit};
use crate::verdict::Verdict;

/// How often fixes are looked for: each time at least one is made or left for good, so this many
/// are enough for any text that a person wrote.
const ROUNDS: usize = 1_000;

/// A text after its fixes.
#[derive(Debug, Clone, Default)]
pub struct Mended {
    /// The text.
    pub text: String,
    /// What was made, in the order in which it was.
    pub made: Vec<Made>,
    /// What was left, because the text would have been no better with it.
    pub left: Vec<Made>,
}

/// One fix that was made or left.
#[derive(Debug, Clone)]
pub struct Made {
    /// The rule of its finding.
    pub rule: &'static Rule,
    /// The fix.
    pub fix: Fix,
}

/// A fix with its edits of the whole text.
struct Offer {
    made: Made,
    edits: Vec<TextEdit>,
    /// By what it is known again when the text is judged once more.
    key: Key,
}

/// Document, rule, place and title.
type Key = (usize, &'static str, String, String);

/// Makes the first fix of each finding that is at least so applicable, until there is none left that
/// makes the text better.
///
/// `judge` reads a text and judges its documents; it is asked again after every change.
#[must_use]
pub fn mend(text: &str, least: Applicability, mut judge: impl for<'a> FnMut(&'a str) -> Vec<(Document<'a>, Verdict)>) -> Mended {
    let mut mended = Mended { text: text.to_owned(), ..Mended::default() };
    let mut refused: BTreeSet<Key> = BTreeSet::new();
    // Whether something was made after something else was refused, which may do good now.
    let mut again = false;
    for _ in 0..ROUNDS {
        let (mut offers, before) = {
            let judged = judge(&mended.text);
            (offers(&judged, least, &refused), Weight::of(&judged))
        };
        // Half of them until what is left does good: one bad fix does not keep the others away.
        let better = loop {
            if offers.is_empty() {
                break None;
            }
            let edits: Vec<TextEdit> = offers.iter().flat_map(|offer| offer.edits.iter().cloned()).collect();
            let better = source::apply(&mended.text, &edits).filter(|text| Weight::of(&judge(text)).is_better_than(&before));
            if better.is_some() || offers.len() == 1 {
                break better;
            }
            offers.truncate(offers.len().div_ceil(2));
        };
        match better {
            None if offers.is_empty() && again => {
                again = false;
                refused.clear();
                mended.left.clear();
            }
            None if offers.is_empty() => return mended,
            Some(text) => {
                again = !refused.is_empty();
                mended.text = text;
                mended.made.extend(offers.into_iter().map(|offer| offer.made));
            }
            None => {
                for offer in offers {
                    mended.left.push(offer.made);
                    refused.insert(offer.key);
                }
            }
        }
    }
    mended
}

/// What can be made together: edits that touch nowhere.
fn offers(judged: &[(Document<'_>, Verdict)], least: Applicability, refused: &BTreeSet<Key>) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    let mut taken: Vec<(u32, u32)> = Vec::new();
    for (number, (document, verdict)) in judged.iter().enumerate() {
        for finding in &verdict.findings {
            let Some(fix) = finding.fixes.iter().find(|fix| fix.applicability >= least) else { continue };
            let key = (number, finding.rule.name, place(finding), fix.title(Language::English));
            if refused.contains(&key) {
                continue;
            }
            let Some(edits) = document.edits(&fix.changes).filter(|edits| !edits.is_empty()) else { continue };
            let ranges: Vec<(u32, u32)> = edits.iter().map(|edit| (edit.range.start, edit.range.end)).collect();
            let touches = |(start, end): &(u32, u32)| taken.iter().any(|(from, to)| start <= to && from <= end);
            if !ranges.iter().any(touches) {
                taken.extend(ranges);
                offers.push(Offer { made: Made { rule: finding.rule, fix: fix.clone() }, edits, key });
            }
        }
    }
    // What a guess makes of a slip or of a key that is given twice decides what the rest means: that is seen first.
    let decides = |offer: &Offer| offer.made.rule.group == "syntax" || matches!(offer.made.rule.name, "wrong-kind" | "unsupported-value");
    if least == Applicability::Unsafe && offers.iter().any(decides) {
        offers.retain(decides);
    }
    offers
}

fn place(finding: &Finding) -> String {
    finding.place.path().map_or_else(|| finding.message(Language::English), ToString::to_string)
}

/// How bad a text is.
#[derive(Debug, PartialEq, Eq)]
struct Weight {
    /// Faults for which it cannot be read: while there are any, others are hidden.
    unread: usize,
    errors: usize,
    others: usize,
    /// The errors, as they are told; nothing where they are too many to be told.
    told: Option<BTreeMap<(&'static str, String), usize>>,
}

impl Weight {
    fn of(judged: &[(Document<'_>, Verdict)]) -> Self {
        let mut weight = Self { unread: 0, errors: 0, others: 0, told: Some(BTreeMap::new()) };
        for (_, verdict) in judged {
            weight.errors = weight.errors.saturating_add(verdict.errors);
            weight.others = weight.others.saturating_add(verdict.warnings);
            if verdict.omitted > 0 {
                weight.told = None;
            }
            for finding in &verdict.findings {
                match finding.severity {
                    Severity::Error => {
                        weight.unread = weight.unread.saturating_add(usize::from(finding.rule.group == "syntax"));
                        if let Some(told) = &mut weight.told {
                            let times = told.entry((finding.rule.name, finding.message(Language::English))).or_default();
                            *times = times.saturating_add(1);
                        }
                    }
                    Severity::Info => weight.others = weight.others.saturating_add(1),
                    Severity::Warning => {}
                }
            }
        }
        weight
    }

    /// Fewer faults; and no error that was not there, unless it could not be seen.
    fn is_better_than(&self, before: &Self) -> bool {
        let fewer = (self.unread, self.errors, self.others) < (before.unread, before.errors, before.others);
        let could_be_seen = self.unread == before.unread;
        let brings = |told: &BTreeMap<_, usize>, known: &BTreeMap<_, usize>| {
            told.iter().any(|(error, times)| known.get(error).is_none_or(|known| times > known))
        };
        let is_new = match (&self.told, &before.told) {
            (Some(told), Some(known)) => could_be_seen && brings(told, known),
            _ => false,
        };
        fewer && !is_new
    }
}
