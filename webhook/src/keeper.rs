//! Looks after everything that is read from files and may change while the server runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clearance_core::{Catalog, Rulebook, Settings};
use time::OffsetDateTime;

use crate::basis::{Basis, InForce};
use crate::catalog_file::{CatalogFile, Origin};
use crate::fleet_files::FleetFiles;
use crate::handlers::now;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::tls::{self, Shown};

/// How often files are looked at.
const PAUSE: Duration = Duration::from_secs(1);
/// How many unreadable files are named in the log.
const NAMED: usize = 10;

/// What is looked after.
#[derive(Debug)]
pub(crate) struct Keeper {
    catalog: Option<CatalogFile>,
    fleet: FleetFiles,
    complete: bool,
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
    pub fleet: Vec<PathBuf>,
    pub complete: bool,
}

impl Keeper {
    /// Reads everything for the first time: then a fleet that is not there is an error.
    pub(crate) fn open(sources: Sources, certificates: Certificates, health: Arc<Health>, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let Sources { mut catalog, fleet, complete } = sources;
        let found = catalog.as_mut().map(CatalogFile::open);
        let rulebook = rulebook(found.unwrap_or_else(|| Catalog::built_in().clone()));
        let mut fleet = FleetFiles::new(fleet);
        fleet.refresh(&rulebook, now()).context("cannot read the fleet")?;
        let in_force = Arc::new(InForce::new(Basis { fleet: fleet.fleet(complete), rulebook }));
        let mut keeper = Self { catalog, fleet, complete, in_force, certificates, health, metrics, told: Vec::new() };
        keeper.tell(Vec::new());
        keeper.count();
        Ok(keeper)
    }

    pub(crate) fn in_force(&self) -> &Arc<InForce> {
        &self.in_force
    }

    /// How many things other than Clusters refer to one.
    pub(crate) fn referrers(&self) -> usize {
        self.fleet.referrers()
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
        let basis = self.catalog.as_mut().and_then(CatalogFile::refresh).map(rulebook);
        if basis.is_some() {
            self.fleet.outdate();
        }
        let current = self.in_force.get();
        let changed = match self.fleet.refresh(basis.as_ref().unwrap_or(&current.rulebook), now()) {
            Ok(changed) => changed,
            Err(error) => {
                faults.push(format!("cannot read the fleet: {error}; what was read before stays in force"));
                false
            }
        };
        if changed || basis.is_some() {
            let rulebook = basis.unwrap_or_else(|| current.rulebook.clone());
            let fleet = self.fleet.fleet(self.complete);
            tracing::info!(core = %rulebook.core(), clusters = fleet.records().len(), referrers = self.fleet.referrers(), "files were read again");
            self.in_force.replace(Basis { rulebook, fleet });
        }
        self.tell(faults);
        self.count();
    }

    /// Says what is in force.
    fn count(&self) {
        let basis = self.in_force.get();
        let size = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.clusters.set(size(basis.fleet.records().len()));
        self.metrics.referrers.set(size(self.fleet.referrers()));
        self.metrics.set_catalog(self.catalog.as_ref().map_or(Origin::BuiltIn, CatalogFile::origin).word());
        self.health.set_notice(self.catalog.as_ref().and_then(CatalogFile::notice));
    }

    /// Tells what is wrong, when it is not what was wrong before.
    fn tell(&mut self, mut faults: Vec<String>) {
        let unreadable = self.fleet.faults().count();
        faults.extend(self.fleet.faults().take(NAMED).map(|fault| format!("in the fleet: {fault}")));
        if unreadable > NAMED {
            faults.push(format!("in the fleet: {unreadable} files cannot be read whole"));
        }
        for fault in faults.iter().filter(|fault| !self.told.contains(fault)) {
            tracing::warn!("{fault}");
        }
        self.told = faults;
    }
}

fn rulebook(catalog: Catalog) -> Rulebook {
    Rulebook::new(catalog, Settings::default())
}
