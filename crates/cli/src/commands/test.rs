//! `clearance test`

mod case;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

use super::basis::Basis;
use super::check::{Check, Given};
use super::narrow::{Narrow, Otherwise};
use super::{Exit, Look};
use crate::input::cannot_read;
use crate::listen::Heard;
use crate::output::{complain, print, reason};
use case::{CASE, Case};

/// Runs a directory of cases: descriptions with what must be found in them.
///
/// For a platform team's own catalogue, policies and settings. A case is a directory with `case.yaml`, `input.yaml` (or
/// `.json`, `.txt`) and, where it needs them, `old.yaml` and `fleet.yaml` or `fleet/`.
#[derive(Args)]
#[command(after_help = "\
case.yaml:
  about: what it shows               name: the cluster's name, as in the request's URL
  now: 2026-11-01T00:00:00Z          operation: create, update, delete
  complete: whether the fleet is all there is [default: where there is one]
  catalog: a catalogue of its own    intends: [{rule, path, severity, message}, …]
  not: [rules that must not come out]
  only: true, where nothing but what is intended may come out

With `expected.json` beside it, findings and what is filled in must be exactly those; --bless writes it.

Exit codes: 0 all as expected; 1 some are not; 2 used wrongly, or something could not be read; 3 a fault of clearance itself.")]
pub struct Test {
    #[command(flatten)]
    basis: Narrow<OfCases>,
    /// Writes what comes out into each case's `expected.json`.
    #[arg(long)]
    bless: bool,
}

/// What a case says itself is not asked for.
struct OfCases;

impl Otherwise for OfCases {
    const PATHS: &'static str = "Directories of cases";
    const HIDDEN: &'static [&'static str] = &["stdin_filename", "fleet", "name", "now", "complete"];
}

impl Test {
    pub fn run(self, look: Look) -> Result<Exit> {
        let basis = &self.basis.0;
        if !basis.fleet.is_empty() || basis.name.is_some() || basis.complete.is_some() {
            bail!("what a case is judged among stands in its directory: `fleet.yaml`, and `name` and `complete` in `{CASE}`");
        }
        let (mut passed, mut wrong, mut unusable) = (0, 0, 0);
        for directory in directories(basis.paths())? {
            let name = directory.display();
            let outcome = Case::read(&directory).and_then(|case| Ok((outcome(basis, &case, look)?, case)));
            match outcome {
                Err(error) => {
                    complain(&format!("`{name}`: {error:#}"));
                    unusable += 1;
                }
                Ok((heard, case)) if self.bless => {
                    case.bless(&heard)?;
                    passed += 1;
                }
                Ok((heard, case)) => {
                    let differences = case.differences(&heard);
                    if differences.is_empty() {
                        passed += 1;
                        continue;
                    }
                    wrong += 1;
                    print(&format!("{name}: {}\n{}\n", case.about(), differences.join("\n")))?;
                }
            }
        }
        let count = |number: usize| if number == 1 { "1 case".to_owned() } else { format!("{number} cases") };
        let all = count(passed + wrong + unusable);
        print(&match () {
            () if self.bless => format!("{} written\n", count(passed)),
            () if wrong + unusable == 0 => format!("{all}, all as expected\n"),
            () => format!("{all}: {passed} as expected, {wrong} not, {unusable} unusable\n"),
        })?;
        Ok(match () {
            () if unusable > 0 => Exit::Unusable,
            () if wrong > 0 => Exit::Findings,
            () => Exit::Clean,
        })
    }
}

/// What `check` says of a case.
fn outcome(basis: &Basis, case: &Case, look: Look) -> Result<Heard> {
    let check = Check::of(case.basis(basis)).with_filled();
    let mut heard = Heard::default();
    let given = Given { old: case.old(), delete: case.is_deletion(), ..Given::default() };
    if check.run_into(given, look, Some(&mut heard))? == Exit::Unusable {
        bail!("{}", heard.troubles.first().map_or("it cannot be judged", String::as_str));
    }
    Ok(heard)
}

/// The directories that hold cases, in order. Symbolic links are not followed.
fn directories(roots: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut open: Vec<PathBuf> = roots.to_vec();
    while let Some(directory) = open.pop() {
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) => bail!(cannot_read(&directory, &reason(&error))),
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(directory.join(entry.file_name()));
            } else if entry.file_name() == Path::new(CASE).as_os_str() {
                found.insert(directory.clone());
            }
        }
    }
    if found.is_empty() {
        bail!("there is no case here: no directory holds a `{CASE}`");
    }
    Ok(found.into_iter().collect())
}
