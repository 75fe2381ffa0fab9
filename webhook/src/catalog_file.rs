//! The catalogue from a file, and what is in force while the file is no good.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use clearance_core::source::{Encoding, Format, LineIndex};
use clearance_core::{Catalog, Document, Finding, Form, Language, Limits, Severity, catalog};

use crate::state;

/// A catalogue is short.
const LONGEST: u64 = 4 << 20;
const LAST_GOOD: &str = "last-good-catalog.yaml";

/// Where the catalogue in force comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    BuiltIn,
    /// The file, as it is now.
    Given,
    /// The file, as it was when it was last good.
    LastGood,
}

impl Origin {
    /// The word in metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Given => "given",
            Self::LastGood => "last-good",
        }
    }
}

/// The file that holds the catalogue.
#[derive(Debug)]
pub(crate) struct CatalogFile {
    path: PathBuf,
    /// Where a copy of the last good one is kept, if there is such a place.
    state: Option<PathBuf>,
    /// Of what was last read, be it good or bad.
    hash: Option<u64>,
    origin: Origin,
}

impl CatalogFile {
    pub(crate) fn new(path: PathBuf, state: Option<PathBuf>) -> Self {
        Self { path, state, hash: None, origin: Origin::BuiltIn }
    }

    /// What answers must say while the file is not in force.
    pub(crate) fn notice(&self) -> Option<&'static str> {
        match self.origin {
            Origin::Given => None,
            Origin::LastGood => Some("the catalogue of this server cannot be read; it judges by the last good one"),
            Origin::BuiltIn => Some("the catalogue of this server cannot be read; it judges by the built-in one"),
        }
    }

    /// Reads the file for the first time; where it is no good, there is the last good one or the built-in one.
    pub(crate) fn open(&mut self) -> Catalog {
        if let Some(catalog) = self.refresh() {
            return catalog;
        }
        let last_good = self.state.as_ref().and_then(|state| fs::read_to_string(state.join(LAST_GOOD)).ok());
        let last_good = last_good.and_then(|text| read(&text, LAST_GOOD).ok());
        let (catalog, origin) = match last_good {
            Some(catalog) => (catalog, Origin::LastGood),
            None => (Catalog::built_in().clone(), Origin::BuiltIn),
        };
        self.origin = origin;
        catalog
    }

    /// Reads the file if it has changed; nothing where the one before stays in force.
    pub(crate) fn refresh(&mut self) -> Option<Catalog> {
        let name = self.path.to_string_lossy().into_owned();
        let text = match fs::metadata(&self.path) {
            Ok(metadata) if metadata.len() > LONGEST => Err(format!("{name} has more than {LONGEST} bytes")),
            _ => fs::read_to_string(&self.path).map_err(|error| format!("cannot read the catalogue {name}: {error}")),
        };
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let hash = Some(hasher.finish());
        if std::mem::replace(&mut self.hash, hash) == hash {
            return None;
        }
        match text.and_then(|text| read(&text, &name).map(|catalog| (text, catalog))) {
            Ok((text, catalog)) => {
                if let Some(state) = &self.state
                    && let Err(error) = state::write(&state.join(LAST_GOOD), text.as_bytes())
                {
                    tracing::warn!("the catalogue cannot be kept for the next start: {error:#}");
                }
                self.origin = Origin::Given;
                Some(catalog)
            }
            Err(why) => {
                tracing::warn!("{why}; the catalogue from before stays in force");
                if self.origin == Origin::Given {
                    self.origin = Origin::LastGood;
                }
                None
            }
        }
    }

    /// Where the catalogue in force comes from.
    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }
}

/// Reads a catalogue; what is wrong with it is told with its place.
fn read(text: &str, name: &str) -> Result<Catalog, String> {
    let (catalog, findings) = catalog::read(text, Some(name));
    let line = |finding: &Finding| {
        let document = Document::read_as(text, Format::of(Some(name), text), Form::Resource, &Limits::default());
        let start = document.range_of(&finding.place).start;
        let at = LineIndex::new(text).position(text, start, Encoding::CodePoints);
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
    Err(format!("the catalogue is refused: {}", errors.join("; ")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const GOOD: &str = "version: 1\ncomponents:\n  kong:\n    slot: gateway\n    namespace: kong\n";
    const BAD: &str = "version: 1\ncomponents:\n  kong:\n    slot: gatway\n    namespace: kong\n";

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("clearance-catalog-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        state::open(Some(&path)).expect("the directory can be made")
    }

    fn has_kong(catalog: &Catalog) -> bool {
        catalog.component("kong").is_some()
    }

    #[test]
    fn a_bad_one_at_the_start_means_the_last_good_one_or_the_built_in_one() {
        let state = directory("start");
        let path = state.join("catalog.yaml");
        let open = |text: &str, state: &Path| {
            fs::write(&path, text).expect("it can be written");
            let mut file = CatalogFile::new(path.clone(), Some(state.to_owned()));
            (file.open(), file)
        };
        let (catalog, file) = open(BAD, &state);
        assert_eq!((file.origin(), has_kong(&catalog), file.notice().is_some()), (Origin::BuiltIn, false, true));
        let (catalog, file) = open(GOOD, &state);
        assert_eq!((file.origin(), has_kong(&catalog), file.notice()), (Origin::Given, true, None));
        let (catalog, mut file) = open(BAD, &state);
        assert_eq!((file.origin(), has_kong(&catalog), file.notice().is_some()), (Origin::LastGood, true, true));
        assert!(file.refresh().is_none());
        fs::write(&path, GOOD).expect("it can be written");
        assert!(file.refresh().is_some());
        assert_eq!(file.origin(), Origin::Given);
        assert_eq!(file.notice(), None);
        fs::remove_file(&path).expect("it is there");
        assert!(file.refresh().is_none());
        assert_eq!(file.origin(), Origin::LastGood);
        fs::remove_dir_all(&state).expect("it can be removed");
    }

    #[test]
    fn a_fault_has_a_place() {
        let error = read(BAD, "catalog.yaml").expect_err("there is no such slot");
        assert!(error.starts_with("the catalogue is refused: catalog.yaml:4:11: "), "{error}");
    }
}
