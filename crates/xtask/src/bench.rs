//! `cargo xtask bench`: how long things take, beside what others take for the like.
//!
//! Only a release build says anything: a debug build of this program starts one of itself.

mod check;
mod ci;
mod compute;
mod fleets;
mod lsp;
mod page;
mod policy;
mod process;
mod registrar;
mod size;
mod table;
mod wasm;
mod webhook;

use anyhow::Result;
use clap::ValueEnum;

use crate::run::cargo;

/// What is measured.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Subject {
    /// One verdict, by the core.
    Core,
    /// Twenty thousand files, by `clearance check`.
    Check,
    /// Calls of policies.
    Policy,
    /// A tenant repository in a pipeline, and what `clearance fix` keeps.
    Ci,
    /// The page in a browser.
    Page,
    /// The core as wasm.
    Size,
    /// The browser door: the npm package in Chromium, and the page.
    Wasm,
    /// Keystrokes in an editor.
    Lsp,
    /// Reviews at the admission door.
    Webhook,
    /// Registrations.
    Registrar,
    /// All of it.
    All,
}

/// Measures and prints a table; fails where a limit is broken and `strict` is asked for.
pub(crate) fn run(subject: Subject, strict: bool) -> Result<()> {
    if cfg!(debug_assertions) {
        let word = subject.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let mut command = cargo(&["run", "--quiet", "--release", "--bin", "xtask", "--", "bench", &word]);
        command.args(strict.then_some("--strict"));
        anyhow::bail!("cannot run {command:?}: {}", std::os::unix::process::CommandExt::exec(&mut command));
    }
    let is = |other: Subject| matches!(subject, Subject::All) || std::mem::discriminant(&subject) == std::mem::discriminant(&other);
    let mut over = 0;
    if is(Subject::Core) {
        over += compute::run()?.print();
    }
    if is(Subject::Check) {
        over += check::run()?.print();
    }
    if is(Subject::Lsp) {
        over += lsp::run()?.print();
    }
    if is(Subject::Policy) {
        over += policy::run()?.print();
    }
    if is(Subject::Ci) {
        over += ci::run()?.print();
    }
    if is(Subject::Size) {
        over += size::run()?.print();
    }
    if is(Subject::Wasm) {
        over += wasm::run()?.print();
    }
    if is(Subject::Page) || matches!(subject, Subject::Wasm) {
        over += page::run()?.print();
    }
    if is(Subject::Webhook) {
        over += webhook::run()?.print();
    }
    if is(Subject::Registrar) {
        over += registrar::run()?.print();
    }
    if strict && over > 0 {
        anyhow::bail!("{over} figures are over their limit");
    }
    Ok(())
}
