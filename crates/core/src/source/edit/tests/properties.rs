//! On random texts and random changes: what is read afterwards is the old tree with the changes
//! made on its values, and all comments that stand elsewhere are still there.

use super::super::super::{FaultKind, Format, Limits, Located, Node, Parsed, Value, locate, read};
use super::super::{apply, edits, plan, planned};
use super::model::{Model, paths};
use super::texts::{self, Rng};
use crate::finding::{Change, Path};

/// Enough to catch a slip. Set `EDIT_CASES` (and `EDIT_SEED`) at build time for a million more.
const CASES: u64 = 1_500;

fn cases() -> u64 {
    option_env!("EDIT_CASES").and_then(|cases| cases.parse().ok()).unwrap_or(CASES)
}

fn first_seed() -> u64 {
    option_env!("EDIT_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(0)
}

fn any_change(rng: &mut Rng, root: &Node<'_>) -> Change {
    let mut all = Vec::new();
    paths(root, &Path::root(), &mut all);
    let (path, node) = rng.pick(&all).clone();
    let value = |rng: &mut Rng| {
        let depth = rng.below(3);
        texts::value(rng, depth, false)
    };
    let below = |rng: &mut Rng, path: &Path, node: &Node<'_>| {
        let mut path = match node.value {
            Value::List(ref items) if !rng.one_in(5) => path.clone().index(items.len()),
            _ if rng.one_in(30) => path.clone().index(0),
            _ => path.clone().key(texts::key(rng)),
        };
        while rng.one_in(3) {
            path = path.key(texts::key(rng));
        }
        path
    };
    match rng.below(10) {
        0 | 1 => Change::Set { path, value: value(rng) },
        2..6 => Change::Insert { path: if rng.one_in(6) { path } else { below(rng, &path, node) }, value: value(rng) },
        6..9 => {
            let occurrence = if rng.one_in(5) { Some(rng.below(2)) } else { None };
            Change::Remove { path, occurrence }
        }
        _ => Change::Rename { path, to: texts::key(rng) },
    }
}

fn any_changes(rng: &mut Rng, root: &Node<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let count = 1 + rng.below(4);
    let mut model = Model::of(&root.value);
    let mut touched: Vec<Path> = Vec::new();
    let mut counted: Vec<Path> = Vec::new();
    for _ in 0..20 {
        if changes.len() == count {
            break;
        }
        let change = any_change(rng, root);
        let path = match &change {
            Change::Set { path, .. } | Change::Insert { path, .. } | Change::Remove { path, .. } | Change::Rename { path, .. } => path,
            Change::Edit(_) => continue,
        };
        // Which one is the first of a key is not clear while that key comes and goes.
        let meets = |others: &[Path]| others.iter().any(|other| path.starts_with(other) || other.starts_with(path));
        if meets(&counted) {
            continue;
        }
        if changes.contains(&change) {
            continue;
        }
        if matches!(change, Change::Remove { occurrence: Some(_), .. }) {
            if meets(&touched) {
                continue;
            }
            counted.push(path.clone());
        }
        let mut trial = model.clone();
        if trial.apply(&change).is_none() && !rng.one_in(20) {
            continue;
        }
        model = trial;
        touched.push(path.clone());
        changes.push(change);
    }
    changes
}

/// The comments of a generated text, each with the offset of its mark.
fn comments(text: &str) -> Vec<(usize, &str)> {
    let marks = text.match_indices("#c").filter_map(|(at, _)| {
        let length = text[at..].find('.')? + 1;
        let digits = &text[at + 2..at + length - 1];
        (!digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())).then(|| (at, &text[at..at + length]))
    });
    marks.collect()
}

