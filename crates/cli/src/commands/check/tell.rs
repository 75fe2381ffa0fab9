//! The second look at files, batch by batch, written as it comes.

use anyhow::Result;
use clearance_render::{Output, Summary};
use rayon::prelude::*;

use crate::baseline::Baseline;
use crate::input::Input;
use crate::judge::{Judge, Page, Resource};
use crate::output::cannot_write;

/// How many files are looked at again before what was found in them is written.
const BATCH: usize = 256;

/// Where what is found goes.
pub struct Tell<'t> {
    pub judge: &'t Judge<'t>,
    pub found: &'t [Input],
    pub output: &'t mut dyn Output,
    pub summary: &'t mut Summary,
}

impl Tell<'_> {
    fn file(&mut self, index: usize) -> Result<()> {
        self.output.file(self.found.get(index).map(|input| input.name.as_str()).unwrap_or_default()).map_err(cannot_write)
    }

    /// Looks at some files `again`, each of them among all that are `judged`: the others are told as
    /// having nothing to tell, in their turn. Returns the resources.
    pub fn files(&mut self, again: &[usize], judged: &[usize]) -> Result<Vec<Resource>> {
        let mut judged = judged.iter().copied().peekable();
        let mut resources = Vec::new();
        for batch in again.chunks(BATCH) {
            for (index, page) in batch.iter().zip(self.pages(batch)) {
                while let Some(judged) = judged.next_if(|judged| judged <= index) {
                    self.file(judged)?;
                }
                for resource in page.write(self.output, self.summary).map_err(cannot_write)? {
                    self.output.filled(resource.filled.clone()).map_err(cannot_write)?;
                    resources.push(resource);
                }
            }
        }
        for judged in judged {
            self.file(judged)?;
        }
        Ok(resources)
    }

    /// Takes what would be told into a baseline.
    pub fn learn(&self, again: &[usize]) -> Baseline {
        let mut baseline = Baseline::default();
        for batch in again.chunks(BATCH) {
            for page in self.pages(batch) {
                page.learn(&self.judge.paths, &mut baseline);
            }
        }
        baseline
    }

    fn pages(&self, batch: &[usize]) -> Vec<Page> {
        let detail = self.output.wants();
        // An output is for one thread.
        let (found, judge) = (self.found, self.judge);
        batch
            .par_iter()
            .map_init(Vec::new, |buffer, index| found.get(*index).map(|input| judge.look_again(input, buffer, detail)).unwrap_or_default())
            .collect()
    }
}
