//! From a draft to a commit: planned on the tip, stored as pending, published, put in force. What a crash or a
//! secret store that was away leaves behind is settled here, too.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use clearance_core::Catalog;
use clearance_core::model::DEFAULT_NAMESPACE;
use clearance_core::source::Node;
use serde_json::Value as Json;

use crate::caller::Caller;
use crate::journal::{Does, Step};
use crate::known::{Known, Stored};
use crate::objects::{Becomes, Changes, Message, Oid};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::registrar::{Asked, Done, Registrar, json, new_id, random_byte};
use crate::repository::{NeedsCaller, Published, Right, trouble};
use crate::secrets::Kubeconfig;
use crate::templates::Site;
use crate::told::Told;

/// After how many changes the objects of the repository are looked at.
const LOOK: usize = 128;
/// How often a change is built anew where others came first.
const ATTEMPTS: u32 = 20;

/// A change as one look at the repository draws it.
pub(crate) struct Draft {
    pub name: String,
    pub stored: Option<Arc<Stored>>,
    pub resource: Option<Node<'static>>,
    pub does: Does,
    pub kubeconfig: Option<Kubeconfig>,
    pub message: String,
    pub warnings: Vec<Told>,
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

impl Registrar {
    /// Finishes or undoes what a crash, a lost answer or a secret store that was away has left. Without a caller
    /// only a repository of our own can be asked; of another one, what the last caller was shown is known, and
    /// what is not in that may have come to be since.
    pub(crate) fn settle(&self) -> anyhow::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let objects = self.repository.objects();
        let (tip, is_latest) = match self.repository.own_tip() {
            Ok(tip) => (tip, true),
            Err(NeedsCaller) => (self.known.read().unwrap_or_else(PoisonError::into_inner).tip.clone(), false),
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
    pub(crate) fn change(
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
            let known = self.known_at(tip.as_ref(), catalog)?;
            let draft = draft(&known)?;
            let [(before, host_before), (after, host_after)] = [draft.before(), draft.resource.as_ref().map(json)].map(|resource| {
                let host = resource.as_ref().and_then(|resource| host_address(&known, resource["spec"]["hostCluster"].as_str()?));
                (resource, host)
            });
            let path = draft.path();
            let [address_before, address] =
                [&before, &after].map(|cluster| cluster.as_ref().and_then(|cluster| cluster["spec"]["apiServer"].as_str()));
            let hosted = if address == address_before { Vec::new() } else { hosted_by(&known, &draft.name) };
            // It need not be held while the repository is written to.
            drop(known);
            let plan = Plan {
                name: &draft.name,
                path: &path,
                resource: draft.resource.as_ref(),
                before: before.as_ref().map(|cluster| Site { name: &draft.name, cluster, host: host_before.as_deref() }),
                after: after.as_ref().map(|cluster| Site { name: &draft.name, cluster, host: host_after.as_deref() }),
                hosted: hosted.iter().map(|(name, cluster)| Site { name, cluster, host: address }).collect(),
            };
            if let Some(site) = plan.after.as_ref().filter(|site| site.is_virtual() && site.host.is_none()) {
                let detail =
                    format!("the host cluster `{}` is not in the repository, so there is nowhere to install this one", site.host_name());
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
            }
            if let Some(done) = self.make(caller, asked, tip.as_ref(), catalog, &plan, &draft)? {
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
        plan: &Plan<'_>,
        draft: &Draft,
    ) -> Result<Option<Done>, Problem> {
        let objects = self.repository.objects();
        let Draft { name, kubeconfig, .. } = draft;
        let changes = plan.changes(objects, tip, &self.templates, catalog)?;
        let unkept = |error: anyhow::Error| Problem::unkept(&error);
        let mut done = Done {
            message: draft.message.clone(),
            warnings: draft.warnings.clone(),
            commit: None,
            branch: None,
            diff: None,
            request_id: asked.request_id.clone(),
            etag: None,
        };
        // Of a kubeconfig that alone is new nothing shows in the repository.
        let replaced = match kubeconfig {
            Some(kubeconfig) if changes.is_empty() && tip.is_some() => {
                let current = self.secrets.current(name).map_err(unkept)?;
                current.is_none_or(|current| current.kubeconfig != *kubeconfig).then_some(kubeconfig)
            }
            _ => None,
        };
        if changes.is_empty() {
            done.message = match replaced {
                Some(_) => format!("the kubeconfig of cluster {name} is replaced"),
                None => format!("cluster {name} is as described already"),
            };
        }
        if asked.dry_run {
            let is_nothing = changes.is_empty() && replaced.is_none();
            done.message = format!("dry run: {}", if is_nothing { "nothing would change".to_owned() } else { done.message });
            done.diff = Some(self.diff(tip, &changes)?);
            return Ok(Some(done));
        }
        let id = new_id();
        if changes.is_empty() {
            if let (Some(kubeconfig), Some(tip)) = (replaced, tip) {
                // The repository is there already: what a crash leaves is put in force.
                let step = Step { id, cluster: name.clone(), does: draft.does, commit: tip.to_string(), version: None };
                let stored = self.store(&step, Some(kubeconfig)).and_then(|()| step.finish(self.secrets.as_ref()));
                if let Err(error) = stored.and_then(|()| self.journal.close(&step.id)) {
                    self.undo(&step);
                    return Err(unkept(error));
                }
            }
            done.etag = self.known_at(tip, catalog)?.clusters.get(name).map(|stored| stored.blob.to_string());
            return Ok(Some(done));
        }
        // A virtual cluster is reached through its host cluster: what led to the physical one that it was leads nowhere.
        let is_virtual = |site: &Option<Site<'_>>| site.as_ref().map(Site::is_virtual);
        let turns_virtual = is_virtual(&plan.before) == Some(false) && is_virtual(&plan.after) == Some(true);
        let version = if draft.does == Does::Unregister || turns_virtual && kubeconfig.is_none() {
            self.secrets.current(name).map_err(unkept)?.map(|current| current.version)
        } else {
            None
        };
        let verb = if draft.does == Does::Register { "Register" } else { "Unregister" };
        let text = format!("{verb} cluster {name}\n\nRequest-Id: {}\n", asked.request_id);
        let author = self.authors.author(caller);
        let commit = objects.commit(&id, tip, &changes, &Message { text: &text, author: &author }).map_err(|error| trouble(&error))?;
        // From here on a crash is found in the journal.
        let step = Step { id: id.clone(), cluster: name.clone(), does: draft.does, commit: commit.to_string(), version };
        if let Err(error) = self.store(&step, kubeconfig.as_ref()) {
            self.undo(&step);
            return Err(unkept(error));
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

    /// Notes a step and stores its kubeconfig, which does not count before the step is finished.
    fn store(&self, step: &Step, kubeconfig: Option<&Kubeconfig>) -> anyhow::Result<()> {
        self.journal.note(step)?;
        kubeconfig.map_or(Ok(()), |kubeconfig| self.secrets.put_pending(&step.cluster, &step.id, kubeconfig))
    }

    /// Takes back what a step has stored.
    fn undo(&self, step: &Step) {
        let undone = step.undo(self.secrets.as_ref());
        let _ = self.repository.objects().forget(&step.id);
        if let Err(error) = undone.and_then(|()| self.journal.close(&step.id)) {
            tracing::error!(error = crate::log_line(&format!("{error:#}")), "a step could not be taken back; the journal will");
        }
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
    known.fleet.find(&(DEFAULT_NAMESPACE.to_owned(), name.to_owned())).next()?.api_server()
}

/// The virtual clusters on a host cluster: what installs them there names its address.
fn hosted_by(known: &Known, name: &str) -> Vec<(String, Json)> {
    let host = (DEFAULT_NAMESPACE.to_owned(), name.to_owned());
    let stored = known.fleet.hosted_by(&host).filter_map(|record| Some((&record.name, known.clusters.get(&record.name)?)));
    stored.filter_map(|(name, stored)| Some((name.clone(), json(&stored.document()?.to_resource())))).collect()
}

fn name_or_null(side: &str, path: &str, is_there: bool) -> String {
    if is_there { format!("{side}/{path}") } else { "/dev/null".to_owned() }
}
