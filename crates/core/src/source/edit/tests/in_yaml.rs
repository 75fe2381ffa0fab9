use super::*;

const CLUSTER: &str = "\
spec:
  # the cluster
  apiServer: \"https://1.2.3.4:6443\" # quoted
  usage: 'worker'
  port: 30080
  list:
  - a
  - b: 1
    c: 2
  empty: {}
  nothing: # yet
  last: |
    text
";

/// The same with one part of it replaced.
fn with(old: &str, new: &str) -> String {
    assert_eq!(CLUSTER.matches(old).count(), 1, "{old}");
    CLUSTER.replace(old, new)
}

#[test]
fn a_scalar_keeps_its_quotes() {
    yaml(CLUSTER, &[set("spec.apiServer", r#""https://a:1""#)], &with("https://1.2.3.4:6443", "https://a:1"));
    yaml(CLUSTER, &[set("spec.usage", r#""it's""#)], &with("'worker'", "'it''s'"));
    yaml(CLUSTER, &[set("spec.usage", r#""a\nb""#)], &with("'worker'", r#""a\nb""#));
    yaml(CLUSTER, &[set("spec.port", "30081")], &with("30080", "30081"));
    yaml(CLUSTER, &[set("spec.port", r#""host""#)], &with("30080", "host"));
    yaml(CLUSTER, &[set("spec.port", r#""30080""#)], &with("30080", "\"30080\""));
    yaml(CLUSTER, &[set("spec.apiServer", "30080")], &with("\"https://1.2.3.4:6443\"", "30080"));
    yaml(CLUSTER, &[set("spec.last", r#""text""#)], &with("|\n    text", "text"));
    yaml(CLUSTER, &[set("spec.nothing", "true")], &with("nothing: # yet", "nothing: true # yet"));
}

#[test]
fn a_scalar_becomes_a_block_and_a_block_a_scalar() {
    yaml(
        CLUSTER,
        &[set("spec.port", r#"{"a": [1, {"b": 2, "c": []}]}"#)],
        &with("port: 30080\n", "port:\n    a:\n    - 1\n    - b: 2\n      c: []\n"),
    );
    yaml(
        CLUSTER,
        &[set("spec.apiServer", r#"{"a": 1}"#)],
        &with("apiServer: \"https://1.2.3.4:6443\" # quoted\n", "apiServer: # quoted\n    a: 1\n"),
    );
    yaml(CLUSTER, &[set("spec.list", "1")], &with("list:\n  - a\n  - b: 1\n    c: 2\n", "list: 1\n"));
    yaml(CLUSTER, &[set("spec.list", r#"{"a": 1}"#)], &with("list:\n  - a\n  - b: 1\n    c: 2\n", "list:\n    a: 1\n"));
    yaml(CLUSTER, &[set("spec.list.0", r#"{"a": 1, "b": 2}"#)], &with("- a\n", "- a: 1\n    b: 2\n"));
    yaml(CLUSTER, &[set("spec.list.1", "[1, 2]")], &with("- b: 1\n    c: 2\n", "- - 1\n    - 2\n"));
    yaml(CLUSTER, &[set("spec.list.1", "1")], &with("- b: 1\n    c: 2\n", "- 1\n"));
    yaml(CLUSTER, &[set("spec.last", "[1]")], &with("last: |\n    text\n", "last:\n  - 1\n"));
    yaml(CLUSTER, &[set("", "[1]")], "- 1\n");
}

#[test]
fn brackets_stay_brackets() {
    yaml("a: [80, 443] # ports\n", &[set("a", "[80]")], "a: [80] # ports\n");
    yaml("a: {\"b\": 1}\n", &[insert("a.c", r#""x""#)], "a: {\"b\": 1, \"c\": \"x\"}\n");
    yaml("a: { b: 1 }\n", &[insert("a.c", r#"["x"]"#)], "a: { b: 1, c: [x] }\n");
    yaml("a: [\n  1, # one\n  2 # two\n]\n", &[insert("a.2", "3")], "a: [\n  1, # one\n  2, # two\n  3\n]\n");
    yaml("a: [\n  1,\n  2,\n]\n", &[insert("a.2", "3")], "a: [\n  1,\n  2,\n  3,\n]\n");
    yaml("a: {b, c: }\n", &[set("a.b", "1"), set("a.c", "2")], "a: {b: 1, c: 2 }\n");
    yaml("a: [b, c]\n", &[remove("a.0")], "a: [c]\n");
    yaml("a: {b: {c: 1}}\n", &[insert("a.b.d", "1"), insert("a.e.f", "2")], "a: {b: {c: 1, d: 1}, e: {f: 2}}\n");
    yaml("{\"a\": 1}\n", &[insert("b", r#"{"c": "x"}"#)], "{\"a\": 1, \"b\": {\"c\": \"x\"}}\n");
}

#[test]
fn inserts_below_what_is_missing_make_one_block() {
    let many: Vec<Change> =
        ["b", "a", "d.y", "c", "d.x"].iter().map(|key| insert(&format!("spec.componentsList.gateway.{key}"), "1")).collect();
    let block = "  componentsList:\n    gateway:\n      b: 1\n      a: 1\n      d:\n        \"y\": 1\n        x: 1\n      c: 1\n";
    yaml(CLUSTER, &many, &(CLUSTER.to_owned() + block));
    yaml(
        CLUSTER,
        &[insert("spec.empty.a.b", "1"), insert("spec.empty.c", "2")],
        &with("empty: {}", "empty:\n    a:\n      b: 1\n    c: 2"),
    );
    yaml(CLUSTER, &[insert("spec.nothing.a", "1"), insert("spec.nothing.b", "2")], &with("# yet\n", "# yet\n    a: 1\n    b: 2\n"));
    yaml(CLUSTER, &[insert("spec.nothing", "1")], &with("nothing: #", "nothing: 1 #"));
}

#[test]
fn an_insert_finds_its_line() {
    yaml("a:\n  b: 1 # one\n  # end\nc: 2\n", &[insert("a.d", "3")], "a:\n  b: 1 # one\n  d: 3\n  # end\nc: 2\n");
    yaml(
        "a:\n    b:\n        c: 1\n",
        &[insert("a.d.e", "1"), insert("f.g", "1")],
        "a:\n    b:\n        c: 1\n    d:\n        e: 1\nf:\n    g: 1\n",
    );
    yaml("a:\n- b\nc:\n", &[insert("a.1", r#"{"x": [1]}"#), insert("c.0", "1")], "a:\n- b\n- x:\n  - 1\nc:\n- 1\n");
    yaml("a:\n  - b\n", &[insert("a.1", "1"), insert("a.1", "2")], "a:\n  - b\n  - 1\n  - 2\n");
    yaml("a: 1", &[insert("b", "2")], "a: 1\nb: 2");
    yaml("a: 1\r\nb:\r\n", &[insert("b.c", "2")], "a: 1\r\nb:\r\n  c: 2\r\n");
    yaml("\u{feff}a: 1\n", &[insert("b", "2"), remove("a")], "\u{feff}b: 2\n");
    yaml("a: 1\n---\nb: 2\n", &[insert("c", "3")], "a: 1\nc: 3\n---\nb: 2\n");
    yaml("a: 1\n...\n", &[insert("c", "3")], "a: 1\nc: 3\n...\n");
    yaml("a:\n  <<: {x: 1}\n", &[insert("a.b", "2")], "a:\n  <<: {x: 1}\n  b: 2\n");
    yaml("域名: 😀 # 好\n", &[insert("名", r#""值""#)], "域名: 😀 # 好\n名: 值\n");
}

#[test]
fn an_empty_text_can_be_filled() {
    for (text, expected) in [
        ("", "a: 1\n"),
        ("# only\n", "# only\na: 1\n"),
        ("# only", "# only\na: 1"),
        ("---\n", "---\na: 1\n"),
        ("--- # x", "--- # x\na: 1"),
        ("{}\n", "a: 1\n"),
        ("--- {}\n", "---\na: 1\n"),
        ("null # c\n", "a: 1 # c\n"),
    ] {
        yaml(text, &[insert("a", "1")], expected);
    }
}

#[test]
fn what_goes_takes_its_lines_along() {
    yaml(CLUSTER, &[remove("spec.apiServer")], &with("  apiServer: \"https://1.2.3.4:6443\" # quoted\n", ""));
    yaml(CLUSTER, &[remove("spec.list.1.b")], &with("- b: 1\n    c: 2\n", "- c: 2\n"));
    yaml(CLUSTER, &[remove("spec.list.1.b"), remove("spec.list.1.c")], &with("- b: 1\n    c: 2\n", "- {}\n"));
    yaml(CLUSTER, &[remove("spec.list.0"), remove("spec.list.1")], &with("list:\n  - a\n  - b: 1\n    c: 2\n", "list: []\n"));
    yaml(CLUSTER, &[remove("spec.last")], &with("  last: |\n    text\n", ""));
    yaml(CLUSTER, &[remove("spec")], "{}\n");
    yaml("a: # x\n  # y\n  b: 1 # z\n  # w\nc: 2\n", &[remove("a.b")], "a: {} # x\n  # y\n  # w\nc: 2\n");
    yaml("a: &anchor\n  b: 1\n", &[remove("a.b")], "a: &anchor {}\n");
    yaml("- a: 1 # x\n  # y\n  b: 2\n", &[remove("0.a")], "-\n  # y\n  b: 2\n");
    yaml("-  - a\n   - b\n", &[remove("0.0")], "-  - b\n");
    yaml("a: 1\nb: 2", &[remove("b")], "a: 1\n");
}

#[test]
fn one_of_several_keys_goes() {
    let text = "a: 1\nb: 2\na: 3\n";
    let occurrence = |occurrence| Change::Remove { path: path("a"), occurrence };
    yaml(text, &[occurrence(None)], "a: 1\nb: 2\n");
    yaml(text, &[occurrence(Some(0))], "b: 2\na: 3\n");
    yaml(text, &[occurrence(Some(1))], "a: 1\nb: 2\n");
    yaml(text, &[occurrence(Some(0)), occurrence(Some(1))], "b: 2\n");
    yaml(text, &[occurrence(Some(2))], "nothing");
}

#[test]
fn block_scalars_keep_their_text() {
    // An indented comment must not become text of the scalar above, nor an empty line.
    yaml("a: |\n  x\nb: 1\n  # deep\nc: 2\n", &[remove("b")], "a: |\n  x\nc: 2\n");
    yaml("a: |+\n  x\nb: 1\n\nc: 2\n", &[remove("b")], "a: |+\n  x\nc: 2\n");
    yaml("a: |+\n  x\n\n", &[insert("b", "1")], "a: |+\n  x\n\nb: 1\n");
    yaml("a: |\n  x\n\n", &[insert("b", "1")], "a: |\n  x\nb: 1\n\n");
    // Without a last line end the scalar has none either.
    yaml("a: |\n  x", &[insert("b", "1")], "a: |-\n  x\nb: 1");
    yaml("a:\n  c: >+\n   x", &[insert("a.b", "1"), insert("z", "1")], "a:\n  c: >-\n   x\n  b: 1\nz: 1");
}

#[test]
fn a_tag_goes_with_its_value_and_an_anchor_stays() {
    yaml("a: !!str 30080\n", &[set("a", "30080")], "a: 30080\n");
    yaml("a: &x !!str 30080 # c\n", &[set("a", r#"{"b": 1}"#)], "a: &x # c\n  b: 1\n");
    yaml("a: !!map # c\n  b: 1\n", &[set("a", "1")], "a: 1 # c\n");
}

#[test]
fn names_keep_their_quotes() {
    yaml("\"a\": 1\n'b': 2\nc: 3\n", &[rename("a", "x"), rename("b", "y"), rename("c", "k: v")], "\"x\": 1\n'y': 2\n\"k: v\": 3\n");
    yaml("a: 1\nb: 2\n", &[rename("a", "b")], "nothing");
    yaml("a: 1\nb: 2\n", &[remove("b"), rename("a", "b")], "b: 1\n");
}

#[test]
fn what_is_shared_stays_as_it_is() {
    yaml("a: &x 1\nb: *x\n", &[set("a", "2")], "nothing");
    yaml("a: &x 1\nb: *x\n", &[remove("a")], "nothing");
    yaml("a: &x {k: 1}\nb: *x\n", &[set("a.k", "2")], "nothing");
    yaml("a: &x {k: 1}\nb: *x\n", &[set("b.k", "2")], "nothing");
    yaml("a: &x\n  k: 1\nb:\n  <<: *x\n", &[set("b.k", "2")], "nothing");
    yaml("a: &x\n  k: 1\nb:\n  <<: *x\n", &[remove("b.k")], "nothing");
    // The alias itself may go, and an anchor that nothing names disturbs nobody.
    yaml("a: &x 1\nb: *x\n", &[set("b", "2")], "a: &x 1\nb: 2\n");
    yaml("a: &x 1\nb: *x\n", &[remove("b")], "a: &x 1\n");
    yaml("a: &x 1\n", &[set("a", "2")], "a: &x 2\n");
    yaml("a: &x\n  k: 1\nb:\n  m: 2\n  <<: *x\n", &[insert("b.z", "1")], "a: &x\n  k: 1\nb:\n  m: 2\n  z: 1\n  <<: *x\n");
}

#[test]
fn too_odd_to_be_edited() {
    yaml("? a\n: b\n", &[insert("c", "1")], "nothing");
    yaml("[a: 1]\n", &[insert("0.c", "2")], "nothing");
    yaml("b: {<<: {q: 1}, m: 2}\n", &[insert("b.z", "1")], "nothing");
}
