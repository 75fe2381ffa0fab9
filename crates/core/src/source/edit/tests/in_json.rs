use super::*;

const CLUSTER: &str = r#"{
  "a": {},
  "b": {"x": 1, "y": "z"}, // both
  "c": [1, 2, 3],
  "d": {
    "e": null # last
  }
}
"#;

/// The same with one part of it replaced.
fn with(old: &str, new: &str) -> String {
    assert_eq!(CLUSTER.matches(old).count(), 1, "{old}");
    CLUSTER.replace(old, new)
}

#[test]
fn values_are_replaced() {
    json(CLUSTER, &[set("b.y", r#""a\"\n\u0001域""#)], &with(r#""z""#, r#""a\"\n\u0001域""#));
    json(CLUSTER, &[set("c", r#"[{"k": 1}]"#)], &with("[1, 2, 3]", r#"[{"k": 1}]"#));
    json(CLUSTER, &[set("b", "30080")], &with(r#"{"x": 1, "y": "z"}"#, "30080"));
    json(CLUSTER, &[set("d", "[1]")], &with("{\n    \"e\": null # last\n  }", "[\n    1\n  ]"));
    json(CLUSTER, &[set("d.e", r#"{"f": 1}"#)], &with("null", "{\n      \"f\": 1\n    }"));
    json("{\"a\": $name}", &[set("a", "1")], "{\"a\": 1}");
    json("{\"a\": }", &[set("a", "1")], "{\"a\": 1 }");
}

#[test]
fn entries_are_added() {
    json(CLUSTER, &[insert("b.n", "1")], &with(r#""z"}"#, r#""z", "n": 1}"#));
    json(CLUSTER, &[insert("d.n", "1")], &with("null # last", "null, # last\n    \"n\": 1"));
    json(CLUSTER, &[insert("d.e", "1")], &with("null", "1"));
    json(
        CLUSTER,
        &[insert("a.x.y", "1"), insert("a.x.z", "[]")],
        &with("{},", "{\n    \"x\": {\n      \"y\": 1,\n      \"z\": []\n    }\n  },"),
    );
    json(CLUSTER, &[insert("n.m", "1")], &with("  }\n}", "  },\n  \"n\": {\n    \"m\": 1\n  }\n}"));
    json(CLUSTER, &[insert("c.3", r#"{"k": [1]}"#)], &with("3]", r#"3, {"k": [1]}]"#));
    json("{}", &[insert("a.b", "1")], "{\n  \"a\": {\n    \"b\": 1\n  }\n}");
    json("{\"a\": {}}", &[insert("a.b", "1")], "{\"a\": {\"b\": 1}}");
    json("{\"a\":{\"b\":1}}", &[insert("a.c", "[1]")], "{\"a\":{\"b\":1,\"c\":[1]}}");
    json(
        "{\n\t\"a\": [\n\t\t1\n\t]\n}\n",
        &[insert("b.c", "1"), insert("a.1", "2")],
        "{\n\t\"a\": [\n\t\t1,\n\t\t2\n\t],\n\t\"b\": {\n\t\t\"c\": 1\n\t}\n}\n",
    );
    json("{\r\n  \"a\": 1\r\n}", &[insert("b", "2")], "{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}");
}

#[test]
fn commas_come_out_right() {
    // A comma too many is used, a missing one is written.
    json("{\"a\": 1,}", &[insert("b", "2")], "{\"a\": 1, \"b\": 2}");
    json("{\n  \"a\": 1, // x\n}", &[insert("b", "2")], "{\n  \"a\": 1, // x\n  \"b\": 2\n}");
    json("{\n  \"a\": 1 // x\n  // y\n}", &[insert("b", "2")], "{\n  \"a\": 1, // x\n  \"b\": 2\n  // y\n}");
    json("{\n  \"a\": 1\n  \"b\": 2,\n  \"c\": 3\n}", &[remove("b")], "{\n  \"a\": 1,\n  \"c\": 3\n}");
    json("{\n  \"a\": 1,\n  \"b\": 2\n  \"c\": 3\n}", &[remove("b")], "{\n  \"a\": 1,\n  \"c\": 3\n}");
    json("{\n  \"a\": 1\n  , \"b\": 2\n  , \"c\": 3\n}", &[remove("b")], "{\n  \"a\": 1\n  , \"c\": 3\n}");
    json("{\"a\": 1, \"b\": 2,}", &[remove("b")], "{\"a\": 1}");
}

#[test]
fn entries_and_items_go() {
    json(CLUSTER, &[remove("a")], &with("  \"a\": {},\n", ""));
    json(CLUSTER, &[remove("b")], &with("  \"b\": {\"x\": 1, \"y\": \"z\"}, // both\n", ""));
    json(CLUSTER, &[remove("b.x")], &with("\"x\": 1, ", ""));
    json(CLUSTER, &[remove("b.y")], &with(", \"y\": \"z\"", ""));
    json(CLUSTER, &[remove("b.x"), remove("b.y")], &with("{\"x\": 1, \"y\": \"z\"}", "{}"));
    json(CLUSTER, &[remove("c.0"), remove("c.2")], &with("[1, 2, 3]", "[2]"));
    json(CLUSTER, &[remove("d")], &with(",\n  \"d\": {\n    \"e\": null # last\n  }", ""));
    json(CLUSTER, &[remove("d.e")], &with("{\n    \"e\": null # last\n  }", "{}"));
    json("{\n  // why\n  \"a\": 1\n}", &[remove("a")], "{\n  // why\n}");
    json("{ \"a\": 1 }", &[remove("a")], "{}");
    json("{\n  \"a\": 1,\n  \"b\": 2}", &[remove("b")], "{\n  \"a\": 1}");
}

#[test]
fn names_are_quoted() {
    json("{\"a\": 1}", &[rename("a", "域\"")], "{\"域\\\"\": 1}");
}

#[test]
fn what_is_not_closed_is_left_alone() {
    json("{\"a\": 1", &[insert("b", "1")], "nothing");
    json("{\"a\": 1", &[set("a", "2")], "{\"a\": 2");
    json("", &[insert("a", "1")], "{\n  \"a\": 1\n}\n");
}
