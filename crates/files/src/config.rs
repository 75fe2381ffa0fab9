//! `clearance.toml`: what a repository decides for everybody who checks it.
//!
//! What is wrong in it is told at its place, as for a cluster; these sentences are about the file
//! itself and none about clusters.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::ValueEnum;
use clearance_core::rules::{self, Lookup};
use clearance_core::source::{LineIndex, TextRange};
use clearance_core::{Language, Severity, Suppression};
use clearance_render::{Finding, Spot, Told};
use globset::{Glob, GlobSet, GlobSetBuilder};
use toml_edit::{Item, Key, TableLike, Value};

use crate::input::{Input, whole};
use crate::read;

/// The file's name.
pub const NAME: &str = "clearance.toml";
/// No settings fill so much.
const LONGEST: usize = 1 << 20;

/// A language of messages.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// The core's word for it.
    #[must_use]
    pub fn language(self) -> Language {
        match self {
            Self::En => Language::English,
            Self::Zh => Language::Chinese,
        }
    }
}

/// From which severity on findings fail a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors.
    Error,
    /// Errors and warnings.
    Warning,
    /// No finding does.
    Never,
}

/// What the file says. Paths in it are relative to its directory, and made absolute here.
#[derive(Debug, Default)]
pub struct Config {
    /// What rules weigh.
    pub severities: BTreeMap<String, Option<Severity>>,
    /// What is ignored.
    pub suppressions: Vec<Suppression>,
    /// The file of one's own components.
    pub catalog: Option<PathBuf>,
    /// What else exists.
    pub fleet: Vec<PathBuf>,
    /// The tenant repository: what it holds exists, whichever part of it is judged.
    pub repository: Option<PathBuf>,
    /// The file of what is known.
    pub baseline: Option<PathBuf>,
    /// The file of an organisation's own policies.
    pub policies: Option<PathBuf>,
    /// The language of messages.
    pub lang: Option<Lang>,
    /// From which severity on findings fail a run.
    pub fail_on: Option<FailOn>,
    include: Option<GlobSet>,
    exclude: Option<GlobSet>,
    directory: PathBuf,
}

/// A file with what is wrong in it.
#[derive(Debug, Default)]
pub struct Read {
    /// What the file says.
    pub config: Config,
    /// What is wrong in it.
    pub findings: Vec<Told>,
}

impl Read {
    /// The file that was named, or the one found upwards from the current directory, up to the root of
    /// its Git repository; without either there is nothing to read.
    pub fn find(named: Option<&Path>) -> Result<Self> {
        match named {
            Some(path) => Self::file(path),
            None => upwards(&std::env::current_dir().unwrap_or_default()).map_or_else(|| Ok(Self::default()), |path| Self::file(&path)),
        }
    }

    /// A file.
    pub fn file(path: &Path) -> Result<Self> {
        let text = read::named(path, LONGEST)?;
        let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let directory = whole.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self::of(&text, &path.to_string_lossy(), directory))
    }

    fn of(text: &str, file: &str, directory: PathBuf) -> Self {
        let mut reader = Reader { text, lines: LineIndex::new(text), file, findings: Vec::new() };
        let mut config = Config { directory, ..Config::default() };
        match toml_edit::Document::parse(text) {
            Ok(document) => reader.root(document.as_table(), &mut config),
            Err(error) => {
                let span = error.span().unwrap_or_default();
                reader.tell(span, error.message().replace('\n', ", "));
            }
        }
        Self { config, findings: reader.findings }
    }
}

/// A path as it is named from the current directory, where it lies below it.
fn near(path: &Path) -> PathBuf {
    let current = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&current) {
        Ok(here) if here.as_os_str().is_empty() => PathBuf::from("."),
        below => below.unwrap_or(path).to_owned(),
    }
}

/// The nearest file in this directory or one above it, up to the root of a Git repository.
#[must_use]
pub fn upwards(from: &Path) -> Option<PathBuf> {
    for directory in from.ancestors() {
        let path = directory.join(NAME);
        if path.is_file() {
            // Named as short as it can be: in the current directory by its name alone.
            return Some(if directory == from { PathBuf::from(NAME) } else { path });
        }
        if directory.join(".git").exists() {
            return None;
        }
    }
    None
}

