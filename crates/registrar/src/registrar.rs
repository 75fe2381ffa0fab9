//! From a request to a commit: judged, planned, stored as pending, published, put in force.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use clearance_core::finding::Path;
use clearance_core::mend::mend;
use clearance_core::model::DEFAULT_NAMESPACE;
use clearance_core::source::{Entry, Format, Node, TextRange, Value};
use clearance_core::{Applicability, Catalog, Document, Form, Limits, Operation, Override, Verdict, changes};
use clearance_webhook::Rules;
use serde::Serialize;
use serde_json::Value as Json;

use crate::author::Authors;
use crate::caller::Caller;
use crate::journal::{Does, Journal, Step};
use crate::judge::Judge;
use crate::known::{Known, SELECTABLE, Stored};
use crate::kubeconfig::leading_to;
use crate::objects::{Becomes, Changes, Message, Oid};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::repository::{NeedsCaller, Published, Right, TenantRepository, trouble};
use crate::secrets::{Kubeconfig, SecretStore};
use crate::templates::{Site, Templates};
use crate::told::{Told, tell};

/// After how many changes the objects of the repository are looked at.
const LOOK: usize = 128;
/// How often a change is built anew where others came first.
const ATTEMPTS: u32 = 20;

pub(crate) struct Registrar {
    pub repository: Arc<dyn TenantRepository>,
    pub secrets: Box<dyn SecretStore>,
    pub authors: Authors,
    pub journal: Journal,
    pub templates: Templates,
    pub rules: Rules,
    /// Whether `insecure_skip_check` does anything.
    pub honours_overrides: bool,
    pub known: Mutex<Known>,
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

/// What a change should come to.
struct Wanted<'w> {
    plan: Plan<'w>,
    does: Does,
    kubeconfig: Option<Kubeconfig>,
    message: String,
    warnings: Vec<Told>,
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
            let form = recognised(body);
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
            if !is_label(name) {
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
                warnings: tell(&document, &verdict.findings),
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
        self.change(caller, asked, judge.catalog(), |known| {
            let stored = known.clusters.get(name).cloned().ok_or_else(|| Problem::not_found(name))?;
            conditions(asked, Some(&stored))?;
            let document = stored.document().ok_or_else(|| Problem::not_found(name))?;
            let verdict = judge.judge(&document, Operation::Delete, &known.fleet);
            let told = tell(&document, &verdict.findings);
            if verdict.errors > 0 {
                let mut detail = first_error(&verdict);
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

    fn read(&self, caller: &Caller) -> Result<MutexGuard<'_, Known>, Problem> {
        let tip = self.repository.open(caller, Right::Read)?;
        self.known_at(tip.as_ref(), Judge::now(&self.rules).catalog())
    }

    fn known_at(&self, tip: Option<&Oid>, catalog: &Catalog) -> Result<MutexGuard<'_, Known>, Problem> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.follow(self.repository.objects(), tip, catalog).map_err(|error| trouble(&error))?;
        Ok(known)
    }

    fn take_turn(&self) -> Result<Turn<'_>, Problem> {
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= self.most_waiting {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(Problem::busy("too many changes wait for their turn; ask again"));
        }
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Turn { _turn: turn, waiting: &self.waiting })
    }

