//! How far a long run has come, for who watches it.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::Input;
use crate::output::is_quiet;
use crate::scan::{Reader, Scanned};

/// Fewer files are read before anybody could look.
const MANY: usize = 1_000;

/// Looks at all inputs while a bar shows how many are done.
pub fn scan(reader: &Reader<'_>, inputs: &[Input]) -> Vec<Scanned> {
    let Some(bar) = over(inputs.len()) else { return reader.scan(inputs) };
    let scanned = reader.scan_watched(inputs, || bar.inc(1));
    bar.finish_and_clear();
    scanned
}

/// A bar over some files; only on a terminal, and only where it takes a while.
fn over(files: usize) -> Option<ProgressBar> {
    if files < MANY || is_quiet() || !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} files").unwrap_or_else(|_| ProgressStyle::default_bar());
    Some(bar.with_style(style))
}
