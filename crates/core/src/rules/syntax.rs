//! Faults of the text, noted by the readers.

use alloc::borrow::Cow;

use super::{Check, rules};
use crate::document::Document;
use crate::finding::{Applicability, Change, Finding, Findings, Message, Part, Path, Place, Related, Severity, Trail, message};
use crate::form::Form;
use crate::prelude::*;
use crate::source::{Entry, Fault, FaultKind, Limits, Node, SyntaxFault, TextEdit, TextRange, Value};
use crate::text::any_byte;

rules! { "syntax";
    INVALID_SYNTAX = "invalid-syntax", Error, Invalid, true, Check::Reader,
        "the text is no JSON or no YAML", "文本不是有效的 JSON 或 YAML";
    TOO_LARGE = "too-large", Error, Invalid, false, Check::Reader,
        "the text is too long", "文本过长";
    TOO_DEEP = "too-deep", Error, Invalid, false, Check::Reader,
        "lists and maps are nested too deep", "列表和映射嵌套过深";
    ALIAS_LIMIT = "alias-limit", Error, Invalid, false, Check::Reader,
        "YAML aliases stand for too much", "YAML 别名展开过多";
    DUPLICATE_KEY = "duplicate-key", Error, Duplicate, true, Check::Reader,
        "a key is given more than once", "键重复";
    MISSING_COMMA = "missing-comma", Error, Invalid, true, Check::Reader,
        "a comma is missing in JSON", "JSON 缺少逗号";
    TRAILING_COMMA = "trailing-comma", Warning, Invalid, true, Check::Reader,
        "a comma stands before a closing bracket in JSON", "JSON 右括号前有多余的逗号";
    COMMENT_IN_JSON = "comment-in-json", Warning, Invalid, true, Check::Reader,
        "JSON has no comments", "JSON 不支持注释";
    UNREPLACED_VARIABLE = "unreplaced-variable", Error, Invalid, false, Check::Reader,
        "a variable was not replaced by its value", "变量未替换为实际值";
    AMBIGUOUS_SCALAR = "ambiguous-scalar", Warning, Invalid, true, Check::Reader,
        "YAML readers disagree on what a word means", "不同 YAML 解析器对该值的理解不一致";
}

pub(super) const VARIABLE: &Message = message!("the variable `{variable}` is not replaced", "变量 `{variable}` 未替换";
                "It was taken over from an example: put the cluster's own value in its place.", "它来自示例，请替换为该集群的实际值。");

/// Tells the faults of a document's text.
pub(crate) fn raise(document: &Document<'_>, repeats_keys: bool, findings: &mut Findings) {
    for fault in &document.faults {
        if let Some(finding) = told(document, fault) {
            findings.push(finding);
        }
    }
    let limit = Limits::default().document_bytes;
    if document.range.as_range().len() > limit {
        let place = Place::Text(TextRange { start: document.range.start, end: document.range.start });
        findings.push(
            Finding::new(
                &TOO_LARGE,
                message!(
                    "the document is longer than {limit} KiB", "文档超过 {limit} KiB";
                    "The management cluster stores no larger object.", "管理集群无法存储更大的对象。"
                ),
                place,
            )
            .with("limit", (limit >> 10).to_string()),
        );
    }
    let ambiguous = document
        .faults
        .iter()
        .filter_map(|fault| match &fault.kind {
            FaultKind::AmbiguousScalar(reading) => Some((fault.range, reading.as_str())),
            _ => None,
        })
        .collect::<Vec<_>>();
    // An escape may stand for a `$`.
    let variables = any_byte(document.range.of(document.text), |byte| byte == b'$' || byte == b'\\');
    if variables || !ambiguous.is_empty() || repeats_keys {
        Walk { document, variables, ambiguous, findings }.node(&document.root, &Trail::ROOT);
    }
}

