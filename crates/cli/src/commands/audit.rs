//! `clearance audit`

use anyhow::{Result, bail};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};
use clearance_core::source::Format;
use clearance_core::{Document, Form, Limits};
use clearance_render::yaml;
use clearance_webhook::cluster::{self, Access, Listed};

use super::check::Check;
use super::{Exit, Look};
use crate::input::{Input, Source};

/// Judges everything that a cluster holds as one fleet: what was there before the webhook, what came
/// while it was away, and what slipped past two replicas at once.
pub struct Audit {
    access: Access,
    check: Check,
    /// What was given of `check` that makes no sense here.
    odd: Option<&'static str>,
}

/// What `check` is told of what it reads: here that is the cluster.
const NOT_HERE: &[&str] = &["paths", "stdin_filename", "fleet", "old", "delete", "name", "complete", "base", "changed_only"];

impl Args for Audit {
    fn augment_args(command: Command) -> Command {
        let command = Access::augment_args(Check::augment_args(command));
        command.mut_args(|arg| if NOT_HERE.contains(&arg.get_id().as_str()) { arg.hide(true) } else { arg })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Audit {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let is_given =
            |id: &&&str| matches.try_contains_id(id).unwrap_or(false) && matches.value_source(id) == Some(ValueSource::CommandLine);
        let odd = NOT_HERE.iter().find(is_given).copied();
        Ok(Self { access: Access::from_arg_matches(matches)?, check: Check::from_arg_matches(matches)?, odd })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Audit {
    pub fn run(self, look: Look) -> Result<Exit> {
        if let Some(odd) = self.odd {
            let odd = if odd == "paths" { "path".to_owned() } else { format!("--{}", odd.replace('_', "-")) };
            bail!("an audit judges all that the cluster holds, and takes no {odd}");
        }
        let listed = cluster::list(&self.access)?;
        self.check.run_on_all(listed.iter().map(input).collect(), look)
    }
}

/// An object as a person would write it, under its name.
fn input(listed: &Listed) -> Input {
    let text = listed.object.to_string();
    let document = Document::read_as(&text, Format::Json, Form::Resource, &Limits::default());
    let name = format!("{}/{}/{}", listed.kind, listed.namespace, listed.name);
    Input { name, source: Source::Held(yaml(&document.root.value).into_bytes()), named: false }
}
