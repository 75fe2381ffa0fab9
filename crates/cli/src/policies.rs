//! An organisation's own policies, beside the rules.

use std::io;

use clearance_core::{Document, Examined, Fleet, Operation, Verdict};
use clearance_files::policies::OwnPolicies;
use clearance_policy_host::{Basis, Policies};
use clearance_render::{Output, Summary};

use crate::scan::Reader;

/// Tells what is wrong with them.
pub fn tell(own: &OwnPolicies, output: &mut dyn Output, summary: &mut Summary) -> io::Result<()> {
    for finding in own.findings() {
        output.finding(finding)?;
    }
    summary.errors += own.findings().len();
    summary.told += usize::from(!own.findings().is_empty());
    Ok(())
}

/// Policies that are asked.
pub struct Hearing<'h>(pub &'h Policies);

impl Hearing<'_> {
    /// Judges by the rules and by the policies.
    pub fn judge(
        &self,
        reader: &Reader<'_>,
        fleet: &Fleet,
        document: &Document<'_>,
        examined: Examined,
        operation: Operation<'_>,
    ) -> Verdict {
        let basis = Basis { rulebook: reader.rulebook, fleet, now: reader.now };
        self.0.judge(&basis, document, examined, operation)
    }
}
