//! Policies on their way to another place that runs them: what the configuration says of each, with its
//! module by digest. It was checked where it was read; only what a call needs goes on.

use core::time::Duration;

use clearance_core::source::{Node, Value};
use serde::Serialize;

use crate::call::Bounds;
use crate::capability::Capability;
use crate::json;
use crate::policies::Policies;
use crate::policy::{Applies, OnFailure, Policy};
use crate::prelude::*;

#[derive(Serialize)]
struct List<'l> {
    digest: &'l str,
    policies: Vec<Told<'l>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'l> {
    name: &'l str,
    /// The SHA-256 of its module's bytes.
    module: Option<String>,
    /// Why there is no module.
    unusable: Option<&'l str>,
    /// JSON, as it is given to the policy.
    settings: &'l str,
    monitored: bool,
    mutates: bool,
    /// Whether no verdict only warns.
    lenient: bool,
    /// Milliseconds.
    time: u64,
    /// Bytes.
    memory: usize,
    granted: Vec<&'static str>,
    message: Option<&'l str>,
    operations: &'l [String],
    names: &'l [String],
    namespaces: &'l [String],
    usages: &'l [String],
    cluster_types: &'l [String],
    worker_types: &'l [String],
}

impl<'l> Told<'l> {
    fn of<M>(policy: &'l Policy<M>, digest: impl Fn(&M) -> String) -> Self {
        Self {
            name: &policy.name,
            module: policy.module.as_ref().ok().map(digest),
            unusable: policy.module.as_ref().err().map(String::as_str),
            settings: &policy.settings,
            monitored: policy.monitored,
            mutates: policy.mutates,
            lenient: policy.on_failure == OnFailure::Warn,
            time: u64::try_from(policy.bounds.time.as_millis()).unwrap_or(u64::MAX),
            memory: policy.bounds.memory,
            granted: policy.granted.iter().map(|capability| capability.name()).collect(),
            message: policy.message.as_deref(),
            operations: &policy.applies.operations,
            names: &policy.applies.names,
            namespaces: &policy.applies.namespaces,
            usages: &policy.applies.usages,
            cluster_types: &policy.applies.cluster_types,
            worker_types: &policy.applies.worker_types,
        }
    }
}

/// Policies as JSON; `digest` names a module.
#[must_use]
pub fn write_list<M>(policies: &Policies<M>, digest: impl Fn(&M) -> String) -> String {
    // Nothing in it has no word in JSON.
    serde_json::to_string(&List {
        digest: &policies.digest,
        policies: policies.list.iter().map(|policy| Told::of(policy, &digest)).collect(),
    })
    .unwrap_or_default()
}

/// Policies from JSON; `module` makes one of a digest and of its policy's place in the list.
pub fn read_list<M>(text: &str, module: impl Fn(&str, usize) -> M) -> Result<Policies<M>, String> {
    let root = json::object(text)?;
    let mut policies = Policies { list: Vec::new(), digest: json::text(&root, "digest")?.unwrap_or_default() };
    let Some(Value::List(items)) = root.get("policies").map(|node| &node.value) else {
        return Err("there is no list `policies`".to_owned());
    };
    for node in items {
        let place = policies.list.len();
        let module = match json::text(node, "module")? {
            Some(digest) => Ok(module(&digest, place)),
            None => Err(json::text(node, "unusable")?.unwrap_or_default()),
        };
        let mut policy = Policy::new(json::text(node, "name")?.ok_or("a policy has no `name`")?, module);
        policy.settings = json::text(node, "settings")?.ok_or("a policy has no `settings`")?;
        policy.monitored = flag(node, "monitored");
        policy.mutates = flag(node, "mutates");
        if flag(node, "lenient") {
            policy.on_failure = OnFailure::Warn;
        }
        policy.bounds = Bounds { time: Duration::from_millis(number(node, "time")?), memory: number(node, "memory")? };
        policy.granted = json::words(node, "granted")?.iter().filter_map(|name| Capability::from_name(name)).collect();
        policy.message = json::text(node, "message")?;
        for (key, words) in policy.applies.named() {
            *words = json::words(node, key)?;
        }
        policies.list.push(policy);
    }
    Ok(policies)
}

impl Applies {
    /// Its lists by their names.
    fn named(&mut self) -> [(&'static str, &mut Vec<String>); 6] {
        [
            ("operations", &mut self.operations),
            ("names", &mut self.names),
            ("namespaces", &mut self.namespaces),
            ("usages", &mut self.usages),
            ("clusterTypes", &mut self.cluster_types),
            ("workerTypes", &mut self.worker_types),
        ]
    }
}

fn flag(node: &Node<'_>, key: &str) -> bool {
    node.get(key).is_some_and(|node| matches!(node.value, Value::Bool(true)))
}

fn number<T: core::str::FromStr>(node: &Node<'_>, key: &str) -> Result<T, String> {
    match node.get(key).map(|node| &node.value) {
        Some(Value::Number(text)) => text.parse().map_err(|_| format!("`{key}` is no whole number")),
        _ => Err(format!("`{key}` is no number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut own = Policy::new("own", Ok("d1"));
        own.settings = r#"{"a":"漢 \"x\"","b":1.50}"#.to_owned();
        own.monitored = true;
        own.mutates = true;
        own.on_failure = OnFailure::Warn;
        own.bounds = Bounds { time: Duration::from_millis(70), memory: 8 << 20 };
        own.granted = Capability::ALL.to_vec();
        own.message = Some("ask us".to_owned());
        own.applies = Applies {
            operations: vec!["DELETE".to_owned()],
            names: vec!["prod-*".to_owned()],
            namespaces: vec!["nautes".to_owned()],
            usages: vec!["host".to_owned()],
            cluster_types: vec!["physical".to_owned()],
            worker_types: vec!["pipeline".to_owned()],
        };
        let list = vec![own, Policy::new("other", Err("its module is damaged".to_owned()))];
        let policies = Policies { list, digest: "0123".to_owned() };
        let text = write_list(&policies, |module| (*module).to_owned());
        let read = read_list(&text, |digest, _| if digest == "d1" { "d1" } else { "" }).unwrap();
        assert_eq!(format!("{policies:?}"), format!("{read:?}"));
    }

    #[test]
    fn what_is_no_list_is_told() {
        for text in ["", "[]", "{", r#"{"policies":{}}"#, r#"{"policies":[{}]}"#] {
            assert!(read_list(text, |_, _| ()).is_err(), "{text}");
        }
        assert!(read_list(r#"{"digest":"","policies":[]}"#, |_, _| ()).unwrap().is_empty());
    }
}
