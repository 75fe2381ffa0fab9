//! One line a finding, as compilers and `grep` write it.

use std::io::{self, Write};

use crate::{Finding, Summary};
use crate::{Output, Told};

/// Writes `file:line:column: severity[rule]: message`.
pub struct Concise<W> {
    out: W,
}

impl<W: Write> Concise<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

/// The line of a finding. File names and messages are shown in one line whatever they hold.
pub(crate) fn line(finding: &Finding) -> String {
    let start = finding.range.start;
    let file = crate::text::visible_line(&finding.file);
    let message = crate::text::visible_line(&finding.message);
    format!("{file}:{}:{}: {}[{}]: {message}", start.line, start.column, finding.severity, finding.rule)
}

impl<W: Write> Output for Concise<W> {
    fn finding(&mut self, told: &Told) -> io::Result<()> {
        writeln!(self.out, "{}", line(&told.finding))
    }

    fn finish(&mut self, _: &Summary) -> io::Result<()> {
        self.out.flush()
    }
}
