//! The editor door, driven by a real client over pipes: whole editing runs, bad input, and beside others.

mod bad_input;
mod beside;
mod neovim;
mod runs;
mod support;
mod writing;
