//! Several outputs of one run.

use std::io;

use crate::{Detail, Output, Told};
use crate::{Filled, Summary};

/// Tells each output the same.
pub struct Several(pub Vec<Box<dyn Output>>);

impl Several {
    fn each(&mut self, tell: impl FnMut(&mut Box<dyn Output>) -> io::Result<()>) -> io::Result<()> {
        self.0.iter_mut().try_for_each(tell)
    }
}

impl Output for Several {
    fn wants(&self) -> Detail {
        self.0.iter().map(|output| output.wants()).max().unwrap_or(Detail::Count)
    }

    fn file(&mut self, name: &str) -> io::Result<()> {
        self.each(|output| output.file(name))
    }

    fn finding(&mut self, told: &Told) -> io::Result<()> {
        self.each(|output| output.finding(told))
    }

    fn trouble(&mut self, sentence: &str) -> io::Result<()> {
        self.each(|output| output.trouble(sentence))
    }

    fn filled(&mut self, filled: Filled) -> io::Result<()> {
        self.each(|output| output.filled(filled.clone()))
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.each(|output| output.finish(summary))
    }
}
