//! The three written forms of a cluster, and how each maps to the resource.

mod convert;

use alloc::borrow::Cow;

use crate::finding::{Findings, Path, Segment, Trail};
use crate::model::structure::{Field, Section, Shape, Walk};
use crate::model::{GROUP, KIND, PLURAL, REQUEST_ONLY, RESOURCE};
use crate::prelude::*;
use crate::source::Node;

pub use convert::{from_resource, to_resource};

/// A written form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// What the management cluster stores: `apiVersion`, `kind: Cluster`, `metadata`, `spec`.
    Resource,
    /// What the registration API takes: JSON, in `snake_case`; the name comes from the URL.
    Request,
    /// What the Nautes command line takes: `kind: Cluster` whose `spec` holds the request in camelCase.
    Property,
}

/// Keys by which a request is known. One is enough: no other common document has them at its root.
const REQUEST_KEYS: &[&str] =
    &["api_server", "cluster_kind", "cluster_type", "worker_type", "host_cluster", "primary_domain", "components_list", "vcluster"];

impl Form {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Resource, Self::Request, Self::Property];

    /// The word for it in options and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Request => "request",
            Self::Property => "property",
        }
    }

    /// The form of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|form| form.name() == name)
    }

    /// The form of a document, by its content; nothing where it describes no cluster.
    #[must_use]
    pub fn recognise(root: &Node<'_>) -> Option<Self> {
        let text = |key| root.get(key).and_then(Node::as_str);
        let spec = root.get("spec");
        let has = |key| spec.is_some_and(|spec| spec.get(key).is_some());
        // A property file has its name where a resource has its description.
        let is_property = || root.get("metadata").is_none() && (has("name") || has("kubeconfig") || has("vcluster"));
        let resource = || if is_property() { Self::Property } else { Self::Resource };
        match text("kind") {
            Some(KIND) => {
                let group = text("apiVersion").map(|version| version.split_once('/').map_or("", |(group, _)| group));
                let ours = match group {
                    Some(group) => group == GROUP,
                    None => has("apiServer") || has("clusterType"),
                };
                ours.then(resource)
            }
            // A slip in the kind of our own group is told, not passed over.
            Some(other) => {
                let ours = text("apiVersion").and_then(|version| version.split_once('/')).is_some_and(|(group, _)| group == GROUP);
                let near = other.eq_ignore_ascii_case(KIND) || other.eq_ignore_ascii_case(PLURAL);
                (ours && near).then(resource)
            }
            None if spec.is_some() => text("apiVersion").is_some_and(|version| version.starts_with(GROUP)).then(resource),
            None => {
                let camel_only = || root.get("apiServer").is_some() && root.get("clusterType").is_some();
                (REQUEST_KEYS.iter().any(|key| root.get(key).is_some()) || camel_only()).then_some(Self::Request)
            }
        }
    }

    /// The object that holds the fields of the resource's `spec`.
    #[must_use]
    pub fn spec<'n, 'a>(self, root: &'n Node<'a>) -> Option<&'n Node<'a>> {
        match self {
            Self::Request => Some(root),
            Self::Resource | Self::Property => root.get("spec"),
        }
    }

    /// A field's value by its name in this form; where it is absent, by its name in the other.
    pub(crate) fn get<'n, 'a>(self, node: &'n Node<'a>, name: &str, request: &str) -> Option<&'n Node<'a>> {
        let (word, other) = if self == Self::Request { (request, name) } else { (name, request) };
        node.get(word).or_else(|| if word == other { None } else { node.get(other) })
    }

    /// Checks a document's structure.
    pub(crate) fn check(self, root: &Node<'_>, repeats_keys: bool, findings: &mut Findings) {
        let mut walk = Walk { form: self, repeats_keys, findings };
        // The object that holds the resource's `spec` holds more in these forms.
        let sections = [
            Section { base: &Trail::ROOT.key("spec"), fields: spec_fields() },
            Section { base: &Trail::ROOT, fields: REQUEST_ONLY.fields() },
            Section { base: &Trail::ROOT.key("metadata"), fields: if self == Self::Request { REQUEST_NAME } else { PROPERTY_NAME } },
        ];
        match self {
            Self::Resource => walk.object(root, &[Section { base: &Trail::ROOT, fields: RESOURCE.fields() }]),
            Self::Request => walk.object(root, &sections),
            Self::Property => {
                walk.object(root, &[Section { base: &Trail::ROOT, fields: PROPERTY_ROOT }]);
                if let Some(spec) = root.get("spec").filter(|spec| !spec.is_null()) {
                    walk.object(spec, &sections);
                }
            }
        }
    }

    /// The path in this form of a path in the resource; nothing where the form has no place for it.
    #[must_use]
    pub fn written(self, path: &Path) -> Option<Path> {
        let segments = path.segments();
        let first = match segments.first() {
            Some(Segment::Key(key)) => key.as_ref(),
            Some(Segment::Index(_)) => return Some(path.clone()),
            None => return Some(Path::root()),
        };
        let rest = segments.get(1..).unwrap_or_default();
        let key = |word: &'static str| Segment::Key(Cow::Borrowed(word));
        match (self, first) {
            (Self::Resource, _) | (Self::Request, "kubeconfig" | "vcluster") => Some(path.clone()),
            (Self::Request, "spec") => Some(in_request(rest)),
            (Self::Request, "metadata") => is_name(rest).then(|| Path::of("cluster_name")),
            (Self::Request, _) => None,
            (Self::Property, "metadata") => is_name(rest).then(|| Path::of("spec.name")),
            (Self::Property, "kubeconfig") => Some(Path::of("spec.kubeconfig")),
            (Self::Property, "vcluster") => {
                let port = rest.iter().map(|segment| match segment {
                    Segment::Key(word) if word == "https_node_port" => key("httpsNodePort"),
                    other => other.clone(),
                });
                Some([key("spec"), key("vcluster")].into_iter().chain(port).collect())
            }
            (Self::Property, _) => Some(path.clone()),
        }
    }

    /// The path in the resource of a path in this form.
    #[must_use]
    pub fn canonical(self, written: &Path) -> Path {
        let segments = written.segments();
        let word = |segment: Option<&Segment>| match segment {
            Some(Segment::Key(key)) => Some(key.clone()),
            _ => None,
        };
        let (Some(first), rest) = (word(segments.first()), segments.get(1..).unwrap_or_default()) else { return written.clone() };
        match (self, first.as_ref()) {
            (Self::Request, "kubeconfig" | "vcluster") => written.clone(),
            (Self::Request, "cluster_name") => Path::of("metadata.name"),
            (Self::Request, _) => in_resource(segments),
            (Self::Property, "spec") => match word(rest.first()).as_deref() {
                Some("name") => Path::of("metadata.name"),
                Some("kubeconfig") => rest.iter().cloned().collect(),
                Some("vcluster") => rest
                    .iter()
                    .map(|segment| match segment {
                        Segment::Key(key) if key == "httpsNodePort" => Segment::Key(Cow::Borrowed("https_node_port")),
                        other => other.clone(),
                    })
                    .collect(),
                _ => written.clone(),
            },
            _ => written.clone(),
        }
    }

    /// The path as the person who wrote this form would say it.
    #[must_use]
    pub fn display(self, path: &Path) -> String {
        self.written(path).unwrap_or_else(|| path.clone()).to_string()
    }
}

