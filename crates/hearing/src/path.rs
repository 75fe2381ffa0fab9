//! The path that a policy names, as Kubernetes writes field paths: `spec.a.b[0]`, `metadata.labels[a.b/c]`.

use clearance_core::finding::{Path, Segment};

use crate::prelude::*;

/// The longest path that is followed.
const LONGEST: usize = 50;

/// Reads a path. What is no path leads as far as it is one.
pub(crate) fn parse(text: &str) -> Path {
    let mut path = Path::root();
    let mut rest = text.trim().trim_start_matches('.');
    while !rest.is_empty() && path.segments().len() < LONGEST {
        if let Some(inside) = rest.strip_prefix('[') {
            let Some((key, after)) = inside.split_once(']') else { break };
            let key = key.trim_matches(['\'', '"']);
            path.push(match key.parse() {
                Ok(index) => Segment::Index(index),
                Err(_) => Segment::Key(key.to_owned().into()),
            });
            rest = after.trim_start_matches('.');
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            path.push(Segment::Key(key.to_owned().into()));
            rest = after.strip_prefix('.').unwrap_or(after);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_is_written() {
        for text in ["", "spec", "spec.a.b", "spec.list[3].x", "metadata.labels[example.com/owner]", "spec.a[0][1]"] {
            assert_eq!(parse(text).to_string(), text);
        }
        assert_eq!(parse(".spec.x").to_string(), "spec.x");
        assert_eq!(parse("metadata.labels['a.b']").to_string(), "metadata.labels[a.b]");
    }

    #[test]
    fn what_is_no_path_leads_nowhere_far() {
        assert_eq!(parse("spec[").to_string(), "spec");
        assert_eq!(parse(&"a.".repeat(1000)).segments().len(), LONGEST);
        // Any text must do.
        for text in ["[", "]", "[]", "..", "a..b", "a[b", "漢.字[0]"] {
            let _ = parse(text);
        }
    }
}
