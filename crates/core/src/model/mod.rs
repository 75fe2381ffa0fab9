//! The Cluster resource as rules see it, and the source of its JSON Schema.
//!
//! Reading it is lenient: what has the wrong type is absent here and told by the
//! [structure check](structure), so that one fault does not hide the next.

mod read;
#[cfg(feature = "schema")]
pub mod schema;
pub mod structure;
mod table;

use alloc::borrow::Cow;
#[cfg(feature = "schema")]
use alloc::collections::BTreeMap;

#[cfg(feature = "schema")]
use schemars::JsonSchema;

use crate::map::Map;
use crate::prelude::*;

pub use table::{REQUEST_ONLY, RESOURCE};

/// The API group of Nautes' resources.
pub const GROUP: &str = "nautes.resource.nautes.io";
/// Its version.
pub const VERSION: &str = "v1alpha1";
/// Group and version, as `apiVersion` holds them.
pub const API_VERSION: &str = "nautes.resource.nautes.io/v1alpha1";
/// The kind.
pub const KIND: &str = "Cluster";
/// The name of the resources in the API server's paths.
pub const PLURAL: &str = "clusters";
/// The namespace of a Cluster that names none.
pub const DEFAULT_NAMESPACE: &str = "nautes";

type Str<'a> = Cow<'a, str>;

/// A runtime or host cluster of a tenant, as the tenant management cluster stores it.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema), schemars(rename_all = "camelCase", deny_unknown_fields))]
pub struct Cluster<'a> {
    /// Group and version of the resource: `nautes.resource.nautes.io/v1alpha1`.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub api_version: Option<Str<'a>>,
    /// The kind of resource: `Cluster`.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub kind: Option<Str<'a>>,
    /// Name, namespace, labels and what Kubernetes keeps beside them.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub metadata: Metadata<'a>,
    /// What the cluster is and what is installed in it.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub spec: ClusterSpec<'a>,
    /// What operators found out; written by them, not by people.
    #[cfg_attr(feature = "schema", schemars(with = "Option<BTreeMap<String, serde_json::Value>>"))]
    pub status: (),
}

/// Kubernetes' object metadata.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema), schemars(rename_all = "camelCase", deny_unknown_fields))]
pub struct Metadata<'a> {
    /// The cluster's name: a DNS-1123 label, at most 47 characters to leave room for `<name>-runtime-initial`.
    pub name: Option<Str<'a>>,
    /// A prefix for a name that the API server makes.
    pub generate_name: Option<Str<'a>>,
    /// The namespace; `nautes` if not said.
    pub namespace: Option<Str<'a>>,
    /// Labels: identifying key and value pairs.
    #[cfg_attr(feature = "schema", schemars(with = "Option<BTreeMap<String, String>>"))]
    pub labels: (),
    /// Annotations: key and value pairs for tools.
    #[cfg_attr(feature = "schema", schemars(with = "Option<BTreeMap<String, String>>"))]
    pub annotations: (),
    /// Names that must be taken off before the resource is removed.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub finalizers: (),
    /// When it was created; written by the API server.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub creation_timestamp: (),
    /// When its deletion was asked for; written by the API server.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub deletion_timestamp: (),
    /// Seconds until it is removed; written by the API server.
    #[cfg_attr(feature = "schema", schemars(with = "Option<i64>"))]
    pub deletion_grace_period_seconds: (),
    /// A counter of changes of its meaning; written by the API server.
    #[cfg_attr(feature = "schema", schemars(with = "Option<i64>"))]
    pub generation: (),
    /// The version of the stored object; written by the API server.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub resource_version: (),
    /// The object's unique identifier; written by the API server.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub uid: (),
    /// An address that is no longer written.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub self_link: (),
    /// Objects that this one depends on.
    #[cfg_attr(feature = "schema", schemars(with = "Option<serde_json::Value>"))]
    pub owner_references: (),
    /// Who wrote which field; written by the API server.
    #[cfg_attr(feature = "schema", schemars(with = "Option<serde_json::Value>"))]
    pub managed_fields: (),
}

