//! `clearance serve`, run as it is where it is installed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::registration::Registration;
use crate::door::Binary;
use crate::program::Program;

/// A server that runs. It ends when this is dropped.
#[derive(Debug)]
pub struct Serving {
    program: Option<Program>,
    address: String,
    ca: String,
}

impl Serving {
    /// Starts the real binary in a directory, which keeps its certificate and its log; waits until it listens. A
    /// certificate that is not kept there is not known here: then the CA is empty.
    pub fn start(directory: &Path, arguments: &[&str]) -> Result<Self> {
        // The log goes on where the last server's ended: its banner says nothing of this one.
        let printed = directory.join("clearance.log");
        let before = fs::read(&printed).map_or(0, |log| log.len());
        let given = ["serve", "--state", "state", "--log-level", "warn"];
        let mut program = Program::start(Binary::new()?.path(), &[given.as_slice(), arguments].concat(), directory)?;
        let mut address = None;
        program.wait_until("it listens", || {
            let log = fs::read_to_string(&printed)?;
            let banner = log.get(before..).unwrap_or_default();
            address = banner.split_whitespace().find(|word| word.starts_with("https://")).map(str::to_owned);
            Ok(address.is_some() && banner.contains("  fleet "))
        })?;
        let ca = fs::read_to_string(directory.join("state/ca.pem")).unwrap_or_default();
        Ok(Self { program: Some(program), address: address.context("it listens somewhere")?, ca })
    }

    /// Where it is reached.
    #[must_use]
    pub fn registration(&self) -> Registration<'_> {
        Registration { address: &self.address, ca: &self.ca }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(program) = self.program.take() {
            // It ends in any case when its input does.
            let _ = program.end();
        }
    }
}
