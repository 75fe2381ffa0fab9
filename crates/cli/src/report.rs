//! How findings leave the house: in which formats, and where to.

use std::collections::BTreeSet;
use std::env;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::ValueEnum;
use clearance_core::Rulebook;
use clearance_render::{Concise, Github, Gitlab, Json, JsonLines, Junit, Output, Paths, Sarif, Several, Tally, Text, TextOptions};

use crate::commands::Look;
use crate::output::{is_quiet, reason, stderr, stdout};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the line, what is wrong with it, and how to mend it.
    Text,
    /// One line a finding.
    Concise,
    /// One object, in a versioned shape.
    Json,
    /// One object a finding, each on a line of its own.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// XML as `JUnit` writes it: a case a finding, and one for each file without.
    Junit,
    /// GitHub's workflow commands.
    Github,
    /// GitLab's Code Quality report.
    Gitlab,
    /// How often each rule is told.
    Summary,
}

impl Format {
    /// Whether another output on the same stream would break it.
    fn is_whole(self) -> bool {
        matches!(self, Self::Json | Self::Sarif | Self::Junit | Self::Gitlab)
    }
}

/// One more output: `FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct To {
    format: Format,
    /// Nothing for standard output.
    file: Option<PathBuf>,
}

impl To {
    /// Reads `FORMAT=FILE`, where `-` stands for standard output.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (word, file) = text.split_once('=').ok_or("write FORMAT=FILE, such as sarif=findings.sarif")?;
        let format = Format::from_str(word, false).map_err(|_| {
            let words: Vec<String> =
                Format::value_variants().iter().filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned())).collect();
            format!("`{word}` is no format; it is one of {}", words.join(", "))
        })?;
        if file.is_empty() {
            return Err("after `=` there must be a file, or `-` for standard output".to_owned());
        }
        Ok(Self { format, file: (file != "-").then(|| PathBuf::from(file)) })
    }
}

/// What a run writes.
pub struct Reports<'r> {
    /// For standard output.
    pub format: Format,
    /// Beside it.
    pub more: &'r [To],
    /// Whether the resources are given too, with everything filled in.
    pub show_filled: bool,
    pub look: Look,
}

impl Reports<'_> {
    /// Opens all outputs.
    pub fn open(&self, rulebook: &Rulebook) -> Result<Several> {
        let beside = self.more.iter().filter(|to| to.file.is_none()).map(|to| to.format);
        let on_stdout: Vec<Format> = [self.format].into_iter().chain(beside).collect();
        if on_stdout.len() > 1 && on_stdout.iter().any(|format| format.is_whole()) {
            bail!("json, sarif, junit and gitlab need a stream of their own: write them to a file, as in `--output sarif=findings.sarif`");
        }
        let mut files = BTreeSet::new();
        if let Some(file) = self.more.iter().filter_map(|to| to.file.as_deref()).find(|file| !files.insert(*file)) {
            bail!("`{}` is given for two outputs", file.display());
        }
        let paths = paths();
        let mut outputs = Vec::new();
        for format in on_stdout {
            outputs.push(self.on_stdout(format, rulebook, &paths));
        }
        for to in self.more {
            let Some(file) = to.file.as_deref() else { continue };
            let out = BufWriter::new(File::create(file).map_err(|error| anyhow!("cannot write `{}`: {}", file.display(), reason(&error)))?);
            outputs.push(self.output(to.format, Box::new(out), false, rulebook, &paths));
        }
        Ok(Several(outputs))
    }

    /// Resources that are printed have standard output for themselves.
    fn on_stdout(&self, format: Format, rulebook: &Rulebook, paths: &Paths) -> Box<dyn Output> {
        if self.show_filled && format != Format::Json {
            self.output(format, Box::new(stderr()), self.look.color(&io::stderr()), rulebook, paths)
        } else {
            self.output(format, Box::new(stdout()), self.look.color(&io::stdout()), rulebook, paths)
        }
    }

    fn output(&self, format: Format, out: Box<dyn Write>, color: bool, rulebook: &Rulebook, paths: &Paths) -> Box<dyn Output> {
        let (language, paths) = (self.look.language(), paths.clone());
        match format {
            Format::Text => {
                let plain = env::var_os("NO_GRAPHICS").is_some_and(|value| !value.is_empty());
                let text = Text::new(out, TextOptions { color, plain, language });
                Box::new(if is_quiet() { text.without_closing() } else { text })
            }
            Format::Concise => Box::new(Concise::new(out)),
            Format::Json => Box::new(Json::new(out, rulebook.core(), self.show_filled)),
            Format::Jsonl => Box::new(JsonLines::new(out)),
            Format::Sarif => Box::new(Sarif::new(out, rulebook.core(), paths, language)),
            Format::Junit => Box::new(Junit::new(out, paths)),
            Format::Github => Box::new(Github::new(out, paths)),
            Format::Gitlab => Box::new(Gitlab::new(out, paths)),
            Format::Summary => Box::new(Tally::new(out, language)),
        }
    }
}

/// Where the run stands in the repository: the pipeline says where that begins, or Git does; elsewhere it is the current
/// directory.
pub fn paths() -> Paths {
    let current = env::current_dir().unwrap_or_default();
    let root = ["CI_PROJECT_DIR", "GITHUB_WORKSPACE"].iter().find_map(env::var_os).map(PathBuf::from);
    let of_git = || current.ancestors().find(|directory| directory.join(".git").exists()).map(Path::to_owned);
    let root = root.and_then(|root| root.canonicalize().ok()).or_else(of_git).unwrap_or_else(|| current.clone());
    Paths::new(&current, &root)
}
