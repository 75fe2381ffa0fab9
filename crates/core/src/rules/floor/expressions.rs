//! The table: each rule with its CEL expressions, or with the reason why there are none.
//!
//! Regular expressions are RE2 (Go), and mean the same to Rust's `regex`.

use super::super::{
    Rule, catalog, components, connection, domain, fleet, identity, kubeconfig, lifecycle, naming, policy, ports, repository, structure,
    suppression, syntax, tenancy, topology,
};
use super::Absence::{Catalog, Cost, Fleet, Policy, Pruned, Repository, Request, Text, Warning};
use super::Hold::{Cel, Not, Partly, Schema, Server};
use super::{Expression, Hold, Ratchet};

/// A DNS label (RFC 1123), in lower case.
macro_rules! label {
    () => {
        "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
    };
}

/// `https://` in any case, as in RFC 3986.
macro_rules! scheme {
    () => {
        "^[hH][tT][tT][pP][sS]://"
    };
}

/// What may follow a host: nothing, or a port from 1 to 65535.
macro_rules! port {
    () => {
        "(:0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?$"
    };
}

/// An address by a DNS name or an IPv4 address. What ends in a number must be the latter.
macro_rules! named_address {
    ($address:literal) => {
        concat!(
            $address,
            ".matches('",
            scheme!(),
            "[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?([.][a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)*",
            port!(),
            "') && ",
            $address,
            ".matches('^.{8}[^:]{1,253}(:|$)') && (!",
            $address,
            ".matches('^.{8}([^:]*[.])?[0-9]+(:|$)') || ",
            $address,
            ".matches('^.{8}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])([.](25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}(:|$)'))"
        )
    };
}

/// An address by an IPv6 address. `isIP` takes none with an IPv4 address in it.
macro_rules! ipv6_address {
    ($address:literal) => {
        concat!(shaped_ipv6!($address), " && isIP(", $address, ".substring(9, ", $address, ".indexOf(']')))")
    };
}

/// What has the shape of one.
macro_rules! shaped_ipv6 {
    ($address:literal) => {
        concat!($address, ".matches('", scheme!(), "\\\\[[0-9a-fA-F.]*:[0-9a-fA-F:.]*\\\\]", port!(), "')")
    };
}

/// What certainly is an address.
macro_rules! address {
    ($address:literal) => {
        concat!("(", named_address!($address), ") || (", ipv6_address!($address), ")")
    };
}

/// What may be one: IPv6 addresses with an IPv4 address in them are not looked at closely.
macro_rules! possible_address {
    ($address:literal) => {
        concat!(address!($address), " || (", shaped_ipv6!($address), " && ", $address, ".matches('[.]|:[fF]{4}:'))")
    };
}

/// `$word` or `${word}`, as examples have them.
macro_rules! variable {
    () => {
        "'[$][a-zA-Z_][-a-zA-Z0-9_]*|[$][{][a-zA-Z_][-a-zA-Z0-9_]*[}]'"
    };
}

/// A name that is a label, or would be one if it were not too long: that has a rule of its own.
macro_rules! label_or_long {
    ($name:literal) => {
        concat!($name, ".matches('^", label!(), "$|^[a-z0-9][-a-z0-9]{62}(?s:.)')")
    };
}

const VARIABLES: &[Expression] = &[variable("spec.hostCluster"), variable("spec.componentsList.*.name")];

const fn variable(at: &'static str) -> Expression {
    Expression {
        rule: &syntax::UNREPLACED_VARIABLE,
        at,
        holds: concat!("!self.matches(", variable!(), ")"),
        field: "",
        ratchet: Ratchet::Native,
        says: Some(syntax::VARIABLE),
        words: &[("variable", concat!("self.find(", variable!(), ")"))],
    }
}

const MISSING_DOMAIN: &[Expression] = &[Expression {
    rule: &structure::MISSING_FIELD,
    at: "spec",
    holds: concat!("(has(self.primaryDomain) && self.primaryDomain != '') || !(", ipv6_address!("self.apiServer"), ")"),
    field: ".primaryDomain",
    ratchet: Ratchet::Field,
    says: Some(domain::NO_DEFAULT),
    words: &[("field", "'primaryDomain'")],
}];

const NAMES: &[Expression] = &[
    Expression {
        rule: &naming::INVALID_NAME,
        at: "",
        holds: label_or_long!("self.metadata.name"),
        field: ".metadata.name",
        ratchet: Ratchet::Fixed,
        says: Some(naming::NO_NAME),
        words: &[("value", "self.metadata.name")],
    },
    Expression {
        rule: &naming::INVALID_NAME,
        at: "spec.componentsList.*.namespace",
        holds: concat!("self == '' || ", label_or_long!("self")),
        field: "",
        ratchet: Ratchet::Native,
        says: Some(naming::NO_NAME),
        words: &[("value", "self")],
    },
];

