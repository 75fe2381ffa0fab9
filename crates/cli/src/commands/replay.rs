//! `clearance replay`

mod review;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use clearance_core::{Catalog, Rulebook};
use clearance_render::{Output, Summary};

use super::basis::Basis;
use super::check::{Check, Given};
use super::given::OldText;
use super::narrow::{Narrow, Otherwise};
use super::{Exit, Look};
use crate::config::Config;
use crate::input::{self, Input, Inputs, Source, cannot_read};
use crate::listen::{Heard, Overheard};
use crate::output::{cannot_write, complain, warn};
use crate::read;
use crate::report::{Format, Reports};
use review::Review;

/// Judges again what the API server asked the webhook, and compares the verdict with the one that was given.
///
/// It takes an `AdmissionReview`, or the JSON lines that the webhook writes with `--capture`.
#[derive(Args)]
#[command(after_help = "Each review is judged at the time at which it was captured, unless --now says otherwise.\n\n\
    Exit codes: 0 every verdict is the one that was given (or, where none is written down, nothing is refused); 1 some are not; \
    2 used wrongly, or something could not be read; 3 a fault of clearance itself.")]
pub struct Replay {
    /// How findings are written.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    basis: Narrow<OfReviews>,
}

/// A review says itself what it is about.
struct OfReviews;

impl Otherwise for OfReviews {
    const PATHS: &'static str = "Files with reviews, or `-` for standard input";
    const HIDDEN: &'static [&'static str] = &["stdin_filename", "name"];
}

/// How long a file of reviews is at most; the webhook writes at most half of it.
const LONGEST: usize = 128 << 20;

impl Replay {
    pub fn run(self, look: Look) -> Result<Exit> {
        let basis = &self.basis.0;
        let inputs = input::collect(basis.paths(), &basis.stdin_filename, LONGEST)?;
        if let Some(trouble) = inputs.troubles.first() {
            bail!("{trouble}");
        }
        let settings = basis.settings(look, &Config::default());
        let rulebook = Rulebook::new(Catalog::built_in().clone(), settings);
        let mut output = Reports { format: self.format, more: &[], show_filled: false, look }.open(&rulebook)?;
        let mut played = Played { basis, look, core: rulebook.core().to_string(), output: &mut output, counts: Counts::default() };
        let mut buffer = Vec::new();
        for input in &inputs.found {
            let text = match &input.source {
                Source::File(path) => read::file(path, LONGEST, &mut buffer),
                Source::Held(bytes) => read::stream(&mut bytes.as_slice(), LONGEST, &mut buffer),
            };
            let text = text.map_err(|why| anyhow!(cannot_read(input.name.as_ref(), &why.reason())))?;
            for (number, review) in review::all(text) {
                played.play(&format!("{}:{number}", input.name), review)?;
            }
        }
        let Counts { reviews, differing, unusable, mut summary } = played.counts;
        if reviews == 0 {
            bail!("there is no review here");
        }
        summary.unreadable += unusable;
        output.finish(&summary).map_err(cannot_write)?;
        Ok(match () {
            () if unusable > 0 => Exit::Unusable,
            () if differing > 0 => Exit::Findings,
            () => Exit::Clean,
        })
    }
}

/// Reviews while they are judged again.
struct Played<'p> {
    basis: &'p Basis,
    look: Look,
    core: String,
    output: &'p mut dyn Output,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    reviews: usize,
    /// Those whose verdict is another one, or that are refused where none is written down.
    differing: usize,
    unusable: usize,
    summary: Summary,
}

impl Played<'_> {
    fn play(&mut self, name: &str, review: Result<Review>) -> Result<()> {
        self.counts.reviews += 1;
        let outcome = review.and_then(|review| Ok((self.judge(name, &review)?, review)));
        let (heard, review) = match outcome {
            Ok((Some(heard), review)) => (heard, review),
            Ok((None, _)) => {
                warn(&format!("{name}: nothing is judged here: it is about no Cluster itself"));
                return Ok(());
            }
            Err(error) => {
                complain(&format!("{name}: {error:#}"));
                self.counts.unusable += 1;
                return self.output.trouble(&format!("{name}: {error:#}")).map_err(cannot_write);
            }
        };
        add(&mut self.counts.summary, &heard.summary);
        match review.differences(&heard.findings) {
            None => self.counts.differing += usize::from(heard.summary.errors > 0),
            Some(differences) if differences.is_empty() => {}
            Some(differences) => {
                self.counts.differing += 1;
                let other = review.core().filter(|then| *then != self.core);
                let cores = other.map(|then| format!(" (then by core {then}, now by {})", self.core)).unwrap_or_default();
                warn(&format!("{name}: the verdict is another one now{cores}\n  {}", differences.join("\n  ")));
            }
        }
        Ok(())
    }

    /// Judges one review; nothing where there is nothing to judge.
    fn judge(&mut self, name: &str, review: &Review) -> Result<Option<Heard>> {
        let Some(object) = review.object()? else { return Ok(None) };
        let found = vec![Input { name: name.to_owned(), source: Source::Held(object.into_bytes()), named: true }];
        let given = Given {
            inputs: Some(Inputs { found, troubles: Vec::new() }),
            old_text: review.old_object()?.map(|text| OldText::of(format!("{name} (old)"), text)),
            delete: review.is_deletion(),
            ..Given::default()
        };
        let mut basis = self.basis.clone();
        basis.now = basis.now.or(review.at());
        let mut overheard = Overheard { out: self.output, heard: Heard::default() };
        Check::of(basis).run_into(given, self.look, Some(&mut overheard))?;
        Ok(Some(overheard.heard))
    }
}

/// One run among several.
fn add(all: &mut Summary, one: &Summary) {
    all.files += one.files;
    all.documents += one.documents;
    all.errors += one.errors;
    all.warnings += one.warnings;
    all.infos += one.infos;
    all.told += one.told;
    all.omitted += one.omitted;
    all.unchanged += one.unchanged;
}
