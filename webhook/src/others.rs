//! What else exists, as it is known at this moment, and how well.
//!
//! Each change puts or takes one record, under a lock that is held for microseconds; a review reads
//! the fleet for as long as its relations are looked up. No API server is asked meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use clearance_core::fleet::Identity;
use clearance_core::{Fleet, Record, Referrer};

/// How long an admitted object counts as present before it was seen: as long as other webhooks and
/// etcd may take to store it, and our watch to tell of it.
const ADMITTED: Duration = Duration::from_secs(10);
/// How many admitted objects are held at once.
const MOST_ADMITTED: usize = 1024;

/// What else exists.
#[derive(Debug)]
pub(crate) struct Others(RwLock<Known>);

/// What is known of it.
#[derive(Debug)]
pub(crate) struct Known {
    /// The clusters, those that were just admitted among them, and what refers to clusters.
    pub fleet: Fleet,
    /// Differs whenever the fleet does.
    pub version: u64,
    /// Whether the fleet is all there is, while it is followed.
    complete: bool,
    /// How well each kind is followed; nothing for a fleet from files.
    kinds: Vec<(&'static str, Following)>,
    admitted: BTreeMap<Identity, Admitted>,
}

/// How well a kind of object is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Following {
    /// It was never listed.
    NotYet,
    /// What is known of it is what there is.
    InStep,
    /// The watch was lost then.
    Lost(Instant),
}

/// An object that was let in and not seen since.
#[derive(Debug)]
struct Admitted {
    record: Arc<Record>,
    /// What was seen of its namesake.
    seen: Option<Arc<Record>>,
    until: Instant,
}

/// What is wrong with the knowledge of what else exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stale {
    /// The kind that is followed no longer, in the plural.
    pub kind: &'static str,
    /// How old the knowledge of it is.
    pub age: Duration,
}

/// How much is known of what else exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gauges {
    /// Clusters, those that were just admitted among them.
    pub clusters: usize,
    /// Other things that refer to clusters.
    pub referrers: usize,
    /// For how long the worst watch has been lost; nothing while all is followed.
    pub age: Duration,
}

impl Others {
    /// What files told.
    pub(crate) fn of_files(fleet: Fleet) -> Self {
        let complete = fleet.is_complete();
        Self(RwLock::new(Known { fleet, version: 0, complete, kinds: Vec::new(), admitted: BTreeMap::new() }))
    }

    /// What is to be learnt of a cluster's kinds.
    pub(crate) fn of_cluster(kinds: impl IntoIterator<Item = &'static str>, complete: bool) -> Self {
        let kinds = kinds.into_iter().map(|kind| (kind, Following::NotYet)).collect();
        Self(RwLock::new(Known { fleet: Fleet::default(), version: 0, complete, kinds, admitted: BTreeMap::new() }))
    }

    // Nothing panics while it holds this lock, and each change is whole.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an object as present from now on, unless the fleet is another than that of `version`
    /// by now: then it must be judged again, as it may clash with what has come in between.
    pub(crate) fn admit(&self, record: Record, version: u64) -> bool {
        let mut known = self.write();
        if known.version != version {
            return false;
        }
        known.admit(record, Instant::now() + ADMITTED);
        true
    }

    /// Takes in a cluster as it was seen.
    pub(crate) fn saw(&self, record: Arc<Record>) {
        let mut known = self.write();
        let identity = record.identity();
        match known.admitted.get_mut(&identity) {
            // What was seen may be older than what was admitted.
            Some(admitted) if admitted.record != record => admitted.seen = Some(record),
            _ => {
                known.admitted.remove(&identity);
                known.put(record);
            }
        }
    }

    /// Takes in that a cluster is there no longer.
    pub(crate) fn missed(&self, identity: &Identity) {
        let mut known = self.write();
        match known.admitted.get_mut(identity) {
            Some(admitted) => admitted.seen = None,
            None => known.take(identity),
        }
    }