/// CEL cannot bound how long the text of a number is, so no sentence counts.
const LENGTHS: &[Expression] = &[
    Expression {
        rule: &naming::NAME_TOO_LONG,
        at: "",
        holds: "self.metadata.name.size() <= 63",
        field: ".metadata.name",
        ratchet: Ratchet::Fixed,
        says: None,
        words: &[],
    },
    Expression {
        rule: &naming::NAME_TOO_LONG,
        at: "spec.componentsList.*.namespace",
        holds: "self.size() <= 63",
        field: "",
        ratchet: Ratchet::Native,
        says: None,
        words: &[],
    },
];

const HOST_WITH_WORKER_TYPE: &[Expression] = &[Expression {
    rule: &topology::HOST_WITH_WORKER_TYPE,
    at: "spec",
    holds: "self.usage != 'host' || !has(self.workerType) || self.workerType == ''",
    field: ".workerType",
    ratchet: Ratchet::Field,
    says: Some(topology::HOST_HAS_TYPE),
    words: &[("value", "self.workerType")],
}];

const WORKER_WITHOUT_TYPE: &[Expression] = &[Expression {
    rule: &topology::WORKER_WITHOUT_TYPE,
    at: "spec",
    holds: "self.usage != 'worker' || (has(self.workerType) && self.workerType != '')",
    field: ".workerType",
    ratchet: Ratchet::Field,
    says: Some(topology::WORKER_NEEDS_TYPE),
    words: &[],
}];

const VIRTUAL_WITHOUT_HOST: &[Expression] = &[Expression {
    rule: &topology::VIRTUAL_WITHOUT_HOST,
    at: "spec",
    holds: "self.clusterType != 'virtual' || self.usage == 'host' || (has(self.hostCluster) && self.hostCluster != '')",
    field: ".hostCluster",
    ratchet: Ratchet::Field,
    says: Some(topology::VIRTUAL_NEEDS_HOST),
    words: &[],
}];

const PHYSICAL_WITH_HOST: &[Expression] = &[Expression {
    rule: &topology::PHYSICAL_WITH_HOST,
    at: "spec",
    holds: "self.clusterType != 'physical' || !has(self.hostCluster) || self.hostCluster == ''",
    field: ".hostCluster",
    ratchet: Ratchet::Field,
    says: Some(topology::PHYSICAL_HAS_HOST),
    words: &[("value", "self.hostCluster")],
}];

const VIRTUAL_HOST: &[Expression] = &[Expression {
    rule: &topology::VIRTUAL_HOST,
    at: "spec",
    holds: "self.usage != 'host' || self.clusterType != 'virtual'",
    field: ".clusterType",
    ratchet: Ratchet::Field,
    says: Some(topology::HOST_IS_VIRTUAL),
    words: &[],
}];

/// The address may hold a password, so no sentence repeats it.
const INVALID_API_SERVER: &[Expression] = &[Expression {
    rule: &connection::INVALID_API_SERVER,
    at: "spec.apiServer",
    holds: possible_address!("self"),
    field: "",
    ratchet: Ratchet::Native,
    says: None,
    words: &[],
}];

const INVALID_DOMAIN: &[Expression] = &[
    Expression {
        rule: &domain::INVALID_DOMAIN,
        at: "spec.primaryDomain",
        holds: "!isIP(self)",
        field: "",
        ratchet: Ratchet::Native,
        says: Some(domain::IS_ADDRESS),
        words: &[("value", "self")],
    },
    Expression {
        rule: &domain::INVALID_DOMAIN,
        at: "spec.primaryDomain",
        holds: concat!(
            "self == '' || isIP(self) || (self.size() <= 253 && self.matches('^",
            label!(),
            "([.]",
            label!(),
            ")*$') && !self.matches('(^|[.])[0-9]+$'))"
        ),
        field: "",
        ratchet: Ratchet::Native,
        says: Some(domain::NO_DNS_NAME),
        words: &[("value", "self")],
    },
];