impl Config {
    /// Whether a file is looked at; what was named on the command line always is.
    #[must_use]
    pub fn wants(&self, input: &Input) -> bool {
        if input.named || self.include.is_none() && self.exclude.is_none() {
            return true;
        }
        let whole = whole(Path::new(&input.name));
        let path = whole.strip_prefix(&self.directory).unwrap_or(&whole);
        self.include.as_ref().is_none_or(|set| set.is_match(path)) && !self.exclude.as_ref().is_some_and(|set| set.is_match(path))
    }
}

/// Every key at the top of the file.
const KEYS: [&str; 11] =
    ["baseline", "catalog", "exclude", "fail-on", "fleet", "ignore", "include", "lang", "policies", "repository", "severity"];

struct Reader<'r> {
    text: &'r str,
    lines: LineIndex,
    file: &'r str,
    findings: Vec<Told>,
}

impl Reader<'_> {
    fn tell(&mut self, span: std::ops::Range<usize>, message: String) {
        self.findings.push(fault(self.text, &self.lines, self.file, TextRange::new(span.start, span.end), message));
    }

    fn wants(&mut self, item: &Item, what: &str) {
        self.tell(item.span().unwrap_or_default(), format!("expected {what}, found {}", described(item)));
    }

    fn unknown(&mut self, key: Option<&Key>, name: &str, known: &[&str]) {
        self.tell(key.and_then(Key::span).unwrap_or_default(), format!("unknown key `{name}`; known are {}", known.join(", ")));
    }

    fn root(&mut self, table: &toml_edit::Table, config: &mut Config) {
        for (name, item) in table {
            match name {
                "severity" => self.severities(item, config),
                "ignore" => self.ignored(item, config),
                "catalog" => config.catalog = self.path(item, &config.directory),
                "policies" => config.policies = self.path(item, &config.directory),
                "baseline" => config.baseline = self.path(item, &config.directory),
                "fleet" => config.fleet = self.texts(item).into_iter().map(|(path, _)| near(&config.directory.join(path))).collect(),
                "repository" => config.repository = self.path(item, &config.directory),
                "include" => config.include = self.globs(item),
                "exclude" => config.exclude = self.globs(item),
                "lang" => config.lang = self.word(item),
                "fail-on" => config.fail_on = self.word(item),
                _ => self.unknown(table.key(name), name, &KEYS),
            }
        }
    }

    fn text(&mut self, item: &Item) -> Option<String> {
        let text = item.as_str().map(str::to_owned);
        if text.is_none() {
            self.wants(item, "a string");
        }
        text
    }

    fn path(&mut self, item: &Item, directory: &Path) -> Option<PathBuf> {
        self.text(item).map(|path| near(&directory.join(path)))
    }

    /// A list of strings, each with its place.
    fn texts(&mut self, item: &Item) -> Vec<(String, std::ops::Range<usize>)> {
        let Some(list) = item.as_array() else {
            self.wants(item, "a list of strings");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for value in list {
            match value.as_str() {
                Some(text) => texts.push((text.to_owned(), value.span().unwrap_or_default())),
                None => self.wants(&Item::Value(value.clone()), "a string"),
            }
        }
        texts
    }

    /// One of the words of an option.
    fn word<T: ValueEnum>(&mut self, item: &Item) -> Option<T> {
        let text = self.text(item)?;
        let found = T::from_str(&text, false).ok();
        if found.is_none() {
            let words: Vec<String> =
                T::value_variants().iter().filter_map(|word| Some(format!("`{}`", word.to_possible_value()?.get_name()))).collect();
            self.tell(item.span().unwrap_or_default(), format!("`{text}` is none of {}", words.join(", ")));
        }
        found
    }

    fn globs(&mut self, item: &Item) -> Option<GlobSet> {
        let mut set = GlobSetBuilder::new();
        for (pattern, span) in self.texts(item) {
            match Glob::new(&pattern) {
                Ok(glob) => drop(set.add(glob)),
                Err(error) => self.tell(span, format!("`{pattern}` is no usable pattern: {}", error.kind())),
            }
        }
        set.build().ok()
    }

    /// Whether a rule is known; it is told if not.
    fn rule(&mut self, name: &str, span: std::ops::Range<usize>) -> bool {
        match rules::find(name) {
            Lookup::Known(_) | Lookup::Removed(_) => true,
            Lookup::Unknown { nearest } => {
                self.tell(span, no_such_rule(name, nearest));
                false
            }
        }
    }

    fn severities(&mut self, item: &Item, config: &mut Config) {
        let Some(table) = item.as_table_like() else { return self.wants(item, "a table") };
        for (name, item) in table.iter() {
            let span = table.key(name).and_then(Key::span).unwrap_or_default();
            let Some(level) = self.text(item) else { continue };
            if !self.rule(name, span) {
                continue;
            }
            match (level.as_str(), Severity::from_name(&level)) {
                ("off", _) => drop(config.severities.insert(name.to_owned(), None)),
                (_, Some(severity)) => drop(config.severities.insert(name.to_owned(), Some(severity))),
                _ => self.tell(item.span().unwrap_or_default(), format!("`{level}` is none of `error`, `warning`, `info`, `off`")),
            }
        }
    }

    fn ignored(&mut self, item: &Item, config: &mut Config) {
        let tables: Vec<&dyn TableLike> = match item {
            Item::ArrayOfTables(tables) => tables.iter().map(|table| table as &dyn TableLike).collect(),
            Item::Value(Value::Array(list)) if list.iter().all(Value::is_inline_table) => {
                list.iter().filter_map(Value::as_inline_table).map(|table| table as &dyn TableLike).collect()
            }
            _ => return self.wants(item, "a list of tables, each as `[[ignore]]`"),
        };
        let whole = item.span().unwrap_or_default();
        for table in tables {
            let mut suppression = Suppression { rule: String::new(), path: None, reason: String::new() };
            let mut at = None;
            for (name, item) in table.iter() {
                match name {
                    "rule" => {
                        suppression.rule = self.text(item).unwrap_or_default();
                        at = item.span();
                    }
                    "path" => suppression.path = self.text(item),
                    "reason" => suppression.reason = self.text(item).unwrap_or_default(),
                    _ => self.unknown(table.key(name), name, &["path", "reason", "rule"]),
                }
            }
            let Some(span) = at else {
                self.tell(whole.clone(), "an entry of `ignore` names no `rule`".to_owned());
                continue;
            };
            if !self.rule(&suppression.rule, span.clone()) {
                continue;
            }
            if suppression.reason.trim().is_empty() {
                self.tell(span, format!("no `reason` is given for ignoring `{}`", suppression.rule));
            } else if matches!(rules::find(&suppression.rule), Lookup::Known(rule) if !rule.can_be_suppressed()) {
                self.tell(span, format!("`{}` cannot be ignored", suppression.rule));
            } else {
                config.suppressions.push(suppression);
            }
        }
    }
}

