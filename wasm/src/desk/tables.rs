//! The components and profiles, as a form shows them.

use clearance_core::Rulebook;
use clearance_core::catalog::{AdditionKind, AdditionType};
use clearance_mirror::Core;
use serde::Serialize;

use crate::prelude::*;

/// The catalogue that holds.
#[derive(Debug, Serialize)]
pub struct Tables {
    core: Core,
    components: Vec<Component>,
    profiles: Vec<Profile>,
}

#[derive(Debug, Serialize)]
struct Component {
    name: String,
    slot: &'static str,
    namespace: String,
    default: bool,
    additions: Vec<Addition>,
}

#[derive(Debug, Serialize)]
struct Addition {
    name: String,
    kind: &'static str,
    required: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    name: String,
    usage: &'static str,
    cluster_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    worker_type: Option<&'static str>,
    slots: Vec<&'static str>,
}

impl Tables {
    /// Of the rules that hold.
    pub fn of(rulebook: &Rulebook) -> Self {
        let catalog = rulebook.catalog();
        let component = |component: &clearance_core::catalog::ComponentType| Component {
            name: component.name.clone(),
            slot: component.slot.word(),
            namespace: component.namespace.clone(),
            default: component.default,
            additions: component.additions.iter().map(addition).collect(),
        };
        let profile = |profile: &clearance_core::catalog::Profile| Profile {
            name: profile.name(),
            usage: profile.usage.word(),
            cluster_type: profile.cluster_type.word(),
            worker_type: profile.worker_type.map(clearance_core::model::WorkerType::word),
            slots: profile.slots.iter().map(|slot| slot.word()).collect(),
        };
        Self {
            core: rulebook.core().into(),
            components: catalog.components().iter().map(component).collect(),
            profiles: catalog.profiles().iter().map(profile).collect(),
        }
    }
}

fn addition(addition: &AdditionType) -> Addition {
    let kind = AdditionKind::WORDS.iter().find(|(_, kind)| *kind == addition.kind).map_or("text", |(word, _)| word);
    Addition { name: addition.name.clone(), kind, required: addition.required }
}