/// What the cluster is and what is installed in it.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema), schemars(rename_all = "camelCase", deny_unknown_fields))]
pub struct ClusterSpec<'a> {
    /// The address of the cluster's API server: `https://host:port`. For a virtual cluster the
    /// address of its host cluster and the port of its own API server.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub api_server: Option<Str<'a>>,
    /// The kind of cluster; only `kubernetes` is known.
    #[cfg_attr(feature = "schema", schemars(with = "Option<ClusterKind>"))]
    pub cluster_kind: Option<Str<'a>>,
    /// Whether the cluster is a physical one, or a virtual one (vcluster) on a host cluster.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub cluster_type: Option<ClusterType>,
    /// Whether the cluster hosts virtual clusters, or runs products as a worker.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub usage: Option<Usage>,
    /// What a worker runs: pipelines or deployments. Required for a worker, empty for a host.
    #[cfg_attr(feature = "schema", schemars(with = "Option<WorkerTypeOrEmpty>"))]
    pub worker_type: Option<WorkerType>,
    /// The name of the host cluster that a virtual cluster runs on. Empty for a physical cluster.
    pub host_cluster: Option<Str<'a>>,
    /// The DNS name below which the components' hosts lie. Default: the API server's host name, or
    /// `<ip>.nip.io` when it is an IPv4 address.
    pub primary_domain: Option<Str<'a>>,
    /// The components installed in the cluster, one per slot. What the profile needs and is not
    /// named is filled in with the slot's default.
    pub components_list: Option<ComponentsList<'a>>,
    /// Which products may deploy into the namespace of a component: namespace to product names.
    #[cfg_attr(feature = "schema", schemars(with = "Option<BTreeMap<String, Vec<String>>>"))]
    pub reserved_namespaces_allowed_products: Option<Map<Str<'a>, Vec<Str<'a>>>>,
    /// Which cluster-scoped resources a product may have: product to kinds and groups.
    #[cfg_attr(feature = "schema", schemars(with = "Option<BTreeMap<String, Vec<ClusterResource>>>"))]
    pub product_allowed_cluster_resources: Option<Map<Str<'a>, Vec<ClusterResource<'a>>>>,
}

/// The components, one per slot.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema), schemars(rename_all = "camelCase", deny_unknown_fields))]
pub struct ComponentsList<'a> {
    /// Namespaces in a hierarchy, so that products share a cluster.
    pub multi_tenant: Option<Component<'a>>,
    /// Brings secrets from the secret store into the cluster.
    pub secret_sync: Option<Component<'a>>,
    /// Lets traffic in.
    pub gateway: Option<Component<'a>>,
    /// Deploys products from Git.
    pub deployment: Option<Component<'a>>,
    /// Rolls versions out step by step.
    pub progressive_delivery: Option<Component<'a>>,
    /// Runs pipelines.
    pub pipeline: Option<Component<'a>>,
    /// Starts pipelines on events.
    pub event_listener: Option<Component<'a>>,
    /// Issues certificates.
    pub cert_management: Option<Component<'a>>,
    /// Signs people in. Filled in; not open to the requester.
    pub oauth_proxy: Option<Component<'a>>,
    /// Keeps secrets. Filled in; not open to the requester.
    pub secret_management: Option<Component<'a>>,
}

/// One component.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema), schemars(rename_all = "camelCase", deny_unknown_fields))]
pub struct Component<'a> {
    /// Its name in the catalogue; the slot's default if not said.
    pub name: Option<Str<'a>>,
    /// The namespace that it is installed into; the component's default if not said.
    pub namespace: Option<Str<'a>>,
    /// What the component wants to know beside.
    #[cfg_attr(feature = "schema", schemars(with = "Option<BTreeMap<String, String>>"))]
    pub additions: Option<Map<Str<'a>, Str<'a>>>,
}

/// A kind of cluster-scoped resource.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema), schemars(rename_all = "camelCase", deny_unknown_fields))]
pub struct ClusterResource<'a> {
    /// The kind, such as `ClusterRole`.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub kind: Option<Str<'a>>,
    /// The API group, such as `rbac.authorization.k8s.io`.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub group: Option<Str<'a>>,
}

/// What only a registration request holds. Property files hold it too, under `spec`.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema), schemars(deny_unknown_fields))]
pub struct RequestOnly<'a> {
    /// The kubeconfig of a physical cluster, in Base64 or as plain YAML. It goes to the secret store, never to Git.
    pub kubeconfig: Option<Str<'a>>,
    /// Settings of a virtual cluster.
    pub vcluster: Option<Vcluster<'a>>,
}

