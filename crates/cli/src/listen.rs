//! An output that writes nothing and keeps what it is told.

use std::io;

use clearance_render::{Filled, Finding, Output, Summary, Told};

/// What a run has told.
#[derive(Debug, Default)]
pub struct Heard {
    pub findings: Vec<Finding>,
    pub filled: Vec<Filled>,
    /// Why something could not be read.
    pub troubles: Vec<String>,
    pub summary: Summary,
}

impl Output for Heard {
    fn finding(&mut self, told: &Told) -> io::Result<()> {
        self.findings.push(told.finding.clone());
        Ok(())
    }

    fn trouble(&mut self, sentence: &str) -> io::Result<()> {
        self.troubles.push(sentence.to_owned());
        Ok(())
    }

    fn filled(&mut self, filled: Filled) -> io::Result<()> {
        self.filled.push(filled);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.summary = summary.clone();
        Ok(())
    }
}

/// Writes what it is told elsewhere, and keeps it.
pub struct Overheard<'o> {
    pub out: &'o mut dyn Output,
    pub heard: Heard,
}

impl Output for Overheard<'_> {
    fn wants(&self) -> clearance_render::Detail {
        self.out.wants().max(self.heard.wants())
    }

    fn file(&mut self, name: &str) -> io::Result<()> {
        self.out.file(name)
    }

    fn finding(&mut self, told: &Told) -> io::Result<()> {
        self.out.finding(told)?;
        self.heard.finding(told)
    }

    fn trouble(&mut self, sentence: &str) -> io::Result<()> {
        self.out.trouble(sentence)?;
        self.heard.trouble(sentence)
    }

    /// The end of one of several runs: the last word is for whoever started them.
    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.heard.finish(summary)
    }
}
