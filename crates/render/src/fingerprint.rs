//! By what a tool knows a finding again in the next run, on another machine, further down the file.

use std::collections::HashMap;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::Finding;

/// Gives each finding of a run a fingerprint of its own.
///
/// It is made of the file's path, the document, the rule and the path in the resource, without lines
/// and columns. What is the same in all of them is told apart by its order.
#[derive(Debug, Default)]
pub struct Fingerprints {
    seen: HashMap<[u8; 32], u32>,
}

impl Fingerprints {
    /// The fingerprint of a finding in a file, by the file's path from the root of the repository: 32
    /// hexadecimal digits.
    pub fn of(&mut self, finding: &Finding, path: &str) -> String {
        let document = finding.document.map(|number| number.to_string()).unwrap_or_default();
        // A fault of the text has no path in the resource: what is said of it must do.
        let place = finding.path.as_deref().unwrap_or(&finding.message);
        let within = finding.within.as_ref().map(|within| within.path.as_str()).unwrap_or_default();
        let base: [u8; 32] = digest(&[path, &document, &finding.rule, place, within]);
        let earlier = self.seen.entry(base).or_default();
        let number = earlier.to_string();
        *earlier += 1;
        let mut digits = String::with_capacity(32);
        for byte in digest(&[path, &document, &finding.rule, place, within, &number]).iter().take(16) {
            // Writing to a String cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }
}

fn digest(words: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for word in words {
        digest.update(word.as_bytes());
        // No UTF-8 text holds this byte: no two lists of words are one.
        digest.update([0xff]);
    }
    digest.finalize().into()
}
