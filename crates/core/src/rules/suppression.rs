//! Findings that a document asks to be taken as they are, each with a reason.
//!
//! By a comment on the line above, `# clearance-ignore RULE: why`, or by lines of the same kind in an
//! annotation, which holds for the whole document. Neither hides what protects others, and an
//! annotation hides no error: it would reach the API server, where an override is needed for that.

use super::structure::remove;
use super::{Check, Lookup, Rule, Subject, find, rules};
use crate::document::Document;
use crate::finding::{Applicability, Change, Finding, Findings, Path, Place, Severity, message};
use crate::prelude::*;
use crate::source::{Format, Node, TextEdit, TextRange, Value};

/// The annotation that holds suppressions.
pub const ANNOTATION: &str = "clearance.nautes.io/ignore";

/// The word that a comment begins with.
const WORD: &str = "clearance-ignore";

rules! { "suppression";
    INVALID_SUPPRESSION = "invalid-suppression", Warning, Invalid, false, Check::Alone(invalid_suppression),
        "a finding cannot be ignored in this way", "不能这样忽略检查结果";
    UNUSED_SUPPRESSION = "unused-suppression", Warning, Invalid, true, Check::Reader,
        "a rule is ignored where it finds nothing", "被忽略的规则在此处没有检查结果";
}

/// One suppression, as written.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    rule: String,
    reason: String,
    place: Place,
    /// The line that it covers; all if there is none.
    line: Option<TextRange>,
    /// What takes it away.
    removal: Vec<Change>,
}

/// What stands in the way of a suppression.
enum Flaw {
    NoReason,
    NoRule(Option<&'static Rule>),
    Protected,
    Error,
}

impl Written {
    /// The suppressions in a document.
    fn all(document: &Document<'_>) -> Vec<Self> {
        let mut all = Vec::new();
        comments(document, &mut all);
        let Some(text) = annotation(document) else { return all };
        let at = Path::of("metadata.annotations").key(ANNOTATION);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        for line in &lines {
            let (rule, reason) = line.split_once(':').unwrap_or((line, ""));
            // Of several lines, taking one away would mean to write the others anew.
            let removal = if lines.len() == 1 { remove(at.clone()) } else { Vec::new() };
            all.push(Self {
                rule: rule.trim().to_owned(),
                reason: reason.trim().to_owned(),
                place: Place::value(at.clone()),
                line: None,
                removal,
            });
        }
        all
    }

    fn flaw(&self) -> Option<Flaw> {
        match find(&self.rule) {
            Lookup::Unknown { nearest } => Some(Flaw::NoRule(nearest)),
            Lookup::Known(rule) if !rule.can_be_suppressed() => Some(Flaw::Protected),
            Lookup::Known(rule) if self.line.is_none() && rule.severity == Severity::Error => Some(Flaw::Error),
            _ if self.reason.is_empty() => Some(Flaw::NoReason),
            _ => None,
        }
    }

