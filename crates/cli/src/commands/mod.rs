//! The subcommands: one file each.

mod audit;
mod basis;
mod check;
mod completions;
mod convert;
mod example;
mod explain;
mod fill;
mod fix;
mod fleet;
mod given;
mod locate;
mod lsp;
mod narrow;
mod policy;
mod register;
mod replay;
mod rewrite;
mod rules;
mod schema;
mod serve;
mod test;
mod version;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clearance_core::{Form, Language};

use crate::config::Lang;

/// Gives Nautes runtime clusters their clearance before they are registered.
#[derive(Parser)]
#[command(name = "clearance", version, long_version = long_version(), about, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    look: Look,
    #[command(subcommand)]
    command: Command,
}

/// The version, and the core's: equal hashes give equal verdicts. The hash is of rules, catalogue and settings, here of
/// the built-in catalogue and the usual settings.
fn long_version() -> String {
    format!("{} (core {})", env!("CARGO_PKG_VERSION"), clearance_core::Rulebook::default().core())
}

/// How output looks.
#[derive(Args, Clone, Copy)]
pub struct Look {
    /// Colours in the output.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto, help_heading = "Look")]
    color: Color,
    /// No colours; the same as `--color never`.
    #[arg(long, global = true, help_heading = "Look")]
    no_color: bool,
    /// Says only what was found and what could not be done: no notes, no closing line, no progress.
    #[arg(long, short, global = true, help_heading = "Look")]
    quiet: bool,
    /// The language of messages [default: en].
    #[arg(long, global = true, value_enum, env = "CLEARANCE_LANG", hide_env_values = true, help_heading = "Look")]
    lang: Option<Lang>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Look {
    pub fn language(self) -> Language {
        self.lang.unwrap_or(Lang::En).language()
    }

    /// The language, as HTTP names it.
    fn tag(self) -> &'static str {
        match self.language() {
            Language::English => "en",
            Language::Chinese => "zh",
        }
    }

    /// With the language of `clearance.toml`, where none was asked for.
    fn or(self, lang: Option<Lang>) -> Self {
        Self { lang: self.lang.or(lang), ..self }
    }

    /// Whether colours are wanted on a stream; by default on a terminal that can show them.
    pub fn color(self, stream: &impl anstream::stream::RawStream) -> bool {
        match self.color {
            _ if self.no_color => false,
            Color::Always => true,
            Color::Never => false,
            Color::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
        }
    }
}

/// A format for what is neither findings nor a document of a person.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// How a description is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Written {
    Yaml,
    Json,
}

/// A written form.
#[derive(Clone, Copy, ValueEnum)]
enum FormWord {
    /// What the management cluster stores.
    Resource,
    /// What the registration API takes.
    Request,
    /// What the Nautes command line takes.
    Property,
}

impl FormWord {
    fn form(self) -> Form {
        match self {
            Self::Resource => Form::Resource,
            Self::Request => Form::Request,
            Self::Property => Form::Property,
        }
    }
}

#[derive(Subcommand)]
enum Command {
    Check(Box<check::Check>),
    Policy(policy::Policy),
    Fix(Box<fix::Fix>),
    Fill(Box<fill::Fill>),
    Convert(convert::Convert),
    /// Judges everything that a cluster holds as one fleet.
    Audit(Box<audit::Audit>),
    Fleet(fleet::Fleet),
    Locate(locate::Locate),
    Lsp(lsp::Lsp),
    Test(Box<test::Test>),
    Replay(Box<replay::Replay>),
    Explain(explain::Explain),
    Rules(rules::Rules),
    Schema(schema::Schema),
    Example(example::Example),
    Version(version::Version),
    Completions(completions::Completions),
    Man(completions::Man),
    Register(register::Register),
    Unregister(register::Unregister),
    Get(register::Get),
    /// Serves the admission webhook of the tenant management cluster, and the registrar and the page beside it.
    Serve(Box<serve::Serve>),
}

impl Cli {
    /// Whether only what was found is said.
    pub fn is_quiet(&self) -> bool {
        self.look.quiet
    }

    /// Does what was asked for.
    pub fn run(self) -> Result<Exit> {
        match self.command {
            Command::Check(check) => check.run(self.look),
            Command::Policy(policy) => policy.run(self.look),
            Command::Fix(fix) => fix.run(self.look),
            Command::Fill(fill) => fill.run(self.look),
            Command::Convert(convert) => convert.run(),
            Command::Audit(audit) => audit.run(self.look),
            Command::Fleet(fleet) => fleet.run(),
            Command::Locate(locate) => locate.run(self.look),
            Command::Lsp(lsp) => lsp.run(),
            Command::Test(test) => test.run(self.look),
            Command::Replay(replay) => replay.run(self.look),
            Command::Version(version) => version.run(),
            Command::Completions(completions) => completions.run(),
            Command::Man(man) => man.run(),
            Command::Explain(explain) => explain.run(self.look),
            Command::Rules(rules) => rules.run(self.look),
            Command::Schema(schema) => schema.run(),
            Command::Example(example) => example.run(),
            Command::Register(register) => register.run(self.look),
            Command::Unregister(unregister) => unregister.run(self.look),
            Command::Get(get) => get.run(),
            Command::Serve(configuration) => serve::run(*configuration),
        }
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing to object to.
    Clean,
    /// Findings at the level that counts, or above.
    Findings,
    /// Used wrongly, or something could not be read.
    Unusable,
    /// A fault of ours.
    Fault,
}

impl Exit {
    /// The exit code.
    pub fn code(self) -> i32 {
        self as i32
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
