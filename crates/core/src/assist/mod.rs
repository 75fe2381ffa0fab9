//! What helps a person while a description is being written: what may come next, what a field is,
//! what will be filled in, and where a cluster's name stands.
//!
//! An editor and a browser's page ask the same questions. The answers come from the tables that the
//! rules judge by, and nothing here judges.

mod complete;
mod cursor;
mod hints;
mod hover;
mod names;
mod values;

use crate::catalog::{Catalog, Profile};
use crate::document::Document;
use crate::finding::{Path, Segment};
use crate::form::Form;
use crate::model::structure::{Field, Shape};
use crate::model::{ClusterType, REQUEST_ONLY, RESOURCE, Slot, Usage};
use crate::prelude::*;

pub use complete::{Candidate, CandidateKind, Completion};
pub use hints::{Hint, hints};
pub use hover::Hover;
pub use names::{Named, Role, named};

/// What a field is in one kind of cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Without it there is an error.
    Required,
    /// It may be there.
    Optional,
    /// Without it, it is filled in.
    Filled,
    /// It is refused, ignored, or not for people to write.
    Refused,
}

/// What kind of cluster is meant, as far as it is said.
#[derive(Debug, Clone, Copy, Default)]
struct Kind<'k> {
    usage: Option<Usage>,
    cluster_type: Option<ClusterType>,
    profile: Option<&'k Profile>,
}

impl<'k> Kind<'k> {
    fn of(profile: &'k Profile) -> Self {
        Self { usage: Some(profile.usage), cluster_type: Some(profile.cluster_type), profile: Some(profile) }
    }

    /// What the field at a path in the resource is in this kind of cluster.
    fn makes_of(&self, path: &Path, field: &Field) -> Use {
        let keys: Vec<&str> = keys(path).collect();
        let when = |known: Option<bool>, yes: Use, no: Use| match known {
            Some(true) => yes,
            Some(false) => no,
            None => Use::Optional,
        };
        let is_virtual = self.cluster_type.map(|kind| kind == ClusterType::Virtual);
        match keys.as_slice() {
            ["metadata", "name"] => Use::Required,
            // The others the API server and operators write.
            ["status"] | ["metadata", _] if !matches!(keys.as_slice(), ["metadata", "namespace" | "labels" | "annotations"]) => {
                Use::Refused
            }
            ["spec", "workerType"] => when(self.usage.map(|usage| usage == Usage::Worker), Use::Required, Use::Refused),
            ["spec", "hostCluster"] => when(is_virtual, Use::Required, Use::Refused),
            ["spec", "clusterKind" | "primaryDomain"] | ["spec", "componentsList", _, "name" | "namespace"] => Use::Filled,
            ["spec", "componentsList", word] => match Slot::from_word(word) {
                Some(slot) if !Catalog::is_selectable(slot) => Use::Refused,
                Some(slot) => when(self.profile.map(|profile| profile.slots.contains(&slot)), Use::Filled, Use::Refused),
                None => Use::Optional,
            },
            ["vcluster", ..] => when(is_virtual, Use::Filled, Use::Refused),
            ["kubeconfig"] => when(is_virtual, Use::Refused, Use::Required),
            _ if field.required => Use::Required,
            _ => Use::Optional,
        }
    }
}

/// The keys of a path.
fn keys(path: &Path) -> impl Iterator<Item = &str> {
    path.segments().iter().filter_map(|segment| match segment {
        Segment::Key(key) => Some(key.as_ref()),
        Segment::Index(_) => None,
    })
}

/// What lies at a path in the resource, and the field that it is or lies in. What only a request
/// holds lies at its root.
#[must_use]
pub fn shape_at(path: &Path) -> Option<(&'static Shape, Option<&'static Field>)> {
    let first = match path.segments().first() {
        Some(Segment::Key(key)) => key.as_ref(),
        _ => return Some((&RESOURCE, None)),
    };
    let root = if REQUEST_ONLY.at(first).is_some() { &REQUEST_ONLY } else { &RESOURCE };
    path.segments().iter().try_fold((root, None), |(shape, _): (&'static Shape, _), segment| match (segment, shape) {
        (Segment::Index(_), Shape::List(inner)) => Some((*inner, None)),
        (Segment::Index(_), _) => None,
        (Segment::Key(key), _) => {
            // The items of a list have fields of their own.
            let shape = if let Shape::List(inner) = shape { inner } else { shape };
            let field = shape.fields().iter().find(|field| field.name == key.as_ref());
            Some((shape.at(key)?, field))
        }
    })
}

/// The fields of the object at a path as it is written in a form, each with its path in the resource.
fn fields_at(form: Form, written: &Path) -> Vec<(Path, &'static Field)> {
    let below = |base: Path, fields: &'static [Field]| fields.iter().map(move |field| (base.clone().key(field.name), field));
    let spec = || below(Path::of("spec"), RESOURCE.at("spec").map_or(&[], Shape::fields));
    let request_only = || below(Path::root(), REQUEST_ONLY.fields());
    let name = || below(Path::of("metadata"), RESOURCE.at("metadata").map_or(&[], Shape::fields)).filter(|(_, field)| field.name == "name");
    let keys: Vec<&str> = keys(written).collect();
    match (form, keys.as_slice()) {
        (Form::Request, []) => spec().chain(request_only()).collect(),
        (Form::Property, []) => {
            below(Path::root(), RESOURCE.fields()).filter(|(_, field)| matches!(field.name, "apiVersion" | "kind" | "spec")).collect()
        }
        (Form::Property, ["spec"]) => name().chain(spec()).chain(request_only()).collect(),
        _ => {
            let path = form.canonical(written);
            shape_at(&path).map(|(shape, _)| below(path, shape.fields()).collect()).unwrap_or_default()
        }
    }
}

/// The word of a field in a form.
fn word(form: Form, path: &Path, field: &'static Field) -> String {
    match form.written(path).and_then(|mut written| written.pop()) {
        Some(Segment::Key(key)) => key.into_owned(),
        _ => field.word(form).to_owned(),
    }
}

/// The kind of cluster that a document describes, as far as it is said.
fn kind_of<'k>(document: &Document<'_>, catalog: &'k Catalog) -> Kind<'k> {
    let cluster = crate::model::Cluster::read(document.form, &document.root);
    Kind { usage: cluster.spec.usage, cluster_type: cluster.spec.cluster_type, profile: catalog.profile(&cluster.spec) }
}

#[cfg(test)]
mod tests;
