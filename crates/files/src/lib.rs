//! Descriptions of clusters on disk: which files there are, how they are read within bounds, the
//! first look at each, and `clearance.toml`.
//!
//! What doors that read directories have in common: the command line and the language server.

pub mod catalog;
pub mod config;
pub mod input;
pub mod policies;
pub mod read;
pub mod scan;
pub mod surroundings;
pub mod template;

/// Why something failed, without the system's number for it.
#[must_use]
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split_once(" (os error").map_or(text.as_str(), |(text, _)| text);
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