fn is_name(rest: &[Segment]) -> bool {
    matches!(rest, [Segment::Key(key)] if key == "name")
}

/// The fields of `spec`.
pub(crate) fn spec_fields() -> &'static [Field] {
    RESOURCE.at("spec").map_or(&[], Shape::fields)
}

/// Renames a path below `spec` into a request's words.
fn in_request(segments: &[Segment]) -> Path {
    let mut shape = RESOURCE.at("spec");
    segments
        .iter()
        .map(|segment| match segment {
            Segment::Key(key) => {
                let field = shape.and_then(|shape| shape.fields().iter().find(|field| field.name == key.as_ref()));
                let word = field.map_or_else(|| key.clone(), |field| Cow::Borrowed(field.request));
                shape = shape.and_then(|shape| shape.at(key));
                Segment::Key(word)
            }
            Segment::Index(index) => {
                shape = match shape {
                    Some(Shape::List(inner)) => Some(inner),
                    _ => None,
                };
                Segment::Index(*index)
            }
        })
        .collect()
}

/// Renames a path in a request into the resource's words, below `spec`.
fn in_resource(segments: &[Segment]) -> Path {
    let mut shape = RESOURCE.at("spec");
    let below = segments.iter().map(|segment| match segment {
        Segment::Key(key) => {
            let field = shape.and_then(|shape| shape.fields().iter().find(|field| field.request == key.as_ref()));
            let name = field.map_or_else(|| key.clone(), |field| Cow::Borrowed(field.name));
            shape = shape.and_then(|shape| shape.at(&name));
            Segment::Key(name)
        }
        Segment::Index(index) => {
            shape = match shape {
                Some(Shape::List(inner)) => Some(inner),
                _ => None,
            };
            Segment::Index(*index)
        }
    });
    [Segment::Key(Cow::Borrowed("spec"))].into_iter().chain(below).collect()
}

const PROPERTY_ROOT: &[Field] = &[
    Field {
        name: "apiVersion",
        request: "apiVersion",
        required: true,
        shape: Shape::Text,
        about: "Group and version of the document: `nautes.resource.nautes.io/v1alpha1`.",
    },
    Field { name: "kind", request: "kind", required: true, shape: Shape::Text, about: "The kind of document: `Cluster`." },
    // Its content is checked as an object of its own.
    Field { name: "spec", request: "spec", required: true, shape: Shape::Any, about: "The registration request." },
];

const PROPERTY_NAME: &[Field] = &[Field {
    name: "name",
    request: "name",
    required: true,
    shape: Shape::Text,
    about: "The cluster's name: a DNS label of at most 47 characters.",
}];

const REQUEST_NAME: &[Field] = &[Field {
    name: "name",
    request: "cluster_name",
    required: false,
    shape: Shape::Text,
    about: "The cluster's name, if it is repeated in the body: the one in the URL counts.",
}];

/// The names of the fields of `spec` in a form.
#[must_use]
pub fn spec_words(form: Form) -> Vec<&'static str> {
    spec_fields().iter().map(|field| field.word(form)).collect()
}
