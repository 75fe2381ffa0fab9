//! What may be asked: each request is judged, and answered, or drawn up as a [change](crate::change).

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use axum::http::StatusCode;
use clearance_core::finding::Path;
use clearance_core::mend::mend;
use clearance_core::model::DEFAULT_NAMESPACE;
use clearance_core::repository::can_be_named;
use clearance_core::source::{Entry, Format, Node, TextRange, Value};
use clearance_core::{Applicability, Catalog, Document, Form, Language, Limits, Operation, Override, Verdict, changes};
use clearance_webhook::Rules;
use serde::Serialize;
use serde_json::Value as Json;

use crate::author::Authors;
use crate::caller::Caller;
use crate::change::Draft;
use crate::journal::{Does, Journal};
use crate::judge::Judge;
use crate::known::{Known, SELECTABLE, Stored};
use crate::kubeconfig::leading_to;
use crate::objects::Oid;
use crate::plan::EXCUSE;
use crate::problem::Problem;
use crate::repository::{Right, TenantRepository, trouble};
use crate::secrets::SecretStore;
use crate::templates::Templates;
use crate::told::{Told, tell};

pub(crate) struct Registrar {
    pub repository: Arc<dyn TenantRepository>,
    pub secrets: Box<dyn SecretStore>,
    pub authors: Authors,
    pub journal: Journal,
    pub templates: Templates,
    pub rules: Rules,
    /// Whether `insecure_skip_check` does anything.
    pub honours_overrides: bool,
    pub known: RwLock<Arc<Known>>,
    /// Whose turn it is to change the repository: one at a time, as each change builds on the last.
    pub turn: Mutex<()>,
    pub waiting: AtomicUsize,
    /// How many changes there were.
    pub changes: AtomicUsize,
    pub most_waiting: usize,
    /// Keeps other servers out of the state directory.
    #[expect(dead_code, reason = "it is held, and not used")]
    pub lock: std::fs::File,
}

/// What is asked for beside the description.
#[derive(Debug, Default, Clone)]
pub(crate) struct Asked {
    pub request_id: String,
    pub dry_run: bool,
    pub skip_checks: bool,
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
    /// What findings are told in.
    pub language: Language,
}

/// A description as it came.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub text: String,
    pub format: Format,
}

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Done {
    pub message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Told>,
    /// The commit that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The branch that it is on, where it waits to be merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// What would change, in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    pub request_id: String,
    /// The name of the content of the cluster's file.
    #[serde(skip)]
    pub etag: Option<String>,
}