/// What may go: from the beginning of the line on which a removed or replaced thing begins to the
/// end of the one on which it ends, and comments right below it that are indented deeper.
fn may_go(text: &str, root: &Node<'_>, changes: &[Change]) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    for change in changes {
        let (path, occurrence) = match change {
            Change::Set { path, .. } => (path, None),
            Change::Remove { path, occurrence } => (path, *occurrence),
            _ => continue,
        };
        for number in 0.. {
            // Of a key that is given several times, others may have come to count.
            let Some(Located::Entry(other)) = locate(root, path, Some(number)) else { break };
            let (start, end) = (other.key_range.start as usize, other.value.range.end as usize);
            ranges.push(start..text[end..].find('\n').map_or(text.len(), |length| end + length));
        }
        let range = match locate(root, path, occurrence) {
            Some(Located::Entry(entry)) => entry.key_range.start..entry.value.range.end,
            Some(Located::Item(node)) => {
                let dash = text[..node.range.start as usize].rfind('-').map_or(node.range.start as usize, |dash| dash);
                u32::try_from(dash).unwrap()..node.range.end
            }
            Some(Located::Root(node)) => node.range.start..node.range.end,
            None => continue,
        };
        let start = text[..range.start as usize].rfind('\n').map_or(0, |end| end + 1);
        let mut end = text[range.end as usize..].find('\n').map_or(text.len(), |length| range.end as usize + length + 1);
        while text[end..].trim_start().starts_with("#c") {
            end = text[end..].find('\n').map_or(text.len(), |length| end + length + 1);
        }
        ranges.push(start..end);
    }
    ranges
}

fn faults(parsed: &Parsed<'_>) -> usize {
    parsed.faults.iter().filter(|fault| !matches!(fault.kind, FaultKind::CommentInJson | FaultKind::AmbiguousScalar(_))).count()
}

/// Whether some key is given twice.
fn twice(node: &Node<'_>) -> bool {
    let entries = node.entries();
    let keys: std::collections::BTreeSet<&str> = entries.iter().map(|entry| &*entry.key).collect();
    keys.len() < entries.len() || entries.iter().any(|entry| twice(&entry.value)) || node.items().iter().any(twice)
}

#[derive(Default)]
struct Tally {
    made: usize,
    refused: usize,
    impossible: usize,
}

impl Tally {
    fn tell(&self) {
        println!("made {}, refused {}, impossible {}", self.made, self.refused, self.impossible);
        assert!(self.refused < self.made / 10);
    }
}

/// Makes random changes to one document of a text.
fn check(seed: u64, format: Format, text: &str, number: usize, tally: &mut Tally, rng: &mut Rng) {
    let limits = Limits::default();
    let documents = read(text, format, &limits);
    let document = &documents[number];
    let mut changes = any_changes(rng, &document.root);
    let mended = rng.one_in(3);
    if mended {
        let given = document.faults.iter().filter(|fault| !fault.edits.is_empty());
        changes.extend(given.map(|fault| Change::Edit(fault.edits.clone())));
    }
    let told = || {
        let changes: String = changes.iter().map(|change| format!("\n{change:?}")).collect();
        format!("seed {seed}, document {number}\n--- before\n{text}\n--- changes {changes}")
    };
    let mut model = Model::of(&document.root.value);
    let possible = changes.iter().try_for_each(|change| model.apply(change));
    // Not even the last look is needed.
    let edits = plan::plan(&document.root, &changes).and_then(|plan| planned(text, format, &document.root, &changes, &plan));
    assert_eq!(edits, super::super::edits(text, format, &document.root, &changes), "refused at the last look\n{}", told());
    let Some(edits) = edits else {
        match possible {
            Some(()) => {
                tally.refused += 1;
                if option_env!("EDIT_SHOW").is_some_and(|count| count.parse() == Ok(changes.len())) {
                    println!("=== refused {}", told());
                }
            }
            None => tally.impossible += 1,
        }
        return;
    };
    tally.made += 1;
    assert!(possible.is_some(), "impossible, and yet made\n{}\n{edits:?}", told());
    assert!(edits.windows(2).all(|pair| pair[0].range.end < pair[1].range.start), "{edits:?}\n{}", told());
    let after = apply(text, &edits).unwrap_or_else(|| panic!("cannot be applied: {edits:?}\n{}", told()));
    let again = read(&after, format, &limits);
    let told = || format!("{}\n--- after\n{after}\n--- faults {:?}", told(), again[0].faults);
    assert_eq!(again.len(), documents.len(), "other documents\n{}", told());
    let mendable = document.faults.iter().filter(|fault| !fault.edits.is_empty()).count();
    let allowed = faults(document).saturating_sub(if mended { mendable } else { 0 });
    assert!(faults(&again[number]) <= allowed, "more faults\n{}", told());
    assert_eq!(Model::of(&again[number].root.value).told(), model.told(), "another tree\n{}", told());
    let range = document.range.as_range();
    assert!(after.starts_with(&text[..range.start]) && after.ends_with(&text[range.end..]), "beyond the document\n{}", told());
    // Where keys change their names, or one of two comes to count, it is hard to tell what may go.
    let renames = changes.iter().any(|change| matches!(change, Change::Rename { .. }));
    if !(changes.len() > 1 && (renames || twice(&document.root))) {
        let may_go = may_go(text, &document.root, &changes);
        let still = comments(&after);
        for (at, comment) in comments(text) {
            let gone = may_go.iter().any(|range| range.contains(&at));
            assert!(gone || still.iter().any(|(_, other)| *other == comment), "{comment} is lost\n{}", told());
        }
        assert!(still.len() <= comments(text).len(), "more comments\n{}", told());
    }
    if text.contains("\r\n") {
        assert_eq!(after.matches('\n').count(), after.matches("\r\n").count(), "mixed line ends\n{}", told());
    }
}

