//! Writes a policy: a typed cluster in, findings with field paths out.
//!
//! A policy is its settings with a judgement: a type that serde reads, and [`Policy`] for it.
//! [`export!`] makes a module of it that Clearance and Kubewarden run. Tests need no WebAssembly:
//! [`testing::judge`] asks the policy as a host would.
//!
//! ```
//! use clearance_policy::{Findings, Path, Policy, Request};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct NoHosts {}
//!
//! impl Policy for NoHosts {
//!     fn judge(&self, request: &Request, findings: &mut Findings) {
//!         if request.cluster.spec.usage == "host" {
//!             findings.deny(Path::of("spec.usage"), "host clusters are made by another team");
//!         }
//!     }
//! }
//!
//! let verdict = clearance_policy::testing::judge::<NoHosts>("{}", r#"{"spec": {"usage": "host"}}"#);
//! assert_eq!(verdict.denied(), ["spec.usage: host clusters are made by another team"]);
//! ```

mod cluster;
mod findings;
pub mod host;
mod path;
mod request;
pub mod testing;
#[doc(hidden)]
pub mod wapc;

pub use cluster::{Cluster, Component, Metadata, ResourceKind, Spec};
pub use findings::{Finding, Findings, Severity};
pub use path::Path;
pub use request::{Operation, Request};
pub use serde_json;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A policy: the settings are the value that judges.
pub trait Policy: DeserializeOwned {
    /// Whether the settings will do, beyond what their schema says.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Says what is wrong with a cluster.
    fn judge(&self, request: &Request, findings: &mut Findings);

    /// The object as it should be, where that is not how it is. Only asked when nothing is refused, and
    /// only heeded where the configuration allows it.
    fn mutate(&self, _: &Request) -> Option<Value> {
        None
    }
}

/// Makes a module of a policy. Beside `Cargo.toml` lie `metadata.json` (Kubewarden's metadata) and
/// `settings.schema.json` (a JSON Schema of the settings): both become part of the module.
#[macro_export]
macro_rules! export {
    ($policy:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const METADATA: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/metadata.json"));
            const SCHEMA: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/settings.schema.json"));

            #[used]
            #[unsafe(link_section = "io.kubewarden.metadata")]
            static METADATA_SECTION: [u8; METADATA.len()] = *METADATA.first_chunk().unwrap();
            #[used]
            #[unsafe(link_section = "io.clearance.settings")]
            static SCHEMA_SECTION: [u8; SCHEMA.len()] = *SCHEMA.first_chunk().unwrap();

            #[unsafe(no_mangle)]
            extern "C" fn __guest_call(operation: usize, payload: usize) -> i32 {
                $crate::wapc::call::<$policy>(operation, payload)
            }
        };
    };
}