impl Registrar {
    /// Registers a cluster, or describes it anew.
    pub(crate) fn register(&self, caller: &Caller, name: &str, body: &Body, asked: &Asked) -> Result<Done, Problem> {
        self.repository.open(caller, Right::Write)?;
        let _turn = self.take_turn()?;
        let judge = Judge::now(&self.rules);
        self.change(caller, asked, judge.catalog(), |known| {
            let stored = known.clusters.get(name).cloned();
            conditions(asked, stored.as_deref())?;
            let form = recognised(body)?;
            let document = Document::read_as(&body.text, body.format, form, &Limits::default()).named(name);
            let old = stored.as_ref().and_then(|stored| stored.document());
            let operation = old.as_ref().map_or(Operation::Create, Operation::Update);
            let verdict = judge.judge(&document, operation, &known.fleet);
            let mut resource = resource_of(&document, &verdict);
            if verdict.errors > 0 {
                self.excuse(asked, &verdict, &mut resource).map_err(|()| {
                    self.refused(body, &document, &verdict, asked, |document| judge.judge(document, operation, &known.fleet))
                })?;
            }
            if !can_be_named(name) {
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "this is no name of a cluster"));
            }
            let field = |path| document.find(&Path::of(path), None).and_then(|at| at.node().as_str().map(str::to_owned));
            let address = json(&resource)["spec"]["apiServer"].as_str().unwrap_or_default().to_owned();
            let kubeconfig = field("kubeconfig").and_then(|kubeconfig| leading_to(&kubeconfig, &address));
            let what = if stored.is_some() { "updated" } else { "registered" };
            Ok(Draft {
                stored: stored.clone(),
                resource: Some(resource),
                does: Does::Register,
                kubeconfig,
                message: format!("cluster {name} is {what}"),
                warnings: tell(&document, &verdict.findings, asked.language),
                name: name.to_owned(),
            })
        })
    }

    /// Takes a cluster away.
    pub(crate) fn unregister(&self, caller: &Caller, name: &str, asked: &Asked) -> Result<Done, Problem> {
        self.repository.open(caller, Right::Write)?;
        let _turn = self.take_turn()?;
        let overriding = asked.skip_checks && self.honours_overrides;
        let judge = if overriding { Judge::now(&self.rules).overriding() } else { Judge::now(&self.rules) };
        let is_gone = Cell::new(false);
        let changed = self.change(caller, asked, judge.catalog(), |known| {
            is_gone.set(!known.clusters.contains_key(name));
            let stored = known.clusters.get(name).cloned().ok_or_else(|| Problem::not_found(name))?;
            conditions(asked, Some(&stored))?;
            let document = stored.document().ok_or_else(|| Problem::not_found(name))?;
            let verdict = judge.judge(&document, Operation::Delete, &known.fleet);
            let told = tell(&document, &verdict.findings, asked.language);
            if verdict.errors > 0 {
                let mut detail = first_error(&verdict, asked.language);
                if asked.skip_checks {
                    detail.push_str(if self.honours_overrides {
                        "; a forced deletion needs the annotation `clearance.nautes.io/override` at the stored object first"
                    } else {
                        "; `insecure_skip_check` is not honoured here"
                    });
                }
                return Err(Problem::new(StatusCode::CONFLICT, detail).with(told));
            }
            Ok(Draft {
                stored: Some(Arc::clone(&stored)),
                resource: None,
                does: Does::Unregister,
                kubeconfig: None,
                message: format!("cluster {name} is deleted"),
                warnings: told,
                name: name.to_owned(),
            })
        });
        match changed {
            Err(problem) if is_gone.get() && can_be_named(name) && !asked.dry_run => self.forget(name, asked, problem),
            changed => changed,
        }
    }

    /// What a merged proposal, or somebody by hand, has taken out of the repository: its kubeconfig goes, too.
    fn forget(&self, name: &str, asked: &Asked, otherwise: Problem) -> Result<Done, Problem> {
        let unkept = |error: anyhow::Error| Problem::unkept(&error);
        let Some(current) = self.secrets.current(name).map_err(unkept)? else { return Err(otherwise) };
        self.secrets.remove(name, &current.version).map_err(unkept)?;
        Ok(Done {
            message: format!("cluster {name} was deleted; now its kubeconfig is, too"),
            warnings: Vec::new(),
            commit: None,
            branch: None,
            diff: None,
            request_id: asked.request_id.clone(),
            etag: None,
        })
    }

    /// One cluster.
    pub(crate) fn get(&self, caller: &Caller, name: &str) -> Result<Arc<Stored>, Problem> {
        let known = self.read(caller)?;
        known.clusters.get(name).cloned().ok_or_else(|| Problem::not_found(name))
    }

    /// The clusters that a selector picks, as a JSON object, and the commit that they stand in.
    pub(crate) fn list(&self, caller: &Caller, selector: &[(usize, String)]) -> Result<(String, String), Problem> {
        let known = self.read(caller)?;
        let picked =
            known.clusters.values().filter(|stored| selector.iter().all(|(field, value)| stored.fields.get(*field) == Some(value)));
        let mut text = String::from("{\"items\":[");
        for (index, stored) in picked.enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(&stored.shown);
        }
        text.push_str("]}");
        let tip = known.tip.as_ref().map_or_else(|| "empty".to_owned(), ToString::to_string);
        Ok((text, tip))
    }

    fn read(&self, caller: &Caller) -> Result<Arc<Known>, Problem> {
        let tip = self.repository.open(caller, Right::Read)?;
        self.known_at(tip.as_ref(), Judge::now(&self.rules).catalog())
    }

    /// What is known of a commit. Nobody waits for who looks at it, however long policies take to judge.
    pub(crate) fn known_at(&self, tip: Option<&Oid>, catalog: &Catalog) -> Result<Arc<Known>, Problem> {
        let known = Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner));
        if known.is_of(tip, catalog) {
            return Ok(known);
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Who still looks at another commit keeps what it was.
        Arc::make_mut(&mut known).follow(self.repository.objects(), tip, catalog).map_err(|error| trouble(&error))?;
        Ok(Arc::clone(&known))
    }

    fn take_turn(&self) -> Result<Turn<'_>, Problem> {
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= self.most_waiting {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(Problem::busy("too many changes wait for their turn; ask again"));
        }
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Turn { _turn: turn, waiting: &self.waiting })
    }

    /// Lets a refused description through where the configuration and the rules allow it: the object then
    /// says so itself, and the webhook reads it there.
    fn excuse(&self, asked: &Asked, verdict: &Verdict, resource: &mut Node<'static>) -> Result<(), ()> {
        let errors = || verdict.findings.iter().filter(|finding| finding.severity == clearance_core::Severity::Error);
        let may =
            asked.skip_checks && self.honours_overrides && verdict.omitted == 0 && errors().all(|finding| finding.rule.can_be_overridden());
        if !may {
            return Err(());
        }
        let mut rules: Vec<&str> = errors().map(|finding| finding.rule.name).collect();
        rules.sort_unstable();
        rules.dedup();
        let lines: Vec<String> = rules.iter().map(|rule| format!("{rule}: {EXCUSE} {}", asked.request_id)).collect();
        let path = Path::root().key("metadata").key("annotations").key(Override::ANNOTATION);
        changes::apply(resource, &[clearance_core::Change::Insert { path, value: Value::String(lines.join("\n").into()) }]);
        Ok(())
    }

    fn refused(
        &self,
        body: &Body,
        document: &Document<'_>,
        verdict: &Verdict,
        asked: &Asked,
        judge: impl Fn(&Document<'_>) -> Verdict,
    ) -> Problem {
        let mut detail = first_error(verdict, asked.language);
        if asked.skip_checks {
            detail.push_str(if self.honours_overrides {
                "; `insecure_skip_check` skips checks of relations only"
            } else {
                "; `insecure_skip_check` is not honoured here"
            });
        }
        let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with(tell(document, &verdict.findings, asked.language));
        let name = document.name.as_deref().unwrap_or_default().to_owned();
        let mended = mend(&body.text, Applicability::Safe, |text| {
            let document = Document::read_as(text, body.format, document.form, &Limits::default()).named(name.clone());
            let verdict = judge(&document);
            vec![(document, verdict)]
        });
        if !mended.made.is_empty() {
            // To be sent again, once its kubeconfig is put back: an answer holds no credential.
            let mended = Document::read_as(&mended.text, body.format, document.form, &Limits::default());
            problem.mended = Some(mended.masked("$kubeconfig", "…"));
        }
        problem
    }
}

