//! The command as people and pipelines meet it: what goes in, what comes out, and the exit code.

mod bad_input;
mod cases;
mod check;
mod convert;
mod fleet;
mod git;
mod locate;
mod look;
mod others;
mod reports;
mod repository;
mod rewrite;
mod secrets;
mod settings;
mod support;
