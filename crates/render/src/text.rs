//! Text for people, in the look of rustc.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use clearance_core::Language;
use clearance_core::finding::visible;

use crate::{Change, Finding, Range, Related, Summary};
use crate::{Detail, Output, Shown, Told};

/// How many findings are shown; the rest is counted.
const MOST: usize = 100;
/// Wide enough for every excerpt, so that nothing is cut a second time.
const WIDTH: usize = 1_000;

/// How text is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextOptions {
    /// Whether in colours.
    pub color: bool,
    /// Whether without drawings, for those who listen to it (`NO_GRAPHICS`).
    pub plain: bool,
    /// The language of what is not said by the core.
    pub language: Language,
}

/// Writes findings for people.
pub struct Text<W> {
    out: W,
    options: TextOptions,
    renderer: Renderer,
    shown: usize,
    /// What was there before a change: told after what is new.
    before: Vec<Told>,
    /// Whether a closing line says how much there was.
    closes: bool,
    /// The file that was told of last, and the helps that were given there: each is given once.
    helped: (String, BTreeSet<String>),
}

impl<W: Write> Text<W> {
    /// Writes to `out`.
    pub fn new(out: W, options: TextOptions) -> Self {
        let renderer = if options.color { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.term_width(WIDTH).no_graphics(options.plain);
        Self { out, options, renderer, shown: 0, before: Vec::new(), closes: true, helped: Default::default() }
    }

    fn write(&mut self, told: &Told) -> io::Result<()> {
        if self.shown == MOST {
            return Ok(());
        }
        self.shown += 1;
        let helps = self.helps(&told.finding);
        let drawn = self.draw(told, helps);
        writeln!(self.out, "{drawn}\n")
    }

    /// Without a closing line.
    #[must_use]
    pub fn without_closing(self) -> Self {
        Self { closes: false, ..self }
    }

    fn word(&self, en: &'static str, zh: &'static str) -> &'static str {
        match self.options.language {
            Language::English => en,
            Language::Chinese => zh,
        }
    }

    /// Whether a finding's help is the first of its words in its file.
    fn helps(&mut self, finding: &Finding) -> bool {
        let (file, given) = &mut self.helped;
        if *file != finding.file {
            file.clone_from(&finding.file);
            given.clear();
        }
        finding.help.as_ref().is_some_and(|help| given.insert(help.clone()))
    }

    fn draw(&self, told: &Told, helps: bool) -> String {
        let finding = &told.finding;
        let level = match finding.severity.as_str() {
            "error" => Level::ERROR,
            "warning" => Level::WARNING,
            _ => Level::INFO,
        };
        let mut moved = Moved::default();
        let mut group = Group::with_title(level.primary_title(visible_line(&finding.message)).id(finding.rule.as_str()));
        if let Some(shown) = &told.shown {
            group = group.element(moved.snippet(&finding.file, finding.range, shown, AnnotationKind::Primary, self.label(finding, shown)));
        }
        if let Some(help) = finding.help.as_ref().filter(|_| helps) {
            group = group.element(Level::HELP.with_name(self.word("help", "帮助")).message(help.as_str()));
        }
        if finding.unchanged {
            let unchanged = self.word("it was there before this update", "更新之前已存在");
            group = group.element(Level::NOTE.with_name(self.word("note", "说明")).message(unchanged));
        }
        for change in &finding.changes {
            group = group.element(Level::HELP.with_name(self.fix(change)).message(visible_line(&change.title)));
        }
        let mut groups = vec![group];
        for (related, shown) in finding.related.iter().zip(&told.related) {
            groups.extend(self.related(related, shown.as_ref(), &mut moved));
        }
        moved.put_back(self.renderer.render(&groups))
    }

    fn fix(&self, change: &Change) -> &'static str {
        if change.applicability == "safe" { self.word("fix", "修正") } else { self.word("possible fix", "可选修正") }
    }

    /// What stands beside the underlined text: the path in the words of the writer's form.
    fn label(&self, finding: &Finding, shown: &Shown) -> Option<String> {
        let underlined = shown.text.get(shown.caret.clone()).unwrap_or_default().trim_matches(['"', '\'']);
        let path = finding.display.as_deref().filter(|path| !path.is_empty())?;
        Some(match &finding.within {
            Some(within) if within.path.is_empty() => {
                format!("{path} {}", self.inside(within.line, within.column))
            }
            Some(within) => format!("{path} › {} {}", within.path, self.inside(within.line, within.column)),
            None if path == underlined => return None,
            None => path.to_owned(),
        })
    }

    fn inside(&self, line: u32, column: u32) -> String {
        match self.options.language {
            Language::English => format!("(line {line}, column {column} inside)"),
            Language::Chinese => format!("（其内第 {line} 行第 {column} 列）"),
        }
    }

    fn related<'r>(&self, related: &'r Related, shown: Option<&'r Shown>, moved: &mut Moved) -> Option<Group<'r>> {
        let title = Level::NOTE.with_name(self.word("note", "说明")).secondary_title(visible_line(&related.message));
        let group = Group::with_title(title);
        match (related.file.as_deref(), related.range, shown) {
            (Some(file), Some(range), Some(shown)) => Some(group.element(moved.snippet(file, range, shown, AnnotationKind::Context, None))),
            (Some(file), ..) => Some(group.element(Origin::path(visible_line(file)))),
            // The finding's own sentence names a party of no file.
            (None, ..) => None,
        }
    }
}