const PORT_OUT_OF_RANGE: &[Expression] = &[Expression {
    rule: &ports::PORT_OUT_OF_RANGE,
    at: "spec",
    holds: concat!(
        "self.clusterType != 'virtual' || !(",
        address!("self.apiServer"),
        ") || ",
        "self.apiServer.matches(':0*(3[01][0-9]{3}|32[0-6][0-9]{2}|327[0-5][0-9]|3276[0-7])$')"
    ),
    field: ".apiServer",
    ratchet: Ratchet::Field,
    says: Some(ports::OUT_OF_RANGE),
    words: &[
        ("value", "(self.apiServer.matches(':[0-9]+$') ? self.apiServer.find('[1-9][0-9]*$') : '443')"),
        ("first", "'30000'"),
        ("last", "'32767'"),
    ],
}];

const INVALID_PRODUCT: &[Expression] = &[
    no_product("spec.reservedNamespacesAllowedProducts.*"),
    no_product_name("spec.reservedNamespacesAllowedProducts.*"),
    no_product("spec.productAllowedClusterResources"),
    no_product_name("spec.productAllowedClusterResources"),
];

const fn no_product(at: &'static str) -> Expression {
    Expression {
        rule: &tenancy::INVALID_PRODUCT,
        at,
        holds: "self.all(product, product != '')",
        field: "",
        ratchet: Ratchet::Before,
        says: Some(tenancy::NO_PRODUCT),
        words: &[],
    }
}

const fn no_product_name(at: &'static str) -> Expression {
    Expression {
        rule: &tenancy::INVALID_PRODUCT,
        at,
        holds: concat!("self.all(product, product.matches('^(", label!(), ")?$'))"),
        field: "",
        ratchet: Ratchet::Before,
        says: Some(tenancy::NO_PRODUCT_NAME),
        words: &[("value", concat!("self.filter(product, !product.matches('^(", label!(), ")?$'))[0]"))],
    }
}

const EMPTY_CLUSTER_RESOURCE: &[Expression] = &[
    Expression {
        rule: &tenancy::EMPTY_CLUSTER_RESOURCE,
        at: "spec.productAllowedClusterResources.*",
        holds: "self.all(resource, resource.kind.trim() != '')",
        field: "",
        ratchet: Ratchet::Before,
        says: Some(tenancy::EMPTY),
        words: &[("field", "'kind'")],
    },
    Expression {
        rule: &tenancy::EMPTY_CLUSTER_RESOURCE,
        at: "spec.productAllowedClusterResources.*",
        holds: "self.all(resource, resource.group.trim() != '')",
        field: "",
        ratchet: Ratchet::Before,
        says: Some(tenancy::EMPTY),
        words: &[("field", "'group'")],
    },
];

const HOSTED_BY_ITSELF: &[Expression] = &[Expression {
    rule: &fleet::HOSTED_BY_ITSELF,
    at: "",
    holds: "self.spec.clusterType != 'virtual' || !has(self.spec.hostCluster) || self.spec.hostCluster != self.metadata.name",
    field: ".spec.hostCluster",
    ratchet: Ratchet::Field,
    says: Some(fleet::OWN_HOST),
    words: &[("value", "self.metadata.name")],
}];

