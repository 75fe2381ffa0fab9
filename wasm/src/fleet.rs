//! What else exists, kept between checks: texts come and go one by one, and a check puts what it judges
//! among them for as long as it takes.

use clearance_core::fleet::Identity;
use clearance_core::source::Limits;
use clearance_core::{Content, Document, Fleet, Operation, Record, Referrer, Rulebook};

use crate::mirror::{Added, Known, Trouble};
use crate::prelude::*;

/// A snapshot may hold a whole fleet.
const SNAPSHOT: usize = 256 << 20;

/// What one text holds.
#[derive(Debug, Default)]
struct Held {
    file: Option<String>,
    records: Vec<Record>,
    referrers: Vec<Referrer>,
    trouble: Option<String>,
}

/// All other clusters.
#[derive(Debug, Default)]
pub struct Others {
    texts: Vec<Held>,
    complete: Option<bool>,
    /// Made from the above when it is asked for.
    fleet: Option<Fleet>,
}

/// What a fleet held of some identities before others were put among it.
type Before = Vec<(Identity, Option<Record>)>;

impl Others {
    /// None yet. `complete` says whether what is not here does not exist; if it does not say, that is so
    /// as soon as something is here and all of it could be read.
    pub fn new(complete: Option<bool>) -> Self {
        Self { complete, ..Self::default() }
    }

    /// Reads a text; what the same file held before goes.
    pub fn add(&mut self, rulebook: &Rulebook, text: &str, file: Option<String>) -> Added {
        let held = Held::read(rulebook, text, file);
        let added = Added { clusters: held.records.len(), referrers: held.referrers.len(), trouble: held.trouble.clone() };
        match self.texts.iter_mut().find(|other| other.file.is_some() && other.file == held.file) {
            Some(other) => *other = held,
            None => self.texts.push(held),
        }
        self.fleet = None;
        added
    }

    /// Takes out what a file held.
    pub fn remove(&mut self, file: &str) -> bool {
        let before = self.texts.len();
        self.texts.retain(|held| held.file.as_deref() != Some(file));
        let was_there = self.texts.len() < before;
        if was_there {
            self.fleet = None;
        }
        was_there
    }

    /// The clusters that a file held and holds no more, by what now stands there: a text takes the place of its file.
    pub fn left(&self, file: Option<&str>, now: &[Record]) -> Vec<Identity> {
        let held = self.texts.iter().filter(|held| file.is_some() && held.file.as_deref() == file).flat_map(|held| &held.records);
        held.filter(|record| !now.iter().any(|other| other.is(record))).map(Record::identity).collect()
    }

    /// How much there is.
    pub fn known(&self) -> Known {
        Known {
            clusters: self.texts.iter().map(|held| held.records.len()).sum(),
            referrers: self.texts.iter().map(|held| held.referrers.len()).sum(),
            complete: self.is_complete(),
            troubles: self.texts.iter().filter_map(Held::trouble).collect(),
        }
    }

    fn is_complete(&self) -> bool {
        self.complete.unwrap_or_else(|| !self.texts.is_empty() && self.texts.iter().all(|held| held.trouble.is_none()))
    }

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.texts.iter().flat_map(|held| &held.records)
    }

    fn whole(&self, records: Vec<Record>) -> Fleet {
        Fleet::new(records, self.texts.iter().flat_map(|held| held.referrers.iter().cloned()).collect(), self.is_complete())
    }

    /// Looks at the fleet with some records in the place of their namesakes, and without what goes.
    pub fn with<T>(&mut self, judged: Vec<Record>, gone: &[Identity], look: impl FnOnce(&Fleet) -> T) -> T {
        let (fleet, before) = self.among(judged, gone);
        let seen = look(&fleet);
        self.restore(fleet, before);
        seen
    }

    /// The fleet to look at, and what it held before; nothing where it was made for this look alone.
    fn among(&mut self, judged: Vec<Record>, gone: &[Identity]) -> (Fleet, Option<Before>) {
        // What has no name can be named to nobody.
        let judged: Vec<Record> = judged.into_iter().filter(|record| !record.name.is_empty()).collect();
        let mut fleet = match self.fleet.take() {
            Some(fleet) => fleet,
            None => self.whole(self.records().cloned().collect()),
        };
        let identities: Vec<Identity> = judged.iter().map(Record::identity).chain(gone.iter().cloned()).collect();
        let is_one_of_each = identities.iter().enumerate().all(|(index, identity)| {
            fleet.find(identity).count() <= 1 && !identities.iter().skip(index + 1).any(|other| other == identity)
        });
        if !is_one_of_each {
            // Namesakes: `put` would keep one of them.
            self.fleet = Some(fleet);
            let others = self.records().filter(|record| !gone.contains(&record.identity())).cloned();
            return (self.whole(judged.into_iter().chain(others).collect()), None);
        }
        let before = identities
            .into_iter()
            .map(|identity| {
                let known = fleet.find(&identity).next().cloned();
                (identity, known)
            })
            .collect();
        for identity in gone {
            fleet.take(identity);
        }
        for record in judged {
            fleet.put(record);
        }
        (fleet, Some(before))
    }

    fn restore(&mut self, mut fleet: Fleet, before: Option<Before>) {
        let Some(before) = before else { return };
        for (identity, known) in before {
            fleet.take(&identity);
            if let Some(record) = known {
                fleet.put(record);
            }
        }
        self.fleet = Some(fleet);
    }
}

impl Held {
    fn read(rulebook: &Rulebook, text: &str, file: Option<String>) -> Self {
        let limits = Limits { bytes: SNAPSHOT, document_bytes: SNAPSHOT, ..Limits::default() };
        let mut held = Self { file, ..Self::default() };
        let mut others = Vec::new();
        for content in Document::read_all(text, held.file.as_deref(), &limits) {
            match content {
                Content::Cluster(document) => {
                    let record = rulebook.examine(&document, 0).record;
                    held.records.push(Record { file: held.file.clone(), ..record });
                    if !document.is_whole() {
                        others.push(document);
                    }
                }
                Content::Other(document) => {
                    let referrer = Referrer::read(&document.root).map(|referrer| Referrer { file: held.file.clone(), ..referrer });
                    held.referrers.extend(referrer);
                    others.push(document);
                }
            }
        }
        held.trouble = others.iter().find_map(|document| broken(rulebook, document));
        held
    }

    fn trouble(&self) -> Option<Trouble> {
        Some(Trouble { file: self.file.clone(), message: self.trouble.clone()? })
    }
}

/// Why a text cannot be read.
fn broken(rulebook: &Rulebook, document: &Document<'_>) -> Option<String> {
    let verdict = rulebook.judge(document, Operation::Create, &Fleet::default(), 0);
    let fault = verdict.findings.iter().find(|finding| crate::judge::is_of_text(finding))?;
    Some(fault.message(rulebook.settings().language))
}
