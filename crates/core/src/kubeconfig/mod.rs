//! Kubeconfigs, as a registration request carries them: out of their Base64, and judged as
//! `client-go` would take them, without a file, a clock or a connection.
//!
//! What is checked: all that `client-go` refuses when it loads the file or uses the chosen context,
//! and every program and file that any entry would make it run or read. Sources: the reference of
//! [kubeconfig v1](https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/), and what
//! `clientcmd` and `rest` of `client-go` v0.37 do with the same texts.
//!
//! **Nothing secret leaves this module.** Faults and facts hold names of entries, hosts, times and
//! common names of certificates; never a token, a key, a password, a file's path, a program's name
//! or the credentials of a URL. Ranges lie in the decoded text: they are for lines and columns, the
//! text under them must never be shown.

mod bundle;
mod certificate;
mod cluster;
mod decode;
mod der;
mod facts;
mod fault;
mod key;
mod pem;
mod read;
mod server;
mod shape;
mod time;
mod user;

#[cfg(test)]
mod tests;

pub use decode::{DecodeFault, Decoded, Encoding, decode};
pub use facts::{At, Authority, Belongs, Certificate, Context, Kubeconfig, Role};
pub use fault::{Fault, FaultKind, File, Insecure, Invalid, KeyFault, Owner, Program, Section, WrongContext};
pub use server::{Scheme, Server, UrlFault};
pub use shape::Shape;
