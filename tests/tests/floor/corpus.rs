//! Which failing cases of the corpus the floor refuses: the list that a real API server must agree with.

use std::fmt::Write;

use clearance_core::{Content, Document, Limits};
use clearance_tests::case::{self, OperationKind};
use serde_json::Value;

use crate::agreement::as_stored;
use crate::server;

/// The objects of a case, as they would come to an API server.
pub(crate) fn objects(bytes: &[u8], file: &str, name: Option<&str>) -> Vec<Value> {
    Document::read_bytes(bytes, Some(file), &Limits::default())
        .into_iter()
        .filter_map(|content| match content {
            Content::Cluster(document) => Some(document),
            Content::Other(_) => None,
        })
        .map(|mut document| {
            if let Some(name) = name {
                document = document.named(name.to_owned());
            }
            let mut object = serde_json::to_value(document.to_resource()).expect("JSON");
            as_stored(&mut object, name.unwrap_or("demo"));
            object
        })
        .collect()
}

#[test]
fn refused_by_the_floor() {
    let mut list = String::new();
    for case in case::all().expect("the corpus") {
        if case.about.operation == OperationKind::Delete {
            continue;
        }
        let name = case.about.name.as_deref();
        let old = case.old.as_deref().and_then(|old| objects(old.as_bytes(), "old.yaml", name).into_iter().next());
        for (index, object) in objects(&case.input, &case.file, name).iter().enumerate() {
            if !server::has_structure(object) {
                writeln!(list, "{} #{index}: schema", case.name).expect("a string");
                continue;
            }
            for (rule, path) in server::refusals(object, old.as_ref()).keys() {
                writeln!(list, "{} #{index}: {rule} {path}", case.name).expect("a string");
            }
        }
    }
    insta::assert_snapshot!(list);
}