#[test]
fn json() {
    let mut tally = Tally::default();
    for seed in first_seed()..first_seed() + cases() {
        let mut rng = Rng::new(seed);
        let length = rng.below(5);
        let twice = rng.one_in(3);
        let value = texts::map(&mut rng, 3, length, twice);
        let text = texts::json(&mut rng, &value);
        let text = texts::disguise(&mut rng, text);
        check(seed, Format::Json, &text, 0, &mut tally, &mut rng);
    }
    tally.tell();
}

#[test]
fn yaml() {
    let mut tally = Tally::default();
    for seed in first_seed()..first_seed() + cases() {
        let mut rng = Rng::new(seed);
        let length = 1 + rng.below(4);
        let twice = rng.one_in(3);
        let value = texts::map(&mut rng, 3, length, twice);
        let text = texts::yaml(&mut rng, &value);
        let text = texts::disguise(&mut rng, text);
        let read = read(&text, Format::Yaml, &Limits::default());
        let good = read.len() == 1 && faults(&read[0]) == 0 && Model::of(&read[0].root.value).told() == Model::of(&value).told();
        assert!(
            good || text.ends_with(|c| c != '\n'),
            "seed {seed}: bad text\n{text}\n{:?}\n{:?}\n{:?}",
            read[0].faults,
            read[0].root.value,
            value
        );
        if good {
            check(seed, Format::Yaml, &text, 0, &mut tally, &mut rng);
        }
    }
    tally.tell();
}

/// With several documents, aliases and merge keys.
#[test]
fn yaml_with_aliases() {
    let mut tally = Tally::default();
    for seed in first_seed()..first_seed() + cases() {
        let mut rng = Rng::new(seed);
        let mut text = String::new();
        let documents = 1 + rng.below(2);
        for _ in 0..documents {
            let length = 1 + rng.below(4);
            let value = texts::map(&mut rng, 3, length, false);
            if !text.is_empty() {
                text.push_str("---\n");
            }
            let document = texts::yaml(&mut rng, &value);
            text.push_str(document.trim_start_matches("---\n"));
            if document.starts_with(['{', ' ']) || text.trim_end().ends_with('}') || document.contains("\n{") {
                continue;
            }
            for _ in 0..rng.below(3) {
                let name = 1 + rng.below(3);
                if document.contains(&format!("&n{name} ")) || document.contains(&format!("&n{name}\n")) {
                    let more = *rng.pick(&[
                        "m:\n  <<: *n\n  z: 1\n",
                        "m:\n  z: 1\n  <<: *n\n",
                        "m:\n  <<: *n\n",
                        "m: {<<: *n, z: 1}\n",
                        "m: {z: 1, <<: *n}\n",
                        "m: *n\n",
                        "m:\n- *n\n- z\n",
                        "m:\n- <<: *n\n- z\n",
                        "m: [*n , 1]\n",
                        "m:\n  <<: [*n , {q: 1}]\n  z: 1\n",
                        "m:\n  b:\n    <<: *n\n",
                        "m: {b: *n }\n",
                        "m:\n  b: *n # c\n",
                        "m:\n  *n : b\n",
                    ]);
                    let key = rng.below(100).to_string();
                    text.push_str(&more.replace("*n", &format!("*n{name}")).replacen('m', &format!("m{key}"), 1));
                }
            }
        }
        let text = texts::disguise(&mut rng, text);
        let read = read(&text, Format::Yaml, &Limits::default());
        if read.len() == documents && read.iter().all(|document| faults(document) == 0) {
            let number = rng.below(documents);
            check(seed, Format::Yaml, &text, number, &mut tally, &mut rng);
        }
    }
    tally.tell();
}

