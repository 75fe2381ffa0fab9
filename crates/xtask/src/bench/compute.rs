//! One verdict, by the core.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clearance_core::source::{Format, read};
use clearance_core::{Catalog, Content, Document, Fleet, Limits, Operation, Record, Rulebook, fleet};

use super::fleets;
use super::table::Table;
use crate::codegen::root;

/// 2026-11-01.
const NOW: i64 = 1_793_491_200;
/// How many rounds the median is taken of, and how long one is.
const ROUNDS: usize = 301;
const ROUND: Duration = Duration::from_micros(1_500);

struct Input {
    what: &'static str,
    file: &'static str,
    text: String,
    name: Option<&'static str>,
    limit: Option<f64>,
}

/// Measures verdicts beside what only reads the same text.
pub(super) fn run() -> Result<Table> {
    let yaml = fleets::worker_of_size(2_048);
    let large = fleets::worker_of_size(65_536);
    let printed = guide("as-printed")?;
    let mended = guide("with-all-changes")?;
    let (json, virtual_worker) = (as_json(&yaml)?, fleets::resource(150));
    let input = |what, file, text| Input { what, file, text, name: None, limit: None };
    let inputs = [
        Input { name: Some("pipeline"), ..input("the guide's request as printed, JSON", "a.json", printed) },
        Input { name: Some("pipeline"), ..input("the guide's request, mended, JSON", "a.json", mended) },
        Input { limit: Some(40.0), ..input("resource, YAML", "a.yaml", yaml) },
        Input { limit: Some(10.0), ..input("resource, JSON", "a.json", json) },
        input("virtual worker on a host with 98 others, YAML", "a.yaml", virtual_worker),
        input("resource, YAML", "a.yaml", large),
    ];
    let fleets: Vec<(usize, Fleet)> = [0, 1_000, 10_000].into_iter().map(|size| (size, fleet_of(size))).collect();
    let rulebook = Rulebook::default();
    let mut table = Table::new("core: text in, verdict out (one thread)");
    for input in &inputs {
        measure(&mut table, input, &fleets, &rulebook)?;
    }
    table.note(format!("Medians of {ROUNDS} rounds of at least {ROUND:?}; the fleets hold one host cluster in a hundred, the rest are virtual ones on them."));
    Ok(table)
}

/// The guide's request for a physical worker for pipelines.
fn guide(case: &str) -> Result<String> {
    let directory = root().join(format!("tests/corpus/guides/en-physical-worker-pipeline-{case}"));
    let read = |file: &str| std::fs::read_to_string(directory.join(file));
    read("input.json").or_else(|_| read("input.txt")).with_context(|| directory.display().to_string())
}

fn measure(table: &mut Table, input: &Input, fleets: &[(usize, Fleet)], rulebook: &Rulebook) -> Result<()> {
    let what = format!("{} ({:.1} KB)", input.what, in_kb(input.text.len()));
    let mut alone = None;
    for (size, fleet) in fleets {
        let verdict = || verdict(input, fleet, rulebook);
        let findings = verdict().context("no cluster in the text")?;
        let time = median(|| {
            black_box(verdict());
        });
        let row =
            format!("{what}, {} clusters, {findings} findings", if *size == 0 { "0".to_owned() } else { format!("{},000", size / 1_000) });
        let figure = format!("{time:.1} µs");
        match (alone, input.limit) {
            (None, Some(limit)) => table.limited(row, figure, &format!("{limit:.0} µs"), time <= limit),
            (Some(alone), Some(_)) if *size >= 10_000 => table.limited(row, figure, "10 % more than alone", time <= alone * 1.1),
            _ => table.row(row, figure),
        }
        alone.get_or_insert(time);
    }
    let text = input.text.as_str();
    if input.file.ends_with("json") {
        let time = median(|| {
            black_box(serde_json::from_str::<serde_json::Value>(black_box(text)).ok());
        });
        table.row("  beside: serde_json to a Value", format!("{time:.1} µs"));
    } else {
        let time = median(|| {
            black_box(granit_parser::Parser::new_from_str(black_box(text)).count());
        });
        table.row("  beside: granit-parser, events only", format!("{time:.1} µs"));
    }
    let format = Format::of(Some(input.file), text);
    let time = median(|| {
        black_box(read(black_box(text), format, &Limits::default()));
    });
    table.row("  of which: reading into the tree", format!("{time:.1} µs"));
    Ok(())
}

/// How many findings a text has.
fn verdict(input: &Input, fleet: &Fleet, rulebook: &Rulebook) -> Option<usize> {
    let contents = Document::read_all(black_box(&input.text), Some(input.file), &Limits::default());
    contents.into_iter().find_map(|content| {
        let Content::Cluster(document) = content else { return None };
        let document = match input.name {
            Some(name) => document.named(name),
            None => document,
        };
        let verdict = black_box(rulebook.judge(&document, Operation::Create, fleet, NOW));
        Some(verdict.findings.len())
    })
}

/// A fleet of so many clusters; even the smallest holds the host cluster that is named.
fn fleet_of(size: usize) -> Fleet {
    let records: Vec<Record> = (0..size.max(1))
        .map(|index| if size == 0 { 100 } else { index })
        .flat_map(|index| fleet::read(&fleets::resource(index), Some("fleet.yaml"), Catalog::built_in(), &Limits::default()).0)
        .collect();
    Fleet::new(records, Vec::new(), true)
}

fn as_json(yaml: &str) -> Result<String> {
    let parsed = read(yaml, Format::Yaml, &Limits::default()).into_iter().next().context("empty")?;
    Ok(serde_json::to_string(&parsed.root)?)
}

/// The median time of one call, in microseconds.
fn median(mut call: impl FnMut()) -> f64 {
    let mut calls: u32 = 1;
    loop {
        let time = timed(calls, &mut call);
        if time >= ROUND {
            break;
        }
        calls = calls.saturating_mul(2);
    }
    let mut rounds: Vec<Duration> = (0..ROUNDS).map(|_| timed(calls, &mut call)).collect();
    rounds.sort_unstable();
    rounds[ROUNDS / 2].as_secs_f64() * 1e6 / f64::from(calls)
}

fn timed(calls: u32, call: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        call();
    }
    start.elapsed()
}

fn in_kb(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1024.0
}
