//! Documents as people might write them: mostly right, often with a slip or two.
//!
//! A [`Plan`] says what is written and how; [`plans`] is a strategy for them that shrinks by
//! leaving slips out, and [`batch`] makes documents for the agreement harness from a seed.

mod cluster;
mod json;
mod layout;
mod mutation;
mod slips;
mod tree;
mod yaml;

use clearance_core::source::Format;
use clearance_core::{Catalog, Fleet, Form, Record, fleet};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

pub use cluster::{Blueprint, Profile};
pub use layout::{Blemish, Layout};
pub use mutation::Mutation;
pub use tree::Tree;

/// One generated document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Its name from outside: the file's, or the request's from its URL.
    pub name: String,
    /// The text.
    pub text: String,
    /// `json` or `yaml`.
    pub file_extension: &'static str,
    /// The form that it is written in, whatever a slip made of it.
    pub form: Form,
}

/// What a document says and how it is written.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The right document that it starts from.
    pub blueprint: Blueprint,
    /// What is wrong with its content.
    pub mutations: Vec<Mutation>,
    /// What is wrong with its text.
    pub blemishes: Vec<Blemish>,
    /// The form.
    pub form: Form,
    /// The format.
    pub format: Format,
    /// The layout.
    pub layout: Layout,
}

impl Plan {
    /// The tree, in the words of its form.
    #[must_use]
    pub fn tree(&self) -> Tree {
        let mut resource = self.blueprint.resource();
        for mutation in &self.mutations {
            mutation.apply(&mut resource);
        }
        cluster::in_form(&resource, self.form, &self.mutations)
    }

    /// The text of a tree in this plan's layout, without blemishes.
    #[must_use]
    pub fn plain_text(&self, tree: &Tree, format: Format) -> String {
        match format {
            Format::Json => json::write(tree, &self.layout, &[]),
            Format::Yaml => yaml::write(tree, &self.layout),
        }
    }

    /// The document.
    #[must_use]
    pub fn write(&self) -> Generated {
        self.write_tree(&self.tree())
    }

    /// The document with another tree.
    #[must_use]
    pub fn write_tree(&self, tree: &Tree) -> Generated {
        let text = match self.format {
            Format::Json => json::write(tree, &self.layout, &self.blemishes),
            Format::Yaml => yaml::write(tree, &self.layout),
        };
        Generated {
            name: self.blueprint.name.clone(),
            text: layout::spoil(text, &self.blemishes),
            file_extension: if self.format == Format::Json { "json" } else { "yaml" },
            form: self.form,
        }
    }
}

/// Documents of all forms and profiles, JSON and YAML.
pub fn plans() -> impl Strategy<Value = Plan> {
    (0_u32..60).prop_flat_map(|serial| plan_of(cluster::blueprints(serial), true))
}

/// The same without faults of the text: what is wrong is wrong in the tree.
pub fn tidy_plans() -> impl Strategy<Value = Plan> {
    (0_u32..60).prop_flat_map(|serial| plan_of(cluster::blueprints(serial), false))
}

fn plan_of(blueprint: impl Strategy<Value = Blueprint>, blemished: bool) -> impl Strategy<Value = Plan> {
    let form = prop_oneof![2 => Just(Form::Resource), 2 => Just(Form::Request), 1 => Just(Form::Property)];
    // A request is mostly JSON, the other two are mostly YAML.
    (blueprint, slips::slips(), form, prop::bool::weighted(0.85), layout::layouts().no_shrink()).prop_flat_map(
        move |(blueprint, mutations, form, usual, layout)| {
            let json = (form == Form::Request) == usual;
            let format = if json { Format::Json } else { Format::Yaml };
            let blemishes = if blemished { layout::blemishes(format).boxed() } else { Just(Vec::new()).boxed() };
            blemishes.prop_map(move |blemishes| Plan {
                blueprint: blueprint.clone(),
                mutations: mutations.clone(),
                blemishes,
                form,
                format,
                layout: layout.clone(),
            })
        },
    )
}

/// Documents with names that are unique in the batch; the first two are host clusters without a
/// slip, on which the virtual ones run. The same seed gives the same documents.
///
/// # Panics
///
/// Never: no strategy here refuses a value.
#[must_use]
pub fn batch(seed: u64, size: usize) -> Vec<Generated> {
    let mut bytes = [0_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..size)
        .map(|index| {
            let serial = u32::try_from(index).unwrap_or(u32::MAX);
            let mut draw = |blueprint: BoxedStrategy<Blueprint>| plan_of(blueprint, true).new_tree(&mut runner).expect("a plan").current();
            match cluster::HOSTS.get(index) {
                Some(host) => {
                    let mut plan = draw(cluster::host(host).boxed());
                    (plan.mutations, plan.blemishes) = (Vec::new(), Vec::new());
                    plan.write()
                }
                None => draw(cluster::blueprints(serial).boxed()).write(),
            }
        })
        .collect()
}

/// A complete fleet that holds the two host clusters that virtual ones are generated on.
#[must_use]
pub fn fleet() -> Fleet {
    let records: Vec<Record> = cluster::HOSTS
        .iter()
        .flat_map(|host| {
            let text = json::write(&host.blueprint().resource(), &Layout::default(), &[]);
            fleet::read(&text, Some("host.json"), Catalog::built_in(), &clearance_core::Limits::default()).0
        })
        .collect();
    Fleet::new(records, Vec::new(), true)
}
