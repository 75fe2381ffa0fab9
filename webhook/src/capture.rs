//! Refused reviews, written down so that they can be judged again elsewhere.
//!
//! A capture is a directory with at most two files of JSON lines, `refusals.jsonl` and, before it,
//! `refusals.1.jsonl`. Each line is an `AdmissionReview` of `admission.k8s.io/v1`: `request` as it
//! was asked and `response` as it was answered, and beside them `captured`, with `at` (RFC 3339) and
//! `core` (which core refused). Of the request there are only `uid`, `kind`, `subResource`,
//! `operation`, `name`, `namespace`, `object` and `oldObject`; who asked is left out. In the objects
//! credentials are masked, and `managedFields` and the annotations of others are left out.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::Context;
use clearance_core::Document;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::masked;
use crate::metrics::Metrics;
use crate::review::{API_VERSION, KIND, Review};
use crate::state;

const FILE: &str = "refusals.jsonl";
const BEFORE: &str = "refusals.1.jsonl";
/// The longest review that is written; both files together hold at most that many bytes times their count.
const LONGEST: usize = 256 << 10;
/// How long both files are at most, together.
const ROOM: u64 = 64 << 20;
/// How many reviews wait to be written; what comes while they do is only counted.
const WAITING: usize = 64;

/// Where refusals are handed in.
#[derive(Debug)]
pub(crate) struct Capture {
    written: SyncSender<Refusal>,
    metrics: Arc<Metrics>,
}

/// A refusal on its way to the file.
#[derive(Debug)]
struct Refusal {
    request: Map<String, Value>,
    object: Option<String>,
    old_object: Option<String>,
    answer: Vec<u8>,
    core: String,
}

impl Capture {
    /// Opens the directory, and writes what is handed in on a thread of its own.
    pub(crate) fn open(directory: &Path, count: u32, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let directory = state::open(Some(directory))?;
        let mut files = Files::open(&directory, count.div_ceil(2)).with_context(|| format!("cannot write to {}", directory.display()))?;
        let (written, waiting): (_, Receiver<Refusal>) = sync_channel(WAITING);
        let counted = Arc::clone(&metrics);
        std::thread::Builder::new().name("capture".to_owned()).spawn(move || {
            while let Ok(refusal) = waiting.recv() {
                match files.write(&refusal.line()) {
                    Ok(()) => counted.captured.inc(),
                    Err(error) => {
                        tracing::warn!(%error, "a refusal could not be captured");
                        counted.not_captured.inc()
                    }
                };
            }
        })?;
        Ok(Self { written, metrics })
    }

    /// Hands a refusal in; this never waits.
    pub(crate) fn offer(&self, review: &Review<'_>, answer: &[u8], core: &str) {
        let text = |object: &Option<Document<'_>>| object.as_ref().map(|object| object.range.of(object.text).to_owned());
        let length = |object: &Option<Document<'_>>| object.as_ref().map_or(0, |object| object.range.as_range().len());
        let length = length(&review.object).saturating_add(length(&review.old_object)).saturating_add(answer.len());
        let refusal = || Refusal {
            request: request(review),
            object: text(&review.object),
            old_object: text(&review.old_object),
            answer: answer.to_owned(),
            core: core.to_owned(),
        };
        if length > LONGEST || self.written.try_send(refusal()).is_err() {
            self.metrics.not_captured.inc();
        }
    }
}

fn request(review: &Review<'_>) -> Map<String, Value> {
    let mut request = Map::new();
    let mut put = |key: &str, value: Value| request.insert(key.to_owned(), value);
    put("uid", json!(review.uid));
    if let Some(kind) = review.kind() {
        put("kind", json!({"group": kind.group, "kind": kind.kind}));
    }
    put("operation", json!(review.operation.word()));
    for (key, value) in [("subResource", &review.sub_resource), ("name", &review.name), ("namespace", &review.namespace)] {
        if !value.is_empty() {
            put(key, json!(value));
        }
    }
    request
}

