//! Looks after everything that is read from files and may change while the server runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clearance_core::catalog;
use clearance_core::source::{Encoding, Format, LineIndex};
use clearance_core::{Catalog, Document, Finding, Form, Language, Limits, Rulebook, Settings, Severity};

use crate::basis::{Basis, InForce};
use crate::fleet_files::{FleetFiles, Stamp};
use crate::handlers::now;
use crate::tls::Certificate;

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
    certificate: Certificate,
    in_force: Arc<InForce>,
    /// What went wrong when files were last looked at: it is told once, not every second.
    told: Vec<String>,
}

#[derive(Debug)]
struct CatalogFile {
    path: PathBuf,
    stamp: Option<Stamp>,
}

impl Keeper {
    /// Reads everything for the first time: then a fault of the catalogue or a fleet that is not
    /// there is an error.
    pub(crate) fn open(catalog: Option<PathBuf>, fleet: Vec<PathBuf>, complete: bool, certificate: Certificate) -> anyhow::Result<Self> {
        let mut catalog = catalog.map(|path| CatalogFile { stamp: stamp(&path), path });
        let rulebook = rulebook(match &mut catalog {
            Some(file) => file.read()?,
            None => Catalog::built_in().clone(),
        });
        let mut fleet = FleetFiles::new(fleet);
        fleet.refresh(&rulebook, now()).context("cannot read the fleet")?;
        let in_force = Arc::new(InForce::new(Basis { fleet: fleet.fleet(complete), rulebook }));
        let mut keeper = Self { catalog, fleet, complete, certificate, in_force, told: Vec::new() };
        keeper.tell(Vec::new());
        Ok(keeper)
    }

    pub(crate) fn in_force(&self) -> &Arc<InForce> {
        &self.in_force
    }

    pub(crate) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// How many things other than Clusters refer to one.
    pub(crate) fn referrers(&self) -> usize {
        self.fleet.referrers()
    }

    /// Looks at all files from time to time, until the task is aborted.
    pub(crate) async fn keep(mut self) {
        let mut pause = PAUSE;
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
                Err(_) => return tracing::error!("files are no longer read again"),
            }
        }
    }

    fn look(&mut self) {
        let mut faults = Vec::new();
        if let Err(error) = self.certificate.refresh() {
            faults.push(format!("{error:#}"));
        }
        let mut basis = None;
        if let Some(file) = &mut self.catalog
            && file.has_changed()
        {
            match file.read() {
                Ok(catalog) => basis = Some(rulebook(catalog)),
                // It is not read again before it changes, so this is told now.
                Err(error) => tracing::warn!("{error:#}; the catalogue from before stays in force"),
            }
        }
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

impl CatalogFile {
    fn has_changed(&mut self) -> bool {
        let now = stamp(&self.path);
        // While it is gone, perhaps between two versions, there is nothing to read.
        now.is_some() && std::mem::replace(&mut self.stamp, now) != now
    }

    fn read(&self) -> anyhow::Result<Catalog> {
        let name = self.path.to_string_lossy();
        let text = fs::read_to_string(&self.path).with_context(|| format!("cannot read the catalogue {name}"))?;
        let (catalog, findings) = catalog::read(&text, Some(&name));
        let line = |finding: &Finding| {
            let document = Document::read_as(&text, Format::of(Some(&name), &text), Form::Resource, &Limits::default());
            let start = document.range_of(&finding.place).start;
            let at = LineIndex::new(&text).position(&text, start, Encoding::CodePoints);
            let (line, column) = (at.line.saturating_add(1), at.column.saturating_add(1));
            format!("{name}:{line}:{column}: {} [{}]", finding.message(Language::English), finding.rule.name)
        };
        if let Some(catalog) = catalog {
            for finding in &findings {
                tracing::warn!("{}", line(finding));
            }
            return Ok(catalog);
        }
        let errors: Vec<String> = findings.iter().filter(|finding| finding.severity == Severity::Error).map(line).collect();
        anyhow::bail!("the catalogue is refused:\n{}", errors.join("\n"))
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata))
}

fn rulebook(catalog: Catalog) -> Rulebook {
    Rulebook::new(catalog, Settings::default())
}
