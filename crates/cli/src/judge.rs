//! The second look, at the files that have something to tell.

use std::io;
use std::path::Path;

use clearance_core::fleet::Identity;
use clearance_core::source::{FaultKind, Format, LineIndex, SyntaxFault};
use clearance_core::{Document, Fleet, Operation, Record, Verdict};
use clearance_render::{Detail, Filled, Output, Summary, Teller, Told};

use crate::input::{Input, cannot_read};
use crate::output::complain;
use crate::read::Unreadable;
use crate::scan::{Judged, Reader, unread};
use crate::shelf::Files;

/// What a document is judged by.
pub struct Judge<'j> {
    pub reader: &'j Reader<'j>,
    pub fleet: &'j Fleet,
    pub operation: Wanted<'j>,
    /// Whether the resources are wanted with everything filled in.
    pub filled: bool,
    pub shelf: Files<'j>,
}

/// What happens to the clusters.
pub enum Wanted<'j> {
    /// They are new, or judged as if they were.
    Create,
    /// They were described by these until now.
    Update {
        old: &'j [(Identity, Document<'j>)],
        /// Whether one document is compared with one, so that their names do not matter.
        pair: bool,
    },
    /// They go.
    Delete,
}

impl Wanted<'_> {
    fn of(&self, record: &Record) -> Operation<'_> {
        match self {
            Self::Create => Operation::Create,
            Self::Delete => Operation::Delete,
            Self::Update { old, pair } => {
                let known = match old {
                    [(_, only)] if *pair => Some(only),
                    _ => old.iter().find(|(identity, _)| *identity == record.identity()).map(|(_, document)| document),
                };
                known.map_or(Operation::Create, Operation::Update)
            }
        }
    }
}

/// A resource with everything filled in.
pub struct Resource {
    pub filled: Filled,
    /// How its description is written.
    pub format: Format,
}

/// What one file has to tell.
#[derive(Default)]
pub struct Page {
    told: Vec<Told>,
    filled: Vec<Resource>,
    counted: Summary,
    /// Why it could be read at first and then no more.
    trouble: Option<String>,
}

impl Judge<'_> {
    /// Reads a file again and judges it. What went wrong since the first look shows in what is told.
    pub fn look_again(&self, input: &Input, buffer: &mut Vec<u8>, detail: Detail) -> Page {
        let mut page = Page::default();
        match self.reader.open(input, buffer) {
            Ok(text) => {
                let contents = Document::read_all(text, Some(&input.name), &self.reader.limits);
                let lines = LineIndex::new(text);
                for judged in self.reader.judged(input, text, contents, false) {
                    self.judge(input, &judged, &lines, detail, &mut page);
                }
            }
            Err(Unreadable::TooLarge(_)) => {
                let judged = Judged { document: unread("", FaultKind::TooLarge), number: None };
                self.judge(input, &judged, &LineIndex::new(""), detail, &mut page);
            }
            Err(Unreadable::NotUtf8 { good, .. }) => {
                let document = unread(&good, FaultKind::Syntax(SyntaxFault::NotUtf8));
                self.judge(input, &Judged { document, number: None }, &LineIndex::new(&good), detail, &mut page);
            }
            Err(why) => page.trouble = Some(cannot_read(Path::new(&input.name), &why.reason())),
        }
        page.counted.told = usize::from(page.counted.errors + page.counted.warnings + page.counted.infos > 0);
        page
    }

    fn judge(&self, input: &Input, judged: &Judged<'_>, lines: &LineIndex, detail: Detail, page: &mut Page) {
        let Judged { document, number } = judged;
        let Reader { rulebook, now, .. } = *self.reader;
        let mut examined = rulebook.examine(document, now);
        examined.record.file = Some(input.name.clone());
        examined.record.judged = true;
        let operation = self.operation.of(&examined.record);
        let verdict = rulebook.judge_examined(document, examined.clone(), operation, self.fleet, now);
        let teller = Teller::new(document, lines, &input.name, *number, rulebook.settings().language, &self.shelf);
        if detail > Detail::Count {
            page.told.extend(verdict.findings.iter().map(|finding| teller.tell(finding, detail == Detail::Excerpt)));
        }
        page.count(&verdict);
        if self.filled && document.is_readable() {
            page.filled.push(Resource { filled: teller.filled(&verdict), format: document.format });
        }
    }
}

impl Page {
    fn count(&mut self, verdict: &Verdict) {
        let listed = |severity| verdict.findings.iter().filter(|finding| finding.severity == severity).count();
        self.counted.errors += verdict.errors;
        self.counted.warnings += verdict.warnings;
        self.counted.infos += listed(clearance_core::Severity::Info);
        self.counted.omitted += verdict.omitted;
    }

    /// Writes what there is to tell; gives back the resources.
    pub fn write(self, output: &mut dyn Output, summary: &mut Summary) -> io::Result<Vec<Resource>> {
        for told in &self.told {
            output.finding(told)?;
        }
        summary.told += self.counted.told;
        summary.errors += self.counted.errors;
        summary.warnings += self.counted.warnings;
        summary.infos += self.counted.infos;
        summary.omitted += self.counted.omitted;
        if let Some(trouble) = &self.trouble {
            complain(trouble);
            output.trouble(trouble)?;
            summary.unreadable += 1;
        }
        Ok(self.filled)
    }
}
