//! Everything that is known of clusters: what is judged, and what else exists (`--fleet`).

use std::collections::BTreeSet;
use std::ops::Range;

use clearance_core::Fleet;
use clearance_core::fleet::Identity;
use clearance_files::surroundings::Surroundings;

use crate::input::Inputs;
use crate::output::{complain, warn};
use crate::scan::{Reader, Scanned};

/// Reads what exists beside the judged documents, and says what of it cannot be read.
pub fn surroundings(inputs: Inputs, reader: &Reader<'_>) -> Surroundings {
    let surroundings = Surroundings::read(inputs, reader);
    for name in &surroundings.empty {
        warn(&format!("`{name}`, given by --fleet, holds nothing that can be read as a cluster"));
    }
    for trouble in &surroundings.troubles {
        complain(trouble);
    }
    surroundings
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
