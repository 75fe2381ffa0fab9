//! What exists beside what is judged, where the settings or a command line name it.

use std::sync::Arc;

use clearance_core::{Record, Referrer};

use crate::input::Inputs;
use crate::scan::Reader;

/// What exists beside the judged documents.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// The clusters.
    pub records: Vec<Arc<Record>>,
    /// What refers to clusters.
    pub referrers: Vec<Referrer>,
    /// What of it could not be read, as sentences.
    pub troubles: Vec<String>,
    /// The files that should hold clusters, and hold nothing that can be read as one.
    pub empty: Vec<String>,
    /// Whether a file is broken, so that it may hold more than was read.
    is_broken: bool,
}

impl Surroundings {
    /// Reads what else exists.
    #[must_use]
    pub fn read(inputs: Inputs, reader: &Reader<'_>) -> Self {
        let mut surroundings = Self { troubles: inputs.troubles, ..Self::default() };
        for (file, input) in reader.scan(&inputs.found).into_iter().zip(&inputs.found) {
            if file.unread.is_some() {
                surroundings.troubles.extend(file.unread);
            } else if file.told && file.clusters == 0 && file.referrers.is_empty() && file.trouble.is_none() {
                surroundings.empty.push(input.name.clone());
            }
            surroundings.is_broken |= file.is_broken;
            for mut record in file.records {
                Arc::make_mut(&mut record).judged = false;
                surroundings.records.push(record);
            }
            surroundings.referrers.extend(file.referrers);
            surroundings.troubles.extend(file.trouble);
        }
        surroundings
    }

    /// Whether all of it is known.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.is_broken && self.troubles.is_empty()
    }
}
