//! Where a setting comes from: a flag, else the environment, else the configuration file, else what is usual.
//!
//! Each setting is declared once, as a flag ([`Options`]). A variable and a key of the file bear the
//! flag's name, and what they say is read by the flag's own parser.

mod file;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::{Display, Write as _};
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::Options;
use file::{Entry, File};

/// What a server is to do, and where that is said. `More` are the settings of other doors.
#[derive(Debug, Clone)]
pub struct Configuration<More = NoMore> {
    /// What it is to do.
    pub options: Options,
    /// What its other doors are to do.
    pub more: More,
    /// Whether it is only to be shown.
    pub print: bool,
    settings: Vec<Setting>,
}

/// No other doors.
#[derive(Debug, Clone, Copy, Args)]
pub struct NoMore {}

/// One setting, as `--print-config` shows it.
#[derive(Debug, Clone)]
struct Setting {
    name: String,
    values: Vec<String>,
    is_list: bool,
    origin: String,
}

const FILE: &str = "config";
const PRINT: &str = "print-config";

impl<More: Args> Args for Configuration<More> {
    fn augment_args(command: Command) -> Command {
        let command = More::augment_args(Options::augment_args(command)).mut_args(|arg| {
            let variable = variable(&name(&arg));
            // They are all named alike: the text below says so once.
            arg.env(variable).hide_env(true)
        });
        let file = Arg::new(FILE).long(FILE).value_name("FILE").value_parser(clap::value_parser!(PathBuf)).env(variable(FILE));
        let print = Arg::new(PRINT).long(PRINT).action(clap::ArgAction::SetTrue);
        command
            .arg(file.hide_env(true).help("A file of settings (YAML or JSON); its keys are named like the flags, without `--`"))
            .arg(print.help("Prints all settings, and where each comes from, and ends"))
            .after_help(
                "A flag counts before its variable (--tls-cert: CLEARANCE_TLS_CERT), and that before --config.\n\
                 Commas separate the items of a list in a flag and in a variable. In the file they separate nothing: an item with a \
                 comma in it is given there, as `override-group: [\"CN=ops,DC=example,DC=com\"]`.",
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<More: Args> FromArgMatches for Configuration<More> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let file = match matches.get_one::<PathBuf>(FILE) {
            Some(path) => File::read(path).map_err(fault)?,
            None => File::default(),
        };
        // Flags and variables have been split at their commas; an item of the file is one, whatever is in it.
        let known = More::augment_args(Options::augment_args(Command::new("serve"))).mut_args(|arg| arg.value_delimiter(None));
        let mut entries = by_name(&file, &known)?;
        let (mut words, mut origins) = (vec![OsString::from("serve")], BTreeMap::new());
        for arg in known.get_arguments() {
            let name = name(arg);
            let said = match matches.value_source(arg.get_id().as_str()) {
                Some(ValueSource::CommandLine) => Some(format!("--{name}")),
                Some(ValueSource::EnvVariable) => Some(variable(&name)),
                _ => None,
            };
            let in_file = entries.remove(name.as_str());
            if let Some(origin) = said {
                let values = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
                words.extend(values.map(|value| word(&name, value)));
                origins.insert(name, origin);
            } else if let Some(entry) = in_file {
                words.extend(entry.values.iter().map(|value| word(&name, value.as_ref())));
                origins.insert(name, file.place(entry));
            }
        }
        let merged = known.clone().try_get_matches_from(words)?;
        let settings = known.get_arguments().map(|arg| Setting::of(arg, &merged, &origins)).collect();
        Ok(Self {
            options: Options::from_arg_matches(&merged)?,
            more: More::from_arg_matches(&merged)?,
            print: matches.get_flag(PRINT),
            settings,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<More> Configuration<More> {
    /// All settings as a file that says the same; a comment tells where each comes from. No setting is
    /// a secret: credentials are in files, and settings only name them.
    #[must_use]
    pub fn shown(&self) -> String {
        let lines: Vec<(String, &str)> = self.settings.iter().map(|setting| (setting.line(), setting.origin.as_str())).collect();
        let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or_default();
        lines.iter().fold(String::new(), |mut text, (line, origin)| {
            let _ = writeln!(text, "{line:width$}  # {origin}");
            text
        })
    }
}

impl Setting {
    fn of(arg: &Arg, matches: &ArgMatches, origins: &BTreeMap<String, String>) -> Self {
        let values = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
        let name = name(arg);
        Self {
            values: values.map(|value| value.to_string_lossy().into_owned()).collect(),
            is_list: is_list(arg),
            origin: origins.get(&name).cloned().unwrap_or_else(|| "default".to_owned()),
            name,
        }
    }

    fn line(&self) -> String {
        // A JSON string is a YAML scalar, whatever is in it.
        let quoted = |value: &String| serde_json::Value::from(value.as_str()).to_string();
        match self.values.as_slice() {
            [] if self.is_list => format!("{}: []", self.name),
            [] => format!("{}: null", self.name),
            [value] if !self.is_list => format!("{}: {}", self.name, quoted(value)),
            values => format!("{}: [{}]", self.name, values.iter().map(quoted).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// The entries of a file by the names of the flags; each is checked on its own, where it stands.
fn by_name<'f>(file: &'f File, known: &Command) -> Result<BTreeMap<&'f str, &'f Entry>, Error> {
    let mut entries = BTreeMap::new();
    for entry in &file.entries {
        let at = |what: &str| fault(format!("{}: {what}", file.place(entry)));
        let Some(arg) = known.get_arguments().find(|arg| name(arg) == entry.name) else {
            return Err(at(&format!("there is no setting `{}`; `clearance serve --help` lists them", entry.name)));
        };
        if entries.insert(entry.name.as_str(), entry).is_some() {
            return Err(at(&format!("`{}` is set twice", entry.name)));
        }
        if entry.values.len() > 1 && !is_list(arg) {
            return Err(at(&format!("`{}` takes one value", entry.name)));
        }
        let words = entry.values.iter().map(|value| word(&entry.name, value.as_ref()));
        let read = known.clone().try_get_matches_from([OsString::from("serve")].into_iter().chain(words));
        if let Err(error) = read {
            let error = error.to_string();
            let first = error.lines().next().unwrap_or_default();
            return Err(at(first.strip_prefix("error: ").unwrap_or(first)));
        }
    }
    Ok(entries)
}

fn name(arg: &Arg) -> String {
    arg.get_long().unwrap_or_default().to_owned()
}

fn variable(name: &str) -> String {
    format!("CLEARANCE_{}", name.replace('-', "_").to_ascii_uppercase())
}

fn is_list(arg: &Arg) -> bool {
    matches!(arg.get_action(), clap::ArgAction::Append)
}

fn word(name: &str, value: &std::ffi::OsStr) -> OsString {
    let mut word = OsString::from(format!("--{name}="));
    word.push(value);
    word
}

fn fault(what: impl Display) -> Error {
    Error::raw(ErrorKind::ValueValidation, format!("{what}\n"))
}

#[cfg(test)]
mod tests;
