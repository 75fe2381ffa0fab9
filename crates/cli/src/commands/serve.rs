//! `clearance serve`: the doors that stand open, beside each other.

use anyhow::Result;
use clearance_webhook::Configuration;

use super::Exit;

/// The settings of all doors.
pub type Serve = Configuration<clearance_registrar::Options>;

pub fn run(configuration: Serve) -> Result<Exit> {
    if configuration.print {
        anstream::print!("{}", configuration.shown());
        return Ok(Exit::Clean);
    }
    let registrar = clearance_registrar::door(&configuration.more, &configuration.options)?;
    let others = registrar.into_iter().chain([clearance_page::door()]).collect();
    clearance_webhook::run(configuration.options, others).map(|()| Exit::Clean)
}