    /// Whether a finding is meant.
    fn covers(&self, document: &Document<'_>, finding: &Finding) -> bool {
        finding.rule.name == self.rule
            && finding.rule.can_be_suppressed()
            && (self.line.is_some() || finding.severity != Severity::Error)
            && self.line.is_none_or(|line| {
                let start = document.range_of(&finding.place).start;
                line.start <= start && start <= line.end
            })
    }
}

/// Whether a document asks for findings to be ignored.
pub(crate) fn is_asked(document: &Document<'_>) -> bool {
    commented(document).is_some() || annotation(document).is_some()
}

/// Where comments may ask for it, if the word stands there. Each judgement looks for it, so it is sought as the standard
/// library does: many bytes at a time.
fn commented(document: &Document<'_>) -> Option<core::ops::Range<usize>> {
    if document.format == Format::Json && document.faults.is_empty() {
        // There is no comment: each is a fault.
        return None;
    }
    Some(reach(document)).filter(|reach| document.text.get(reach.clone()).is_some_and(|text| text.contains(WORD)))
}

fn annotation<'d>(document: &'d Document<'_>) -> Option<&'d str> {
    document.root.get("metadata")?.get("annotations")?.get(ANNOTATION)?.as_str()
}

/// The document's part of the text, with the comments right above it.
fn reach(document: &Document<'_>) -> core::ops::Range<usize> {
    let range = document.range.as_range();
    let before = document.text.get(..range.start).unwrap_or_default();
    let mut start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
    for line in document.text.get(..start).unwrap_or_default().split_inclusive('\n').rev() {
        if !is_comment(line) {
            break;
        }
        start = start.saturating_sub(line.len());
    }
    start..range.end
}

fn is_comment(line: &str) -> bool {
    let content = line.trim_start_matches('\u{feff}').trim();
    content.starts_with('#') || content.starts_with("//")
}

impl Rule {
    /// Whether its findings may be ignored. What keeps others from harm, or a credential from being shown, is always told;
    /// and so is what could not be read, and what is said of suppressions.
    #[must_use]
    pub fn can_be_suppressed(&self) -> bool {
        // A reserved namespace is a grant: who asks for it cannot excuse it. What an organisation refuses is its own to allow.
        // And of a text that was not read whole nobody can say what it holds.
        !matches!(self.group, "lifecycle" | "kubeconfig" | "policy" | "suppression")
            && !matches!(self.name, "unknown-reserved-namespace" | "invalid-syntax" | "too-large" | "too-deep" | "alias-limit")
    }
}

/// Takes out what is suppressed, and tells what was suppressed without need. `is_off` says which rules
/// are not asked at all, `complete` whether all other clusters are known.
pub(crate) fn apply(document: &Document<'_>, findings: &mut Findings, complete: bool, is_off: impl Fn(&str) -> bool) {
    for written in Written::all(document).iter().filter(|written| written.flaw().is_none()) {
        let before = findings.len();
        findings.retain(|finding| !written.covers(document, finding));
        // What only the fleet shows may be there although it is not seen.
        let is_asked = match find(&written.rule) {
            Lookup::Known(rule) => !is_off(rule.name) && (complete || !matches!(rule.check, Check::Fleet(_))),
            _ => true,
        };
        if findings.len() == before && is_asked && !is_off(UNUSED_SUPPRESSION.name) {
            findings.push(unused(written));
        }
    }
}

fn unused(written: &Written) -> Finding {
    let finding = Finding::new(
        &UNUSED_SUPPRESSION,
        message!("`{rule}` is ignored here, and finds nothing", "此处忽略了 `{rule}`，但该规则没有检查结果";
            "Take it away: it would hide the next finding.", "请删除它：否则它会掩盖以后的检查结果。"),
        written.place.clone(),
    )
    .with("rule", written.rule.clone());
    if written.removal.is_empty() {
        return finding;
    }
    finding.fix(message!("remove it", "删除"), Applicability::Safe, written.removal.clone())
}

fn invalid_suppression(subject: &Subject<'_>, findings: &mut Findings) {
    for written in Written::all(subject.document) {
        let message = match written.flaw() {
            None => continue,
            Some(Flaw::NoReason) => message!("no reason is given for ignoring `{rule}`", "忽略 `{rule}` 时没有说明原因";
                "Write it after a colon: `{rule}: why`. Without a reason nothing is ignored.", "请在冒号后写明原因：`{rule}: 原因`。没有原因时不会忽略任何检查结果。"),
            Some(Flaw::NoRule(None)) => message!("there is no rule `{rule}` to ignore", "没有可忽略的规则 `{rule}`"),
            Some(Flaw::NoRule(Some(_))) => message!(
                "there is no rule `{rule}` to ignore; perhaps `{nearest}` is meant",
                "没有可忽略的规则 `{rule}`；是否指 `{nearest}`？"
            ),
            Some(Flaw::Protected) => message!("`{rule}` cannot be ignored", "不能忽略 `{rule}`";
                "What could not be read, and what protects other clusters, namespaces or a credential, is always told.", "无法读取的内容，以及保护其他集群、命名空间或凭据的检查结果始终会给出。"),
            Some(Flaw::Error) => message!("an annotation cannot ignore `{rule}`, which is an error", "注解不能忽略错误 `{rule}`";
                "Where text is checked, a comment on the line above can; at the API server, an override that its configuration grants.", "检查文本时可以在上一行写注释；在 API 服务器处需要其配置允许的 override。"),
        };
        let mut finding = Finding::new(&INVALID_SUPPRESSION, message, written.place.clone()).with("rule", written.rule.clone());
        if let Some(Flaw::NoRule(Some(nearest))) = written.flaw() {
            finding = finding.with("nearest", nearest.name);
        }
        findings.push(finding);
    }
}

/// The suppressions by comment that cover a line of the document.
fn comments(document: &Document<'_>, all: &mut Vec<Written>) {
    let Some(reach) = commented(document) else { return };
    let text = document.text.get(reach.clone()).unwrap_or_default();
    let mut waiting: Vec<Written> = Vec::new();
    let mut start = reach.start;
    for line in text.split_inclusive('\n') {
        let range = TextRange::new(start, start.saturating_add(line.trim_end_matches(['\r', '\n']).len()));
        if is_comment(line) {
            waiting.extend(written(line, range));
        } else if !line.trim().is_empty() {
            if !waiting.is_empty() && !is_quoted(document, range) {
                all.extend(waiting.drain(..).map(|written| Written { line: Some(range), ..written }));
            }
            waiting.clear();
        }
        start = start.saturating_add(line.len());
    }
}

/// What one comment says.
fn written(line: &str, range: TextRange) -> Option<Written> {
    let indent = line.len().saturating_sub(line.trim_start_matches(['\u{feff}', ' ', '\t']).len());
    let rest = line.get(indent..)?.trim_start_matches(['#', '/']).trim().strip_prefix(WORD)?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t', ':']) {
        return None;
    }
    let (rule, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let start = range.as_range().start;
    Some(Written {
        rule: rule.trim().to_owned(),
        reason: reason.trim().to_owned(),
        place: Place::Text(TextRange::new(start.saturating_add(indent), range.as_range().end)),
        line: None,
        removal: vec![Change::Edit(vec![TextEdit { range: TextRange::new(start, start.saturating_add(line.len())), text: String::new() }])],
    })
}

/// Whether a line lies inside a text of several lines, where `#` begins no comment.
fn is_quoted(document: &Document<'_>, line: TextRange) -> bool {
    fn inside(node: &Node<'_>, line: TextRange) -> bool {
        match &node.value {
            Value::Map(entries) => entries.iter().any(|entry| inside(&entry.value, line)),
            Value::List(items) => items.iter().any(|item| inside(item, line)),
            Value::String(_) => node.range.start < line.start && line.start < node.range.end,
            _ => false,
        }
    }
    inside(&document.root, line)
}
