//! The management cluster, as its API server tells of it: who to ask, and for what.

mod item;
mod list;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use clearance_core::model::{GROUP, KIND};
use kube::api::{Api, ApiResource, DynamicObject};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

pub use list::{Listed, list};
pub(crate) use watch::follow;

/// How long the API server may leave us without a word.
const SILENCE: Duration = Duration::from_mins(1);

/// Which cluster is meant.
#[derive(Debug, Clone, Default, Args)]
pub struct Access {
    /// The kubeconfig that says where the cluster is [default: in a pod its own cluster; else
    /// `$KUBECONFIG`, `~/.kube/config`]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context in it to use instead of the current one
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
}

/// A kind of object that the fleet is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its `kind`.
    pub kind: &'static str,
    /// How the API server calls many of it.
    pub plural: &'static str,
}

/// All that the fleet is made of.
pub const KINDS: [Kind; 4] = [
    Kind { kind: KIND, plural: "clusters" },
    Kind { kind: "DeploymentRuntime", plural: "deploymentruntimes" },
    Kind { kind: "ProjectPipelineRuntime", plural: "projectpipelineruntimes" },
    Kind { kind: "Environment", plural: "environments" },
];

impl Kind {
    fn resource(self) -> ApiResource {
        let version = clearance_core::model::VERSION;
        ApiResource {
            group: GROUP.to_owned(),
            version: version.to_owned(),
            api_version: format!("{GROUP}/{version}"),
            kind: self.kind.to_owned(),
            plural: self.plural.to_owned(),
        }
    }

    fn api(self, client: &Client) -> Api<DynamicObject> {
        Api::all_with(client.clone(), &self.resource())
    }
}

impl Access {
    /// Whether this process runs in a pod, which has a cluster of its own.
    #[must_use]
    pub fn is_in_pod() -> bool {
        std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
    }

    /// A client of the cluster. Nothing is asked of it yet.
    pub async fn client(&self) -> anyhow::Result<Client> {
        // Whoever was first has said which implementation of TLS's ciphers is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = KubeConfigOptions { context: self.context.clone(), ..KubeConfigOptions::default() };
        let mut config = match &self.kubeconfig {
            Some(path) => {
                // What a reader of kubeconfigs says may hold a part of the file.
                let kubeconfig =
                    Kubeconfig::read_from(path).ok().with_context(|| format!("cannot read a kubeconfig in {}", path.display()))?;
                Config::from_custom_kubeconfig(kubeconfig, &options).await.ok().with_context(|| {
                    let context = self.context.as_ref().map(|context| format!(" under the context `{context}`")).unwrap_or_default();
                    format!("the kubeconfig in {} names no cluster and user that can be used{context}", path.display())
                })?
            }
            None if self.context.is_none() && Self::is_in_pod() => {
                Config::incluster().ok().context("the pod has no usable service account: its token and CA cannot be read")?
            }
            None => Config::from_kubeconfig(&options)
                .await
                .ok()
                .context("no cluster can be found: name a kubeconfig by --kubeconfig, or set KUBECONFIG")?,
        };
        // A connection on which nothing comes any more is not noticed otherwise.
        config.read_timeout = Some(SILENCE + Duration::from_secs(30));
        config.reset_reader_on_write = true;
        Client::try_from(config).ok().context("the kubeconfig cannot be used: its certificates, keys or addresses are not valid")
    }
}
