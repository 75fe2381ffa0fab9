//! Markdown for a terminal: plainly, with what is code set in.

use std::fmt::Write;

const BOLD: &str = "\u{1b}[1m";
const CODE: &str = "\u{1b}[36m";
const END: &str = "\u{1b}[0m";

/// A page as it is shown in a terminal.
pub fn render(page: &str, color: bool) -> String {
    let mut shown = String::new();
    let mut is_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code {
            let indented = if line.is_empty() { String::new() } else { format!("    {line}") };
            push(&mut shown, &styled(&indented, CODE, color));
        } else if let Some(heading) = line.strip_prefix('#') {
            push(&mut shown, &styled(heading.trim_start_matches('#').trim(), BOLD, color));
        } else {
            push(&mut shown, &spans(line, color));
        }
    }
    shown
}

fn push(shown: &mut String, line: &str) {
    shown.push_str(line);
    shown.push('\n');
}

/// A text in a style, where styles are wanted.
pub fn styled(text: &str, style: &str, color: bool) -> String {
    if color && !text.is_empty() { format!("{style}{text}{END}") } else { text.to_owned() }
}

/// A text in bold, where styles are wanted.
pub fn bold(text: &str, color: bool) -> String {
    styled(text, BOLD, color)
}

/// Code in a line keeps its backticks; of a link the text is left, and its address where it leads
/// out of the documentation.
fn spans(line: &str, color: bool) -> String {
    let mut shown = String::new();
    for (index, part) in line.split('`').enumerate() {
        if index % 2 == 1 {
            let _ = write!(shown, "{}", styled(&format!("`{part}`"), CODE, color));
        } else {
            shown.push_str(&without_links(part));
        }
    }
    shown
}

fn without_links(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let link = after.split_once("](").and_then(|(words, after)| Some((words, after.split_once(')')?)));
        let Some((words, (address, after))) = link else { break };
        shown.push_str(before);
        shown.push_str(words);
        if address.contains("://") {
            let _ = write!(shown, " ({address})");
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page() {
        let page = "# port-mismatch\n\nTwo ports, see [Kubernetes](https://kubernetes.io) and [the other](other.md).\n\n## Example\n\n\
            ```yaml fails\na: `b`\n\n  c: [d](e)\n```\n\nUse `a[0](b)`.\n";
        assert_eq!(
            render(page, false),
            "port-mismatch\n\nTwo ports, see Kubernetes (https://kubernetes.io) and the other.\n\nExample\n\n    a: `b`\n\n      c: [d](e)\n\nUse `a[0](b)`.\n"
        );
        assert!(render(page, true).starts_with("\u{1b}[1mport-mismatch\u{1b}[0m\n"));
    }
}
