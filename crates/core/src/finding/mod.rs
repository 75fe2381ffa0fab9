//! What a verdict is made of.

mod change;
mod kubernetes;
mod message;
mod path;

use crate::prelude::*;
use crate::rules::Rule;
use crate::source::TextRange;

pub use change::Change;
pub use kubernetes::{Cause, LONGEST_WARNING, Reason};
pub use message::{Arg, Language, Message, Text, has_chinese, load_chinese, visible};
pub(crate) use message::{message, written_out};
pub(crate) use path::Trail;
pub use path::{Path, Segment};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// It will be accepted, and most likely does not do what was meant.
    Warning,
    /// It will be refused.
    Error,
}

impl Severity {
    /// The word for it in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Error].into_iter().find(|severity| severity.name() == name)
    }
}

/// Where a finding stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At a path in the resource, whatever form the person wrote.
    Path {
        /// The path.
        path: Path,
        /// Its key or its value.
        part: Part,
        /// Which one of a key that is given several times, from 0; the last one if not said.
        occurrence: Option<usize>,
    },
    /// In the text: only faults of text stand there.
    Text(TextRange),
}

/// Which side of an entry is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

impl Place {
    /// The value at a path.
    #[must_use]
    pub fn value(path: Path) -> Self {
        Self::Path { path, part: Part::Value, occurrence: None }
    }

    /// The key at a path.
    #[must_use]
    pub fn key(path: Path) -> Self {
        Self::Path { path, part: Part::Key, occurrence: None }
    }

    /// The path, if the place is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path { path, .. } => Some(path),
            Self::Text(_) => None,
        }
    }
}

/// Whether a fix may be made without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// It needs a decision: it changes what is meant, or it is one of several ways.
    Unsafe,
    /// It says what the text already meant, or what could only have been meant.
    Safe,
}

impl Applicability {
    /// The word for it in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsafe => "unsafe",
            Self::Safe => "safe",
        }
    }
}

/// One way to mend a finding: changes that go together.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// What it does, as on a button.
    pub title: &'static Message,
    /// The words in the title.
    pub args: Vec<Arg>,
    /// Whether it may be made without asking.
    pub applicability: Applicability,
    /// The changes.
    pub changes: Vec<Change>,
}

impl Fix {
    /// What the fix does, in a language.
    #[must_use]
    pub fn title(&self, language: Language) -> String {
        self.title.what.in_words(language, &self.args)
    }
}

/// Another party to a finding: the cluster that has the port, the copy of the key.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// What it has to do with the finding.
    pub message: &'static Message,
    /// The words in the message.
    pub args: Vec<Arg>,
    /// The namespace and name of the cluster or referrer; nothing for the judged document itself.
    pub identity: Option<(String, String)>,
    /// The file that holds it, if it came from one; nothing for the judged document itself.
    pub file: Option<String>,
    /// Where in that file's document.
    pub place: Place,
    /// Whether the place is in the judged document itself.
    pub here: bool,
}

/// A place inside the text that a field holds in encoded form (a kubeconfig in Base64).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// The path in the decoded document.
    pub path: Path,
    /// The line, from 1.
    pub line: u32,
    /// The column in code points, from 1.
    pub column: u32,
}

/// One thing that a verdict says about a description.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that says it.
    pub rule: &'static Rule,
    /// Its weight, after the settings have had their say.
    pub severity: Severity,
    /// Where it stands.
    pub place: Place,
    /// Where inside the decoded field, for findings in a kubeconfig.
    pub within: Option<Within>,
    /// What it says.
    pub message: &'static Message,
    /// The words in the message.
    pub args: Vec<Arg>,
    /// The value that stands there, as text; never a credential.
    pub value: Option<String>,
    /// Other parties.
    pub related: Vec<Related>,
    /// Ways to mend it, the best first.
    pub fixes: Vec<Fix>,
    /// Whether an update found it there already, unchanged: then it never blocks.
    pub unchanged: bool,
    /// Why it only warns although it would refuse.
    pub excuse: Option<Excuse>,
}

/// Why a finding only warns although it would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Excuse {
    /// The object overrides the rule, for this reason.
    Override(String),
    /// The rule is on trial.
    Monitor,
}

impl Finding {
    /// What is wrong, in one line that is enough on its own.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        self.message.what.in_words(language, &self.args)
    }

    /// Why, and what to do.
    #[must_use]
    pub fn help(&self, language: Language) -> Option<String> {
        self.message.help.as_ref().map(|help| help.in_words(language, &self.args))
    }

    /// The value of one word in the message.
    #[must_use]
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|arg| arg.name == name).map(|arg| arg.value.as_str())
    }

    /// Adds a word.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.args.push(Arg { name, value: value.into(), cut: true });
        self
    }

    /// Adds a list that is never cut: naming a part of it would not do.
    pub(crate) fn with_list(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.args.push(Arg { name, value: value.into(), cut: false });
        self
    }

    /// Says which value stands there.
    pub(crate) fn found(mut self, value: impl Into<String>) -> Self {
        let value = value.into();
        self.args.push(Arg { name: "value", value: value.clone(), cut: true });
        self.value = Some(value);
        self
    }

    /// Weighs this one differently from its rule's default.
    pub(crate) fn weigh(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Offers a fix that uses the finding's own words.
    pub(crate) fn fix(mut self, title: &'static Message, applicability: Applicability, changes: Vec<Change>) -> Self {
        self.fixes.push(Fix { title, args: self.args.clone(), applicability, changes });
        self
    }

    /// Names another party.
    pub(crate) fn relate(mut self, related: Related) -> Self {
        self.related.push(related);
        self
    }
}

/// Findings as they come in.
pub(crate) type Findings = Vec<Finding>;

impl Finding {
    /// A finding of a rule, for its words to be added.
    pub(crate) fn new(rule: &'static Rule, message: &'static Message, place: Place) -> Self {
        Self {
            rule,
            severity: rule.severity,
            place,
            within: None,
            message,
            args: Vec::new(),
            value: None,
            related: Vec::new(),
            fixes: Vec::new(),
            unchanged: false,
            excuse: None,
        }
    }
}
