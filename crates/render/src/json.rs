//! JSON: one object, with one finding a line.

use std::io::{self, Write};

use serde::Serialize;

use crate::{Core, Filled, Summary, VERSION};
use crate::{Output, Told};

/// Writes a [`Report`](crate::Report) piece by piece.
pub struct Json<W> {
    out: W,
    core: Core,
    findings: usize,
    filled: Option<Vec<Filled>>,
}

impl<W: Write> Json<W> {
    /// Writes to `out`. With `filled`, the filled-in resources are written too.
    pub fn new(out: W, core: clearance_core::Core, filled: bool) -> Self {
        Self { out, core: core.into(), findings: 0, filled: filled.then(Vec::new) }
    }

    fn head(&mut self) -> io::Result<()> {
        write!(self.out, "{{\"version\":{VERSION},\"core\":{},\"findings\":[", line(&self.core)?)
    }

    fn tail(&mut self, summary: &Summary) -> io::Result<()> {
        self.out.write_all(if self.findings == 0 { b"]" } else { b"\n]" })?;
        if let Some(filled) = &self.filled {
            write!(self.out, ",\"filled\":{}", line(filled)?)?;
        }
        writeln!(self.out, ",\"summary\":{}}}", line(summary)?)?;
        self.out.flush()
    }
}

fn line(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(value)?)
}

impl<W: Write> Output for Json<W> {
    fn finding(&mut self, told: &Told) -> io::Result<()> {
        if self.findings == 0 {
            self.head()?;
        }
        self.out.write_all(if self.findings == 0 { b"\n" } else { b",\n" })?;
        self.findings += 1;
        self.out.write_all(line(&told.finding)?.as_bytes())
    }

    fn filled(&mut self, filled: Filled) -> io::Result<()> {
        if let Some(all) = &mut self.filled {
            all.push(filled);
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        if self.findings == 0 {
            self.head()?;
        }
        self.tail(summary)
    }
}
