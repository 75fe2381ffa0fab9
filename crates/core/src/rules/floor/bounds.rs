//! Bounds of what the expressions look at.
//!
//! The API server estimates the cost of each expression before it takes a CRD, from the largest
//! value that could come, and refuses the CRD if the estimate is over its budget. The bounds are as
//! wide as that budget allows, and wider than anything the rules accept or a document of 1.5 MiB
//! plausibly holds.

/// How large a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Characters of a text (`maxLength`).
    Length(u32),
    /// Items of a list (`maxItems`).
    Items(u32),
    /// Entries of a map (`maxProperties`).
    Properties(u32),
}

/// The bounds, by path; `*` stands for any key, field or item.
pub static BOUNDS: &[(&str, Bound)] = &[
    // No object's name is longer.
    ("metadata.name", Bound::Length(253)),
    // `https://`, 253 characters, a port with zeros before it.
    ("spec.apiServer", Bound::Length(512)),
    ("spec.hostCluster", Bound::Length(253)),
    ("spec.primaryDomain", Bound::Length(512)),
    ("spec.componentsList.*.name", Bound::Length(253)),
    ("spec.componentsList.*.namespace", Bound::Length(253)),
    // Each key is the namespace of a component, of which there are ten.
    ("spec.reservedNamespacesAllowedProducts", Bound::Properties(10)),
    ("spec.reservedNamespacesAllowedProducts.*", Bound::Items(1024)),
    ("spec.reservedNamespacesAllowedProducts.*.*", Bound::Length(64)),
    ("spec.productAllowedClusterResources", Bound::Properties(2048)),
    ("spec.productAllowedClusterResources.*", Bound::Items(32)),
    // Kinds are labels, groups are DNS names.
    ("spec.productAllowedClusterResources.*.*.kind", Bound::Length(63)),
    ("spec.productAllowedClusterResources.*.*.group", Bound::Length(128)),
];
