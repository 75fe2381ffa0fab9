//! Everything that is known of clusters: what is judged, and what else exists (`--fleet`).

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use clearance_core::fleet::Identity;
use clearance_core::{Fleet, Record, Referrer};

use crate::input::Inputs;
use crate::output::{complain, warn};
use crate::scan::{Reader, Scanned};

/// What exists beside the judged documents.
#[derive(Default)]
pub struct Surroundings {
    records: Vec<Arc<Record>>,
    referrers: Vec<Referrer>,
    /// How many files of it could not be read.
    pub unreadable: usize,
    /// Whether it may hold more than was read.
    has_gaps: bool,
}

impl Surroundings {
    /// Reads what else exists.
    pub fn read(inputs: Inputs, reader: &Reader<'_>) -> Self {
        let mut surroundings = Self::default();
        let mut troubles = inputs.troubles;
        for (file, input) in reader.scan(&inputs.found).into_iter().zip(&inputs.found) {
            if file.unread.is_some() {
                troubles.extend(file.unread);
            } else if file.told && file.clusters == 0 && file.referrers.is_empty() && file.trouble.is_none() {
                warn(&format!("`{}`, given by --fleet, holds nothing that can be read as a cluster", input.name));
            }
            surroundings.has_gaps |= file.is_broken;
            for mut record in file.records {
                Arc::make_mut(&mut record).judged = false;
                surroundings.records.push(record);
            }
            surroundings.referrers.extend(file.referrers);
            troubles.extend(file.trouble);
        }
        for trouble in &troubles {
            complain(trouble);
        }
        surroundings.unreadable = troubles.len();
        surroundings.has_gaps |= !troubles.is_empty();
        surroundings
    }

    /// Whether all of it is known.
    pub fn is_whole(&self) -> bool {
        !self.has_gaps
    }

    /// The clusters.
    pub fn records(&self) -> &[Arc<Record>] {
        &self.records
    }
}

/// All of it together.
pub struct Known {
    pub fleet: Fleet,
    /// Where in the fleet the clusters of each judged file are; for a deletion, where they would be.
    pub clusters: Vec<Range<usize>>,
}

impl Known {
    /// Takes the records out of what was read. What is to be deleted is no longer there to refer to
    /// anything.
    pub fn new(scanned: &mut [Scanned], surroundings: Surroundings, complete: bool, delete: bool) -> Self {
        Self::beside(scanned, surroundings, complete, delete, |_| ()).0
    }

    /// The same, and meanwhile something else that looks at what was read.
    pub fn beside<M: Send>(
        scanned: &mut [Scanned],
        surroundings: Surroundings,
        complete: bool,
        delete: bool,
        meanwhile: impl FnOnce(&[Scanned]) -> M + Send,
    ) -> (Self, M) {
        let mut records = Vec::with_capacity(scanned.iter().map(|file| file.records.len()).sum());
        let mut referrers = surroundings.referrers;
        let mut clusters = Vec::with_capacity(scanned.len());
        for file in scanned.iter_mut() {
            let first = records.len();
            records.append(&mut file.records);
            referrers.append(&mut file.referrers);
            clusters.push(first..records.len());
        }
        let others = surroundings.records;
        if delete {
            let gone: BTreeSet<Identity> = records.iter().map(|record| record.identity()).collect();
            records = others.into_iter().filter(|record| !gone.contains(&record.identity())).collect();
        } else {
            records.extend(others);
        }
        let (fleet, met) = rayon::join(|| Fleet::new(records, referrers, complete), || meanwhile(scanned));
        (Self { fleet, clusters }, met)
    }
}
