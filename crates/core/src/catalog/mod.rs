//! The components that can be installed, the slots that they go into, and what each profile needs.

mod read;

use once_cell::race::OnceBox;

use crate::model::{ClusterSpec, ClusterType, Slot, Usage, WorkerType};
use crate::prelude::*;
use crate::verdict::Hash;

pub use read::read;

/// The table of components and profiles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    components: Vec<ComponentType>,
    profiles: Vec<Profile>,
}

/// A component that can be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentType {
    /// Its name.
    pub name: String,
    /// The slot that it goes into.
    pub slot: Slot,
    /// The namespace that it is installed into, if none is asked for.
    pub namespace: String,
    /// Whether it is what its slot is filled with.
    pub default: bool,
    /// What it wants to know.
    pub additions: Vec<AdditionType>,
    /// Where it is installed from; nothing where it is installed by others.
    pub source: Option<Source>,
}

/// Where a component is installed from: a chart, or a path of a Git repository. No verdict depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The address of the repository.
    pub repository: String,
    /// The chart's name, or the path.
    pub what: SourceKind,
    /// The chart's version, or the Git revision.
    pub version: String,
}

/// What is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A Helm chart.
    Chart(String),
    /// A directory of a Git repository.
    Path(String),
}

/// One thing that a component wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdditionType {
    /// Its key.
    pub name: String,
    /// What it may hold.
    pub kind: AdditionKind,
    /// Whether it must be there.
    pub required: bool,
    /// What is filled in; `{cluster}` and `{primaryDomain}` stand for the cluster's.
    pub default: Option<String>,
    /// Names that it had before.
    pub formerly: Vec<String>,
}

/// What an addition may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdditionKind {
    /// A node port: digits.
    Port,
    /// A DNS name.
    Domain,
    /// A path in a repository.
    Path,
    /// A Git revision.
    Revision,
    /// A list of `group/Kind` with commas between.
    GroupKinds,
    /// Any text.
    Text,
}

impl AdditionKind {
    /// All of them, with their words in a catalogue file.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("port", Self::Port),
        ("domain", Self::Domain),
        ("path", Self::Path),
        ("revision", Self::Revision),
        ("groupKinds", Self::GroupKinds),
        ("text", Self::Text),
    ];
}

/// One row of the profile table: which slots a kind of cluster needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Host or worker.
    pub usage: Usage,
    /// Physical or virtual.
    pub cluster_type: ClusterType,
    /// What a worker runs; nothing for a host.
    pub worker_type: Option<WorkerType>,
    /// The slots that it needs, in order.
    pub slots: Vec<Slot>,
}

impl Profile {
    /// The row's words, such as `worker, physical, deployment`.
    #[must_use]
    pub fn title(&self) -> String {
        let mut title = format!("{}, {}", self.usage.word(), self.cluster_type.word());
        if let Some(worker_type) = self.worker_type {
            title.push_str(", ");
            title.push_str(worker_type.word());
        }
        title
    }

    /// The row's name as one word, such as `physical-worker-deployment` or `host`.
    #[must_use]
    pub fn name(&self) -> String {
        match self.worker_type {
            Some(worker_type) => format!("{}-{}-{}", self.cluster_type.word(), self.usage.word(), worker_type.word()),
            None => format!("{}-{}", self.cluster_type.word(), self.usage.word()),
        }
    }
}

static BUILT_IN: OnceBox<Catalog> = OnceBox::new();

impl Catalog {
    /// The table that Clearance knows out of the box.
    #[must_use]
    pub fn built_in() -> &'static Self {
        BUILT_IN.get_or_init(|| Box::new(read::built_in(include_str!("default.yaml"))))
    }

    /// The components.
    #[must_use]
    pub fn components(&self) -> &[ComponentType] {
        &self.components
    }

    /// The profiles.
    #[must_use]
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// A component by its name.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&ComponentType> {
        self.components.iter().find(|component| component.name == name)
    }

    /// What a slot is filled with.
    #[must_use]
    pub fn default_of(&self, slot: Slot) -> Option<&ComponentType> {
        self.components.iter().find(|component| component.slot == slot && component.default)
    }

    /// The components that go into a slot.
    pub fn in_slot(&self, slot: Slot) -> impl Iterator<Item = &ComponentType> {
        self.components.iter().filter(move |component| component.slot == slot)
    }

    /// The row of a cluster; nothing where the description is of no legal profile.
    #[must_use]
    pub fn profile(&self, spec: &ClusterSpec<'_>) -> Option<&Profile> {
        self.profiles.iter().find(|profile| {
            Some(profile.usage) == spec.usage && Some(profile.cluster_type) == spec.cluster_type && profile.worker_type == spec.worker_type
        })
    }

    /// Whether a slot is filled in whatever a person asks for.
    #[must_use]
    pub fn is_always_filled(slot: Slot, spec: &ClusterSpec<'_>) -> bool {
        match slot {
            Slot::SecretManagement => true,
            Slot::OauthProxy => spec.cluster_type == Some(ClusterType::Physical),
            _ => false,
        }
    }

    /// Whether people may choose what is in a slot.
    #[must_use]
    pub fn is_selectable(slot: Slot) -> bool {
        !matches!(slot, Slot::SecretManagement | Slot::OauthProxy)
    }

    /// A hash of everything in it that verdicts depend on.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hash = Hash::default();
        self.hash(&mut hash);
        hash.0
    }

    /// Adds to a hash everything that verdicts depend on.
    pub(crate) fn hash(&self, hash: &mut Hash) {
        for component in &self.components {
            hash.add(&[&component.name, component.slot.word(), &component.namespace, if component.default { "default" } else { "" }]);
            for addition in &component.additions {
                let kind = AdditionKind::WORDS.iter().find(|(_, kind)| *kind == addition.kind).map_or("", |(word, _)| word);
                hash.add(&[
                    &addition.name,
                    kind,
                    addition.default.as_deref().unwrap_or_default(),
                    if addition.required { "required" } else { "" },
                ]);
                hash.add(&addition.formerly.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
        for profile in &self.profiles {
            hash.add(&[&profile.title()]);
            hash.add(&profile.slots.iter().map(|slot| slot.word()).collect::<Vec<_>>());
        }
    }
}
