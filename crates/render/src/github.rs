//! GitHub's workflow commands: they put a finding beside the changed line of a pull request.
//!
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>

use std::borrow::Cow;
use std::io::{self, Write};

use crate::{Finding, Summary};
use crate::{Output, Paths, Told};

/// Writes one command a finding.
pub struct Github<W> {
    out: W,
    paths: Paths,
}

impl<W: Write> Github<W> {
    /// Writes to `out`. GitHub wants paths from the root of the repository.
    pub fn new(out: W, paths: Paths) -> Self {
        Self { out, paths }
    }

    fn command(&self, finding: &Finding) -> String {
        let name = match finding.severity.as_str() {
            "error" => "error",
            "warning" => "warning",
            _ => "notice",
        };
        let (start, end) = (finding.range.start, finding.range.end);
        // GitHub drops a command whose columns are of different lines.
        let columns = if start.line == end.line { format!(",col={},endColumn={}", start.column, end.column) } else { String::new() };
        let file = self.paths.relative(&finding.file);
        let message = finding.help.as_ref().map_or_else(|| finding.message.clone(), |help| format!("{}\n{help}", finding.message));
        format!(
            "::{name} file={},line={},endLine={}{columns},title={}::{}",
            property(&file),
            start.line,
            end.line,
            property(&finding.rule),
            data(&message)
        )
    }
}

/// A text after the last `::`: `%` and line ends are escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value: `:` and `,` would end it.
fn property(text: &str) -> Cow<'_, str> {
    if text.contains(['%', '\r', '\n', ':', ',']) {
        Cow::Owned(data(text).replace(':', "%3A").replace(',', "%2C"))
    } else {
        Cow::Borrowed(text)
    }
}

impl<W: Write> Output for Github<W> {
    fn finding(&mut self, told: &Told) -> io::Result<()> {
        writeln!(self.out, "{}", self.command(&told.finding))
    }

    fn finish(&mut self, _: &Summary) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_place() {
        assert_eq!(data("100 %\r\n::error::no"), "100 %25%0D%0A::error::no");
        assert_eq!(property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
        assert_eq!(property("clusters/a.yaml"), "clusters/a.yaml");
    }

    #[test]
    fn columns_are_of_one_line() {
        use crate::{Position, Range};
        let at = |line, column| Position { line, column, offset: 0 };
        let mut finding = Finding {
            rule: "wrong-type".to_owned(),
            severity: "info".to_owned(),
            message: "no\nnumber".to_owned(),
            help: None,
            file: "./a,b.yaml".to_owned(),
            document: None,
            path: None,
            pointer: None,
            display: None,
            range: Range { start: at(2, 3), end: at(2, 7) },
            within: None,
            related: Vec::new(),
            changes: Vec::new(),
            unchanged: false,
            docs: String::new(),
        };
        let github = Github::new(Vec::new(), Paths::default());
        let expected = "::notice file=a%2Cb.yaml,line=2,endLine=2,col=3,endColumn=7,title=wrong-type::no%0Anumber";
        assert_eq!(github.command(&finding), expected);
        finding.range.end = at(4, 1);
        assert_eq!(github.command(&finding), expected.replace(",endLine=2,col=3,endColumn=7", ",endLine=4"));
    }
}
