//! One text, judged.

use alloc::borrow::Cow;

use clearance_core::catalog::Profile;
use clearance_core::finding::Path;
use clearance_core::fleet::Identity;
use clearance_core::repository::cluster_name;
use clearance_core::source::{Format, LineIndex};
use clearance_core::{Change, Content, Document, Examined, Finding, Fleet, Form, Limits, Operation, Record, Rulebook, Severity, changes};
use clearance_hearing::Basis;
use clearance_mirror::{NoShelf, Teller, Utf16, VERSION, in_order, operation};

use crate::fleet::Others;
use crate::mirror::{self, Described, Fill, Filling, Summary, Verdict};
use crate::options::{self, Request};
use crate::policies::Policies;
use crate::prelude::*;

/// A document that is judged, and which one of the text it is, from 1, where there are several.
pub(crate) struct Judged<'a> {
    pub document: Document<'a>,
    number: Option<usize>,
    describes: bool,
}

/// Judges a text.
pub fn check(rulebook: &Rulebook, others: &mut Others, policies: &Policies, text: &[u8], request: &Request) -> Verdict {
    let limits = Limits::default();
    let judged = judged(rulebook, Document::read_bytes(text, request.file_name.as_deref(), &limits), request);
    let old: Vec<(Identity, Document<'_>)> = match &request.old {
        Some(old) => before(rulebook, old, &limits, request),
        None => Vec::new(),
    };
    let examined: Vec<Examined> = judged
        .iter()
        .map(|judged| {
            let mut examined = rulebook.examine(&judged.document, request.now);
            examined.record.file.clone_from(&request.file_name);
            examined.record.judged = true;
            examined
        })
        .collect();
    let deletes = request.operation == Some(options::Operation::Delete);
    let there = judged.iter().zip(&examined).filter(|(judged, _)| judged.document.is_readable()).map(|(_, examined)| &examined.record);
    let (among, gone): (Vec<Record>, Vec<Identity>) = if deletes {
        (Vec::new(), there.map(Record::identity).collect())
    } else {
        let there: Vec<Record> = there.cloned().collect();
        let left = others.left(request.file_name.as_deref(), &there);
        (there, left)
    };
    // All texts that were read are one text: the positions are counted once.
    let text = judged.first().map_or("", |judged| judged.document.text);
    let lines = LineIndex::new(text);
    let utf16 = Utf16::new(text, &lines);
    let known = others.known();
    let (mut findings, mut documents, mut summary) = (Vec::new(), Vec::new(), Summary::default());
    others.with(among, &gone, |fleet| {
        for (Judged { document, number, describes }, examined) in judged.iter().zip(examined) {
            let operation = if deletes { Operation::Delete } else { operation_on(&examined.record, &old, judged.len()) };
            let record = examined.record.clone();
            let verdict = policies.judge(&Basis { rulebook, fleet, now: request.now }, document, examined, operation);
            let file = request.file_name.as_deref().unwrap_or_default();
            let teller = Teller::new(document, &lines, file, *number, request.language, &NoShelf).in_utf16(&utf16);
            let form = document.form;
            findings.extend(verdict.findings.iter().map(|finding| mirror::Finding {
                told: teller.finding(finding),
                field: finding.place.path().and_then(|path| written(form, path)),
            }));
            summary.errors += verdict.errors;
            summary.warnings += verdict.warnings;
            summary.infos += verdict.findings.iter().filter(|finding| finding.severity == Severity::Info).count();
            summary.omitted += verdict.omitted;
            documents.push(Described {
                document: *number,
                form: describes.then(|| form.name()),
                format: if document.format == Format::Json { "json" } else { "yaml" },
                profile: rulebook.catalog().profiles().iter().find(|profile| is_of(profile, &record)).map(Profile::name),
                host: record.host_cluster,
                name: Some(record.name).filter(|name| !name.is_empty()),
                range: teller.range(document.range),
                fill: Fill {
                    edits: teller.edits(document.edits(&verdict.fill).filter(|_| document.is_whole()).unwrap_or_default()),
                    operations: verdict.fill.iter().filter_map(|change| filling(form, change)).collect(),
                },
                resource: (request.resource && !deletes && document.is_readable()).then(|| {
                    let mut resource = document.to_resource();
                    changes::apply(&mut resource, &verdict.fill);
                    in_order(resource.value)
                }),
            });
        }
    });
    Verdict { version: VERSION, core: rulebook.core().into(), findings, documents, summary, fleet: known }
}

