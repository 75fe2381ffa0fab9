//! What the fleet keeps of an object: a few fields, never the object.

use std::sync::Arc;

use clearance_core::fleet::Identity;
use clearance_core::source::Format;
use clearance_core::{Document, Form, Limits, Record, Referrer, Rulebook};
use kube::ResourceExt;
use kube::api::DynamicObject;

use super::{KINDS, Kind};
use crate::handlers::now;
use crate::others::Others;

/// What is kept of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Cluster(Arc<Record>),
    Referrer(Referrer),
    /// A runtime that has no cluster yet.
    Nothing,
}

pub(super) fn identity(object: &DynamicObject) -> Identity {
    (object.namespace().unwrap_or_default(), object.name_any())
}

impl Item {
    pub(super) fn of(object: &DynamicObject, kind: Kind, rulebook: &Rulebook) -> Self {
        // It came as JSON and is written again: the core reads texts.
        let text = serde_json::to_string(object).unwrap_or_default();
        let document = Document::read_as(&text, Format::Json, Form::Resource, &Limits::default());
        if kind == KINDS[0] {
            let mut record = rulebook.examine(&document, now()).record;
            // However odd the object is, this is who it is.
            (record.namespace, record.name) = identity(object);
            Self::Cluster(Arc::new(record))
        } else {
            Referrer::read(&document.root).map_or(Self::Nothing, Self::Referrer)
        }
    }

    pub(super) fn put(&self, others: &Others) {
        match self {
            Self::Cluster(record) => others.saw(Arc::clone(record)),
            Self::Referrer(referrer) => others.refer(referrer.clone()),
            Self::Nothing => {}
        }
    }

    pub(super) fn take(&self, others: &Others) {
        match self {
            Self::Cluster(record) => others.missed(&record.identity()),
            Self::Referrer(referrer) => others.unrefer(referrer),
            Self::Nothing => {}
        }
    }
}