    /// Takes in what refers to a cluster.
    pub(crate) fn refer(&self, referrer: Referrer) {
        let mut known = self.write();
        known.fleet.refer(referrer);
        known.version += 1;
    }

    /// Takes in what refers to a cluster no longer.
    pub(crate) fn unrefer(&self, referrer: &Referrer) {
        let mut known = self.write();
        known.fleet.unrefer(referrer);
        known.version += 1;
    }

    /// Takes in how well a kind is followed; what was lost stays lost since then.
    pub(crate) fn follows(&self, kind: &str, following: Following) {
        let mut known = self.write();
        let Some((_, before)) = known.kinds.iter_mut().find(|(other, _)| *other == kind) else { return };
        *before = match (*before, following) {
            (Following::NotYet | Following::Lost(_), Following::Lost(_)) => *before,
            _ => following,
        };
        // What has come since nobody looks is not here, so that what is not here may well exist.
        let complete = known.complete && known.kinds.iter().all(|(_, following)| *following == Following::InStep);
        known.fleet.set_complete(complete);
        known.version += 1;
    }

    /// Lets go what was admitted long ago and not seen since: something else kept it out. While the
    /// watch is lost nothing could be seen, and all is kept.
    pub(crate) fn expire(&self, now: Instant) {
        if self.read().admitted.is_empty() {
            return;
        }
        let mut known = self.write();
        if known.stale(now).is_some() {
            return;
        }
        let old: Vec<Identity> =
            known.admitted.iter().filter(|(_, admitted)| admitted.until <= now).map(|(identity, _)| identity.clone()).collect();
        for identity in old {
            known.let_go(&identity);
        }
    }
}

impl Known {
    /// Whether each kind was listed at least once.
    pub(crate) fn is_synced(&self) -> bool {
        self.kinds.iter().all(|(_, following)| *following != Following::NotYet)
    }

    /// Whether a cluster is followed, so that what is admitted will be seen.
    pub(crate) fn is_followed(&self) -> bool {
        !self.kinds.is_empty()
    }

    /// What is known worst, if a watch is lost.
    pub(crate) fn stale(&self, now: Instant) -> Option<Stale> {
        let lost = self.kinds.iter().filter_map(|(kind, following)| match following {
            Following::Lost(since) => Some(Stale { kind, age: now.saturating_duration_since(*since) }),
            Following::NotYet | Following::InStep => None,
        });
        lost.max_by_key(|stale| stale.age)
    }

    /// How much is known, for those who watch the server.
    pub(crate) fn gauges(&self, now: Instant) -> Gauges {
        Gauges {
            clusters: self.fleet.records().len(),
            referrers: self.fleet.referring().count(),
            age: self.stale(now).map(|stale| stale.age).unwrap_or_default(),
        }
    }

    fn admit(&mut self, record: Record, until: Instant) {
        let identity = record.identity();
        let present = self.fleet.find_shared(&identity);
        if let Some(admitted) = self.admitted.get_mut(&identity) {
            admitted.until = until;
            if *admitted.record == record {
                return;
            }
        } else if present.as_deref() == Some(&record) {
            return;
        }
        if self.admitted.len() >= MOST_ADMITTED
            && let Some(oldest) = self.admitted.iter().min_by_key(|(_, admitted)| admitted.until).map(|(identity, _)| identity.clone())
        {
            self.let_go(&oldest);
        }
        let seen = match self.admitted.remove(&identity) {
            Some(before) => before.seen,
            None => present,
        };
        let record = Arc::new(record);
        self.admitted.insert(identity, Admitted { record: Arc::clone(&record), seen, until });
        self.put(record);
    }

    /// Goes back to what was seen.
    fn let_go(&mut self, identity: &Identity) {
        let Some(admitted) = self.admitted.remove(identity) else { return };
        match admitted.seen {
            Some(seen) => self.put(seen),
            None => self.take(identity),
        }
    }

