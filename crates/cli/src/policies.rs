//! An organisation's own policies, beside the rules.

use std::io;

use clearance_files::policies::OwnPolicies;
use clearance_render::{Output, Summary};

/// Tells what is wrong with them.
pub fn tell(own: &OwnPolicies, output: &mut dyn Output, summary: &mut Summary) -> io::Result<()> {
    for finding in own.findings() {
        output.finding(finding)?;
    }
    summary.errors += own.findings().len();
    summary.told += usize::from(!own.findings().is_empty());
    Ok(())
}
