//! Follows the cluster: lists each kind, watches it, and begins again when the watch is lost.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clearance_core::Rulebook;
use clearance_core::fleet::Identity;
use futures_util::StreamExt;
use kube::Client;
use kube::api::DynamicObject;
use kube::runtime::watcher::{self, Event, watcher};
use tokio::sync::watch::Receiver;
use tokio::time::{sleep, sleep_until, timeout};

use super::item::{Item, identity};
use super::{KINDS, Kind, SILENCE};
use crate::basis::{Basis, InForce};
use crate::others::{Following, Others};

/// How long a watch lasts before it is asked for again, in seconds: what breaks without a word is noticed by then.
const WATCH: u32 = 55;
/// When everything is listed again although nothing seems wrong: an etcd that was restored from a
/// backup counts its versions anew, and a watch from before stays silent.
const AFRESH: Duration = Duration::from_mins(10);
/// How many objects are asked for at once: a page is held whole before the few fields that are kept are taken from it.
const PAGE: u32 = 100;
/// The first and the longest pause after a fault; it doubles.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));
/// How often a kind that the API server does not know is asked for.
const ABSENT: Duration = Duration::from_secs(2);

/// Follows all kinds, until the task is aborted.
pub(crate) async fn follow(client: Client, in_force: Arc<InForce>) {
    let others = Arc::clone(&in_force.get().others);
    let mut tasks = tokio::task::JoinSet::new();
    for kind in KINDS {
        let follower = Follower {
            kind,
            client: client.clone(),
            basis: in_force.changes(),
            others: Arc::clone(&others),
            known: BTreeMap::new(),
            pause: PAUSE.0,
            told: None,
        };
        tasks.spawn(follower.run());
    }
    tasks.spawn(async move {
        loop {
            sleep(Duration::from_secs(1)).await;
            others.expire(Instant::now());
        }
    });
    tasks.join_all().await;
}

/// Follows one kind.
struct Follower {
    kind: Kind,
    client: Client,
    basis: Receiver<Arc<Basis>>,
    others: Arc<Others>,
    /// What there was when it was last looked at.
    known: BTreeMap<Identity, Item>,
    pause: Duration,
    /// Why it is not watched, as it was told last: it is told once, not at each attempt.
    told: Option<String>,
}

/// Why a watch ended.
enum End {
    /// It is time to list everything again, or the rules by which objects are read have changed.
    Afresh,
    /// The API server does not know the kind.
    Absent,
    /// Something went wrong.
    Lost(String),
}

impl Follower {
    async fn run(mut self) {
        loop {
            let basis = Arc::clone(&self.basis.borrow_and_update());
            let end = self.watch(&basis.rulebook).await;
            let (why, pause) = match end {
                End::Afresh => continue,
                End::Absent => {
                    // There is nothing of a kind that is not there.
                    self.replace(BTreeMap::new());
                    self.others.follows(self.kind.plural, Following::InStep);
                    ("the API server does not know this kind".to_owned(), ABSENT)
                }
                End::Lost(why) => {
                    self.others.follows(self.kind.plural, Following::Lost(Instant::now()));
                    let pause = self.pause;
                    self.pause = (pause * 2).min(PAUSE.1);
                    (why, pause)
                }
            };
            if self.told.as_ref() != Some(&why) {
                tracing::warn!(kind = self.kind.plural, why, "not watched; it is tried again and again");
                self.told = Some(why);
            }
            sleep(pause).await;
        }
    }

    /// Lists and watches until something ends it.
    async fn watch(&mut self, rulebook: &Rulebook) -> End {
        let config = watcher::Config::default().timeout(WATCH).page_size(PAGE);
        let mut events = pin!(watcher(self.kind.api(&self.client), config));
        let afresh = tokio::time::Instant::now() + AFRESH;
        let mut listed = Some(BTreeMap::new());
        loop {
            let next = async {
                match &listed {
                    // A watch may be silent for long, a list may not.
                    Some(_) => timeout(SILENCE, events.next()).await,
                    None => Ok(events.next().await),
                }
            };
            let event = tokio::select! {
                event = next => event,
                () = sleep_until(afresh) => return End::Afresh,
                Ok(()) = changed(&mut self.basis, rulebook) => return End::Afresh,
            };
            match event {
                Ok(Some(Ok(event))) => self.take_in(event, &mut listed, rulebook),
                Ok(Some(Err(error))) => return end(&error),
                Ok(None) => return End::Lost("the watch ended".to_owned()),
                Err(_) => return End::Lost(format!("the API server was silent for {} seconds", SILENCE.as_secs())),
            }
        }
    }

    fn take_in(&mut self, event: Event<DynamicObject>, listed: &mut Option<BTreeMap<Identity, Item>>, rulebook: &Rulebook) {
        let item = |object: &DynamicObject| (identity(object), Item::of(object, self.kind, rulebook));
        match event {
            Event::Init => *listed = Some(BTreeMap::new()),
            Event::InitApply(object) => listed.get_or_insert_default().extend([item(&object)]),
            Event::InitDone => {
                self.replace(listed.take().unwrap_or_default());
                self.others.follows(self.kind.plural, Following::InStep);
                self.pause = PAUSE.0;
                self.told = None;
                tracing::info!(kind = self.kind.plural, count = self.known.len(), "listed");
            }
            Event::Apply(object) => {
                let (identity, item) = item(&object);
                self.put(identity, &item);
            }
            Event::Delete(object) => {
                if let Some(gone) = self.known.remove(&identity(&object)) {
                    gone.take(&self.others);
                }
            }
        }
    }

    fn put(&mut self, identity: Identity, item: &Item) {
        let before = self.known.insert(identity, item.clone());
        // A cluster is told of even if it is as before: something else may have been admitted since.
        if before.as_ref() != Some(item) || matches!(item, Item::Cluster(_)) {
            if let Some(before @ Item::Referrer(_)) = before {
                before.take(&self.others);
            }
            item.put(&self.others);
        }
    }

    /// Goes over to what was listed, one difference at a time, so that no review waits for long.
    fn replace(&mut self, listed: BTreeMap<Identity, Item>) {
        let gone: Vec<Identity> = self.known.keys().filter(|identity| !listed.contains_key(*identity)).cloned().collect();
        for item in gone.iter().filter_map(|identity| self.known.remove(identity)) {
            item.take(&self.others);
        }
        for (identity, item) in listed {
            if self.known.get(&identity) != Some(&item) {
                self.put(identity, &item);
            }
        }
    }
}

/// Done when other rules are in force.
async fn changed(basis: &mut Receiver<Arc<Basis>>, rulebook: &Rulebook) -> Result<(), tokio::sync::watch::error::RecvError> {
    basis.wait_for(|basis| basis.rulebook.core() != rulebook.core()).await.map(drop)
}

fn end(error: &watcher::Error) -> End {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status)) if status.code == 404 => End::Absent,
        // An API server's own words, and those of the network; what is sent is not in them.
        error => End::Lost(causes(error)),
    }
}

/// An error with its causes, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        // Some repeat what causes them.
        if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    text
}
