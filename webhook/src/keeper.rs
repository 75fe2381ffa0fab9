//! Looks after everything that is read from files and may change while the server runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clearance_core::{Catalog, Monitor, Rulebook, Settings};
use time::OffsetDateTime;

use crate::basis::{Basis, InForce};
use crate::catalog_file::{CatalogFile, Origin};
use crate::cluster::KINDS;
use crate::fleet_files::FleetFiles;
use crate::handlers::now;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::others::Others;
use crate::overriders::Overriders;
use crate::policy_file::PolicyFile;
use crate::tls::{self, Shown};

/// How often files are looked at.
const PAUSE: Duration = Duration::from_secs(1);
/// How many unreadable files are named in the log.
const NAMED: usize = 10;

/// What is looked after.
#[derive(Debug)]
pub(crate) struct Keeper {
    catalog: Option<CatalogFile>,
    policies: Option<PolicyFile>,
    /// The files that tell of the fleet, and whether they tell of all there is; nothing where a
    /// cluster is followed.
    fleet: Option<(FleetFiles, Option<bool>)>,
    in_force: Arc<InForce>,
    certificates: Certificates,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    /// What went wrong when files were last looked at: it is told once, not every second.
    told: Vec<String>,
}

/// The certificates' files, and what is shown of them.
#[derive(Debug)]
pub(crate) struct Certificates {
    pub files: tls::Files,
    pub shown: Arc<Shown>,
}

/// What is read for the first time.
#[derive(Debug)]
pub(crate) struct Sources {
    pub catalog: Option<CatalogFile>,
    pub fleet: Fleets,
    pub policies: Option<PathBuf>,
    pub judging: Judging,
}

/// Where the fleet comes from, and whether what is not in it does not exist.
#[derive(Debug, Clone)]
pub(crate) enum Fleets {
    Files { paths: Vec<PathBuf>, complete: Option<bool> },
    Cluster { complete: bool },
}

/// What the configuration says of verdicts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Judging {
    pub monitor: Monitor,
    /// Whether objects may ask that findings are ignored.
    pub ignores: bool,
    pub overriders: Overriders,
}

impl Keeper {
    /// Reads everything for the first time: then a fleet that is not there is an error.
    pub(crate) fn open(sources: Sources, certificates: Certificates, health: Arc<Health>, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let Sources { mut catalog, fleet, policies, judging } = sources;
        let (policies, in_policies) = policies.map(PolicyFile::open).transpose()?.unzip();
        let found = catalog.as_mut().map(CatalogFile::open);
        let settings = Settings { monitor: judging.monitor, ignores: judging.ignores, ..Settings::default() };
        let rulebook = Arc::new(Rulebook::new(found.unwrap_or_else(|| Catalog::built_in().clone()), settings));
        let (fleet, others) = match fleet {
            Fleets::Files { paths, complete } => {
                let mut files = FleetFiles::new(paths);
                files.refresh(&rulebook, now()).context("cannot read the fleet")?;
                let others = Others::of_files(files.fleet(complete));
                (Some((files, complete)), others)
            }
            Fleets::Cluster { complete } => (None, Others::of_cluster(KINDS.map(|kind| kind.plural), complete)),
        };
        let basis = Basis::new(rulebook, Arc::new(judging.overriders), Arc::new(others)).with_policies(in_policies.unwrap_or_default());
        let in_force = Arc::new(InForce::new(basis));
        let mut keeper = Self { catalog, policies, fleet, in_force, certificates, health, metrics, told: Vec::new() };
        keeper.tell(Vec::new());
        keeper.count();
        Ok(keeper)
    }

    pub(crate) fn in_force(&self) -> &Arc<InForce> {
        &self.in_force
    }

    /// Looks at all files from time to time, until the task is aborted.
    pub(crate) async fn keep(mut self) {
        let (mut pause, health) = (PAUSE, Arc::clone(&self.health));
        loop {
            tokio::time::sleep(pause).await;
            let looked = tokio::task::spawn_blocking(move || {
                let begin = Instant::now();
                self.look();
                (self, begin.elapsed())
            });
            match looked.await {
                Ok((keeper, taken)) => {
                    self = keeper;
                    // However many files there are, looking at them is a small part of what the server does.
                    pause = PAUSE.max(taken.saturating_mul(20));
                }
                Err(_) => {
                    tracing::error!("files are no longer read again");
                    return health.abandon();
                }
            }
        }
    }

    fn look(&mut self) {
        let mut faults = Vec::new();
        let Certificates { files, shown } = &mut self.certificates;
        match files.refresh(shown, OffsetDateTime::now_utc()) {
            // Only what has changed is looked at again, so that a fault stays until it is mended.
            Ok(changed) => {
                if changed {
                    self.metrics.certificate_failing.set(0);
                }
            }
            Err(error) => {
                self.metrics.certificate_failing.set(1);
                tracing::warn!("{error:#}; the certificate from before stays in use");
            }
        }
        let current = self.in_force.get();
        let catalog = self.catalog.as_mut().and_then(CatalogFile::refresh);
        let rulebook = catalog.map(|catalog| Arc::new(Rulebook::new(catalog, current.rulebook.settings().clone())));
        let mut fleet = None;
        if let Some((files, complete)) = &mut self.fleet {
            if rulebook.is_some() {
                files.outdate();
            }
            match files.refresh(rulebook.as_ref().unwrap_or(&current.rulebook), now()) {
                Ok(true) => fleet = Some(files.fleet(*complete)),
                Ok(false) => {}
                Err(error) => faults.push(format!("cannot read the fleet: {error}; what was read before stays in force")),
            }
        }
        let policies = self.policies.as_mut().and_then(PolicyFile::refresh);
        if rulebook.is_some() || fleet.is_some() || policies.is_some() {
            let others = fleet.map_or_else(|| Arc::clone(&current.others), |fleet| Arc::new(Others::of_files(fleet)));
            let basis = Basis::new(rulebook.unwrap_or_else(|| Arc::clone(&current.rulebook)), Arc::clone(&current.overriders), others)
                .with_policies(policies.unwrap_or_else(|| Arc::clone(&current.policies)));
            let known = basis.others.read().gauges(Instant::now());
            tracing::info!(core = basis.core, clusters = known.clusters, referrers = known.referrers, "files were read again");
            self.in_force.replace(basis);
        }
        self.tell(faults);
        self.count();
    }

    /// Says what is in force.
    fn count(&self) {
        self.metrics.set_catalog(self.catalog.as_ref().map_or(Origin::BuiltIn, CatalogFile::origin).word());
        let notice = self.catalog.as_ref().and_then(CatalogFile::notice);
        self.health.set_notice(notice.or_else(|| self.policies.as_ref().and_then(PolicyFile::notice)));
    }

    /// Tells what is wrong, when it is not what was wrong before.
    fn tell(&mut self, mut faults: Vec<String>) {
        let files = || self.fleet.iter().flat_map(|(files, _)| files.faults());
        let unreadable = files().count();
        faults.extend(files().take(NAMED).map(|fault| format!("in the fleet: {fault}")));
        if unreadable > NAMED {
            faults.push(format!("in the fleet: {unreadable} files cannot be read whole"));
        }
        for fault in faults.iter().filter(|fault| !self.told.contains(fault)) {
            tracing::warn!("{fault}");
        }
        self.told = faults;
    }
}