/// What is inserted and removed again leaves a text that means the same; a scalar that is set once
/// more changes nothing.
#[test]
fn there_and_back() {
    let limits = Limits::default();
    for seed in first_seed()..first_seed() + cases() {
        let mut rng = Rng::new(seed);
        let length = 1 + rng.below(4);
        let value = texts::map(&mut rng, 3, length, false);
        let format = if rng.one_in(2) { Format::Yaml } else { Format::Json };
        let text = if format == Format::Yaml { texts::yaml(&mut rng, &value) } else { texts::json(&mut rng, &value) };
        let documents = read(&text, format, &limits);
        let mut all = Vec::new();
        paths(&documents[0].root, &Path::root(), &mut all);
        let (path, node) = rng.pick(&all).clone();
        let change = |text: &str, change: Change| {
            let edits = edits(text, format, &read(text, format, &limits)[0].root, &[change])?;
            apply(text, &edits)
        };
        let new = texts::value(&mut rng, 2, false);
        if matches!(node.value, Value::Map(_)) {
            let path = path.clone().key("new");
            let with = change(&text, Change::Insert { path: path.clone(), value: new.clone() });
            let with = with.unwrap_or_else(|| panic!("seed {seed}: {path} cannot be inserted\n{text}"));
            let without = change(&with, Change::Remove { path, occurrence: None }).unwrap();
            let again = read(&without, format, &limits);
            assert_eq!(
                Model::of(&again[0].root.value).told(),
                Model::of(&documents[0].root.value).told(),
                "seed {seed}\n{text}\n{with}\n{without}"
            );
            assert!(faults(&again[0]) <= faults(&documents[0]), "seed {seed}\n{text}\n{with}\n{without}");
        }
        // A block may be laid out as another one that was in its place.
        if matches!(new, Value::List(_) | Value::Map(_)) {
            continue;
        }
        let set = Change::Set { path, value: new };
        if let Some(once) = change(&text, set.clone()) {
            assert_eq!(change(&once, set).as_ref(), Some(&once), "seed {seed}\n{text}");
        }
    }
}

/// A text with some characters lost, doubled or strange.
fn broken(rng: &mut Rng, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=rng.below(3) {
        let at = rng.below(chars.len() + 1);
        match rng.below(3) {
            0 if at < chars.len() => {
                chars.remove(at);
            }
            1 if at < chars.len() => chars.truncate(at),
            _ => chars.insert(
                at,
                *rng.pick(&[
                    ' ', '\n', '{', '}', '[', ']', ',', ':', '"', '\'', '#', '-', '&', '*', '!', '|', '>', '?', '\t', '\r', '<', '域', 'x',
                    '$', '/',
                ]),
            ),
        }
    }
    chars.into_iter().collect()
}

/// In texts with faults nothing panics, and what is changed is still what was asked for.
#[test]
fn broken_texts() {
    let mut made = 0;
    for seed in first_seed()..first_seed() + cases() {
        let mut rng = Rng::new(seed);
        let length = 1 + rng.below(4);
        let value = texts::map(&mut rng, 3, length, false);
        let format = if rng.one_in(2) { Format::Yaml } else { Format::Json };
        let text = if format == Format::Yaml { texts::yaml(&mut rng, &value) } else { texts::json(&mut rng, &value) };
        let text = broken(&mut rng, &text);
        let limits = Limits::default();
        let documents = read(&text, format, &limits);
        let number = rng.below(documents.len());
        let document = &documents[number];
        let changes = any_changes(&mut rng, &document.root);
        let Some(edits) = edits(&text, format, &document.root, &changes) else { continue };
        let after = apply(&text, &edits).unwrap();
        let mut model = Model::of(&document.root.value);
        if changes.iter().try_for_each(|change| model.apply(change)).is_none() {
            continue;
        }
        made += 1;
        let again = read(&after, format, &limits);
        let same = again.len() == documents.len() && Model::of(&again[number].root.value).told() == model.told();
        let told: String = changes.iter().map(|change| format!("\n{change:?}")).collect();
        let told = format!(
            "seed {seed}\n--- before\n{text}\n--- changes {told}\n--- after\n{after}\n--- faults {:?}\n{:?}",
            document.faults, again[0].faults
        );
        assert!(same, "{told}");
    }
    println!("made {made}");
}
