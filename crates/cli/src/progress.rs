//! How far a long run has come, for who watches it.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::is_quiet;

/// Fewer files are read before anybody could look.
const MANY: usize = 1_000;

/// A bar over some files; only on a terminal, and only where it takes a while.
pub fn over(files: usize) -> Option<ProgressBar> {
    if files < MANY || is_quiet() || !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} files").unwrap_or_else(|_| ProgressStyle::default_bar());
    Some(bar.with_style(style))
}