    /// Finishes or undoes what a crash, a lost answer or a secret store that was away has left. Without a caller
    /// only a repository of our own can be asked; of another one, what the last caller was shown is known, and
    /// what is not in that may have come to be since.
    pub(crate) fn settle(&self) -> anyhow::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let objects = self.repository.objects();
        let (tip, is_latest) = match self.repository.own_tip() {
            Ok(tip) => (tip, true),
            Err(NeedsCaller) => (self.known.lock().unwrap_or_else(PoisonError::into_inner).tip.clone(), false),
        };
        self.journal.settle(objects, self.secrets.as_ref(), tip.as_ref(), is_latest)?;
        for id in objects.prepared()? {
            if !self.journal.knows(&id) {
                objects.forget(&id)?;
            }
        }
        Ok(())
    }

    /// The same, from time to time: git is not asked where nothing is open.
    pub(crate) fn settle_what_is_open(&self) -> anyhow::Result<()> {
        if self.journal.is_empty()? { Ok(()) } else { self.settle() }
    }

    /// Drafts a change on the tip, and makes it; drafts it again where others came first.
    fn change(
        &self,
        caller: &Caller,
        asked: &Asked,
        catalog: &Catalog,
        draft: impl Fn(&Known) -> Result<Draft, Problem>,
    ) -> Result<Done, Problem> {
        let objects = self.repository.objects();
        for attempt in 0..ATTEMPTS {
            let tip = self.repository.open(caller, Right::Read)?;
            self.journal.settle(objects, self.secrets.as_ref(), tip.as_ref(), true).map_err(|error| Problem::unkept(&error))?;
            let (draft, host_before, host_after) = {
                let known = self.known_at(tip.as_ref(), catalog)?;
                let draft = draft(&known)?;
                let host = |resource: Option<Json>| host_address(&known, resource?["spec"]["hostCluster"].as_str()?);
                let before = host(draft.before());
                let after = host(draft.resource.as_ref().map(json));
                (draft, before, after)
            };
            let before = draft.before();
            let after = draft.resource.as_ref().map(json);
            let path = draft.path();
            let plan = Plan {
                name: &draft.name,
                path: &path,
                resource: draft.resource.as_ref(),
                before: before.as_ref().map(|cluster| Site { name: &draft.name, cluster, host: host_before.as_deref() }),
                after: after.as_ref().map(|cluster| Site { name: &draft.name, cluster, host: host_after.as_deref() }),
            };
            if let Some(site) = plan.after.as_ref().filter(|site| site.is_virtual() && site.host.is_none()) {
                let detail =
                    format!("the host cluster `{}` is not in the repository, so there is nowhere to install this one", site.host_name());
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
            }
            let wanted = Wanted {
                plan,
                does: draft.does,
                kubeconfig: draft.kubeconfig.clone(),
                message: draft.message.clone(),
                warnings: draft.warnings.clone(),
            };
            if let Some(done) = self.make(caller, asked, tip.as_ref(), catalog, wanted)? {
                return Ok(done);
            }
            // Two that are overtaken by each other must not go on in step.
            std::thread::sleep(Duration::from_millis(u64::from(random_byte()) / 4 * u64::from(attempt.min(4) + 1)));
        }
        Err(Problem::unavailable("others change the tenant repository all the time; nothing was changed"))
    }

    /// Makes a change; nothing where another one came first.
    fn make(
        &self,
        caller: &Caller,
        asked: &Asked,
        tip: Option<&Oid>,
        catalog: &Catalog,
        wanted: Wanted<'_>,
    ) -> Result<Option<Done>, Problem> {
        let objects = self.repository.objects();
        let Wanted { plan, does, kubeconfig, message, warnings } = wanted;
        let name = plan.name;
        let changes = plan.changes(objects, tip, &self.templates, catalog)?;
        let unkept = |error: anyhow::Error| Problem::unkept(&error);
        let mut done = Done { message, warnings, commit: None, branch: None, diff: None, request_id: asked.request_id.clone(), etag: None };
        if asked.dry_run {
            done.message = format!("dry run: {}", if changes.is_empty() { "nothing would change".to_owned() } else { done.message });
            done.diff = Some(self.diff(tip, &changes)?);
            return Ok(Some(done));
        }
        let id = new_id();
        if changes.is_empty() {
            done.message = format!("cluster {name} is as described already");
            if let Some(kubeconfig) = kubeconfig
                && self.secrets.current(name).map_err(unkept)?.is_none_or(|current| current.kubeconfig != kubeconfig)
            {
                self.secrets.put_pending(name, &id, &kubeconfig).and_then(|()| self.secrets.promote(name, &id)).map_err(unkept)?;
                done.message = format!("the kubeconfig of cluster {name} is replaced");
            }
            done.etag = self.known_at(tip, catalog)?.clusters.get(name).map(|stored| stored.blob.to_string());
            return Ok(Some(done));
        }
        let version = match does {
            Does::Register => None,
            Does::Unregister => self.secrets.current(name).map_err(unkept)?.map(|current| current.version),
        };
        let verb = if does == Does::Register { "Register" } else { "Unregister" };
        let text = format!("{verb} cluster {name}\n\nRequest-Id: {}\n", asked.request_id);
        let author = self.authors.author(caller);
        let commit = objects.commit(&id, tip, &changes, &Message { text: &text, author: &author }).map_err(|error| trouble(&error))?;
        // From here on a crash is found in the journal.
        let step = Step { id: id.clone(), cluster: name.to_owned(), does, commit: commit.to_string(), version };
        let stored = self.journal.note(&step).and_then(|()| match &kubeconfig {
            Some(kubeconfig) => self.secrets.put_pending(name, &id, kubeconfig),
            None => Ok(()),
        });
        if let Err(error) = stored {
            self.undo(&step);
            return Err(Problem::unkept(&error));
        }
        match self.repository.publish(caller, &id, &commit, tip) {
            Published::Done => {
                done.commit = Some(commit.to_string());
                self.pack_now_and_then();
                // What is not settled now stays in the journal, and is settled by the next change or before.
                if let Err(error) = step.finish(self.secrets.as_ref()).and_then(|()| self.journal.close(&id)) {
                    tracing::error!(error = crate::log_line(&format!("{error:#}")), "the secret store is behind the repository");
                }
                // The change is made: where it cannot be read again, only the etag is lacking.
                let known = self.known_at(Some(&commit), catalog).ok();
                done.etag = known.and_then(|known| known.clusters.get(name).map(|stored| stored.blob.to_string()));
                Ok(Some(done))
            }
            Published::Overtaken => {
                self.undo(&step);
                Ok(None)
            }
            Published::Proposed(branch) => {
                // It counts only once it is merged; the journal must not forget it until then, and it would.
                self.undo(&step);
                done.message =
                    format!("the branch takes no direct push: {} once `{branch}` is merged and the request is sent again", done.message);
                done.commit = Some(commit.to_string());
                done.branch = Some(branch);
                Ok(Some(done))
            }
            Published::Refused(problem) => {
                self.undo(&step);
                Err(problem)
            }
            // The journal finds out.
            Published::Unknown(problem) => Err(problem),
        }
    }

    /// Keeps the repository quick while it grows, beside what is going on.
    fn pack_now_and_then(&self) {
        if self.changes.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOK) {
            let repository = Arc::clone(&self.repository);
            std::thread::spawn(move || {
                if let Err(error) = repository.objects().pack() {
                    tracing::warn!(%error, "the objects of the repository cannot be packed");
                }
            });
        }
    }

    /// Takes back what a step has stored.
    fn undo(&self, step: &Step) {
        let undone = step.undo(self.secrets.as_ref());
        let _ = self.repository.objects().forget(&step.id);
        if let Err(error) = undone.and_then(|()| self.journal.close(&step.id)) {
            tracing::error!(error = crate::log_line(&format!("{error:#}")), "a step could not be taken back; the journal will");
        }
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
        let lines: Vec<String> = rules.iter().map(|rule| format!("{rule}: insecure_skip_check, request {}", asked.request_id)).collect();
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
        let mut detail = first_error(verdict);
        if asked.skip_checks {
            detail.push_str(if self.honours_overrides {
                "; `insecure_skip_check` skips checks of relations only"
            } else {
                "; `insecure_skip_check` is not honoured here"
            });
        }
        let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with(tell(document, &verdict.findings));
        let name = document.name.as_deref().unwrap_or_default().to_owned();
        let mended = mend(&body.text, Applicability::Safe, |text| {
            let document = Document::read_as(text, body.format, document.form, &Limits::default()).named(name.clone());
            let verdict = judge(&document);
            vec![(document, verdict)]
        });
        if !mended.made.is_empty() {
            problem.mended = Some(without_kubeconfig(&mended.text, body.format, document.form));
        }
        problem
    }

    /// What would change, as a unified diff.
    fn diff(&self, tip: Option<&Oid>, changes: &Changes) -> Result<String, Problem> {
        let objects = self.repository.objects();
        let mut text = String::new();
        for (path, becomes) in changes {
            let there = match tip {
                Some(tip) => objects.files(tip, path).map_err(|error| trouble(&error))?,
                None => Vec::new(),
            };
            let ids: Vec<Oid> = there.iter().map(|entry| entry.id.clone()).collect();
            let olds = objects.read(&ids, usize::MAX).map_err(|error| trouble(&error))?;
            let new = if let Becomes::File(new) = becomes { new.as_str() } else { "" };
            let pairs: Vec<(&str, String)> = if there.is_empty() {
                vec![(path.as_str(), String::new())]
            } else {
                there.iter().map(|entry| entry.path.as_str()).zip(olds.into_iter().map(Option::unwrap_or_default)).collect()
            };
            for (path, old) in pairs {
                let (from, to) = (name_or_null("a", path, !old.is_empty()), name_or_null("b", path, matches!(becomes, Becomes::File(_))));
                text.push_str(&similar::TextDiff::from_lines(old.as_str(), new).unified_diff().header(&from, &to).to_string());
            }
        }
        Ok(text)
    }
}

