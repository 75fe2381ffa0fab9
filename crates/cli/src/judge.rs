//! The second look, at the files that have something to tell.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use clearance_core::fleet::Identity;
use clearance_core::source::{FaultKind, Format, LineIndex, SyntaxFault};
use clearance_core::{Document, Examined, Fleet, Operation, Record, Severity, Verdict};
use clearance_policy_host::{Basis, Policies};
use clearance_render::{Detail, Filled, Output, Paths, Summary, Teller, Told};

use crate::base::{Before, Gone};
use crate::baseline::{Baseline, Prints, can_be_known};
use crate::input::{Input, cannot_read, place};
use crate::output::complain;
use crate::read::Unreadable;
use crate::repository::Lists;
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
    /// The lists of tenant repositories.
    pub lists: &'j Lists,
    /// Whether what was there before is left out.
    pub changed_only: bool,
    /// What an organisation has to say itself.
    pub policies: &'j Policies,
    /// What is known and not told.
    pub baseline: Option<&'j Baseline>,
    pub paths: Paths,
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
    /// They are compared with a Git revision.
    Since {
        before: &'j Before<'j>,
        /// What else existed then; nothing where all is as it was.
        fleet: Option<Fleet>,
        /// The files that are as they were, and that clusters which are not clash with.
        clashing: HashSet<String>,
    },
    /// They go.
    Delete,
}