impl Refusal {
    fn line(self) -> Vec<u8> {
        let Self { mut request, object, old_object, answer, core } = self;
        request.insert("object".to_owned(), object.map_or(Value::Null, |text| redacted(&text)));
        request.insert("oldObject".to_owned(), old_object.map_or(Value::Null, |text| redacted(&text)));
        let response = serde_json::from_slice(&answer).ok().and_then(|mut answer: Value| answer.get_mut("response").map(Value::take));
        let at = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        let line = json!({
            "apiVersion": API_VERSION,
            "kind": KIND,
            "captured": {"at": at, "core": core},
            "request": request,
            "response": response,
        });
        let mut line = line.to_string().into_bytes();
        line.push(b'\n');
        line
    }
}

/// An object without credentials, and without what is not about the cluster.
fn redacted(text: &str) -> Value {
    let Some(mut object) = masked::object(text) else { return Value::from("it cannot be read") };
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.retain(|key, _| key.starts_with("clearance.nautes.io/"));
        }
    }
    object
}

/// The two files: when the newer is full it takes the place of the older.
#[derive(Debug)]
struct Files {
    directory: PathBuf,
    file: File,
    lines: u32,
    bytes: u64,
    most: u32,
}

impl Files {
    fn open(directory: &Path, most: u32) -> io::Result<Self> {
        let path = directory.join(FILE);
        let file = append(&path)?;
        let bytes = file.metadata()?.len();
        let lines = BufReader::new(File::open(&path)?).split(b'\n').count();
        Ok(Self { directory: directory.to_owned(), file, lines: u32::try_from(lines).unwrap_or(u32::MAX), bytes, most })
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if self.lines >= self.most || self.bytes.saturating_add(length) > ROOM / 2 {
            let path = self.directory.join(FILE);
            fs::rename(&path, self.directory.join(BEFORE))?;
            (self.file, self.lines, self.bytes) = (append(&path)?, 0, 0);
        }
        self.file.write_all(line)?;
        self.lines = self.lines.saturating_add(1);
        self.bytes = self.bytes.saturating_add(length);
        Ok(())
    }
}

/// Nobody else reads it.
fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masked::MASK;

    #[test]
    fn what_is_secret_or_not_about_the_cluster_is_left_out() {
        let object = json!({
            "metadata": {
                "name": "a",
                "managedFields": [{"manager": "m"}],
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "secret-1", "clearance.nautes.io/override": "r: why"},
            },
            "spec": {"apiServer": "https://user:secret-2@203.0.113.1:6443", "kubeconfig": "secret-3"},
        });
        let left = redacted(&object.to_string());
        assert_eq!(left["metadata"], json!({"name": "a", "annotations": {"clearance.nautes.io/override": "r: why"}}));
        assert_eq!(left["spec"]["apiServer"], format!("https://{MASK}@203.0.113.1:6443"));
        let escaped = json!({"spec": {"apiServer": "https://user:hunter\"2@203.0.113.1:6443"}});
        assert!(!redacted(&escaped.to_string()).to_string().contains("hunter"));
        assert_eq!(redacted("{\"spec\": "), json!("it cannot be read"));
        let left = left.to_string();
        assert!(!left.contains("secret-"), "{left}");
    }

    #[test]
    fn there_are_never_more_than_asked_for() {
        let directory = std::env::temp_dir().join(format!("clearance-capture-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("it can be made");
        let lines = |name| fs::read_to_string(directory.join(name)).map_or(0, |text| text.lines().count());
        let mut files = Files::open(&directory, 3).expect("it can be opened");
        for number in 0..8 {
            files.write(format!("{number}\n").as_bytes()).expect("it can be written");
            assert!(lines(FILE) <= 3 && lines(BEFORE) <= 3);
        }
        drop(files);
        // A new start goes on where the last one ended.
        let mut files = Files::open(&directory, 3).expect("it can be opened");
        files.write(b"8\n").expect("it can be written");
        assert_eq!(fs::read_to_string(directory.join(FILE)).expect("it is there"), "6\n7\n8\n");
        assert_eq!(fs::read_to_string(directory.join(BEFORE)).expect("it is there"), "3\n4\n5\n");
        fs::remove_dir_all(&directory).expect("it can be removed");
    }
}
