//! A repository: what lies on disk, what is open in the editor instead, and the fleet of both.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use clearance_core::fleet::Identity;
use clearance_core::repository::{Neighbours, listed};
use clearance_core::source::{Format, Limits};
use clearance_core::{Catalog, Document, Fleet, Form, Language, Operation, Record, Referrer, Rulebook, Verdict};
use clearance_files::catalog::OwnCatalog;
use clearance_files::config::{Config, NAME, Read, upwards};
use clearance_files::input::{Input, Inputs, Source, cannot_read, collect};
use clearance_files::policies::OwnPolicies;
use clearance_files::scan::{Reader, Scanned, of_snapshots};
use clearance_files::surroundings::Surroundings;
use clearance_policy_host::{Basis, Mode, Policies};
use clearance_render::Told;

use crate::client::Client;
use crate::disk::{self, Seen, Stamp, Stamps};
use crate::settings::Settings;

/// A file's part in the fleet.
#[derive(Debug, Default)]
struct File {
    records: Vec<Arc<Record>>,
    referrers: Vec<Referrer>,
    clusters: usize,
    is_list: bool,
    told: bool,
    stamp: Option<Stamp>,
}

/// A repository.
pub(crate) struct Repository {
    /// Where it lies; nothing for what lies in none.
    pub root: Option<PathBuf>,
    pub rulebook: Rulebook,
    pub fleet: Fleet,
    /// The file of its settings, and what is wrong in it.
    pub config_file: Option<PathBuf>,
    pub config_findings: Vec<Told>,
    config: Config,
    /// The files that say what it goes by, as they were when they were read.
    settings_seen: Stamps,
    /// An organisation's own policies, where the settings name some, and the file that configures them.
    pub policies: OwnPolicies,
    pub policy_file: Option<PathBuf>,
    /// What its settings name and cannot be read, in words: what is told without it may not be so elsewhere.
    unread: Vec<String>,
    files: BTreeMap<PathBuf, File>,
    judged: HashMap<Identity, Vec<Arc<Record>>>,
    outside: Outside,
    now: Option<i64>,
    name: Option<String>,
    /// A number that no other state of this fleet or another one has.
    pub state: u64,
    /// What was last judged of each file.
    kept: RefCell<HashMap<PathBuf, Kept>>,
}

/// The verdicts of a text.
#[derive(Clone)]
struct Kept {
    /// By what the text is known again.
    print: u64,
    verdicts: Vec<Rc<Verdict>>,
}

fn next_state() -> u64 {
    static STATES: AtomicU64 = AtomicU64::new(0);
    STATES.fetch_add(1, Ordering::Relaxed)
}

/// What exists elsewhere, where the settings say so.
#[derive(Debug, Default)]
struct Outside {
    records: HashMap<Identity, Vec<Arc<Record>>>,
    referrers: Vec<Referrer>,
    /// The files that it was read from, as they were then.
    seen: Stamps,
    /// What of it could not be read, in words.
    troubles: Vec<String>,
    /// Whether it may hold more than was read.
    has_gaps: bool,
}

/// The files that may be the settings of a directory, as they are: what is not there may come.
fn places_of_settings(root: &Path) -> Stamps {
    let mut seen = Stamps::new();
    for directory in root.ancestors() {
        let path = directory.join(NAME);
        let stamp = disk::stamp(&path);
        seen.insert(path, stamp);
        if stamp.is_some() || directory.join(".git").exists() {
            break;
        }
    }
    seen
}

/// Some files, as they are.
fn stamps(inputs: &Inputs) -> Stamps {
    inputs.found.iter().map(|input| PathBuf::from(&input.name)).map(|path| (path.clone(), disk::stamp(&path))).collect()
}

/// What is read; or why it is not, for people.
fn or_tell<T>(read: anyhow::Result<T>, unread: &mut Vec<String>) -> Option<T> {
    read.map_err(|why| unread.push(format!("{why:#}"))).ok()
}

fn own_catalog(path: &Path) -> anyhow::Result<Catalog> {
    let own = OwnCatalog::read(path)?;
    own.catalog().cloned().ok_or_else(|| {
        let first = own.findings(Language::English, false).into_iter().next().map(|told| told.finding.message);
        anyhow::anyhow!("`{}` is no catalogue, and the built-in one is used: {}", path.display(), first.unwrap_or_default())
    })
}