/// Settings of a virtual cluster.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema), schemars(deny_unknown_fields))]
pub struct Vcluster<'a> {
    /// The node port of the virtual cluster's API server, as a string of digits. Default: the port of its API server's address.
    pub https_node_port: Option<Str<'a>>,
}

/// Declares an enumeration whose values have a written word.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$variant_about:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "schema", derive(JsonSchema))]
        pub enum $name {
            $($(#[$variant_about])* #[cfg_attr(feature = "schema", schemars(rename = $word))] $variant,)+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in a resource.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The value of a word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// The kind of cluster.
    ClusterKind {
        /// Kubernetes.
        Kubernetes = "kubernetes",
    }
}

words! {
    /// Physical or virtual.
    ClusterType {
        /// A cluster of its own.
        Physical = "physical",
        /// A vcluster on a host cluster.
        Virtual = "virtual",
    }
}

words! {
    /// What a cluster is for.
    Usage {
        /// Virtual clusters run on it.
        Host = "host",
        /// Products run on it.
        Worker = "worker",
    }
}

words! {
    /// What a worker runs.
    WorkerType {
        /// Deployments.
        Deployment = "deployment",
        /// Pipelines.
        Pipeline = "pipeline",
    }
}

#[cfg(feature = "schema")]
words! {
    /// What a worker runs, as it may be written.
    WorkerTypeOrEmpty {
        /// Deployments.
        Deployment = "deployment",
        /// Pipelines.
        Pipeline = "pipeline",
        /// Nothing: a host.
        Empty = "",
    }
}

words! {
    /// A place for a component.
    Slot {
        /// `multiTenant`
        MultiTenant = "multiTenant",
        /// `secretSync`
        SecretSync = "secretSync",
        /// `gateway`
        Gateway = "gateway",
        /// `deployment`
        Deployment = "deployment",
        /// `progressiveDelivery`
        ProgressiveDelivery = "progressiveDelivery",
        /// `pipeline`
        Pipeline = "pipeline",
        /// `eventListener`
        EventListener = "eventListener",
        /// `certManagement`
        CertManagement = "certManagement",
        /// `oauthProxy`
        OauthProxy = "oauthProxy",
        /// `secretManagement`
        SecretManagement = "secretManagement",
    }
}

impl<'a> ComponentsList<'a> {
    /// The component in a slot.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<&Component<'a>> {
        match slot {
            Slot::MultiTenant => &self.multi_tenant,
            Slot::SecretSync => &self.secret_sync,
            Slot::Gateway => &self.gateway,
            Slot::Deployment => &self.deployment,
            Slot::ProgressiveDelivery => &self.progressive_delivery,
            Slot::Pipeline => &self.pipeline,
            Slot::EventListener => &self.event_listener,
            Slot::CertManagement => &self.cert_management,
            Slot::OauthProxy => &self.oauth_proxy,
            Slot::SecretManagement => &self.secret_management,
        }
        .as_ref()
    }

    /// The place for a component in a slot.
    pub fn slot_mut(&mut self, slot: Slot) -> &mut Option<Component<'a>> {
        match slot {
            Slot::MultiTenant => &mut self.multi_tenant,
            Slot::SecretSync => &mut self.secret_sync,
            Slot::Gateway => &mut self.gateway,
            Slot::Deployment => &mut self.deployment,
            Slot::ProgressiveDelivery => &mut self.progressive_delivery,
            Slot::Pipeline => &mut self.pipeline,
            Slot::EventListener => &mut self.event_listener,
            Slot::CertManagement => &mut self.cert_management,
            Slot::OauthProxy => &mut self.oauth_proxy,
            Slot::SecretManagement => &mut self.secret_management,
        }
    }
}

impl<'a> ClusterSpec<'a> {
    /// The component in a slot.
    #[must_use]
    pub fn component(&self, slot: Slot) -> Option<&Component<'a>> {
        self.components_list.as_ref().and_then(|list| list.get(slot))
    }

    /// The components that are there, in the order of the slots.
    pub fn components(&self) -> impl Iterator<Item = (Slot, &Component<'a>)> {
        Slot::ALL.iter().filter_map(|&slot| self.component(slot).map(|component| (slot, component)))
    }
}

impl Component<'_> {
    /// An addition's value.
    #[must_use]
    pub fn addition(&self, name: &str) -> Option<&str> {
        self.additions.as_ref().and_then(|additions| additions.get(name)).map(AsRef::as_ref)
    }
}
