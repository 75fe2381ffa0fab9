//! Kubernetes Secrets, in one namespace of the management cluster.
//!
//! `kubeconfig.NAME` is the kubeconfig that counts, `pending.NAME.ID` one that may come to. A cluster's
//! name has no dot, so that no cluster is called like another one's Secret.

use std::collections::BTreeMap;

use anyhow::Context;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, ObjectMeta, Patch, PatchParams, Preconditions};
use kube::{Client, Error};
use tokio::runtime::Handle;

use super::{Current, Kubeconfig, SecretStore};

const KEY: &str = "kubeconfig";
/// Who wrote them, as `kubectl` shows it.
const MANAGER: &str = "clearance-registrar";

pub(crate) struct KubernetesSecrets {
    secrets: Api<Secret>,
    runtime: Handle,
}

impl KubernetesSecrets {
    /// The Secrets of a namespace; the client's own where none is named.
    pub(crate) fn new(client: Client, namespace: Option<&str>, runtime: Handle) -> Self {
        let secrets = match namespace {
            Some(namespace) => Api::namespaced(client, namespace),
            None => Api::default_namespaced(client),
        };
        Self { secrets, runtime }
    }

    fn read(&self, name: &str) -> anyhow::Result<Option<Current>> {
        let secret = self.runtime.block_on(self.secrets.get_opt(name)).with_context(|| format!("cannot read the Secret {name}"))?;
        let Some(secret) = secret else { return Ok(None) };
        let ByteString(text) =
            secret.data.and_then(|mut data| data.remove(KEY)).with_context(|| format!("the Secret {name} holds no `{KEY}`"))?;
        let kubeconfig = Kubeconfig(String::from_utf8(text).map_err(|_| anyhow::anyhow!("the Secret {name} holds no text"))?);
        Ok(Some(Current { kubeconfig, version: secret.metadata.resource_version.unwrap_or_default() }))
    }

    fn write(&self, name: &str, cluster: &str, kubeconfig: &Kubeconfig) -> anyhow::Result<()> {
        let labels = [("app.kubernetes.io/managed-by", MANAGER), ("clearance.nautes.io/cluster", cluster)];
        let secret = Secret {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                labels: Some(labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()),
                ..ObjectMeta::default()
            },
            data: Some(BTreeMap::from([(KEY.to_owned(), ByteString(kubeconfig.0.clone().into_bytes()))])),
            type_: Some("Opaque".to_owned()),
            ..Secret::default()
        };
        let params = PatchParams::apply(MANAGER).force();
        let written = self.runtime.block_on(self.secrets.patch(name, &params, &Patch::Apply(&secret)));
        written.map(drop).with_context(|| format!("cannot write the Secret {name}"))
    }

    fn delete(&self, name: &str, preconditions: Option<Preconditions>) -> anyhow::Result<()> {
        let params = DeleteParams { preconditions, ..DeleteParams::default() };
        match self.runtime.block_on(self.secrets.delete(name, &params)) {
            Ok(_) => Ok(()),
            // It is gone, or another one by now.
            Err(Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot delete the Secret {name}")),
        }
    }
}

fn of(cluster: &str) -> String {
    format!("kubeconfig.{cluster}")
}

fn pending(cluster: &str, id: &str) -> String {
    format!("pending.{cluster}.{id}")
}

impl SecretStore for KubernetesSecrets {
    fn current(&self, cluster: &str) -> anyhow::Result<Option<Current>> {
        self.read(&of(cluster))
    }

    fn put_pending(&self, cluster: &str, id: &str, kubeconfig: &Kubeconfig) -> anyhow::Result<()> {
        self.write(&pending(cluster, id), cluster, kubeconfig)
    }

    fn promote(&self, cluster: &str, id: &str) -> anyhow::Result<()> {
        // It was done before where there is none.
        let Some(pending) = self.read(&pending(cluster, id))? else { return Ok(()) };
        self.write(&of(cluster), cluster, &pending.kubeconfig)?;
        self.drop_pending(cluster, id)
    }

    fn drop_pending(&self, cluster: &str, id: &str) -> anyhow::Result<()> {
        self.delete(&pending(cluster, id), None)
    }

    fn remove(&self, cluster: &str, version: &str) -> anyhow::Result<()> {
        let preconditions = Preconditions { resource_version: Some(version.to_owned()), uid: None };
        self.delete(&of(cluster), Some(preconditions))
    }
}
