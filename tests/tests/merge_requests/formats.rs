//! Reports, checked against their schemas.

use jsonschema::Validator;
use serde_json::Value;

/// Every format that tells findings.
pub const FORMATS: [&str; 8] = ["text", "concise", "json", "jsonl", "sarif", "junit", "github", "gitlab"];

const VERDICT: &str = include_str!("../../../crates/render/schema/verdict-v1.json");
const SARIF: &str = include_str!("../../../crates/cli/tests/schemas/sarif-2.1.0.json");
const CODE_QUALITY: &str = include_str!("../../../crates/cli/tests/schemas/code-quality.json");

/// Validates a report; returns how many findings it tells, where it can be counted.
pub fn validated(format: &str, out: &str) -> Option<usize> {
    Some(match format {
        "text" => return None,
        "json" => length(&valid(VERDICT, out)["findings"]),
        "sarif" => {
            // The published schema has a slip in one pattern, which only some readers of regular expressions let pass.
            let schema = SARIF.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
            length(&valid(&schema, out)["runs"][0]["results"])
        }
        "gitlab" => length(&valid(CODE_QUALITY, out)),
        "junit" => {
            by_xmllint(out);
            out.matches("<testcase ").count() - out.matches("name=\"no findings\"").count()
        }
        _ => out.lines().count(),
    })
}

fn by_xmllint(report: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("report.xml");
    std::fs::write(&file, report).expect("a file");
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/cli/tests/schemas/junit.xsd");
    let output = std::process::Command::new("xmllint").args(["--noout", "--schema", schema]).arg(&file).output();
    let output = output.expect("`xmllint` is there: install it (Debian: libxml2-utils)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn length(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

fn valid(schema: &str, text: &str) -> Value {
    let validator: Validator = jsonschema::validator_for(&serde_json::from_str(schema).expect("JSON")).expect("a schema");
    let value: Value = serde_json::from_str(text).expect("JSON");
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{text}");
    value
}

/// Without what changes with every rule: the pages, and the core's hash.
pub fn shortened(format: &str, out: &str) -> String {
    match format {
        "json" => match out.split_once("\"hash\":\"") {
            Some((before, after)) => format!("{before}\"hash\":\"…{}", after.get(16..).unwrap_or_default()),
            None => out.to_owned(),
        },
        "sarif" => {
            let log: Value = serde_json::from_str(out).expect("JSON");
            serde_json::to_string_pretty(&log["runs"][0]["results"]).expect("JSON")
        }
        _ => out.to_owned(),
    }
}