/// A turn that is over when it is dropped.
struct Turn<'r> {
    _turn: MutexGuard<'r, ()>,
    waiting: &'r AtomicUsize,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A property file, as the Nautes command line has them, or the request of the guides. Of several documents none is
/// passed over without a word.
fn recognised(body: &Body) -> Result<Form, Problem> {
    let parsed = clearance_core::source::read(&body.text, body.format, &Limits::default());
    if parsed.iter().filter(|parsed| !parsed.root.is_null()).count() > 1 {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "the body holds several documents; a request describes one cluster"));
    }
    Ok(match parsed.first().and_then(|parsed| Form::recognise(&parsed.root)) {
        Some(Form::Property) => Form::Property,
        _ => Form::Request,
    })
}

/// The resource with everything filled in.
fn resource_of(document: &Document<'_>, verdict: &Verdict) -> Node<'static> {
    let mut resource = document.to_resource();
    changes::apply(&mut resource, &verdict.fill);
    if let Value::Map(entries) = &mut resource.value
        && let Some(metadata) = entries.iter_mut().find(|entry| entry.key == "metadata")
        && let Value::Map(entries) = &mut metadata.value.value
        && !entries.iter().any(|entry| entry.key == "namespace")
    {
        let value = Node::new(Value::String(DEFAULT_NAMESPACE.into()), TextRange::default());
        entries.push(Entry { key: "namespace".into(), key_range: TextRange::default(), merged: false, value });
    }
    resource
}

pub(crate) fn json(node: &Node<'static>) -> Json {
    serde_json::to_value(node).unwrap_or_default()
}

/// The first error in words, and how many more there are.
fn first_error(verdict: &Verdict, language: Language) -> String {
    let first = verdict.findings.iter().find(|finding| finding.severity == clearance_core::Severity::Error);
    let first = first.map(|finding| finding.message(language)).unwrap_or_default();
    match (verdict.errors, language) {
        (0 | 1, _) => first,
        (more, Language::English) => format!("{first}, and {} more", more - 1),
        (more, Language::Chinese) => format!("{first}，另有 {} 处错误", more - 1),
    }
}

/// `If-Match` and `If-None-Match` (RFC 9110, 13.1).
fn conditions(asked: &Asked, stored: Option<&Stored>) -> Result<(), Problem> {
    // Weak tags are equal to what they name only where nothing is to be written over (RFC 9110, 13.1.1 and 13.1.2).
    let names = |list: &str, weakly: bool| {
        list.split(',').map(str::trim).any(|tag| {
            let strong = tag.strip_prefix("W/").filter(|_| weakly).unwrap_or(tag);
            stored.is_some_and(|stored| tag == "*" || strong == quoted(&stored.blob.to_string()))
        })
    };
    let failed = |what: &str| Err(Problem::new(StatusCode::PRECONDITION_FAILED, what));
    if asked.if_match.as_ref().is_some_and(|list| !names(list, false)) {
        return failed("the cluster is not as `If-Match` says: somebody changed it, or it is not there");
    }
    if asked.if_none_match.as_ref().is_some_and(|list| names(list, true)) {
        return failed("the cluster is there already, as `If-None-Match` says it must not");
    }
    Ok(())
}

pub(crate) fn quoted(tag: &str) -> String {
    format!("\"{tag}\"")
}

/// The fields and values of a `field_selector`.
pub(crate) fn selector(text: &str) -> Result<Vec<(usize, String)>, Problem> {
    let wrong = || {
        let detail = format!("`field_selector` is written as `usage=worker,cluster_type=physical`; there are: {}", SELECTABLE.join(", "));
        Problem::new(StatusCode::BAD_REQUEST, detail)
    };
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (field, value) = pair.split_once('=').ok_or_else(wrong)?;
            let field = SELECTABLE.iter().position(|known| *known == field.trim()).ok_or_else(wrong)?;
            Ok((field, value.trim_start_matches('=').trim().to_owned()))
        })
        .collect()
}

/// A name that nothing else has.
pub(crate) fn new_id() -> String {
    let mut bytes = [0_u8; 16];
    fill(&mut bytes);
    bytes.iter().fold(String::new(), |id, byte| format!("{id}{byte:02x}"))
}

pub(crate) fn random_byte() -> u8 {
    let mut byte = [0_u8];
    fill(&mut byte);
    byte[0]
}

fn fill(bytes: &mut [u8]) {
    // The system's source does not fail once the system runs.
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), bytes);
}
