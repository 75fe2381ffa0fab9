//! A certificate of our own making that all replicas share, in a Secret of the cluster.
//!
//! Every replica does the same, again and again: read the Secret, make anew what must be, show what
//! it holds, and see that the webhook configurations trust it. Nobody leads: the API server takes a
//! change only from who has seen the latest version (`resourceVersion`), and who comes second reads
//! again and finds nothing left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ApiResource, DynamicObject, ObjectMeta, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::make::{Kept, Recipe};
use super::{Identity, Shown};
use crate::metrics::Metrics;
use crate::options::SecretName;

/// How often Secret and configurations are looked at.
const PAUSE: Duration = Duration::from_secs(10);
/// How long until a failure is followed by another attempt.
const AGAIN: Duration = Duration::from_secs(1);
/// How long a new CA must have been in both configurations before a certificate is signed by it:
/// API servers learn of a change from a watch, and there may be several.
const SETTLES: Duration = Duration::from_mins(1);
/// Far enough back for any clock: only API servers look at it.
const BACK: Duration = Duration::from_hours(3650 * 24);

const KEYS: [&str; 4] = ["ca.crt", "ca.key", "tls.crt", "tls.key"];

/// The shared certificate, as one replica sees it.
pub(crate) struct Shared {
    client: Client,
    secrets: Api<Secret>,
    name: String,
    configuration: Option<String>,
    recipe: Recipe,
    /// What the Secret held when it was last looked at.
    kept: Kept,
    /// Since when which bundle is in both configurations.
    trusted: Option<(String, Instant)>,
}

impl Shared {
    pub(crate) fn new(client: Client, secret: SecretName, configuration: Option<String>, names: BTreeSet<String>) -> Self {
        let secrets = Api::namespaced(client.clone(), &secret.namespace);
        let recipe = Recipe { names, back: BACK };
        Self { client, secrets, name: secret.name, configuration, recipe, kept: Kept::default(), trusted: None }
    }