/// The address of a host cluster, wherever in the repository it is described.
fn host_address(known: &Known, name: &str) -> Option<String> {
    if let Some(document) = known.clusters.get(name).and_then(|stored| stored.document()) {
        return json(&document.to_resource())["spec"]["apiServer"].as_str().map(str::to_owned);
    }
    let (host, port) = known.fleet.find(&(DEFAULT_NAMESPACE.to_owned(), name.to_owned())).next()?.address.clone()?;
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host };
    Some(format!("https://{host}:{port}"))
}

/// A change as one look at the repository draws it.
struct Draft {
    name: String,
    stored: Option<Arc<Stored>>,
    resource: Option<Node<'static>>,
    does: Does,
    kubeconfig: Option<Kubeconfig>,
    message: String,
    warnings: Vec<Told>,
}

impl Draft {
    fn path(&self) -> String {
        self.stored
            .as_ref()
            .map_or_else(|| format!("{}/{}.yaml", clearance_core::repository::CLUSTERS, self.name), |stored| stored.path.clone())
    }

    fn before(&self) -> Option<Json> {
        self.stored.as_ref().and_then(|stored| stored.document().map(|document| json(&document.to_resource())))
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

fn name_or_null(side: &str, path: &str, is_there: bool) -> String {
    if is_there { format!("{side}/{path}") } else { "/dev/null".to_owned() }
}

/// A property file, as the Nautes command line has them, or the request of the guides.
fn recognised(body: &Body) -> Form {
    let parsed = clearance_core::source::read(&body.text, body.format, &Limits::default()).into_iter().next();
    match parsed.and_then(|parsed| Form::recognise(&parsed.root)) {
        Some(Form::Property) => Form::Property,
        _ => Form::Request,
    }
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

fn json(node: &Node<'static>) -> Json {
    serde_json::to_value(node).unwrap_or_default()
}

/// The first error in words, and how many more there are.
fn first_error(verdict: &Verdict) -> String {
    let first = verdict.findings.iter().find(|finding| finding.severity == clearance_core::Severity::Error);
    let first = first.map(|finding| finding.message(clearance_core::Language::English)).unwrap_or_default();
    match verdict.errors {
        0 | 1 => first,
        more => format!("{first}, and {} more", more - 1),
    }
}

/// A body to be sent again, once its kubeconfig is put back: an answer holds no credential.
fn without_kubeconfig(text: &str, format: Format, form: Form) -> String {
    let document = Document::read_as(text, format, form, &Limits::default());
    let mut secrets = document.secrets();
    secrets.sort();
    secrets.dedup();
    let mut masked = String::new();
    let mut at = 0;
    for range in secrets {
        let range = range.as_range();
        let Some(before) = text.get(at..range.start) else { continue };
        masked.push_str(before);
        masked.push_str("\"$kubeconfig\"");
        at = range.end;
    }
    masked + text.get(at..).unwrap_or_default()
}

/// `If-Match` and `If-None-Match` (RFC 9110, 13.1).
fn conditions(asked: &Asked, stored: Option<&Stored>) -> Result<(), Problem> {
    let names = |list: &str| {
        let is_there = stored.is_some();
        list.split(',').map(str::trim).any(|tag| {
            (tag == "*" && is_there) || stored.is_some_and(|stored| tag.trim_start_matches("W/") == quoted(&stored.blob.to_string()))
        })
    };
    let failed = |what: &str| Err(Problem::new(StatusCode::PRECONDITION_FAILED, what));
    if asked.if_match.as_ref().is_some_and(|list| !names(list)) {
        return failed("the cluster is not as `If-Match` says: somebody changed it, or it is not there");
    }
    if asked.if_none_match.as_ref().is_some_and(|list| names(list)) {
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

/// What may name files and hosts.
fn is_label(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    plain && (1..=63).contains(&name.len()) && !name.starts_with('-') && !name.ends_with('-')
}

/// A name that nothing else has.
pub(crate) fn new_id() -> String {
    let mut bytes = [0_u8; 16];
    fill(&mut bytes);
    bytes.iter().fold(String::new(), |id, byte| format!("{id}{byte:02x}"))
}

fn random_byte() -> u8 {
    let mut byte = [0_u8];
    fill(&mut byte);
    byte[0]
}

fn fill(bytes: &mut [u8]) {
    // The system's source does not fail once the system runs.
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), bytes);
}
