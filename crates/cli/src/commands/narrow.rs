//! `check`'s options where some of them are said otherwise.

use std::marker::PhantomData;

use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

use super::basis::Basis;

/// What is said otherwise.
pub trait Otherwise {
    /// What the paths are.
    const PATHS: &'static str;
    /// What is not asked for here.
    const HIDDEN: &'static [&'static str];
}

/// The basis without some of its options.
pub struct Narrow<O>(pub Basis, PhantomData<O>);

impl<O: Otherwise> Args for Narrow<O> {
    fn augment_args(command: Command) -> Command {
        Basis::augment_args(command).mut_args(|arg| match arg.get_id().as_str() {
            "paths" => arg.help(O::PATHS),
            id if O::HIDDEN.contains(&id) => arg.hide(true),
            _ => arg,
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<O> FromArgMatches for Narrow<O> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self(Basis::from_arg_matches(matches)?, PhantomData))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