    fn put(&mut self, record: Arc<Record>) {
        self.fleet.put(record);
        self.version += 1;
    }

    fn take(&mut self, identity: &Identity) {
        self.fleet.take(identity);
        self.version += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, port: u16) -> Record {
        Record { namespace: "nautes".to_owned(), name: name.to_owned(), address: Some(("h".to_owned(), port)), ..Record::default() }
    }

    fn followed() -> Others {
        let others = Others::of_cluster(["clusters"], true);
        others.follows("clusters", Following::InStep);
        others
    }

    fn port(others: &Others, name: &str) -> Option<u16> {
        let known = others.read();
        let found = known.fleet.find(&("nautes".to_owned(), name.to_owned())).next()?;
        found.address.as_ref().map(|(_, port)| *port)
    }

    fn admit(others: &Others, record: Record) {
        let version = others.read().version;
        assert!(others.admit(record, version));
    }

    fn later() -> Instant {
        Instant::now() + 2 * ADMITTED
    }

    #[test]
    fn of_two_that_were_judged_at_once_one_is_judged_again() {
        let others = followed();
        let version = others.read().version;
        assert!(others.admit(record("a", 1), version));
        assert!(!others.admit(record("b", 1), version));
    }

    #[test]
    fn what_was_admitted_is_present_until_it_is_seen_or_too_old() {
        let others = followed();
        admit(&others, record("a", 1));
        admit(&others, record("b", 2));
        assert_eq!((port(&others, "a"), port(&others, "b")), (Some(1), Some(2)));
        others.saw(Arc::new(record("a", 1)));
        others.expire(later());
        assert_eq!((port(&others, "a"), port(&others, "b")), (Some(1), None));
        assert_eq!(others.read().admitted.len(), 0);
    }

    #[test]
    fn what_is_seen_late_does_not_undo_what_was_admitted() {
        let others = followed();
        others.saw(Arc::new(record("a", 1)));
        admit(&others, record("a", 2));
        others.saw(Arc::new(Record { usage: Some(clearance_core::model::Usage::Host), ..record("a", 1) }));
        assert_eq!(port(&others, "a"), Some(2));
        // It was never stored: what was seen last is in force again.
        others.expire(later());
        assert_eq!(port(&others, "a"), Some(1));
        admit(&others, record("a", 3));
        others.missed(&("nautes".to_owned(), "a".to_owned()));
        assert_eq!(port(&others, "a"), Some(3));
        others.expire(later());
        assert_eq!(port(&others, "a"), None);
    }

    #[test]
    fn while_the_watch_is_lost_nothing_is_let_go_and_the_fleet_is_not_all() {
        let others = followed();
        assert!(others.read().fleet.is_complete());
        admit(&others, record("a", 1));
        let since = Instant::now();
        others.follows("clusters", Following::Lost(since));
        others.follows("clusters", Following::Lost(later()));
        others.expire(later());
        assert_eq!(port(&others, "a"), Some(1));
        let known = others.read();
        assert!(!known.fleet.is_complete() && known.is_synced());
        let age = Duration::from_secs(5);
        assert_eq!(known.stale(since + age), Some(Stale { kind: "clusters", age }));
        assert_eq!(known.gauges(since + age), Gauges { clusters: 1, referrers: 0, age });
    }

    #[test]
    fn a_lost_watch_does_not_make_an_unknown_cluster_known() {
        let others = Others::of_cluster(["clusters"], true);
        others.follows("clusters", Following::Lost(Instant::now()));
        assert!(!others.read().is_synced() && !others.read().fleet.is_complete());
    }

    #[test]
    fn no_more_than_so_many_are_held() {
        let others = followed();
        for number in 0..=MOST_ADMITTED {
            admit(&others, record(&format!("a{number}"), 1));
        }
        assert_eq!(others.read().admitted.len(), MOST_ADMITTED);
        assert_eq!((port(&others, "a0"), port(&others, "a1")), (None, Some(1)));
    }
}