/// Looks for what is seen in the tree: repeated keys, unreplaced variables and ambiguous words.
struct Walk<'w> {
    document: &'w Document<'w>,
    /// Whether there can be a variable at all: nearly no document has one.
    variables: bool,
    /// Where ambiguous words stand, and how Kubernetes reads them.
    ambiguous: Vec<(TextRange, &'w str)>,
    findings: &'w mut Findings,
}

fn told(document: &Document<'_>, fault: &Fault) -> Option<Finding> {
    let place = Place::Text(fault.range);
    let text = fault.range.of(document.text);
    let mut title = message!("mend it", "修正");
    let mut applicability = Applicability::Safe;
    let mut edits = fault.edits.clone();
    let finding = match &fault.kind {
        FaultKind::Syntax(kind) => {
            applicability = Applicability::Unsafe;
            let finding = Finding::new(&INVALID_SYNTAX, syntax_message(kind), place);
            match kind {
                SyntaxFault::Unclosed(c) | SyntaxFault::Unexpected(c) => finding.with("bracket", c.to_string()),
                SyntaxFault::OddBlank(c) => finding.with("code", format!("U+{:04X}", u32::from(*c))),
                SyntaxFault::Yaml(reason) => finding.with("reason", reason.as_str()),
                _ => finding.with("text", crate::text::without_credentials(text)),
            }
        }
        FaultKind::CommentInJson => {
            title = message!("remove the comment", "删除注释");
            applicability = Applicability::Unsafe;
            if edits.is_empty() {
                edits.push(TextEdit::remove(with_blanks(document.text, fault.range)));
            }
            Finding::new(
                &COMMENT_IN_JSON,
                message!("a comment in JSON", "JSON 中有注释";
                    "JSON has no comments; most readers refuse it. It is skipped here.", "JSON 不支持注释，多数解析器会报错。此处已忽略。"),
                place,
            )
        }
        FaultKind::MissingComma => {
            title = message!("add the comma", "添加逗号");
            Finding::new(
                &MISSING_COMMA,
                message!("a comma is missing after `{text}`", "`{text}` 之后缺少逗号"),
                place,
            )
            .with("text", shown_token(text))
        }
        FaultKind::TrailingComma => {
            title = message!("remove the comma", "删除逗号");
            Finding::new(
                &TRAILING_COMMA,
                message!("a comma before a closing bracket", "右括号前有多余的逗号";
                    "JSON allows no comma after the last entry; most readers refuse it. It is skipped here.", "JSON 的最后一项之后不能有逗号，多数解析器会报错。此处已忽略。"),
                place,
            )
        }
        // Told with their paths by the walk below.
        FaultKind::BareVariable | FaultKind::AmbiguousScalar(_) => return None,
        FaultKind::TooDeep => Finding::new(
            &TOO_DEEP,
            message!("nested deeper than {limit} levels", "嵌套超过 {limit} 层";
                "A cluster's description needs fewer than ten. What lies deeper was not read.", "集群描述所需的层级不超过十层。更深的内容未读取。"),
            place,
        )
        .with("limit", Limits::default().depth.to_string()),
        FaultKind::TooLarge => Finding::new(
            &TOO_LARGE,
            message!("the text is longer than {limit} MiB", "文本超过 {limit} MiB";
                "A cluster's description has some kilobytes. Nothing of it was read.", "集群描述通常只有几 KB。内容未读取。"),
            place,
        )
        .with("limit", (Limits::default().bytes >> 20).to_string()),
        FaultKind::AliasLimit => Finding::new(
            &ALIAS_LIMIT,
            message!("aliases stand for more than {limit} values", "别名展开后超过 {limit} 个值";
                "Write the repeated parts out.", "请将重复的部分直接写出。"),
            place,
        )
        .with("limit", Limits::default().alias_nodes.to_string()),
    };
    Some(if edits.is_empty() { finding } else { finding.fix(title, applicability, vec![Change::Edit(edits)]) })
}