/// The documents that are judged: clusters, and what should be one.
pub(crate) fn judged<'a>(rulebook: &Rulebook, contents: Vec<Content<'a>>, request: &Request) -> Vec<Judged<'a>> {
    let is_one = contents.len() == 1;
    let mut wanted = !contents.iter().any(|content| matches!(content, Content::Cluster(_)));
    let mut judged = Vec::new();
    for (index, content) in contents.into_iter().enumerate() {
        let number = (!is_one).then_some(index + 1);
        match content {
            Content::Cluster(document) => judged.push(Judged { document: named(document, request), number, describes: true }),
            // Where there is no cluster, the first of the others should have been one; beside clusters
            // only what cannot be read might have been.
            Content::Other(document) if wanted || is_broken(rulebook, &document) => {
                wanted = false;
                judged.push(Judged { document, number, describes: false });
            }
            Content::Other(_) => {}
        }
    }
    judged
}

/// The clusters of the text from before. It lay in the same place, and may have been written in the
/// other format.
fn before<'a>(rulebook: &Rulebook, old: &'a str, limits: &Limits, request: &Request) -> Vec<(Identity, Document<'a>)> {
    let filed = request.file_name.as_deref().and_then(cluster_name);
    let cluster = |content| match content {
        Content::Cluster(document) => {
            let mut document = named(document, request);
            document.filed = filed.map(|name| Cow::Owned(name.to_owned()));
            Some((rulebook.examine(&document, request.now).record.identity(), document))
        }
        Content::Other(_) => None,
    };
    Document::read_all(old, None, limits).into_iter().filter_map(cluster).collect()
}

fn named<'a>(document: Document<'a>, request: &Request) -> Document<'a> {
    match &request.name {
        Some(name) => document.named(name.clone()),
        None => document,
    }
}

fn is_broken(rulebook: &Rulebook, document: &Document<'_>) -> bool {
    rulebook.judge(document, Operation::Create, &Fleet::default(), 0).findings.iter().any(is_of_text)
}

/// Whether a finding says that a text cannot be read.
pub fn is_of_text(finding: &Finding) -> bool {
    finding.rule.group == "syntax" && finding.rule.severity == Severity::Error
}

/// What happens to a cluster that stays: an update where there was one of its name, or where one text
/// of one cluster is compared with another.
fn operation_on<'o>(record: &Record, old: &'o [(Identity, Document<'o>)], judged: usize) -> Operation<'o> {
    let known = match old {
        [(_, only)] if judged == 1 => Some(only),
        _ => old.iter().find(|(identity, _)| *identity == record.identity()).map(|(_, document)| document),
    };
    known.map_or(Operation::Create, Operation::Update)
}

fn is_of(profile: &Profile, record: &Record) -> bool {
    Some(profile.usage) == record.usage && Some(profile.cluster_type) == record.cluster_type && profile.worker_type == record.worker_type
}

/// Where a path in the resource is written, as a JSON Pointer.
fn written(form: Form, path: &Path) -> Option<String> {
    form.written(path).map(|path| path.to_pointer())
}

fn filling(form: Form, change: &Change) -> Option<Filling> {
    let (Change::Insert { path, .. } | Change::Remove { path, .. }) = change else { return None };
    let told = operation(change)?;
    Some(Filling { op: told.op, pointer: told.pointer, field: written(form, path), display: form.display(path), value: told.value })
}
