//! What the registrar can be told; each is a flag, a variable and a key of the configuration file like
//! all settings of `clearance serve`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, FromArgMatches, ValueEnum, value_parser};

use crate::repository::Address;
use crate::secrets::{Login, VaultAt};

const REGISTRAR: &str = "Registrar";

/// What the registrar can be told.
#[derive(Debug, Clone, Args)]
#[group(id = "registrar")]
pub struct Options {
    /// The tenant configuration repository; each caller's own token is used for it [default: one that
    /// the server makes in its state directory]
    #[arg(long, value_name = "URL", help_heading = REGISTRAR)]
    pub repository: Option<Address>,
    /// The branch that Argo CD applies
    #[arg(long, value_name = "BRANCH", default_value = "main", help_heading = REGISTRAR)]
    pub repository_branch: String,
    /// The user name that goes with a caller's token (GitLab: `oauth2`)
    #[arg(long, value_name = "NAME", default_value = "oauth2", help_heading = REGISTRAR)]
    pub repository_user: String,
    /// The CAs (PEM) of the repository's server, if they are not the system's
    #[arg(long, value_name = "FILE", help_heading = REGISTRAR)]
    pub repository_ca: Option<PathBuf>,
    /// The address by which Argo CD reads the repository [default: --repository]
    #[arg(long, value_name = "URL", value_parser = plain, help_heading = REGISTRAR)]
    pub argocd_repository: Option<String>,
    /// Where the repository's server says whom a token belongs to, for the author of commits (GitLab:
    /// `https://HOST/api/v4/user`; Gitea: `https://HOST/api/v1/user`)
    #[arg(long, value_name = "URL", help_heading = REGISTRAR)]
    pub user_info: Option<Address>,
    /// Whether a change that a protected branch does not take becomes a branch to be merged
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_value = "false", default_missing_value = "true", help_heading = REGISTRAR)]
    pub propose: bool,
    /// Whether `insecure_skip_check` skips checks of relations; only where the webhook honours overrides
    /// of whoever applies the repository (--override-user)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_value = "false", default_missing_value = "true", help_heading = REGISTRAR)]
    pub honour_skip_check: bool,
    /// A directory of templates that replace those of what is installed
    #[arg(long, value_name = "DIR", help_heading = REGISTRAR)]
    pub templates: Option<PathBuf>,
    /// Where kubeconfigs are kept: encrypted files in the state directory, Vault or OpenBao, or Secrets of
    /// the management cluster
    #[arg(long, value_name = "STORE", value_enum, default_value = "files", help_heading = REGISTRAR)]
    pub secret_store: Store,
    /// The namespace of the Secrets [default: the server's own]
    #[arg(long, value_name = "NAME", help_heading = REGISTRAR)]
    pub secret_namespace: Option<String>,
    /// The address of Vault
    #[arg(long, value_name = "URL", help_heading = REGISTRAR)]
    pub vault: Option<Address>,
    /// Where Vault's engine `kv` (version 2) is mounted
    #[arg(long, value_name = "PATH", default_value = "secret", value_parser = path, help_heading = REGISTRAR)]
    pub vault_mount: String,
    /// The path in it below which kubeconfigs are kept
    #[arg(long, value_name = "PATH", default_value = "clearance", value_parser = path, help_heading = REGISTRAR)]
    pub vault_path: String,
    /// A file with a token for Vault; it may be replaced at any time
    #[arg(long, value_name = "FILE", conflicts_with = "vault_role", help_heading = REGISTRAR)]
    pub vault_token_file: Option<PathBuf>,
    /// The role to log in for by the pod's own token, instead of a token in a file
    #[arg(long, value_name = "NAME", help_heading = REGISTRAR)]
    pub vault_role: Option<String>,
    /// Where Vault's login method `kubernetes` is mounted
    #[arg(long, value_name = "PATH", default_value = "kubernetes", value_parser = path, help_heading = REGISTRAR)]
    pub vault_login: String,
    /// The file with the pod's own token [default: where Kubernetes puts it]
    #[arg(long, value_name = "FILE", help_heading = REGISTRAR)]
    pub vault_pod_token: Option<PathBuf>,
    /// The CAs (PEM) of Vault, if they are not the system's
    #[arg(long, value_name = "FILE", help_heading = REGISTRAR)]
    pub vault_ca: Option<PathBuf>,
    /// How long one call of git may take
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time, help_heading = REGISTRAR)]
    pub git_timeout: Duration,
    /// How many changes wait for their turn at once; more are turned away
    #[arg(long, value_name = "NUMBER", default_value_t = 256, value_parser = value_parser!(u32).range(1..=65_536), help_heading = REGISTRAR)]
    pub max_registrations: u32,
}

/// Where kubeconfigs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Store {
    /// Encrypted files in the state directory.
    Files,
    /// HashiCorp Vault or OpenBao.
    Vault,
    /// Secrets of the management cluster.
    Kubernetes,
}

impl Options {
    /// Which Vault is meant, and how it is logged in to.
    pub(crate) fn vault_at(&self) -> anyhow::Result<VaultAt> {
        let address = self.vault.as_ref().context("Vault's address is not given: --vault URL")?;
        let login = match (&self.vault_token_file, &self.vault_role) {
            (Some(path), _) => Login::TokenFile(path.clone()),
            (None, Some(role)) => {
                Login::Kubernetes { mount: self.vault_login.clone(), role: role.clone(), token_file: self.vault_pod_token.clone() }
            }
            (None, None) => anyhow::bail!("it is not said how to log in to Vault: --vault-token-file FILE or --vault-role NAME"),
        };
        let address = address.as_str().trim_end_matches('/').to_owned();
        let (mount, path) = (self.vault_mount.clone(), self.vault_path.clone());
        Ok(VaultAt { address, mount, path, login, ca: self.vault_ca.clone() })
    }
}

impl Default for Options {
    /// What counts where nothing is said.
    fn default() -> Self {
        let matches = Self::augment_args(clap::Command::new("serve")).get_matches_from(["serve"]);
        Self::from_arg_matches(&matches).expect("nothing is required")
    }
}

/// An address that goes into commits. By SSH a user is no secret.
fn plain(text: &str) -> Result<String, &'static str> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let user = rest.split('/').next().and_then(|authority| authority.rsplit_once('@')).map(|(user, _)| user);
    let is_secret =
        user.is_some_and(|user| user.contains(':') || scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"));
    if is_secret { Err("an address holds no credentials: Argo CD has them in a Secret of its own") } else { Ok(text.to_owned()) }
}

/// A path in Vault: what goes into an address as it is.
fn path(text: &str) -> Result<String, &'static str> {
    let path = text.trim_matches('/');
    let is_plain = |part: &str| {
        !matches!(part, "" | "." | "..") && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    if path.split('/').all(is_plain) { Ok(path.to_owned()) } else { Err("a path in Vault is written as `secret` or `team/secret`") }
}

fn time(text: &str) -> Result<Duration, String> {
    clearance_webhook::time_up_to(Duration::from_mins(10), "ten minutes", text)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_is_committed_holds_no_credentials() {
        for address in ["https://forge.example.com/t.git", "ssh://git@forge.example.com/t.git", "git@forge.example.com:t.git", "/srv/t.git"]
        {
            assert_eq!(plain(address).as_deref(), Ok(address));
        }
        for address in ["https://bot:glpat-x@forge/t.git", "HTTPS://glpat-x@forge/t.git", "ssh://git:word@forge/t.git"] {
            assert!(plain(address).is_err(), "{address}");
        }
    }
}