impl Repository {
    /// Reads the settings and everything below a directory.
    pub(crate) fn load(root: Option<PathBuf>, settings: &Settings, client: &Client) -> Self {
        // Each is looked at before it is read: what changes meanwhile is seen to have changed.
        let mut settings_seen = root.as_deref().map(places_of_settings).unwrap_or_default();
        let config_file =
            root.as_deref().and_then(upwards).map(|path| crate::uri::real(&root.as_deref().unwrap_or(Path::new("")).join(path)));
        let mut unread = Vec::new();
        let read = config_file.as_deref().and_then(|path| or_tell(Read::file(path), &mut unread)).unwrap_or_default();
        // With half of the settings nothing would be as it is elsewhere: then they are told, and none hold.
        let (config, config_findings) =
            if read.findings.is_empty() { (read.config, Vec::new()) } else { (Config::default(), read.findings) };
        settings_seen.extend(config.catalog.iter().chain(&config.policies).map(|path| (path.clone(), disk::stamp(path))));
        let language = settings
            .language()
            .or(config.lang.map(clearance_files::config::Lang::language))
            .or(client.language)
            .unwrap_or(Language::English);
        let own = config.catalog.as_deref().and_then(|path| or_tell(own_catalog(path), &mut unread));
        let rulebook = Rulebook::new(
            own.unwrap_or_else(|| Catalog::built_in().clone()),
            clearance_core::Settings {
                severities: config.severities.clone().into_iter().collect(),
                suppressions: config.suppressions.clone(),
                language,
                complete: settings.complete,
                ..clearance_core::Settings::default()
            },
        );
        // An editor waits for them to be compiled more than for their calls.
        let policies =
            config.policies.as_deref().and_then(|path| or_tell(OwnPolicies::read(path, Mode::Once), &mut unread)).unwrap_or_default();
        settings_seen.extend(policies.files().iter().map(|path| (path.clone(), disk::stamp(path))));
        let mut repository = Self {
            root,
            settings_seen,
            policies,
            policy_file: config.policies.as_deref().map(crate::uri::real),
            unread,
            fleet: Fleet::default(),
            rulebook,
            config_file,
            config_findings,
            config,
            files: BTreeMap::new(),
            judged: HashMap::new(),
            outside: Outside::default(),
            now: settings.now,
            name: settings.name.clone(),
            state: next_state(),
            kept: RefCell::default(),
        };
        repository.read_outside();
        if let Some(root) = repository.root.clone() {
            let paths = disk::files(&root, &repository.config);
            for seen in disk::look(paths, &repository.rulebook, repository.now()) {
                repository.see(seen);
            }
        }
        repository.count();
        repository
    }

    /// Whether what it goes by is other than it was when it was read.
    pub(crate) fn has_other_settings(&self) -> bool {
        self.settings_seen.iter().any(|(path, seen)| disk::stamp(path) != *seen)
    }

