//! What will be filled in, at the places where it is missing.

use core::fmt::Write as _;

use crate::document::Document;
use crate::finding::{Change, Language, Path, Segment, Text, visible};
use crate::prelude::*;
use crate::source::{Located, Value};

/// What is filled in below one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// The offset of the thing below which it is missing, after its key or opening bracket.
    pub offset: u32,
    /// What is filled in, in one line.
    pub label: String,
    /// The same, a line each.
    pub about: String,
    /// What writes it.
    pub changes: Vec<Change>,
}

const FILLED: Text = Text::new("filled in: ", "自动填写：");
/// How much of a line is taken.
const LONGEST: usize = 80;

/// What is filled in, gathered at the nearest things that are written.
#[must_use]
pub fn hints(document: &Document<'_>, fill: &[Change], language: Language) -> Vec<Hint> {
    let mut places: Vec<(Path, Vec<&Change>)> = Vec::new();
    for change in fill {
        let Change::Insert { path, .. } = change else { continue };
        let mut above = path.clone();
        while above.pop().is_some() && document.find(&above, None).is_none() {}
        match places.iter_mut().find(|(other, _)| *other == above) {
            Some((_, changes)) => changes.push(change),
            None => places.push((above, vec![change])),
        }
    }
    places.into_iter().filter_map(|(above, changes)| hint(document, &above, &changes, language)).collect()
}

fn hint(document: &Document<'_>, above: &Path, changes: &[&Change], language: Language) -> Option<Hint> {
    let offset = match document.find(above, None)? {
        Located::Entry(entry) => entry.key_range.end,
        Located::Root(node) | Located::Item(node) => node.range.start,
    };
    let depth = document.form.written(above)?.segments().len();
    let (mut words, mut about): (Vec<String>, String) = (Vec::new(), String::new());
    for change in changes {
        let Change::Insert { path, value: Value::String(value) } = change else { continue };
        let written = document.form.written(path)?;
        let _ = writeln!(about, "- `{written}: {value}`");
        let mut rest = written.segments().iter().skip(depth);
        let Some(Segment::Key(first)) = rest.next() else { continue };
        let word = if rest.next().is_some() { format!("{first}: …") } else { format!("{first}: {}", visible(value)) };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let mut label = FILLED.in_language(language).to_owned();
    for (number, word) in words.iter().enumerate() {
        if number > 0 {
            label.push_str(", ");
        }
        if label.chars().count().saturating_add(word.chars().count()) > LONGEST {
            label.push('…');
            break;
        }
        label.push_str(word);
    }
    (!words.is_empty()).then(|| Hint { offset, label, about, changes: changes.iter().map(|change| (*change).clone()).collect() })
}
