mod any;
mod texts;

use std::fmt::Write;

use super::super::scalar;
use super::*;

const LIMITS: Limits = Limits { bytes: 8 << 20, document_bytes: 3 << 19, depth: 100, alias_nodes: 10_000 };

// ---- What the tests look at ----

/// Reads a text, and checks what holds for every text.
fn checked(text: &str) -> Vec<Parsed<'_>> {
    let documents = read(text, &LIMITS);
    if let Some(quick) = quick::read(text, &LIMITS) {
        assert_eq!(quick, read_all_of_yaml(text, &LIMITS), "{text:?}");
    }
    assert!(!documents.is_empty());
    let mut end = 0;
    for document in &documents {
        assert!(end <= document.range.start && document.range.start <= document.range.end, "{:?} of {text:?}", document.range);
        assert!(text.get(document.range.as_range()).is_some());
        end = document.range.end;
        assert_node(text, &document.root, Some(document.range), 1);
        assert!(document.faults.is_sorted_by_key(|fault| fault.range), "{:?} of {text:?}", document.faults);
        for fault in &document.faults {
            assert!(text.get(fault.range.as_range()).is_some(), "{fault:?} of {text:?}");
            let empty = fault.kind == FaultKind::Syntax(SyntaxFault::Empty);
            assert!(fault.range.start < fault.range.end || empty, "{fault:?} of {text:?}");
        }
    }
    documents
}

/// Every range is a part of the text and of its parent's, and none begins before the one before it
/// ends. Behind an alias or a merge key (`within` is nothing then) only the former holds.
fn assert_node(text: &str, node: &Node<'_>, within: Option<TextRange>, depth: usize) {
    let slice = text.get(node.range.as_range());
    assert!(slice.is_some(), "{node:?} lies outside of {text:?}");
    if let Some(parent) = within {
        assert!(parent.start <= node.range.start && node.range.end <= parent.end, "{node:?} in {parent:?} of {text:?}");
    }
    assert!(depth <= LIMITS.depth + usize::from(node.items().is_empty() && node.entries().is_empty()), "{text:?}");
    if node.alias {
        assert!(slice.unwrap().starts_with('*'), "{node:?} of {text:?}");
    } else {
        assert_scalar(node, slice.unwrap(), text);
    }
    let inner = within.filter(|_| !node.alias).map(|_| node.range);
    let mut end = node.range.start;
    let mut follows = |range: TextRange| {
        assert!(inner.is_none() || (end <= range.start && range.end <= node.range.end), "{range:?} in {:?} of {text:?}", node.range);
        end = range.end;
    };
    for item in node.items() {
        follows(item.range);
        assert_node(text, item, inner, depth + 1);
    }
    for entry in node.entries() {
        assert!(text.get(entry.key_range.as_range()).is_some(), "{entry:?} lies outside of {text:?}");
        if !entry.merged {
            follows(entry.key_range);
            follows(entry.value.range);
        }
        assert_node(text, &entry.value, inner.filter(|_| !entry.merged), depth + 1);
    }
}

/// A scalar's range holds all of it and nothing else: read alone, it has the same value. (Not so with
/// a tag, as far as the tag decides.)
fn assert_scalar(node: &Node<'_>, slice: &str, text: &str) {
    let quoted = slice.starts_with(['"', '\'']);
    let header = slice.lines().next().unwrap_or_default();
    // Indentation is counted from the parent, and `+` keeps lines that the range leaves out.
    let block = slice.starts_with(['|', '>']) && !header.contains(|char: char| char == '+' || char.is_ascii_digit());
    if !(quoted || block) || !node.items().is_empty() || !node.entries().is_empty() || text.contains('!') {
        return;
    }
    let alone = read(slice, &LIMITS);
    let [alone] = alone.as_slice() else { panic!("{slice:?} of {text:?}") };
    let (Value::String(whole), Value::String(part)) = (&node.value, &alone.root.value) else { panic!("{slice:?} of {text:?}: {alone:?}") };
    // The last line break of a block scalar is not in its range.
    let break_at_end = ['\n', '\u{2028}', '\u{2029}'];
    let part = if block { part.trim_end_matches(break_at_end) } else { part };
    let whole = if block { whole.trim_end_matches(break_at_end) } else { whole };
    assert_eq!(whole, part, "{slice:?} of {text:?}");
}

