//! Policies that do what they should not: each ends in one finding, and harms nobody.

mod configuration;
mod described;
mod guests;
mod limits;
mod modules;
mod words;
