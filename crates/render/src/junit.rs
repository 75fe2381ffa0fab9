//! `JUnit`'s XML: a suite a file, a case a finding; a file without findings is a case that passes.

use std::collections::HashMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::concise;
use crate::{Finding, Summary};
use crate::{Output, Paths, Told};

/// Writes one report at the end: its head counts what follows.
pub struct Junit<W> {
    out: W,
    paths: Paths,
    report: Report,
    /// The file that is being told of.
    suite: Option<Suite>,
}

/// A file's cases.
struct Suite {
    file: String,
    cases: TestSuite,
    /// How often each name was used: readers take two cases of one name for one.
    names: HashMap<String, u32>,
}

impl<W: Write> Junit<W> {
    /// Writes to `out`, with paths from the root of the repository.
    pub fn new(out: W, paths: Paths) -> Self {
        Self { out, paths, report: Report::new("clearance"), suite: None }
    }

    fn close(&mut self) {
        let Some(Suite { mut cases, names, .. }) = self.suite.take() else { return };
        if names.is_empty() {
            cases.add_test_case(case("no findings", &cases.name.clone().into_string(), TestCaseStatus::success()));
        }
        self.report.add_test_suite(cases);
    }

    fn open(&mut self, file: &str) -> &mut Suite {
        if self.suite.as_ref().is_none_or(|suite| suite.file != file) {
            self.close();
        }
        let paths = &self.paths;
        self.suite.get_or_insert_with(|| Suite {
            file: file.to_owned(),
            cases: TestSuite::new(paths.relative(file)),
            names: HashMap::new(),
        })
    }
}

impl Suite {
    /// A name that no other case of the file has, and that does not depend on lines.
    fn name(&mut self, finding: &Finding) -> String {
        let document = finding.document.map(|number| format!(" in document {number}")).unwrap_or_default();
        let path = finding.display.as_deref().filter(|path| !path.is_empty()).map(|path| format!(" at {path}")).unwrap_or_default();
        let name = format!("{}{path}{document}", finding.rule);
        let count = self.names.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name} ({count})") }
    }
}

fn case(name: &str, file: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(file);
    case
}

/// What is wrong, where, and what to do.
fn description(finding: &Finding) -> String {
    let mut text = concise::line(finding);
    if let Some(line) = &finding.help {
        text.push('\n');
        text.push_str(line);
    }
    text
}

impl<W: Write> Output for Junit<W> {
    fn file(&mut self, name: &str) -> io::Result<()> {
        self.open(name);
        Ok(())
    }

    fn finding(&mut self, told: &Told) -> io::Result<()> {
        let finding = &told.finding;
        let suite = self.open(&finding.file);
        let name = suite.name(finding);
        let file = suite.cases.name.clone().into_string();
        let case = if finding.severity == "error" {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(finding.rule.as_str()).set_message(finding.message.as_str()).set_description(description(finding));
            case(&name, &file, status)
        } else {
            // A warning does not fail a run: it is kept where a reader can look.
            let mut passing = case(&name, &file, TestCaseStatus::success());
            passing.set_system_out(description(finding));
            passing
        };
        suite.cases.add_test_case(case);
        Ok(())
    }

    fn trouble(&mut self, sentence: &str) -> io::Result<()> {
        self.close();
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("unreadable").set_message(sentence);
        let mut suite = TestSuite::new("clearance");
        suite.add_test_case(case(sentence, "clearance", status));
        self.report.add_test_suite(suite);
        Ok(())
    }

    fn finish(&mut self, _: &Summary) -> io::Result<()> {
        self.close();
        let report = self.report.to_string().map_err(io::Error::other)?;
        // No XML may hold them (XML 1.0, 2.2), and nothing else has taken them out.
        self.out.write_all(report.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}").as_bytes())?;
        self.out.flush()
    }
}