/// A comment and the blanks that nobody needs without it: those before it at the end of a line, or
/// the whole line where nothing else stands in it.
fn with_blanks(text: &str, comment: TextRange) -> TextRange {
    let range = comment.as_range();
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    let rest = after.find(['\r', '\n']).unwrap_or(after.len());
    let (rest, below) = after.split_at_checked(rest).unwrap_or((after, ""));
    if !rest.trim().is_empty() {
        return comment;
    }
    let start = before.trim_end_matches([' ', '\t']).len();
    let alone = before.get(..start).is_none_or(|before| before.is_empty() || before.ends_with('\n'));
    let line_end = if below.starts_with("\r\n") { 2 } else { usize::from(!below.is_empty()) };
    let end = range.end.saturating_add(rest.len());
    TextRange::new(start, if alone { end.saturating_add(line_end) } else { end })
}

/// The token before a missing comma: long texts and blocks are not repeated whole.
fn shown_token(text: &str) -> String {
    let text = crate::text::without_credentials(text);
    if text.chars().count() > 40 { text.chars().rev().take(1).collect() } else { text.into_owned() }
}

fn syntax_message(fault: &SyntaxFault) -> &'static Message {
    match fault {
        SyntaxFault::Empty => message!("there is nothing in this document", "文档为空";
            "Describe a cluster here; `clearance example` prints a complete one.", "请在此描述集群；`clearance example` 可输出完整示例。"),
        SyntaxFault::ValueExpected => message!("a value is missing here", "此处缺少值"),
        SyntaxFault::KeyExpected => message!("a key in double quotes is missing here", "此处缺少双引号括起的键"),
        SyntaxFault::ColonExpected => message!("a colon is missing after the key", "键之后缺少冒号"),
        SyntaxFault::Unclosed(_) => message!("`{bracket}` is never closed", "`{bracket}` 未闭合"),
        SyntaxFault::Unexpected(']' | '}') => message!("`{bracket}` closes nothing here", "此处的 `{bracket}` 没有对应的左括号"),
        SyntaxFault::Unexpected(_) => message!("`{bracket}` has no meaning here", "此处的 `{bracket}` 没有意义"),
        SyntaxFault::UnclosedString => message!("the string is not closed on its line", "字符串在本行内未闭合"),
        SyntaxFault::UnclosedComment => message!("the comment is not closed", "注释未闭合";
            "JSON has no comments: remove it.", "JSON 不支持注释，请删除。"),
        SyntaxFault::OddBlank(_) => message!("JSON does not know this kind of blank ({code})", "JSON 不支持这种空白字符（{code}）"),
        SyntaxFault::InvalidEscape => message!("JSON does not know this escape", "JSON 不支持此转义"),
        SyntaxFault::ControlCharacter => message!("a control character inside a string", "字符串中有控制字符";
            "Write it as an escape, such as `\\n` or `\\u0000`.", "请使用转义形式，例如 `\\n` 或 `\\u0000`。"),
        SyntaxFault::InvalidNumber => message!("`{text}` is no number that JSON allows", "`{text}` 不是 JSON 允许的数字"),
        SyntaxFault::NumberTooLarge => message!("the number is too large", "数字过大"),
        SyntaxFault::UnknownWord => message!("`{text}` is no JSON value", "`{text}` 不是 JSON 值";
            "Put texts in double quotes.", "文本请用双引号括起。"),
        SyntaxFault::SingleQuotes => message!("JSON has no single quotes", "JSON 不使用单引号"),
        SyntaxFault::TrailingText => message!("text after the end of the document", "文档结束之后还有文本"),
        SyntaxFault::NotUtf8 => message!(
            "this is no UTF-8 text from here on", "从此处起不是 UTF-8 文本";
            "Save the file as UTF-8.", "请将文件保存为 UTF-8。"
        ),
        SyntaxFault::Binary => message!("this is no text: it holds a NUL byte", "这不是文本：包含 NUL 字节"),
        SyntaxFault::UnknownAnchor => message!("the alias `{text}` names no anchor", "别名 `{text}` 没有对应的锚点"),
        SyntaxFault::KeyNotText => message!("a key must be a text", "键必须是文本"),
        SyntaxFault::InvalidMerge => message!("`<<` wants a map or a list of maps", "`<<` 需要映射或映射列表"),
        SyntaxFault::NoJsonNumber => message!("`{text}` has no word in JSON", "`{text}` 无法用 JSON 表示";
            "Kubernetes stores objects as JSON, which has no infinity and no not-a-number.", "Kubernetes 以 JSON 存储对象，不支持无穷大和 NaN。"),
        SyntaxFault::Yaml(_) => message!("YAML cannot be read here: {reason}", "此处 YAML 无法解析：{reason}"),
    }
}

