//! Figures with their limits, as a table that can be pasted into `BENCHMARKS.md`.

/// Figures of one subject.
pub(super) struct Table {
    title: String,
    rows: Vec<Row>,
    notes: Vec<String>,
}

struct Row {
    what: String,
    figure: String,
    limit: String,
    over: bool,
}

impl Table {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), rows: Vec::new(), notes: Vec::new() }
    }

    /// A figure without a limit.
    pub(super) fn row(&mut self, what: impl Into<String>, figure: impl Into<String>) {
        self.rows.push(Row { what: what.into(), figure: figure.into(), limit: String::new(), over: false });
    }

    /// A figure and whether it keeps its limit.
    pub(super) fn limited(&mut self, what: impl Into<String>, figure: impl Into<String>, limit: &str, kept: bool) {
        let limit = format!("{limit}: {}", if kept { "ok" } else { "over" });
        self.rows.push(Row { what: what.into(), figure: figure.into(), limit, over: !kept });
    }

    /// A line below the table.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Prints it; returns how many figures are over their limit.
    pub(super) fn print(&self) -> usize {
        let width =
            |of: fn(&Row) -> &str, head: &str| self.rows.iter().map(|row| of(row).chars().count()).chain([head.len()]).max().unwrap_or(0);
        let (what, figure, limit) = (width(|row| &row.what, "what"), width(|row| &row.figure, "figure"), width(|row| &row.limit, "limit"));
        println!("\n### {}\n", self.title);
        println!("| {:what$} | {:>figure$} | {:limit$} |", "what", "figure", "limit");
        println!("| {:-<what$} | {:->figure$}: | {:-<limit$} |", "", "", "", figure = figure - 1);
        for row in &self.rows {
            println!("| {:what$} | {:>figure$} | {:limit$} |", row.what, row.figure, row.limit);
        }
        for note in &self.notes {
            println!("\n{note}");
        }
        self.rows.iter().filter(|row| row.over).count()
    }
}
