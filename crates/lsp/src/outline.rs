//! The shape of a text: its symbols, and what of it can be folded.

use clearance_core::source::{Entry, Node, TextRange, Value};
use clearance_core::{Content, Document};
use gen_lsp_types::{DocumentSymbol, FoldingRange, FoldingRangeKind, SymbolKind};

use crate::assist::file_name;
use crate::buffer::Buffer;
use crate::names::is_list_file;
use crate::server::Server;

impl Server<'_> {
    /// The documents of a text and their fields.
    pub(crate) fn symbols(&self, uri: &str) -> Option<Vec<DocumentSymbol>> {
        let (_, open) = self.open(uri)?;
        let contents = ours(&open.buffer)?;
        let is_one = contents.len() == 1;
        let range = |range: TextRange| open.buffer.range(range, self.client.encoding);
        let mut symbols = Vec::new();
        for content in &contents {
            let (Content::Cluster(document) | Content::Other(document)) = content;
            let secrets = document.secrets();
            let fields = below(&document.root, &secrets, &range);
            if is_one {
                symbols.extend(fields);
                continue;
            }
            let text = |key: &str| document.root.get(key).and_then(Node::as_str).map(str::to_owned);
            let name = document.root.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Node::as_str).map(str::to_owned);
            let whole = document.root.range;
            let name = name.or_else(|| text("kind")).unwrap_or_else(|| "document".to_owned());
            symbols.push(symbol(
                name,
                text("kind"),
                SymbolKind::Object,
                range(whole),
                range(TextRange { end: whole.start, ..whole }),
                fields,
            ));
        }
        Some(symbols)
    }

    /// Maps, lists and comments of several lines.
    pub(crate) fn folds(&self, uri: &str) -> Option<Vec<FoldingRange>> {
        let (_, open) = self.open(uri)?;
        let text = &open.buffer.text;
        let mut folds = Vec::new();
        for content in ours(&open.buffer)? {
            let (Content::Cluster(document) | Content::Other(document)) = content;
            collect(&document.root, &mut |start, end| {
                let line = |offset| open.buffer.lines.line_at(offset);
                let trimmed = end
                    - u32::try_from(TextRange { start, end }.of(text).len() - TextRange { start, end }.of(text).trim_end().len())
                        .unwrap_or(0);
                folds.extend(fold(line(start), line(trimmed), None));
            });
        }
        let mut comment: Option<(u32, u32)> = None;
        for number in 0..open.buffer.lines.len() {
            let line = open.buffer.lines.line_range(number).of(text).trim_start();
            if line.starts_with('#') || line.starts_with("//") {
                comment = Some((comment.map_or(number, |(first, _)| first), number));
            } else if let Some((first, last)) = comment.take() {
                folds.extend(fold(first, last, Some(FoldingRangeKind::Comment)));
            }
        }
        if let Some((first, last)) = comment {
            folds.extend(fold(first, last, Some(FoldingRangeKind::Comment)));
        }
        Some(folds)
    }
}

/// What a text holds, if it is about clusters: the shape of all others their own tools show, and those may be long.
fn ours(buffer: &Buffer) -> Option<Vec<Content<'_>>> {
    let contents = Document::read_all(&buffer.text, file_name(buffer), &clearance_core::Limits::default());
    let is_ours = contents.iter().any(|content| matches!(content, Content::Cluster(_))) || is_list_file(&buffer.file);
    is_ours.then_some(contents)
}

fn fold(first: u32, last: u32, kind: Option<FoldingRangeKind>) -> Option<FoldingRange> {
    (last > first).then(|| FoldingRange { start_line: first, end_line: last, kind, ..FoldingRange::default() })
}

fn collect(node: &Node<'_>, fold: &mut dyn FnMut(u32, u32)) {
    for entry in node.entries().iter().filter(|entry| !entry.merged && !entry.value.alias) {
        if matches!(entry.value.value, Value::Map(_) | Value::List(_)) {
            fold(entry.key_range.start, entry.value.range.end);
        }
        collect(&entry.value, fold);
    }
    for item in node.items().iter().filter(|item| !item.alias) {
        fold(item.range.start, item.range.end);
        collect(item, fold);
    }
}

fn below(node: &Node<'_>, secrets: &[TextRange], range: &impl Fn(TextRange) -> gen_lsp_types::Range) -> Vec<DocumentSymbol> {
    let of_entry = |entry: &Entry<'_>| {
        let whole = TextRange { start: entry.key_range.start, end: entry.value.range.end.max(entry.key_range.end) };
        let is_secret = secrets.iter().any(|secret| secret.start < whole.end && whole.start < secret.end);
        let detail = if is_secret { None } else { scalar(&entry.value.value) };
        symbol(
            entry.key.clone().into_owned(),
            detail,
            kind(&entry.value.value),
            range(whole),
            range(entry.key_range),
            below(&entry.value, secrets, range),
        )
    };
    let of_item = |(index, item): (usize, &Node<'_>)| {
        let is_secret = secrets.iter().any(|secret| secret.start < item.range.end && item.range.start < secret.end);
        let name = scalar(&item.value).filter(|_| !is_secret).unwrap_or_else(|| format!("[{index}]"));
        symbol(name, None, kind(&item.value), range(item.range), range(item.range), below(item, secrets, range))
    };
    let entries = node.entries().iter().filter(|entry| !entry.merged && !entry.value.alias).map(of_entry);
    entries.chain(node.items().iter().enumerate().filter(|(_, item)| !item.alias).map(of_item)).collect()
}

#[expect(deprecated, reason = "the structure has a field that is no longer used")]
fn symbol(
    name: String,
    detail: Option<String>,
    kind: SymbolKind,
    range: gen_lsp_types::Range,
    selection_range: gen_lsp_types::Range,
    children: Vec<DocumentSymbol>,
) -> DocumentSymbol {
    // Editors refuse a symbol without a name.
    let name = if name.trim().is_empty() { "\"\"".to_owned() } else { name };
    DocumentSymbol { name, detail, kind, tags: None, deprecated: None, range, selection_range, children: Some(children) }
}

fn scalar(value: &Value<'_>) -> Option<String> {
    match value {
        Value::String(text) => Some(clearance_core::finding::visible(text)),
        Value::Number(text) => Some(text.clone().into_owned()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

fn kind(value: &Value<'_>) -> SymbolKind {
    match value {
        Value::Null => SymbolKind::Null,
        Value::Bool(_) => SymbolKind::Boolean,
        Value::Number(_) => SymbolKind::Number,
        Value::String(_) => SymbolKind::String,
        Value::List(_) => SymbolKind::Array,
        Value::Map(_) => SymbolKind::Object,
    }
}