fn described(item: &Item) -> &'static str {
    match item.type_name() {
        "string" => "a string",
        "integer" | "float" => "a number",
        "boolean" => "true or false",
        "array" | "array of tables" => "a list",
        "table" | "inline table" => "a table",
        _ => "something else",
    }
}

/// What is said when a rule is not known.
#[must_use]
pub fn no_such_rule(name: &str, nearest: Option<&rules::Rule>) -> String {
    match nearest {
        Some(nearest) => format!("there is no rule `{name}`; perhaps `{}` is meant", nearest.name),
        None => format!("there is no rule `{name}`; `clearance rules` lists them all"),
    }
}

/// What is wrong in a file that configures us, told as what is wrong in a cluster.
#[must_use]
pub fn fault(text: &str, lines: &LineIndex, file: &str, range: TextRange, message: String) -> Told {
    let spot = Spot::at(text, lines, range);
    let finding = Finding {
        rule: "invalid-configuration".to_owned(),
        severity: "error".to_owned(),
        message,
        help: None,
        file: file.to_owned(),
        document: None,
        path: None,
        pointer: None,
        display: None,
        range: spot.range,
        within: None,
        related: Vec::new(),
        changes: Vec::new(),
        unchanged: false,
        docs: "configuration.html".to_owned(),
    };
    Told { finding, shown: Some(spot.shown), related: Vec::new() }
}

/// Refuses to go on with a file that is wrong.
pub fn refuse<T>() -> Result<T> {
    bail!("these settings cannot be used, so nothing was done")
}