impl Wanted<'_> {
    /// Takes note of the files that clash with what differs, and are not to blame for it.
    pub fn excuse(&mut self, files: HashSet<String>) {
        if let Self::Since { clashing, .. } = self {
            *clashing = files;
        }
    }

    fn of<'o>(&'o self, record: &Record, document: &'o Document<'o>, file: &str) -> Operation<'o> {
        match self {
            Self::Create => Operation::Create,
            Self::Delete => Operation::Delete,
            Self::Since { before, .. } if before.is_unchanged(file) => Operation::Update(document),
            Self::Since { before, .. } => before.of(record, file).map_or(Operation::Create, Operation::Update),
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
        // What is known is only seen in what is told.
        let detail = if self.baseline.is_some() { detail.max(Detail::Finding) } else { detail };
        let mut page = Page::default();
        match self.reader.open(input, buffer) {
            Ok(text) => {
                let lines = LineIndex::new(text);
                if let Some((list, verdict)) = self.lists.judge(&input.name, text, self.reader) {
                    self.list(input, &list, verdict, &lines, detail, &mut page);
                } else {
                    let contents = Document::read_all(text, Some(&place(&input.name)), &self.reader.limits);
                    for judged in self.reader.judged(input, text, contents, false) {
                        self.judge(input, &judged, &lines, detail, &mut page);
                    }
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
        if let Some(baseline) = self.baseline {
            page.forget(&self.paths, baseline);
        }
        page.counted.told = usize::from(page.counted.errors + page.counted.warnings + page.counted.infos > 0);
        page
    }

    fn list(&self, input: &Input, list: &Document<'_>, mut verdict: Verdict, lines: &LineIndex, detail: Detail, page: &mut Page) {
        if self.changed_only {
            leave_old_out(&mut verdict);
        }
        let teller = Teller::new(list, lines, &input.name, None, self.reader.rulebook.settings().language, &self.shelf);
        if detail > Detail::Count {
            page.told.extend(verdict.findings.iter().map(|finding| teller.tell(finding, detail == Detail::Excerpt)));
        }
        page.count(&verdict);
        page.counted.unchanged += old_warnings(&verdict);
    }

    fn judge(&self, input: &Input, judged: &Judged<'_>, lines: &LineIndex, detail: Detail, page: &mut Page) {
        let Judged { document, number } = judged;
        let Reader { rulebook, now, .. } = *self.reader;
        let mut examined = rulebook.examine(document, now);
        examined.record.file = Some(input.name.clone());
        examined.record.judged = true;
        let operation = self.operation.of(&examined.record, document, &input.name);
        let is_as_it_was = matches!(operation, Operation::Update(old) if std::ptr::eq(old, document));
        let mut verdict = self.verdict(document, examined, operation, &input.name);
        if is_as_it_was && self.changed_only {
            leave_old_out(&mut verdict);
        }
        let teller = Teller::new(document, lines, &input.name, *number, rulebook.settings().language, &self.shelf);
        if detail > Detail::Count {
            page.told.extend(verdict.findings.iter().map(|finding| teller.tell(finding, detail == Detail::Excerpt)));
        }
        if matches!(self.operation, Wanted::Since { .. }) {
            page.told.sort_by_key(|told| told.finding.unchanged);
        }
        page.count(&verdict);
        page.counted.unchanged += if is_as_it_was {
            // What is not listed was there too.
            verdict.warnings - listed(&verdict, Severity::Warning) + old_warnings(&verdict)
        } else {
            old_warnings(&verdict)
        };
        if self.filled && document.is_readable() {
            page.filled.push(Resource { filled: teller.filled(&verdict), format: document.format });
        }
    }
}

/// How many of the listed findings are warnings about what was there before.
fn old_warnings(verdict: &Verdict) -> usize {
    verdict.findings.iter().filter(|finding| finding.unchanged && finding.severity == Severity::Warning).count()
}

fn listed(verdict: &Verdict, severity: Severity) -> usize {
    verdict.findings.iter().filter(|finding| finding.severity == severity).count()
}

/// Leaves out what was there before; of what is not listed, the errors are what was not.
fn leave_old_out(verdict: &mut Verdict) {
    verdict.findings.retain(|finding| !finding.unchanged);
    verdict.warnings = listed(verdict, Severity::Warning);
    verdict.omitted = verdict.errors - listed(verdict, Severity::Error);
}

impl Judge<'_> {
    /// By the rules, and by policies where there are some.
    fn verdict(&self, document: &Document<'_>, examined: Examined, operation: Operation<'_>, file: &str) -> Verdict {
        let Reader { rulebook, now, .. } = *self.reader;
        let before = match &self.operation {
            // A clash is told of who brings it, and not of the other as well.
            Wanted::Since { fleet: Some(fleet), clashing, .. } if !clashing.contains(file) => fleet,
            _ => self.fleet,
        };
        self.policies.judge_since(&Basis { rulebook, fleet: self.fleet, now }, document, examined, operation, before)
    }

    /// The files that an input has errors with which are new.
    pub fn clashes(&self, input: &Input) -> Vec<String> {
        self.look_again(input, &mut Vec::new(), Detail::Finding).clashes()
    }

    /// Judges the deletion of a cluster that nothing describes any more.
    pub fn farewell(&self, gone: &Gone<'_>) -> Page {
        let Reader { rulebook, now, .. } = *self.reader;
        let mut page = Page::default();
        let verdict = self.verdict(gone.document, rulebook.examine(gone.document, now), Operation::Delete, gone.file);
        let lines = LineIndex::new(gone.document.text);
        let teller = Teller::new(gone.document, &lines, gone.file, None, rulebook.settings().language, &self.shelf);
        page.told.extend(verdict.findings.iter().map(|finding| teller.tell(finding, true)));
        page.count(&verdict);
        page.counted.told = usize::from(!verdict.findings.is_empty());
        page
    }
}

impl Page {
    /// Takes out what a baseline knows.
    fn forget(&mut self, paths: &Paths, baseline: &Baseline) {
        let mut prints = Prints::new(paths);
        let counted = &mut self.counted;
        self.told.retain(|told| {
            let finding = &told.finding;
            let (print, _) = prints.of(finding);
            let is_known = baseline.holds(&print) && can_be_known(finding);
            if is_known {
                counted.known += 1;
                let count = match finding.severity.as_str() {
                    "error" => &mut counted.errors,
                    "warning" => &mut counted.warnings,
                    _ => &mut counted.infos,
                };
                *count = count.saturating_sub(1);
                counted.unchanged -= usize::from(finding.unchanged && finding.severity == "warning").min(counted.unchanged);
            }
            !is_known
        });
    }

    /// The files that its errors are about, beside its own.
    pub fn clashes(&self) -> Vec<String> {
        let errors = self.told.iter().map(|told| &told.finding).filter(|finding| finding.severity == "error");
        errors.flat_map(|finding| &finding.related).filter_map(|related| related.file.clone()).collect()
    }

    /// Takes what is told into a baseline.
    pub fn learn(&self, paths: &Paths, baseline: &mut Baseline) {
        let mut prints = Prints::new(paths);
        for told in &self.told {
            let (print, path) = prints.of(&told.finding);
            baseline.add(print, &told.finding, &path);
        }
    }

    fn count(&mut self, verdict: &Verdict) {
        self.counted.errors += verdict.errors;
        self.counted.warnings += verdict.warnings;
        self.counted.infos += listed(verdict, Severity::Info);
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
        summary.unchanged += self.counted.unchanged;
        summary.known += self.counted.known;
        if let Some(trouble) = &self.trouble {
            complain(trouble);
            output.trouble(trouble)?;
            summary.unreadable += 1;
        }
        Ok(self.filled)
    }
}
