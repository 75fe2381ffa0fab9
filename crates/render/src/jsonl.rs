//! JSON lines: each finding an object on a line of its own, for what reads as it comes.

use std::io::{self, Write};

use crate::Summary;
use crate::{Output, Told};

/// Writes the findings of a [`Report`](crate::Report), and nothing around them.
pub struct JsonLines<W> {
    out: W,
}

impl<W: Write> JsonLines<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Output for JsonLines<W> {
    fn finding(&mut self, told: &Told) -> io::Result<()> {
        writeln!(self.out, "{}", serde_json::to_string(&told.finding)?)
    }

    fn finish(&mut self, _: &Summary) -> io::Result<()> {
        self.out.flush()
    }
}