/// The floor.
pub(super) static FLOOR: &[(&Rule, Hold)] = &[
    (&syntax::INVALID_SYNTAX, Server("It refuses what it cannot read.")),
    (&syntax::TOO_LARGE, Server("It stores no larger object.")),
    (&syntax::TOO_DEEP, Not(Text)),
    (&syntax::ALIAS_LIMIT, Not(Text)),
    (&syntax::DUPLICATE_KEY, Not(Text)),
    (&syntax::MISSING_COMMA, Server("It refuses what it cannot read.")),
    (&syntax::TRAILING_COMMA, Not(Text)),
    (&syntax::COMMENT_IN_JSON, Not(Text)),
    (
        &syntax::UNREPLACED_VARIABLE,
        Partly(VARIABLES, "Elsewhere the field's own rule refuses it; additions and reserved namespaces have none."),
    ),
    (&syntax::AMBIGUOUS_SCALAR, Not(Text)),
    (&structure::WRONG_KIND, Server("It takes objects by kind and version.")),
    (&structure::UNKNOWN_FIELD, Not(Pruned)),
    (&structure::MISSING_FIELD, Cel(MISSING_DOMAIN)),
    (&structure::WRONG_TYPE, Schema),
    (&structure::UNSUPPORTED_VALUE, Schema),
    (&structure::DEPRECATED_FIELD, Not(Warning)),
    (&structure::READ_ONLY_FIELD, Not(Warning)),
    (&naming::INVALID_NAME, Cel(NAMES)),
    (&naming::NAME_TOO_LONG, Cel(LENGTHS)),
    (&naming::NAME_MISMATCH, Server("It compares the name with the one in the URL.")),
    (&topology::HOST_WITH_WORKER_TYPE, Cel(HOST_WITH_WORKER_TYPE)),
    (&topology::WORKER_WITHOUT_TYPE, Cel(WORKER_WITHOUT_TYPE)),
    (&topology::VIRTUAL_WITHOUT_HOST, Cel(VIRTUAL_WITHOUT_HOST)),
    (&topology::PHYSICAL_WITH_HOST, Cel(PHYSICAL_WITH_HOST)),
    (&topology::VIRTUAL_HOST, Cel(VIRTUAL_HOST)),
    (&topology::PHYSICAL_WITH_VCLUSTER, Not(Request)),
    (&identity::DEFINED_TWICE, Server("It holds one object of a name.")),
    (&connection::INVALID_API_SERVER, Partly(INVALID_API_SERVER, "IPv6 addresses with an IPv4 address in them are not looked at closely.")),
    (&connection::LOCAL_API_SERVER, Not(Warning)),
    (&connection::API_SERVER_NOT_ON_HOST, Not(Fleet)),
    (&connection::DUPLICATE_API_SERVER, Not(Warning)),
    (&domain::INVALID_DOMAIN, Cel(INVALID_DOMAIN)),
    (&domain::DOMAIN_IP_MISMATCH, Not(Warning)),
    (&domain::DOMAIN_ALREADY_USED, Not(Fleet)),
    (&components::UNKNOWN_COMPONENT, Not(Catalog)),
    (&components::COMPONENT_IN_WRONG_SLOT, Not(Catalog)),
    (&components::UNUSED_COMPONENT, Not(Warning)),
    (&components::COMPONENT_NOT_SELECTABLE, Not(Warning)),
    (&components::MISSING_ADDITION, Not(Catalog)),
    (&components::INVALID_ADDITION, Not(Catalog)),
    (&components::UNKNOWN_ADDITION, Not(Warning)),
    (&components::NAMESPACE_SHARED, Not(Warning)),
    (&ports::PORT_OUT_OF_RANGE, Partly(PORT_OUT_OF_RANGE, "The catalogue says which additions are ports.")),
    (&ports::PORTS_EQUAL, Not(Cost)),
    (&ports::PORT_MISMATCH, Not(Request)),
    (&ports::PORT_ALREADY_USED, Not(Fleet)),
    (&tenancy::UNKNOWN_RESERVED_NAMESPACE, Not(Catalog)),
    (&tenancy::INVALID_PRODUCT, Cel(INVALID_PRODUCT)),
    (&tenancy::EMPTY_CLUSTER_RESOURCE, Cel(EMPTY_CLUSTER_RESOURCE)),
    (&tenancy::WRONG_API_GROUP, Not(Warning)),
    (&kubeconfig::INVALID_KUBECONFIG, Not(Request)),
    (&kubeconfig::KUBECONFIG_RUNS_PROGRAM, Not(Request)),
    (&kubeconfig::KUBECONFIG_READS_FILES, Not(Request)),
    (&kubeconfig::KUBECONFIG_WRONG_CONTEXT, Not(Request)),
    (&kubeconfig::KUBECONFIG_SERVER_MISMATCH, Not(Request)),
    (&kubeconfig::KUBECONFIG_LOCAL_SERVER, Not(Request)),
    (&kubeconfig::KUBECONFIG_EXPIRED, Not(Request)),
    (&kubeconfig::KUBECONFIG_INSECURE, Not(Request)),
    (&kubeconfig::KUBECONFIG_NOT_NEEDED, Not(Request)),
    (&fleet::UNKNOWN_HOST_CLUSTER, Not(Fleet)),
    (&fleet::NOT_A_HOST_CLUSTER, Not(Fleet)),
    (&fleet::HOSTED_BY_ITSELF, Cel(HOSTED_BY_ITSELF)),
    (&lifecycle::FIELD_FROZEN, Not(Fleet)),
    (&lifecycle::STILL_REFERENCED, Not(Fleet)),
    (&policy::POLICY_DENIED, Not(Policy)),
    (&policy::POLICY_WARNED, Not(Policy)),
    (&policy::POLICY_FAILED, Not(Policy)),
    (&suppression::INVALID_SUPPRESSION, Not(Warning)),
    (&suppression::UNUSED_SUPPRESSION, Not(Warning)),
    (&repository::CLUSTER_NOT_LISTED, Not(Repository)),
    (&repository::LISTED_FILE_MISSING, Not(Repository)),
    (&repository::LISTED_TWICE, Not(Repository)),
    (&catalog::INVALID_CATALOG, Not(Catalog)),
];