    /// The identity to begin with: without one there is nothing to serve.
    pub(crate) async fn open(&mut self) -> Identity {
        let mut told = String::new();
        loop {
            match self.step(OffsetDateTime::now_utc()).await {
                Ok(Some(identity)) => return identity,
                Ok(None) => {}
                Err(error) => tell(&mut told, &error),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Keeps the certificate current, until the task is aborted.
    pub(crate) async fn keep(mut self, shown: Arc<Shown>, metrics: Arc<Metrics>) {
        let mut told = String::new();
        loop {
            let looked = match self.step(OffsetDateTime::now_utc()).await {
                Ok(Some(identity)) => shown.show(identity),
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            metrics.certificate_failing.set(i64::from(looked.is_err()));
            match looked {
                Ok(()) => told.clear(),
                Err(error) => tell(&mut told, &error),
            }
            tokio::time::sleep(if told.is_empty() { PAUSE } else { AGAIN.saturating_mul(5) }).await;
        }
    }

    /// Looks once; returns the identity if it is another one than before.
    async fn step(&mut self, now: OffsetDateTime) -> anyhow::Result<Option<Identity>> {
        let (secret, mut kept) = self.read().await?;
        if kept.ca.is_empty() {
            // Somebody removed it: what others still show must be trusted until they have read the new one.
            kept.ca.clone_from(&self.kept.ca);
        }
        let settled = self.configuration.is_none()
            || self.trusted.as_ref().is_some_and(|(bundle, since)| *bundle == kept.ca && since.elapsed() > SETTLES);
        let kept = match self.recipe.renewed(&kept, settled, now)? {
            Some(next) if self.write(secret, &next).await? => next,
            // Another replica was first.
            Some(_) => self.read().await?.1,
            None => kept,
        };
        self.keep_trusted(&kept.ca).await?;
        if (&kept.chain, &kept.key) == (&self.kept.chain, &self.kept.key) {
            return Ok(None);
        }
        let identity = Identity::read(kept.chain.as_bytes(), kept.key.as_bytes()).with_context(|| format!("the Secret {}", self.name))?;
        self.kept = kept;
        Ok(Some(identity))
    }

    async fn read(&self) -> anyhow::Result<(Option<Secret>, Kept)> {
        let secret = self.secrets.get_opt(&self.name).await.with_context(|| format!("cannot read the Secret {}", self.name))?;
        let data = secret.as_ref().and_then(|secret| secret.data.as_ref());
        let text = |key| data.and_then(|data| data.get(key)).and_then(|ByteString(bytes)| String::from_utf8(bytes.clone()).ok());
        let [ca, ca_key, chain, key] = KEYS.map(|key| text(key).unwrap_or_default());
        Ok((secret, Kept { ca, ca_key, chain, key }))
    }

    /// Writes what was made anew; false if another replica was first.
    async fn write(&self, before: Option<Secret>, next: &Kept) -> anyhow::Result<bool> {
        let texts = [&next.ca, &next.ca_key, &next.chain, &next.key];
        let data: BTreeMap<_, _> =
            KEYS.into_iter().zip(texts).map(|(key, text)| (key.to_owned(), ByteString(text.clone().into_bytes()))).collect();
        let params = PostParams::default();
        let written = match before {
            // It bears the version that was read.
            Some(secret) => self.secrets.replace(&self.name, &params, &Secret { data: Some(data), ..secret }).await,
            None => {
                let metadata = ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() };
                let secret = Secret { metadata, data: Some(data), type_: Some("kubernetes.io/tls".to_owned()), ..Secret::default() };
                self.secrets.create(&params, &secret).await
            }
        };
        match written {
            Ok(_) => {
                tracing::info!(secret = self.name, "a certificate was made");
                Ok(true)
            }
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot write the Secret {}", self.name)),
        }
    }

    /// Sees that both webhook configurations trust the CAs.
    async fn keep_trusted(&mut self, bundle: &str) -> anyhow::Result<()> {
        let Some(name) = self.configuration.clone() else { return Ok(()) };
        for kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
            self.trust(kind, &name, bundle).await.with_context(|| format!("cannot keep the {kind} {name}"))?;
        }
        if self.trusted.as_ref().is_none_or(|(trusted, _)| trusted != bundle) {
            self.trusted = Some((bundle.to_owned(), Instant::now()));
        }
        Ok(())
    }

    async fn trust(&mut self, kind: &str, name: &str, bundle: &str) -> anyhow::Result<()> {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("admissionregistration.k8s.io", "v1", kind));
        let configurations: Api<DynamicObject> = Api::all_with(self.client.clone(), &resource);
        // It may not be applied yet, or be named otherwise: then there is nothing that could be kept.
        let configuration = configurations.get(name).await?;
        let webhooks = configuration.data.get("webhooks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let wanted = STANDARD.encode(bundle);
        let outdated = webhooks.iter().filter(|webhook| webhook.pointer("/clientConfig/caBundle").and_then(Value::as_str) != Some(&wanted));
        let changes: Vec<Value> =
            outdated.map(|webhook| json!({"name": webhook.get("name"), "clientConfig": {"caBundle": wanted}})).collect();
        if changes.is_empty() {
            return Ok(());
        }
        // Until it is so everywhere, nothing counts as trusted.
        self.trusted = None;
        let patch = json!({"metadata": {"resourceVersion": configuration.metadata.resource_version}, "webhooks": changes});
        match configurations.patch(name, &PatchParams::default(), &Patch::Strategic(patch)).await {
            Ok(_) => tracing::info!(kind, name, "the caBundle was brought up to date"),
            Err(kube::Error::Api(status)) if status.code == 409 => anyhow::bail!("it was changed by somebody else at the same time"),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// Tells what went wrong, once.
fn tell(told: &mut String, error: &anyhow::Error) {
    let what = format!("{error:#}");
    if *told != what {
        tracing::warn!("{what}");
        *told = what;
    }
}