    /// What its settings name and cannot be read, in words.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &String> {
        self.unread.iter().chain(&self.outside.troubles)
    }

    /// The files outside that the settings name.
    fn elsewhere(&self) -> Inputs {
        let mut inputs = Inputs::default();
        let named = self.config.fleet.iter().map(|path| (path, false));
        for (path, is_repository) in named.chain(self.config.repository.iter().map(|path| (path, true))) {
            // Wherever we were started, and never standard input, which is the client's.
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            if is_repository && self.holds(&crate::uri::real(&path)) {
                // All of it that is looked at is looked at anyway.
                continue;
            }
            if std::fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
                inputs.troubles.push(cannot_read(&path, "it is no file and no directory"));
                continue;
            }
            match collect(&[path], "-", of_snapshots().bytes) {
                Ok(found) => {
                    let others = found.found.into_iter().filter(|input| !is_repository || self.config.wants(input));
                    inputs.found.extend(others.map(|input| {
                        let path = crate::uri::real(Path::new(&input.name));
                        Input { name: path.to_string_lossy().into_owned(), source: Source::File(path), ..input }
                    }));
                    inputs.troubles.extend(found.troubles);
                }
                Err(why) => inputs.troubles.push(format!("{why:#}")),
            }
        }
        let mut seen = BTreeSet::new();
        inputs.found.retain(|input| seen.insert(input.name.clone()) && !self.is_inside(Path::new(&input.name)));
        inputs
    }

    /// Whether a file is one of those below its directory that it looks at.
    fn is_inside(&self, path: &Path) -> bool {
        self.holds(path) && self.wants(path)
    }

    fn read_outside(&mut self) {
        let inputs = self.elsewhere();
        let seen = stamps(&inputs);
        let reader = Reader { rulebook: &self.rulebook, limits: of_snapshots(), now: self.now(), name: None };
        let read = Surroundings::read(inputs, &reader);
        let has_gaps = !read.is_whole();
        let old = std::mem::replace(&mut self.outside, Outside { seen, has_gaps, troubles: read.troubles, ..Outside::default() });
        old.referrers.iter().for_each(|referrer| self.fleet.unrefer(referrer));
        for identity in old.records.keys().filter(|identity| !self.judged.contains_key(*identity)) {
            self.fleet.take(identity);
        }
        for record in read.records.into_iter().filter(|record| !record.name.is_empty()) {
            // What is judged here counts before what is said of it elsewhere.
            if !self.judged.contains_key(&record.identity()) {
                self.fleet.add(Arc::clone(&record));
            }
            self.outside.records.entry(record.identity()).or_default().push(record);
        }
        for referrer in read.referrers {
            self.fleet.refer(referrer.clone());
            self.outside.referrers.push(referrer);
        }
        self.count();
    }

    /// Looks for what has changed of what exists elsewhere. Returns whether something has.
    pub(crate) fn look_outside(&mut self) -> bool {
        if self.config.fleet.is_empty() && self.config.repository.is_none() {
            return false;
        }
        let is_other = stamps(&self.elsewhere()) != self.outside.seen;
        if is_other {
            self.read_outside();
        }
        is_other
    }

    /// The time, in seconds since 1970 (UTC).
    fn now(&self) -> i64 {
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        self.now.unwrap_or_else(clock)
    }

    fn reader(&self) -> Reader<'_> {
        Reader { rulebook: &self.rulebook, limits: Limits::default(), now: self.now(), name: self.name.as_deref() }
    }

    /// Everything that exists is here where the layout is a tenant repository's, because Argo CD
    /// applies what it holds; and where the settings say what else exists, and all of that can be read.
    fn count(&mut self) {
        let is_said = !self.config.fleet.is_empty() || self.config.repository.is_some();
        let is_all = is_said || self.files.values().any(|file| file.is_list);
        self.fleet.set_complete(is_all && !self.outside.has_gaps);
        self.has_moved();
    }

    /// Takes note of a text that is open. Returns whether others may have more or less to say now.
    pub(crate) fn put(&mut self, path: &Path, text: &str) -> bool {
        // What the settings leave out is left out where it is open, too.
        let scanned = if self.wants(path) { self.reader().scan_text(&Input::found(path), text) } else { Scanned::default() };
        let was_list = self.files.get(path).is_some_and(|file| file.is_list);
        let is_list = scanned.is_list;
        let moved = self.take_in(path, scanned, None);
        if was_list != is_list {
            self.count();
        }
        moved
    }

    /// Whether a text is looked at. The settings speak of files, and not of what was never saved.
    fn wants(&self, path: &Path) -> bool {
        !path.is_absolute() || self.config.wants(&Input::found(path))
    }

    fn see(&mut self, seen: Seen) -> bool {
        self.take_in(&seen.path, seen.scanned, seen.stamp)
    }

    fn take_in(&mut self, path: &Path, scanned: Scanned, stamp: Option<Stamp>) -> bool {
        let records = scanned.records.into_iter().filter(|record| !record.name.is_empty()).collect();
        let Scanned { referrers, clusters, is_list, told, .. } = scanned;
        self.replace(path, Some(File { records, referrers, clusters, is_list, told, stamp }))
    }

    /// Puts a file's part in the place of the one that it had. Returns whether the fleet has changed by it.
    fn replace(&mut self, path: &Path, file: Option<File>) -> bool {
        let old = self.files.remove(path).unwrap_or_default();
        if let Some(new) = &file
            && new.records == old.records
            && new.referrers == old.referrers
            && (new.clusters > 0, new.is_list) == (old.clusters > 0, old.is_list)
        {
            // Most of what is typed changes nothing between clusters.
            let File { clusters, told, stamp, .. } = *new;
            self.files.insert(path.to_owned(), File { clusters, told, stamp, ..old });
            return false;
        }
        let new = file.as_ref();
        let records = |file: Option<&File>| file.map(|file| file.records.clone()).unwrap_or_default();
        let (before, after) = (old.records, records(new));
        let mut touched = BTreeSet::new();
        for record in &before {
            let list = self.judged.entry(record.identity()).or_default();
            list.retain(|other| !Arc::ptr_eq(other, record));
            touched.insert(record.identity());
        }
        for record in &after {
            self.judged.entry(record.identity()).or_default().push(Arc::clone(record));
            touched.insert(record.identity());
        }
        for identity in touched {
            self.fleet.take(&identity);
            let judged = self.judged.get(&identity).filter(|list| !list.is_empty());
            let known = judged.or_else(|| self.outside.records.get(&identity));
            known.into_iter().flatten().for_each(|record| self.fleet.add(Arc::clone(record)));
            if judged.is_none() {
                self.judged.remove(&identity);
            }
        }
        old.referrers.iter().for_each(|referrer| self.fleet.unrefer(referrer));
        new.into_iter().flat_map(|file| &file.referrers).for_each(|referrer| self.fleet.refer(referrer.clone()));
        if let Some(file) = file {
            self.files.insert(path.to_owned(), file);
        }
        self.has_moved();
        true
    }

    /// Looks at a file again, or forgets it. Returns whether the fleet has changed by it.
    pub(crate) fn look_again(&mut self, path: &Path) -> bool {
        let mut moved = false;
        if self.holds(path) && disk::is_wanted(path, &self.config) {
            for seen in disk::look(vec![path.to_owned()], &self.rulebook, self.now()) {
                moved |= self.see(seen);
            }
        } else {
            // It may have been a directory.
            let below: Vec<PathBuf> = self.files.keys().filter(|file| file.starts_with(path)).cloned().collect();
            for file in &below {
                moved |= self.replace(file, None);
            }
        }
        if moved {
            self.count();
        }
        moved
    }

    /// Looks for what has changed on disk; what is open is left alone. Returns whether something has.
    pub(crate) fn look_around(&mut self, open: &BTreeSet<PathBuf>) -> bool {
        let Some(root) = self.root.clone() else { return false };
        let known = self.files.iter().map(|(path, file)| (path.clone(), file.stamp)).collect();
        let (mut others, mut gone) = disk::changes(&root, &self.config, &known);
        others.retain(|path| !open.contains(path));
        gone.retain(|path| !open.contains(path));
        let mut moved = false;
        for path in &gone {
            moved |= self.replace(path, None);
        }
        for seen in disk::look(others, &self.rulebook, self.now()) {
            moved |= self.see(seen);
        }
        if moved {
            self.count();
        }
        moved
    }

    /// Reads a text and judges its documents.
    pub(crate) fn judge<'a>(&self, path: &Path, text: &'a str) -> Vec<(Document<'a>, Verdict)> {
        let judged = |document: Document<'a>| {
            let verdict = self.verdict(path, &document);
            (document, verdict)
        };
        self.documents(path, text).into_iter().map(judged).collect()
    }

    /// The same for the text that a file has just now. As long as nothing has changed around it, its documents are judged
    /// once, whoever asks: policies take their time.
    pub(crate) fn verdicts<'a>(&self, path: &Path, text: &'a str) -> Vec<(Document<'a>, Rc<Verdict>)> {
        let documents = self.documents(path, text);
        let mut hasher = DefaultHasher::new();
        // What a certificate's time says need not be told to the second.
        (text, self.now().div_euclid(60)).hash(&mut hasher);
        let print = hasher.finish();
        // A list is about what lies beside it, and the disk is asked each time.
        let known = self.kept.borrow().get(path).filter(|kept| kept.print == print && !Input::found(path).is_list()).cloned();
        let verdicts = match known {
            Some(kept) => kept.verdicts,
            None => {
                let verdicts: Vec<Rc<Verdict>> = documents.iter().map(|document| Rc::new(self.verdict(path, document))).collect();
                self.kept.borrow_mut().insert(path.to_owned(), Kept { print, verdicts: verdicts.clone() });
                verdicts
            }
        };
        documents.into_iter().zip(verdicts).collect()
    }

    /// What of a text is judged.
    fn documents<'a>(&self, path: &Path, text: &'a str) -> Vec<Document<'a>> {
        if !self.wants(path) {
            return Vec::new();
        }
        let input = Input::found(path);
        let reader = self.reader();
        if input.is_list() {
            return vec![Document::read_as(text, Format::of(Some(&input.name), text), Form::Resource, &reader.limits)];
        }
        let contents = Document::read_all(text, Some(&input.name), &reader.limits);
        reader.judged(&input, text, contents, false).into_iter().map(|judged| judged.document).collect()
    }

    fn verdict(&self, path: &Path, document: &Document<'_>) -> Verdict {
        let input = Input::found(path);
        if input.is_list() {
            return self.rulebook.judge_list(document, &self.neighbours(path, document), None);
        }
        let none = Policies::default();
        let policies = self.policies.policies().unwrap_or(&none);
        let basis = Basis { rulebook: &self.rulebook, fleet: &self.fleet, now: self.now() };
        let mut examined = self.rulebook.examine(document, basis.now);
        examined.record.file = Some(input.name);
        examined.record.judged = true;
        policies.judge(&basis, document, examined, Operation::Create)
    }

    /// The fleet is no longer what it was.
    fn has_moved(&mut self) {
        self.state = next_state();
        self.kept.get_mut().clear();
    }

    /// What lies beside a list.
    fn neighbours(&self, list: &Path, document: &Document<'_>) -> Neighbours {
        let directory = list.parent().unwrap_or(Path::new(""));
        let beside = self.files.range(directory.to_owned()..).take_while(|(path, _)| path.starts_with(directory));
        let here = beside.filter(|(path, file)| path.parent() == Some(directory) && file.clusters > 0);
        let clusters: BTreeSet<String> = here.filter_map(|(path, _)| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
        let is_there = |path: &&str| clusters.contains(*path) || directory.join(path).exists();
        let present = listed(document).map(|(_, path)| path).filter(is_there).map(str::to_owned).collect();
        Neighbours { clusters, present }
    }

    /// Whether what others do may say something about a file.
    pub(crate) fn is_related(&self, path: &Path) -> bool {
        self.files
            .get(path)
            .is_some_and(|file| file.is_list || file.records.iter().any(|record| self.rulebook.has_relations(record, &self.fleet)))
    }

    /// The files that may have something to tell.
    pub(crate) fn suspects(&self) -> Vec<PathBuf> {
        self.files.iter().filter(|(path, file)| file.told || self.is_related(path)).map(|(path, _)| path.clone()).collect()
    }

    /// The files in which a cluster is named, and the lists in a directory of one of them.
    pub(crate) fn naming(&self, identity: &Identity) -> Vec<PathBuf> {
        let names = |file: &File| {
            file.records.iter().any(|record| {
                record.identity() == *identity || record.namespace == identity.0 && record.host_cluster.as_deref() == Some(&identity.1)
            }) || file.referrers.iter().any(|referrer| referrer.cluster == identity.1)
        };
        let files: Vec<PathBuf> = self.files.iter().filter(|(_, file)| names(file)).map(|(path, _)| path.clone()).collect();
        let beside = |path: &Path| files.iter().any(|file| file.parent() == path.parent());
        let lists: Vec<PathBuf> =
            self.files.iter().filter(|(path, file)| file.is_list && beside(path)).map(|(path, _)| path.clone()).collect();
        files.into_iter().chain(lists).collect()
    }

    /// Whether a file describes a cluster.
    pub(crate) fn defines(&self, path: &Path, identity: &Identity) -> bool {
        self.files.get(path).is_some_and(|file| file.records.iter().any(|record| record.identity() == *identity))
    }

    /// The cluster that a file describes.
    pub(crate) fn identity_in(&self, path: &Path) -> Option<Identity> {
        Some(self.files.get(path)?.records.first()?.identity())
    }

    /// Whether a file lies in it.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        self.root.as_deref().is_some_and(|root| path.starts_with(root))
    }

    /// Whether a file holds settings that it goes by.
    pub(crate) fn is_setting(&self, path: &Path) -> bool {
        let is_catalog = self.config.catalog.as_deref().is_some_and(|catalog| crate::uri::real(catalog) == path);
        let is_policy =
            self.policy_file.as_deref() == Some(path) || self.policies.files().iter().any(|module| crate::uri::real(module) == path);
        self.config_file.as_deref() == Some(path)
            || is_catalog
            || is_policy
            || self.holds(path) && path.file_name().is_some_and(|name| name == NAME)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TEXT: &str = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: one\nspec:\n  apiServer: \
                        https://10.0.0.1:6443\n  clusterType: physical\n  usage: host\n";

    #[test]
    fn a_text_is_judged_once_as_long_as_nothing_changes_around_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = crate::uri::real(directory.path());
        let settings = Settings::read(&json!({ "now": 0 }));
        let mut repository = Repository::load(Some(root.clone()), &settings, &Client::new(&Value::Null));
        let file = root.join("one.yaml");
        let verdict = |repository: &Repository, text: &str| Rc::clone(&repository.verdicts(&file, text)[0].1);
        repository.put(&file, TEXT);
        let (first, state) = (verdict(&repository, TEXT), repository.state);
        assert!(Rc::ptr_eq(&first, &verdict(&repository, TEXT)));
        assert!(!Rc::ptr_eq(&first, &verdict(&repository, &TEXT.replace("host", "hots"))));
        // What is typed and changes nothing between clusters leaves the others' verdicts alone.
        let first = verdict(&repository, TEXT);
        repository.put(&file, &format!("# a comment\n{TEXT}"));
        assert!(Rc::ptr_eq(&first, &verdict(&repository, TEXT)) && repository.state == state);
        repository.put(&root.join("two.yaml"), &TEXT.replace("one", "two"));
        assert!(!Rc::ptr_eq(&first, &verdict(&repository, TEXT)) && repository.state != state);
    }
}