impl Walk<'_> {
    fn variable<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.variables { variable(text) } else { None }
    }

    fn node(&mut self, node: &Node<'_>, path: &Trail<'_>) {
        let form = self.document.form;
        match &node.value {
            Value::Map(entries) => {
                let overridden = node.overridden();
                self.repeated(entries, &overridden, path);
                let is_in_force = |(index, _): &(usize, _)| overridden.binary_search(index).is_err();
                for (_, entry) in entries.iter().enumerate().filter(is_in_force) {
                    let below = path.key(&entry.key);
                    if let Some(variable) = self.variable(&entry.key) {
                        report_variable(Place::key(form.canonical(&below.to_path())), variable, &entry.key, self.findings);
                    }
                    self.ambiguous(entry.key_range, &below, Part::Key);
                    if !skipped(form, &below) {
                        self.node(&entry.value, &below);
                    }
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, &path.index(index));
                }
            }
            value => {
                self.ambiguous(node.range, path, Part::Value);
                let Value::String(text) = value else { return };
                let found = self.variable(text);
                if let Some(variable) = found.filter(|found| *found == text || !is_kubeconfig(form, path)) {
                    report_variable(Place::value(form.canonical(&path.to_path())), variable, text, self.findings);
                }
            }
        }
    }

    /// Tells the keys that are given more than once.
    fn repeated(&mut self, entries: &[Entry<'_>], overridden: &[usize], path: &Trail<'_>) {
        let mut told: Vec<&str> = Vec::new();
        for entry in overridden.iter().filter_map(|index| entries.get(*index)) {
            if told.len() >= MOST_REPEATED || told.contains(&entry.key.as_ref()) {
                continue;
            }
            told.push(&entry.key);
            let mut copies: Vec<_> = entries.iter().filter(|other| other.key == entry.key && !other.merged).collect();
            if let Some(last) = copies.pop().filter(|_| !copies.is_empty()) {
                repeated(self.document, &path.key(&entry.key).to_path(), &copies, last, self.findings);
            }
        }
    }

    fn ambiguous(&mut self, range: TextRange, written: &Trail<'_>, part: Part) {
        let Some((_, reading)) = self.ambiguous.iter().find(|(at, _)| *at == range) else { return };
        let text = range.of(self.document.text);
        let path = self.document.form.canonical(&written.to_path());
        let change = match part {
            Part::Value => Change::Set { path: path.clone(), value: Value::String(Cow::Owned(text.to_owned())) },
            Part::Key => Change::Edit(vec![TextEdit { range, text: format!("\"{text}\"") }]),
        };
        self.findings.push(
            Finding::new(
                &AMBIGUOUS_SCALAR,
                message!(
                    "`{text}` is read as `{reading}` by Kubernetes, and differently by newer YAML readers",
                    "Kubernetes 将 `{text}` 读作 `{reading}`，而较新的 YAML 解析器读法不同";
                    "YAML 1.1 and YAML 1.2 disagree on it. Put it in quotes if it is a text; otherwise write `{reading}`.",
                    "YAML 1.1 与 YAML 1.2 的解释不同。如果是文本，请加引号；否则请直接写 `{reading}`。"
                ),
                Place::Path { path, part, occurrence: None },
            )
            .with("text", text)
            .with("reading", *reading)
            .fix(message!("put it in quotes", "加上引号"), Applicability::Unsafe, vec![change]),
        );
    }
}

