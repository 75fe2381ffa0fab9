//! Generated documents through all doors, in batches that are each one fleet: equal findings, or the
//! test fails and says the seed.
//!
//! `CLEARANCE_DOCUMENTS` says how many, `CLEARANCE_SEED` from which seed on.

use std::collections::BTreeMap;
use std::path::Path;

use clearance_core::{Content, Document, Fleet, Form, Limits, Operation, Record, Rulebook};
use clearance_tests::Observed;
use clearance_tests::door::webhook::{UNREAD, findings, review, seen};
use clearance_tests::door::{Binary, Webhook};
use clearance_tests::generate;

/// How many documents make a fleet.
const BATCH: usize = 500;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

#[test]
fn all_doors_agree() {
    let (documents, first) = (number("CLEARANCE_DOCUMENTS", 10_000), number("CLEARANCE_SEED", 1));
    let binary = Binary::new().expect("the binary is built");
    let server = Webhook::new().expect("a server can be started");
    let (mut judged, mut reviewed) = (0, 0);
    for seed in first..first + documents.div_ceil(BATCH as u64) {
        println!("seed {seed}");
        let counts = batch(seed, &binary, &server);
        judged += counts.0;
        reviewed += counts.1;
    }
    println!("{judged} documents through core and binary, {reviewed} of them through the webhook");
    assert!(judged as u64 >= documents / 2, "only {judged} of {documents} documents describe a cluster");
}

/// Takes a batch through the doors; returns how many documents were judged, and how many of them by the webhook.
fn batch(seed: u64, binary: &Binary, server: &Webhook) -> (usize, usize) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut texts = BTreeMap::new();
    for generated in generate::batch(seed, BATCH) {
        let file = format!("{}.{}", generated.name, generated.file_extension);
        std::fs::write(directory.path().join(&file), &generated.text).expect("a file");
        texts.insert(file, generated.text);
    }
    let rulebook = Rulebook::default();
    let limits = Limits::default();
    let mut documents = Vec::new();
    for (file, text) in &texts {
        for content in Document::read_all(text, Some(file), &limits) {
            if let Content::Cluster(document) = content {
                documents.push((file, document));
            }
        }
    }
    let examined: Vec<_> = documents.iter().map(|(_, document)| rulebook.examine(document, NOW)).collect();
    let records = |judged| {
        documents.iter().zip(&examined).map(move |((file, _), examined)| Record {
            file: Some((*file).clone()),
            judged,
            ..examined.record.clone()
        })
    };
    let fleet = Fleet::new(records(true), Vec::new(), true);
    let mut expected: BTreeMap<&str, Vec<Observed>> = BTreeMap::new();
    for ((file, document), examined) in documents.iter().zip(examined.clone()) {
        let verdict = rulebook.judge_examined(document, examined, Operation::Create, &fleet, NOW);
        let told = verdict.findings.iter().map(|finding| Observed::of(finding, document));
        expected.entry(file).or_default().extend(told);
    }
    same_by_binary(binary, directory.path(), &texts, &expected, seed);
    let reviewed = same_by_webhook(server, directory.path(), &documents, &expected, seed);
    (documents.len(), reviewed)
}

/// 2026-11-01T00:00:00Z
const NOW: i64 = 1_793_491_200;

fn same_by_binary(
    binary: &Binary,
    directory: &Path,
    texts: &BTreeMap<String, String>,
    expected: &BTreeMap<&str, Vec<Observed>>,
    seed: u64,
) {
    let output = binary.check(&["--now", "2026-11-01T00:00:00Z", "--complete", "true", "."], directory).expect("the binary answers");
    let mut found: BTreeMap<&str, Vec<Observed>> = expected.keys().map(|file| (*file, Vec::new())).collect();
    for finding in output["findings"].as_array().expect("findings") {
        let file = finding["file"].as_str().expect("a file").trim_start_matches("./");
        // A text that is too broken to be recognised is told by the binary all the same.
        if let Some(list) = found.get_mut(file) {
            list.push(Binary::observed(finding, texts[file].as_bytes()).expect("a finding"));
        }
    }
    for (file, expected) in expected {
        let mut found = found[file].clone();
        for (found, expected) in found.iter_mut().zip(expected) {
            if expected.underlined.as_deref() == Some("…") {
                found.underlined.clone_from(&expected.underlined);
            }
        }
        assert_eq!(&found, expected, "seed {seed}: the binary disagrees on {file}:\n{}", texts[*file]);
    }
}

fn same_by_webhook(
    server: &Webhook,
    directory: &Path,
    documents: &[(&String, Document<'_>)],
    expected: &BTreeMap<&str, Vec<Observed>>,
    seed: u64,
) -> usize {
    let running = server.start(directory, true).expect("a server");
    let mut reviewed = 0;
    for (file, document) in documents {
        let expected = &expected[file.as_str()];
        let unread = expected.iter().any(|finding| UNREAD.contains(&finding.rule.as_str()));
        let alone = documents.iter().filter(|(other, _)| other == file).count() == 1;
        // `serde_json`, which writes the review here, spells numbers beyond 64 bits otherwise than Go does.
        let huge = document.text.contains("18446744073709551616");
        if document.form != Form::Resource || unread || !alone || huge {
            continue;
        }
        let resource = serde_json::to_value(document.to_resource()).expect("JSON");
        let response = server.ask(&running, "/validate", &review("CREATE", Some(&resource), None)).expect("an answer");
        let mut found = findings(&response).expect("findings");
        let expected = seen(expected, true);
        for (found, expected) in found.iter_mut().zip(&expected) {
            // Kubernetes puts its own opening and the value before the sentence.
            if found.message.ends_with(&expected.message) {
                found.message.clone_from(&expected.message);
            }
        }
        assert_eq!(found, expected, "seed {seed}: the webhook disagrees on {file}:\n{}", document.text);
        reviewed += 1;
    }
    server.stop(running).expect("a clean end");
    reviewed
}
