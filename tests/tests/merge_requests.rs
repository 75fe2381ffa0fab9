//! Merge requests to a tenant repository (`tests/tenant`): each gets its verdict, in every format, and a real API
//! server says the same of the clusters that change.
//!
//! `INSTA_UPDATE=always` writes the snapshots anew; look at the difference before you commit it.

#[path = "merge_requests/formats.rs"]
mod formats;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clearance_core::Limits;
use clearance_core::repository::is_list;
use clearance_tests::case::{About, Expected, OperationKind};
use clearance_tests::door::{ApiServer, Binary};
use clearance_tests::tenant::{Repository, Request, requests};
use clearance_tests::{Case, Door, Observed};
use insta::assert_snapshot;
use serde_json::Value;

use formats::{FORMATS, shortened, validated};

/// What the run says of a request, in JSON.
fn verdict(repository: &Repository) -> Vec<Value> {
    let (_, out) = repository.check("json").expect("it runs");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    report["findings"].as_array().expect("findings").clone()
}

fn file(finding: &Value) -> &str {
    finding["file"].as_str().unwrap_or_default().trim_start_matches("./")
}

#[test]
fn each_gets_its_verdict_in_every_format() {
    let requests = requests().expect("the requests can be read");
    assert!(requests.len() >= 12);
    for request in &requests {
        let repository = Repository::with(request).expect("a repository");
        let findings = verdict(&repository);
        intended(request, &findings);
        let mut shown = String::new();
        for format in FORMATS {
            let (code, out) = repository.check(format).expect("it runs");
            assert_eq!(code, request.code, "{} {format}: {out}", request.name);
            // For people and for annotations there are no lines about what was there before, nor others than findings.
            if let Some(told) = validated(format, &out) {
                assert_eq!(told, findings.len(), "{} {format}", request.name);
            }
            writeln!(shown, "== {format}\n{}", shortened(format, &out).trim_end()).expect("a string");
        }
        assert_snapshot!(request.name.clone(), shown, &request.about);
    }
}

/// All that is new is intended, and all that is intended is there.
fn intended(request: &Request, findings: &[Value]) {
    let told = |finding: &Value| {
        let word = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        (file(finding).to_owned(), word("rule"), word("severity"), word("path"))
    };
    let mut open: Vec<_> = findings.iter().filter(|finding| finding["unchanged"] == false).map(told).collect();
    for intent in &request.intends {
        let before = open.len();
        open.retain(|(file, rule, severity, path)| {
            !(*file == intent.file
                && *rule == intent.rule
                && *severity == intent.severity
                && intent.path.as_ref().is_none_or(|own| own == path))
        });
        assert!(open.len() < before, "{}: lacks {intent:?}; there is {findings:#?}", request.name);
    }
    assert!(open.is_empty(), "{}: has beside {open:#?}", request.name);
}

/// What the merge request is told of a cluster, the API server says when the merge is applied: the same rules, at
/// the same paths, in the same sentences. It sees objects, so faults of the text, the list of clusters and fields
/// that it drops are the merge request's alone.
#[test]
fn the_api_server_says_the_same() {
    let door = ApiServer::new().expect("an API server can be started");
    let (mut asked, mut refused) = (0, 0);
    for request in requests().expect("the requests can be read") {
        let repository = Repository::with(&request).expect("a repository");
        let findings = verdict(&repository);
        for case in cases(&request, &repository, &findings) {
            let Some(found) = door.take(&case).unwrap_or_else(|error| panic!("{}: {error:#}", case.name)) else { continue };
            let expected = case.expected.clone().expect("it was told");
            let (expected, mut found) = (door.sees(&case, &expected).findings, found.findings);
            // It sees no comments.
            found.retain(|finding| !request.ignored.contains(&finding.rule));
            let heard = |finding: &Observed| (finding.rule.clone(), finding.severity.clone(), finding.path.clone());
            let [wanted, got] = [&expected, &found].map(|findings| findings.iter().map(heard).collect::<Vec<_>>());
            assert_eq!(wanted, got, "{}", case.name);
            for (expected, found) in expected.iter().zip(&found) {
                assert!(found.message.ends_with(&expected.message), "{}: {} and {}", case.name, found.message, expected.message);
            }
            asked += 1;
            refused += usize::from(found.iter().any(|finding| finding.severity == "error"));
        }
    }
    assert!(asked >= 12 && refused >= 4, "{asked} clusters were asked about, {refused} were refused");
}

/// The clusters that a request changes, each as the API server would be asked about it once the rest is applied.
fn cases(request: &Request, repository: &Repository, findings: &[Value]) -> Vec<Case> {
    let before = repository.before().expect("the base can be read");
    let after = repository.after().expect("the repository can be read");
    let changed = after.iter().filter(|(path, text)| before.get(*path) != Some(*text)).map(|(path, _)| path);
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    let mut cases = Vec::new();
    for path in changed.chain(gone).filter(|path| path.contains("/clusters/") && !is_list(path)) {
        let (old, new) = (before.get(path), after.get(path));
        let operation = match (old, new) {
            (_, None) => OperationKind::Delete,
            (Some(_), Some(_)) => OperationKind::Update,
            (None, Some(_)) => OperationKind::Create,
        };
        let Some(text) = new.or(old) else { continue };
        let told = findings.iter().filter(|finding| file(finding) == path).map(|finding| Binary::observed(finding, text.as_bytes()));
        cases.push(Case {
            name: format!("{} {path}", request.name),
            directory: repository.path().to_owned(),
            about: About { operation, complete: Some(true), ..about(&request.about) },
            file: "input.yaml".to_owned(),
            input: text.clone().into_bytes(),
            fleet: Some(fleet(&after, path)),
            old: old.cloned().filter(|_| operation == OperationKind::Update),
            expected: Some(Expected { findings: told.collect::<Result<_, _>>().expect("findings"), filled: Vec::new() }),
        });
    }
    cases
}

fn about(about: &str) -> About {
    About {
        about: about.to_owned(),
        name: None,
        now: None,
        operation: OperationKind::Create,
        complete: None,
        intends: Vec::new(),
        not: Vec::new(),
        only: false,
    }
}

/// Everything else that is there, as one text.
fn fleet(after: &BTreeMap<String, String>, judged: &str) -> String {
    let is_object = |text: &str| !clearance_core::Document::read_all(text, None, &Limits::default()).is_empty();
    let others = after.iter().filter(|(path, text)| *path != judged && !is_list(path) && is_object(text));
    others.map(|(_, text)| text.trim_end()).collect::<Vec<_>>().join("\n---\n")
}