/// Where nothing is written by hand, or where a `$` may have a meaning of its own.
fn skipped(form: Form, written: &Trail<'_>) -> bool {
    let mut keys = written.keys_upwards();
    match (keys.next(), keys.next(), keys.next()) {
        (Some("status"), None, None) => form != Form::Request,
        (Some(key), Some("metadata"), None) => form == Form::Resource && key != "name" && key != "namespace",
        _ => false,
    }
}

/// A kubeconfig is a document of its own: only when all of it is a variable it was forgotten.
fn is_kubeconfig(form: Form, written: &Trail<'_>) -> bool {
    form.canonical(&written.to_path()) == Path::of("kubeconfig")
}

fn report_variable(place: Place, variable: &str, value: &str, findings: &mut Findings) {
    findings.push(
        Finding::new(&UNREPLACED_VARIABLE, VARIABLE, place).found(crate::text::without_credentials(value)).with("variable", variable),
    );
}

/// The first `$word` or `${word}` in a text.
pub(crate) fn variable(text: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find('$') {
        let start = found.saturating_add(from);
        let after = text.get(start.saturating_add(1)..)?;
        let braced = after.strip_prefix('{');
        let body = braced.unwrap_or(after);
        let starts = body.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let length = body.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(body.len());
        let closed = braced.is_none() || body.get(length..).is_some_and(|rest| rest.starts_with('}'));
        if starts && closed {
            let more = if braced.is_some() { 3 } else { 1 };
            return text.get(start..start.saturating_add(length).saturating_add(more));
        }
        from = start.saturating_add(1);
    }
    None
}

fn repeated(document: &Document<'_>, written: &Path, earlier: &[&Entry<'_>], last: &Entry<'_>, findings: &mut Findings) {
    let path = document.form.canonical(written);
    let equal = earlier.iter().all(|other| other.value.value.same(&last.value.value));
    let at = |occurrence| Place::Path { path: path.clone(), part: Part::Key, occurrence: Some(occurrence) };
    let count = earlier.len().saturating_add(1);
    let message = if equal {
        message!("the key `{key}` is given {count} times, with the same content", "键 `{key}` 出现 {count} 次，内容相同";
            "Remove the copies. Some readers refuse repeated keys.", "请删除多余的副本。部分解析器会拒绝重复的键。")
    } else {
        message!("the key `{key}` is given {count} times, with different contents", "键 `{key}` 出现 {count} 次，内容不同";
            "Most readers keep the last copy without a word, others refuse. Keep the one that is meant.", "多数解析器会静默保留最后一个，其余的会拒绝。请保留正确的一个。")
    };
    let mut finding =
        Finding::new(&DUPLICATE_KEY, message, at(earlier.len())).with("key", last.key.as_ref()).with("count", count.to_string());
    finding.value = Some(last.key.clone().into_owned());
    if equal {
        finding = finding.weigh(Severity::Warning);
    }
    for occurrence in 0..earlier.len() {
        finding = finding.relate(Related {
            message: message!("also given here", "此处也有同名的键"),
            args: Vec::new(),
            identity: None,
            file: None,
            place: at(occurrence),
            here: true,
        });
    }
    let removal = |occurrence| Change::Remove { path: path.clone(), occurrence: Some(occurrence) };
    if equal {
        // From the back, so that the numbers of those before stay true.
        let changes = (1..count).rev().map(removal).collect();
        finding = finding.fix(message!("remove the repeated copies", "删除重复的副本"), Applicability::Safe, changes);
    } else {
        for kept in 0..count.min(MOST_OFFERS) {
            let changes = (0..count).rev().filter(|occurrence| *occurrence != kept).map(removal).collect();
            finding = finding.with("kept", kept.saturating_add(1).to_string()).fix(
                message!("keep copy {kept} and remove the others", "保留第 {kept} 个副本，删除其余"),
                Applicability::Unsafe,
                changes,
            );
        }
    }
    findings.push(finding);
}

/// How many repeated keys of one map are told.
const MOST_REPEATED: usize = 100;

/// How many copies of a key are offered to be kept.
const MOST_OFFERS: usize = 8;