/// The faults of a text, each as its kind and the text that it underlines.
fn faults(text: &str) -> Vec<(String, &str)> {
    let kind = |kind: &FaultKind| match kind {
        FaultKind::Syntax(fault) => format!("{fault:?}"),
        kind => format!("{kind:?}"),
    };
    checked(text).iter().flat_map(|document| &document.faults).map(|fault| (kind(&fault.kind), fault.range.of(text))).collect()
}

/// The documents as JSON, one a line. Of a key that is given twice, the last one counts, in place of the first.
fn json(text: &str) -> String {
    let documents: Vec<String> = checked(text).iter().map(|document| written(&document.root)).collect();
    documents.join("\n")
}

fn written(node: &Node<'_>) -> String {
    match &node.value {
        Value::Null => "null".into(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(words) => words.to_string(),
        Value::String(text) => serde_json::to_string(text).unwrap(),
        Value::List(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let first = |at: usize| entries[..at].iter().all(|entry| entry.key != entries[at].key);
            let entries = entries.iter().enumerate().filter(|(at, _)| first(*at));
            let entries = entries
                .map(|(_, entry)| format!("{}:{}", serde_json::to_string(&entry.key).unwrap(), written(node.get(&entry.key).unwrap())));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}

/// What the value of a path of keys and indices is written as.
fn slice<'t>(text: &'t str, path: &[&str]) -> &'t str {
    let documents = checked(text);
    let mut node = &documents[0].root;
    for step in path {
        node = step.parse::<usize>().ok().and_then(|index| node.items().get(index)).or_else(|| node.get(step)).unwrap();
    }
    node.range.of(text)
}

// ---- Ranges ----

#[test]
fn ranges_of_scalars() {
    let text = "a: plain text # c\nb: 'it''s'\nc: \"x\\ty\"\nd: 日本 😀\n\"e\": [1, \"2\"]\n";
    assert_eq!(slice(text, &["a"]), "plain text");
    assert_eq!(slice(text, &["b"]), "'it''s'");
    assert_eq!(slice(text, &["c"]), "\"x\\ty\"");
    assert_eq!(slice(text, &["d"]), "日本 😀");
    assert_eq!(slice(text, &["e"]), "[1, \"2\"]");
    assert_eq!(slice(text, &["e", "1"]), "\"2\"");
    let documents = checked(text);
    assert_eq!(documents[0].root.entries()[4].key_range.of(text), "\"e\"");
    assert_eq!(documents[0].range.of(text), text);
}

#[test]
fn ranges_of_several_lines() {
    let text = "a: one\n  two\n\nb: \"one\n  two\"\nc: [\n  1,\n  2\n]\n";
    assert_eq!(slice(text, &["a"]), "one\n  two");
    assert_eq!(slice(text, &["b"]), "\"one\n  two\"");
    assert_eq!(slice(text, &["c"]), "[\n  1,\n  2\n]");
}

#[test]
fn block_scalars_begin_at_their_header_and_end_with_their_last_line() {
    let text = "a: |  # c\n  x\n  y\n\n\n# c\nb: &x\n  >-\n\n  z  \n  \nc:\n- !t |2+\n    w\n   \n\nd: |\n";
    assert_eq!(slice(text, &["a"]), "|  # c\n  x\n  y");
    assert_eq!(slice(text, &["b"]), ">-\n\n  z  ");
    assert_eq!(slice(text, &["c", "0"]), "|2+\n    w\n   ");
    assert_eq!(slice(text, &["d"]), "|");
    assert_eq!(json(text), r#"{"a":"x\ny\n","b":"\nz  ","c":["  w\n \n\n"],"d":""}"#);
    assert_eq!(slice("a: |\r\n  x\r\n\r\nb: 1\r\n", &["a"]), "|\r\n  x");
}

#[test]
fn blocks_end_with_their_last_child() {
    let text = "a:\n  b: 1 # c\n\n# c\nc:\n- x\n- - y\n  - z: 1\n\nd:\n    - w\n\n";
    assert_eq!(slice(text, &[]), text.trim_end());
    assert_eq!(slice(text, &["a"]), "b: 1");
    assert_eq!(slice(text, &["c"]), "- x\n- - y\n  - z: 1");
    assert_eq!(slice(text, &["c", "1"]), "- y\n  - z: 1");
    assert_eq!(slice(text, &["c", "1", "1"]), "z: 1");
    assert_eq!(slice(text, &["d"]), "- w");
    // Lists that are not indented, behind what may stand before them.
    assert_eq!(slice("a: # - c\n# - c\n- - x\n", &["a"]), "- - x");
    assert_eq!(slice("a: !!seq &x\n- - x\n", &["a"]), "- - x");
}

#[test]
fn ranges_of_what_is_not_written() {
    let at = |text: &str, path: &[&str]| {
        let empty = slice(text, path);
        assert_eq!(empty, "");
        empty.as_ptr() as usize - text.as_ptr() as usize
    };
    assert_eq!(at("a: # c\n\n# d\nb: 1\n", &["a"]), 2);
    assert_eq!(at("a :\nb: 1\n", &["a"]), 3);
    assert_eq!(at("a:", &["a"]), 2);
    assert_eq!(at("{a, b: , c: }", &["a"]), 2);
    assert_eq!(at("{a, b: , c: }", &["b"]), 6);
    assert_eq!(at("{a, b: , c: }", &["c"]), 11);
    assert_eq!(at("[a: , b]", &["0", "a"]), 3);
    assert_eq!(at("? a\n? b\n:\n", &["a"]), 3);
    assert_eq!(at("? a\n:,b: c\n", &["a"]), 3);
    assert_eq!(at("? a\n? b\n:\n", &["b"]), 9);
    assert_eq!(at("- # c\n-\n-   \n", &["0"]), 1);
    assert_eq!(at("- # c\n-\n-   \n", &["1"]), 7);
    assert_eq!(at("- # c\n-\n-   \n", &["2"]), 9);
    assert_eq!(at("a:\n-\n- x\n-\nb: 1\n", &["a", "0"]), 4);
    assert_eq!(at("a:\n-\n- x\n-\nb: 1\n", &["a", "2"]), 10);
}

#[test]
fn ranges_behind_a_byte_order_mark_and_with_every_line_end() {
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("\u{feff}a: 日{end}b:{end}  - 'é'{end}  - {{c: 1}}{end}");
        assert_eq!(slice(&text, &["a"]), "日");
        assert_eq!(slice(&text, &["b"]), format!("- 'é'{end}  - {{c: 1}}"));
        assert_eq!(json(&text), r#"{"a":"日","b":["é",{"c":1}]}"#);
        assert!(checked(&text)[0].root.range.start == 3);
    }
}

#[test]
fn maps_without_braces_in_a_list_in_brackets() {
    let text = "[a: 1, {b: 2}, ? c : 3 , \"d\":4]";
    assert_eq!(slice(text, &["0"]), "a: 1");
    assert_eq!(slice(text, &["1"]), "{b: 2}");
    assert_eq!(slice(text, &["3"]), "\"d\":4");
    assert_eq!(json(text), r#"[{"a":1},{"b":2},{"c":3},{"d":4}]"#);
}

#[test]
fn what_stands_in_the_text_is_borrowed() {
    let text = "a: x y\nb: 'c d'\n\"e\": 30080\n1: \"f\"\n";
    for entry in checked(text)[0].root.entries() {
        assert!(matches!(entry.key, Cow::Borrowed(_)), "{entry:?}");
        assert!(matches!(entry.value.value, Value::String(Cow::Borrowed(_)) | Value::Number(Cow::Borrowed(_))), "{entry:?}");
    }
}

// ---- Documents ----

#[test]
fn documents() {
    let text = "# head\na: 1\n# between\n---\nb: 2\n...\n# next\n---\n# nothing\n--- # c\nc\n---\n";
    let ranges: Vec<&str> = checked(text).iter().map(|document| document.range.of(text)).collect();
    assert_eq!(ranges, ["# head\na: 1\n# between\n", "---\nb: 2\n...", "--- # c\nc\n"]);
    assert_eq!(json(text), "{\"a\":1}\n{\"b\":2}\n\"c\"");
    assert_eq!(json("---\nnull\n---\n~\n"), "null\nnull");
    assert_eq!(json("a: &x 1\n---\nb: *x\n"), "{\"a\":1}\n{\"b\":null}");
}

#[test]
fn nothing_to_read() {
    for text in ["", " \n", "# c\n", "---\n", "\u{feff}", "---\n# c\n---\n", "---\n...\n"] {
        let [(kind, _)] = faults(text).try_into().unwrap();
        assert_eq!(kind, "Empty", "{text:?}");
        assert_eq!(json(text), "null");
    }
    assert_eq!(faults(" \n# c\n"), [("Empty".into(), " \n# c")]);
    assert_eq!(faults("a: 1\nb: \0\nc: \0\n"), [("Binary".into(), "\0")]);
}

#[test]
fn errors_close_what_is_open_and_leave_the_other_documents() {
    let text = "a: [1, {b: 2, c\n---\nd: @x\ne: 1\n---\nf: 1\n--- \"\n---\ng: 2\n";
    assert_eq!(
        faults(text),
        [
            (r#"Yaml("unclosed bracket '{'")"#.into(), "{"),
            (r#"Yaml("unexpected character `@`")"#.into(), "@"),
            (r#"Yaml("unclosed quote")"#.into(), "\""),
        ]
    );
    assert_eq!(json(text), "{\"a\":[1,{\"b\":2,\"c\":null}]}\n{\"d\":null}\n{\"f\":1}\nnull\n{\"g\":2}");
}

#[test]
fn places_of_errors() {
    let yaml = |message: &str| format!("Yaml({message:?})");
    assert_eq!(faults("a: 1\nsome words\nb: 2\n"), [(yaml("could not find expected ':'"), "some")]);
    assert_eq!(faults("a: b: c\n"), [(yaml("mapping values are not allowed in this context"), ":")]);
    assert_eq!(faults("a:\n\tb: 1\n"), [(yaml("tab cannot be used as indentation"), "\t")]);
    assert_eq!(faults("a: [1\nb: 2\n"), [(yaml("unclosed bracket '['"), "[")]);
    assert_eq!(faults("a: ['1'\n'b': 2\n"), [(yaml("did not find expected ',' or ']'"), "'")]);
    assert_eq!(faults("a: {b: 1\nc: 2}\n"), [(yaml("did not find expected ',' or '}'"), ":")]);
    assert_eq!(faults("a: 'x\nb: 'y'\n"), [(yaml("unclosed quote"), "'")]);
    assert_eq!(faults("a: 'x\n"), [(yaml("unclosed quote"), "'")]);
    assert_eq!(faults("a:\n  - b\n  c: d\n"), [(yaml("did not find expected '-' indicator"), "c")]);
    assert_eq!(faults("...\n---\na: 1\n"), [(yaml("did not find expected node content"), "...")]);
    // Behind the end of a document.
    assert_eq!(faults("{a: 1}\nb: 2\n"), [(yaml("did not find expected <document start>"), "b")]);
    assert_eq!(faults("]"), [(yaml("did not find expected node content"), "]")]);
}

#[test]
fn what_go_yaml_does_not_take() {
    let yaml = |message: &str| format!("Yaml({message:?})");
    assert_eq!(faults("%YAML 1.2\n---\na: 1\n"), [(yaml("found incompatible YAML document"), "%YAML 1.2")]);
    assert_eq!(faults("a: \"b\\/c\"\n"), [(yaml("found unknown escape character"), "\\/")]);
    assert_eq!(faults(r#"a: "\\\ud83d\ude00""#), [(yaml("found invalid Unicode character escape code"), r"\ud83d")]);
    assert_eq!(faults("a: &b.c 1\n"), [(yaml("did not find expected alphabetic or numeric character"), "&b.c")]);
    // A line separator ends a line.
    assert_eq!(faults("a: b\u{2028}c\n"), [(yaml("could not find expected ':'"), "c")]);
    let question = yaml("`?` must be quoted between brackets");
    assert_eq!(faults("a: {b: http://c/?d}\n"), [(question, "http://c/?d")]);
    assert_eq!(faults("a: http://c/?d\n"), []);
}

#[test]
fn tabs() {
    let tab = [(r#"Yaml("tab cannot be used as indentation")"#.to_owned(), "\t")];
    for text in [
        "\ta: 1\n",
        "a: 1\n\t\nb: 2\n",
        "a: 1\n\t\n",
        "a: \"1\"\n  \t\nb: 2\n",
        "a:\n  b: 1\n \t\n  c: 2\n",
        "- \ta\n",
        "-\ta\n",
        "- a\n# c\n\t# d\n- b\n",
        "---\n\ta\n",
        // Once, and what follows is read as well as it can be.
        "a:\n\tb: 1\n\tc:\n\t\td: 2\n",
        "a:\n  b: 1\n\tc: 2\n",
    ] {
        assert_eq!(faults(text), tab, "{text:?}");
    }
    for text in [
        "a:\tb\n",
        "a: b\t# c\n",
        "a:\t# c\n  b: 1\n",
        "a: 1\n   \t\nb: 2\n",
        "a: |\n  x\n  \ty\n",
        "{\n\t\"a\":\t1\n}\n",
        "a: x\n  \ty\n",
        "---\ta\n",
        "a:\t&x\tb\n",
    ] {
        assert_eq!(faults(text), [], "{text:?}");
    }
}

// ---- Scalars, keys and tags ----

#[test]
fn keys_are_read_as_kubernetes_reads_them() {
    let text = "a: 1\n0x1F: 2\nyes: 3\n1.50: 4\n1e6: 5\n'1': 6\n.inf: 7\n? b\n: 8\n";
    assert_eq!(json(text), r#"{"a":1,"31":2,"true":3,"1.5":4,"1e+06":5,"1":6,".inf":7,"b":8}"#);
    assert_eq!(faults(text), [("AmbiguousScalar(\"true\")".into(), "yes")]);
}

#[test]
fn keys_that_are_none() {
    let text = "~: 1\n: 2\n[a]: 3\n{b: c}: 4\n18446744073709551615: 5\n? |\n  d\n: 6\ne: 7\n";
    let none = "KeyNotText".to_owned();
    let places = ["~", ":", "[a]", "{b: c}", "18446744073709551615"];
    assert_eq!(faults(text), places.map(|place| (none.clone(), place)));
    assert_eq!(json(text), r#"{"d\n":6,"e":7}"#);
}

#[test]
fn keys_that_are_given_twice_stay() {
    let documents = checked("a: 1\nb: 2\na: 3\n");
    assert_eq!(documents[0].root.entries().len(), 3);
    assert!(documents[0].faults.is_empty());
}

#[test]
fn tags() {
    let text = "a: !!str 5\nb: !!int \"5\"\nc: !foo 5\nd: !!binary aGk=\ne: !!float 5\nf: !!str\ng: !!str [x]\nh: !!bool 'on'\n";
    assert_eq!(json(text), r#"{"a":"5","b":5,"c":"5","d":"hi","e":5,"f":"","g":["x"],"h":true}"#);
    assert_eq!(faults(text), []);
    let text = "a: !!int foo\nb: !!int\nc: !!binary x\n";
    assert_eq!(
        faults(text),
        [
            (r#"Yaml("cannot decode !!str `foo` as a !!int")"#.into(), "foo"),
            (r#"Yaml("cannot decode !!null `` as a !!int")"#.into(), "t"),
            (r#"Yaml("!!binary value contains invalid base64 data")"#.into(), "x"),
        ]
    );
}

#[test]
fn numbers_that_json_has_no_word_for() {
    let text = "a: .inf\nb: -.INF\nc: .nan\nd: '.nan'\n.inf: e\n";
    assert_eq!(faults(text), [".inf", "-.INF", ".nan"].map(|place| ("NoJsonNumber".to_owned(), place)));
}

#[test]
fn ambiguous_scalars() {
    let text = "a: yes\nb: 017\nc: 'no'\nd: 1_000\non: x\ne: !!str off\nf: 0o17\ng: 1e3\n";
    assert_eq!(json(text), r#"{"a":true,"b":15,"c":"no","d":1000,"true":"x","e":"off","f":15,"g":1000}"#);
    let told = [("true", "yes"), ("15", "017"), ("1000", "1_000"), ("true", "on")];
    assert_eq!(faults(text), told.map(|(words, place)| (format!("AmbiguousScalar({words:?})"), place)));
}

// ---- Aliases and merge keys ----

#[test]
fn aliases_are_copies() {
    let text = "a: &x {b: [1, &y 2]}\nc: *x\nd: [*y, *x]\n*y : e\n";
    assert_eq!(json(text), r#"{"a":{"b":[1,2]},"c":{"b":[1,2]},"d":[2,{"b":[1,2]}],"2":"e"}"#);
    let documents = checked(text);
    let c = documents[0].root.get("c").unwrap();
    assert!(c.alias && c.range.of(text) == "*x");
    assert!(!c.get("b").unwrap().alias && c.get("b").unwrap().range.of(text) == "[1, &y 2]");
    // The last anchor of a name counts.
    assert_eq!(json("a: &x 1\nb: &x 2\nc: *x\n"), r#"{"a":1,"b":2,"c":2}"#);
}

#[test]
fn aliases_that_lead_nowhere() {
    let text = "a: *x\nb: &y [1, *y]\nc: &x 1\n<<: *z\n";
    let contains = r#"Yaml("anchor `y` value contains itself")"#;
    assert_eq!(faults(text), [("UnknownAnchor".into(), "*x"), (contains.into(), "*y"), ("UnknownAnchor".into(), "*z")]);
    assert_eq!(json(text), r#"{"a":null,"b":[1,null],"c":1}"#);
}

#[test]
fn merge_keys() {
    let merged = |text: &str| {
        assert_eq!(faults(text), [], "{text:?}");
        written(checked(text)[0].root.get("a").unwrap())
    };
    assert_eq!(merged("b: &b {x: 1, z: 2}\na:\n  <<: *b\n  x: 3\n"), r#"{"x":3,"z":2}"#);
    assert_eq!(merged("b: &b {x: 1, z: 2}\na:\n  x: 3\n  <<: *b\n"), r#"{"x":3,"z":2}"#);
    assert_eq!(merged("b: &b {x: 1}\na:\n  <<: [*b, {x: 2, z: 3}]\n"), r#"{"x":1,"z":3}"#);
    assert_eq!(merged("a: {<<: {x: 1, x: 2}, w: 3}"), r#"{"w":3,"x":2}"#);
    assert_eq!(merged("a:\n  <<: {x: 1, w: 1}\n  <<: {x: 2}\n"), r#"{"x":2,"w":1}"#);
    assert_eq!(merged("c: &c {p: 1}\nb: &b {<<: *c, q: 2}\na: {<<: *b}\n"), r#"{"q":2,"p":1}"#);
    assert_eq!(merged("a: {<<: []}"), "{}");
    assert_eq!(merged("a: {'<<': 1}"), r#"{"<<":1}"#);
    let text = "b: &b {x: 1}\na:\n  <<: *b\n  y: 2\n";
    let documents = checked(text);
    let [own, added] = documents[0].root.get("a").unwrap().entries() else { panic!() };
    assert!(own.key == "true" && !own.merged);
    assert!(added.key == "x" && added.merged && added.key_range.of(text) == "x");
    assert_eq!(slice(text, &["a"]), "<<: *b\n  y: 2");
}

#[test]
fn merge_keys_that_merge_nothing() {
    for (text, place) in [
        ("a:\n  <<: 1\n", "1"),
        ("a:\n  <<:\n", "<<"),
        ("a:\n  <<: [{}, b]\n", "b"),
        ("b: &b [{x: 1}]\na:\n  <<: *b\n", "*b"),
        ("b: &b 1\na:\n  <<: [*b]\n", "*b"),
    ] {
        assert_eq!(faults(text), [("InvalidMerge".into(), place)], "{text:?}");
    }
}

// ---- Bounds ----

// What grows faster than its text would never end here.

#[test]
fn a_billion_laughs() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let alias = format!("*a{}", level - 1);
        writeln!(text, "a{level}: &a{level} [{}]", [alias.as_str(); 9].join(", ")).unwrap();
    }
    assert_eq!(faults(&text), [("AliasLimit".into(), "*a3")]);
    let mut text = String::from("a0: &a0 {k: x}\n");
    for level in 1..10_000 {
        writeln!(text, "a{level}: &a{level} {{<<: *a{}, k{level}: x}}", level - 1).unwrap();
    }
    assert!(faults(&text).iter().any(|(kind, _)| kind == "AliasLimit"));
    // Each document has its own budget, but all together have not more than their length.
    let document = format!("---\na: &a [{}]\nb: [{}]\n", ["x"; 99].join(","), ["*a"; 100].join(","));
    assert_eq!(faults(&document), []);
    let told = faults(&document.repeat(1_000)).len();
    assert!((900..1_000).contains(&told), "{told}");
}

#[test]
fn depth() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(faults(&nested(100)), []);
    assert_eq!(faults(&nested(101)), [("TooDeep".into(), "[")]);
    assert_eq!(faults(&format!("a: {}\nb: [{}]", nested(100), nested(101))), [("TooDeep".into(), "[")]);
    // What is too deep is left out, what follows is not.
    assert_eq!(checked(&format!("a: {}\nb: 1\n", nested(500)))[0].root.get("b").unwrap().value, Value::Number("1".into()));
    assert_eq!(faults(&format!("{}key: 1", "- ".repeat(100))), [("TooDeep".into(), "key")]);
    // Aliases do not go deeper either.
    let text = format!("a: &a {}\nb: &b [{}*a{}]\nc: [*b]\n", nested(50), "[".repeat(48), "]".repeat(48));
    assert_eq!(faults(&text), [("TooDeep".into(), "*b")]);
    for opening in ["[", "{a: ", "{", "- ", "? ", "[? ", "[[a, ", "{? {", "&a [", "!!seq [", "? - "] {
        for text in [opening.repeat(100_000), format!("k:\n  {}\nl: 1\n", opening.repeat(100_000))] {
            let told = faults(&text);
            assert_eq!(told.iter().filter(|(kind, _)| kind == "TooDeep").count(), 1, "{opening:?}: {told:?}");
        }
    }
}

#[test]
fn long_texts_take_time_in_proportion() {
    for text in [
        "a: b\n".repeat(100_000),
        "---\n@\n".repeat(100_000),
        "---\na: [\n".repeat(50_000),
        "---\n".repeat(100_000),
        "a: yes\n".repeat(100_000),
        "- \n".repeat(100_000),
        "\t\n".repeat(100_000),
        "a: 1\n\t\n".repeat(100_000),
        format!("a: &a 1\nb: [{}]", "*a,".repeat(100_000)),
        format!("a:\n{}", "  <<: 1\n".repeat(5_000)),
        format!("{{{}}}", "a,".repeat(100_000)),
        format!("[{}\t]", "a: ,".repeat(100_000)),
        format!("a: |\n{}", "  x\n\n".repeat(100_000)),
        format!("a: |\n{}", "  \n".repeat(100_000)),
        format!("a: \"{}\"", "\\/".repeat(100_000)),
        " ".repeat(500_000),
        "#\n".repeat(200_000),
    ] {
        faults(&text);
    }
}