/// How much there was, in one line.
pub(crate) fn closing(summary: &Summary, language: Language) -> String {
    match language {
        Language::English => in_english(summary),
        Language::Chinese => in_chinese(summary),
    }
}

/// A file's name, or a sentence, in one line; the core has cut what is too long.
pub(crate) fn visible_line(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| matches!(c, ' '..='~')) {
        return Cow::Borrowed(text);
    }
    let mut line = String::new();
    let mut buffer = [0; 4];
    for c in text.chars() {
        line.push_str(&visible(c.encode_utf8(&mut buffer)));
    }
    Cow::Owned(line)
}

/// The renderer takes the column from the line as it is shown; where that was cut or masked, the
/// real one is put back.
#[derive(Default)]
struct Moved {
    places: Vec<(String, String)>,
}

impl Moved {
    fn snippet<'s>(
        &mut self,
        file: &str,
        range: Range,
        shown: &'s Shown,
        kind: AnnotationKind,
        label: Option<String>,
    ) -> Snippet<'s, Annotation<'s>> {
        let path = visible_line(file).into_owned();
        let column = shown.text.get(..shown.caret.start).map_or(0, |before| before.chars().count()) + 1;
        let place = |column: usize| format!("{path}:{}:{column}\n", shown.line);
        let real = usize::try_from(range.start.column).unwrap_or(column);
        if column != real {
            self.places.push((place(column), place(real)));
        }
        let mut annotation = kind.span(shown.caret.clone());
        if let Some(label) = label {
            annotation = annotation.label(label);
        }
        let line = usize::try_from(shown.line).unwrap_or(1);
        Snippet::source(shown.text.as_str()).path(path).line_start(line).annotation(annotation)
    }

    fn put_back(self, drawn: String) -> String {
        self.places.into_iter().fold(drawn, |drawn, (from, to)| drawn.replacen(&from, &to, 1))
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

fn in_english(summary: &Summary) -> String {
    let found: Vec<String> =
        [(summary.errors, "error", "errors"), (summary.warnings, "warning", "warnings"), (summary.infos, "info", "infos")]
            .into_iter()
            .filter(|(number, ..)| *number > 0)
            .map(|(number, one, many)| count(number, one, many))
            .collect();
    let clusters = || format!("{} in {}", count(summary.documents, "cluster", "clusters"), count(summary.files, "file", "files"));
    let mut sentence = match found.as_slice() {
        [] if summary.documents == 0 => "no cluster found".to_owned(),
        [] => format!("no findings: {}", clusters()),
        [only] => format!("{only} in {}", count(summary.told, "file", "files")),
        [first @ .., last] => format!("{} and {last} in {}", first.join(", "), count(summary.told, "file", "files")),
    };
    if summary.unchanged > 0 {
        let _ = write!(sentence, "; {} there before", count(summary.unchanged, "warning was", "warnings were"));
    }
    if summary.known > 0 {
        let _ = write!(sentence, "; {} known by the baseline", count(summary.known, "more is", "more are"));
    }
    if summary.skipped > 0 {
        let _ = write!(
            sentence,
            "; {} skipped, no cluster in {}",
            count(summary.skipped, "file", "files"),
            if summary.skipped == 1 { "it" } else { "them" }
        );
    }
    if summary.unreadable > 0 {
        let _ = write!(sentence, "; {} not read", summary.unreadable);
    }
    sentence
}

fn in_chinese(summary: &Summary) -> String {
    let found: Vec<String> = [(summary.errors, "个错误"), (summary.warnings, "个警告"), (summary.infos, "条提示")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    let mut sentence = if !found.is_empty() {
        format!("{} 个文件中有 {}", summary.told, found.join("、"))
    } else if summary.documents == 0 {
        "未找到集群".to_owned()
    } else {
        format!("没有发现问题：{} 个文件，{} 个集群", summary.files, summary.documents)
    };
    if summary.unchanged > 0 {
        let _ = write!(sentence, "；{} 个警告此前已存在", summary.unchanged);
    }
    if summary.known > 0 {
        let _ = write!(sentence, "；另有 {} 条已记录在基线中", summary.known);
    }
    if summary.skipped > 0 {
        let _ = write!(sentence, "；跳过 {} 个不含集群的文件", summary.skipped);
    }
    if summary.unreadable > 0 {
        let _ = write!(sentence, "；{} 个未能读取", summary.unreadable);
    }
    sentence
}

impl<W: Write> Output for Text<W> {
    fn wants(&self) -> Detail {
        if self.shown < MOST { Detail::Excerpt } else { Detail::Count }
    }

    fn finding(&mut self, told: &Told) -> io::Result<()> {
        if !told.finding.unchanged {
            return self.write(told);
        }
        // What is new must not be missed among it.
        if self.before.len() < MOST {
            self.before.push(told.clone());
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        for told in std::mem::take(&mut self.before) {
            self.write(&told)?;
        }
        let hidden = (summary.errors + summary.warnings + summary.infos).saturating_sub(self.shown);
        if hidden > 0 {
            match self.options.language {
                Language::English => writeln!(self.out, "… and {}\n", count(hidden, "more finding", "more findings"))?,
                Language::Chinese => writeln!(self.out, "……另有 {hidden} 条\n")?,
            }
        }
        if self.closes {
            writeln!(self.out, "{}", closing(summary, self.options.language))?;
        }
        self.out.flush()
    }
}
