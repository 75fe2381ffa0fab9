//! The registrar: the HTTP API of the guides, from a request to one commit in the tenant repository.
//!
//! It judges by the same core as every other door, with the repository as the fleet. It has no rights
//! of its own: Git is asked as the caller.

mod api;
mod author;
mod caller;
mod change;
mod edit;
mod files;
mod git;
mod http;
mod journal;
mod judge;
mod known;
mod kubeconfig;
mod objects;
mod openapi;
mod options;
mod plan;
mod problem;
mod registrar;
mod repository;
mod secrets;
pub mod smart_http;
mod templates;
mod told;

use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use anyhow::Context;
use clearance_core::finding::visible;
use clearance_webhook::OtherDoor;
use tokio::runtime::Handle;

pub use caller::{Caller, Token};
pub use objects::Oid;
pub use openapi::document as openapi;
pub use options::{Options, Store};
pub use repository::Address;

use api::Api;
use author::Authors;
use journal::Journal;
use known::Known;
use registrar::Registrar;
use repository::{Embedded, Forge, Remote, TenantRepository};
use secrets::{EncryptedFiles, KubernetesSecrets, SecretStore, Vault};
use templates::{Source, Templates};

/// What `--doors` calls it.
pub const NAME: &str = "registrar";

/// Opens the door, if the server's options open it; nothing where it stays closed.
pub fn door(options: &Options, server: &clearance_webhook::Options) -> anyhow::Result<Option<OtherDoor>> {
    // In a cluster nobody wants a repository that goes with the pod.
    let is_wanted = options.repository.is_some() || server.doors.is_some() || server.is_on_its_own();
    if !server.opens(NAME) || !is_wanted {
        return Ok(None);
    }
    let state = server.open_state()?.join("registrar");
    files::directory(&state)?;
    let lock = File::create(state.join("lock"))?;
    if lock.try_lock().is_err() {
        let closed = format!("closed: another server has {}", state.display());
        anyhow::ensure!(server.doors.is_none() && options.repository.is_none(), "the registrar is {closed}");
        return Ok(Some(OtherDoor { name: NAME, open: Box::new(|_| Ok(axum::Router::new())), banner: vec![closed] }));
    }
    let address = format!("https://{}", server.listen);
    let mut banner = Vec::new();
    let (repository, embedded, own): (Arc<dyn TenantRepository>, _, _) = match &options.repository {
        Some(repository) => {
            let forge = Forge {
                address: repository.clone(),
                branch: options.repository_branch.clone(),
                user: options.repository_user.clone(),
                ca: options.repository_ca.clone(),
                proposes: options.propose,
                timeout: options.git_timeout,
            };
            let remote = Remote::open(&state.join("mirror.git"), forge)?;
            banner.push(format!("{} clusters in {}", openapi::LIST, repository.as_str()));
            (Arc::new(remote), None, repository.as_str().to_owned())
        }
        None => {
            let (token, is_new) = token(&state)?;
            let shown =
                if is_new { format!("token: {}", token.reveal()) } else { format!("the token is in {}", state.join("token").display()) };
            let directory = state.join("tenant.git");
            let embedded = Arc::new(Embedded::open(&directory, &options.repository_branch, token, options.git_timeout)?);
            banner.push(format!("POST, GET, DELETE {}; `git clone` of /tenant.git", openapi::ONE));
            banner.push(shown);
            (Arc::clone(&embedded) as Arc<dyn TenantRepository>, Some((embedded, directory)), format!("{address}/tenant.git"))
        }
    };
    let source = Source { url: options.argocd_repository.clone().unwrap_or(own), branch: options.repository_branch.clone() };
    let secrets = store(options, server, &state)?;
    let asking = http::client(options.repository_ca.as_deref())?;
    let user_info = options.user_info.as_ref().map(|address| address.as_str().to_owned());
    let journal = Journal::open(&state, options.git_timeout)?;
    let templates = Templates::open(options.templates.as_deref(), source)?;
    let Options { honour_skip_check, max_registrations, git_timeout, .. } = *options;
    let open = move |rules| {
        let registrar = Arc::new(Registrar {
            repository,
            secrets: secrets()?,
            authors: Authors::new(user_info, asking, Handle::current()),
            journal,
            templates,
            rules,
            honours_overrides: honour_skip_check,
            known: RwLock::new(Arc::new(Known::nothing())),
            turn: Mutex::new(()),
            waiting: AtomicUsize::new(0),
            changes: AtomicUsize::new(0),
            most_waiting: max_registrations as usize,
            lock,
        });
        registrar.settle().context("what an earlier run left cannot be settled")?;
        settle_from_time_to_time(&registrar, git_timeout);
        let api = Api { registrar, embedded, room: api::room(), time: git_timeout.saturating_mul(3) };
        Ok(api::router(Arc::new(api)))
    };
    Ok(Some(OtherDoor { name: NAME, open: Box::new(open), banner }))
}

/// The secret store, to be opened where the server runs.
type Opens = Box<dyn FnOnce() -> anyhow::Result<Box<dyn SecretStore>> + Send>;

fn store(options: &Options, server: &clearance_webhook::Options, state: &Path) -> anyhow::Result<Opens> {
    Ok(match options.secret_store {
        Store::Files => {
            let files = EncryptedFiles::open(state)?;
            Box::new(|| Ok(Box::new(files)))
        }
        Store::Vault => {
            let at = options.vault_at()?;
            Box::new(|| Ok(Box::new(Vault::new(at, Handle::current())?)))
        }
        Store::Kubernetes => {
            let (access, namespace) = (server.access.clone(), options.secret_namespace.clone());
            Box::new(move || {
                let client = Handle::current().block_on(access.client()).context("there is no cluster to keep kubeconfigs in")?;
                Ok(Box::new(KubernetesSecrets::new(client, namespace.as_deref(), Handle::current())))
            })
        }
    })
}

/// What may still be at work is given its time, and a secret store that was away is asked again.
fn settle_from_time_to_time(registrar: &Arc<Registrar>, patience: Duration) {
    let registrar = Arc::downgrade(registrar);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(patience);
            let Some(registrar) = registrar.upgrade() else { return };
            if let Err(error) = registrar.settle_what_is_open() {
                tracing::error!(error = log_line(&format!("{error:#}")), "what was left open cannot be settled yet");
            }
        }
    });
}

/// The token of our own repository, and whether it was made now.
fn token(state: &Path) -> anyhow::Result<(Token, bool)> {
    let path = state.join("token");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((Token::new(text.trim()).with_context(|| format!("{} holds no token", path.display()))?, false)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = format!("{}{}", registrar::new_id(), registrar::new_id());
            files::write(&path, format!("{text}\n").as_bytes())?;
            Ok((Token::new(&text).context("a token")?, true))
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// What others said, in one line of the log.
fn log_line(text: &str) -> String {
    let line: String = text.trim().chars().take(1_000).map(|c| if c == '\n' { ' ' } else { c }).collect();
    visible(&line)
}
