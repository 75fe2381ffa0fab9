//! What the registrar can be told; each is a flag, a variable and a key of the configuration file like
//! all settings of `clearance serve`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, FromArgMatches, value_parser};

use crate::repository::Address;

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
    #[arg(long, value_name = "URL", help_heading = REGISTRAR)]
    pub argocd_repository: Option<String>,
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
    /// How long one call of git may take
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time, help_heading = REGISTRAR)]
    pub git_timeout: Duration,
    /// How many changes wait for their turn at once; more are turned away
    #[arg(long, value_name = "NUMBER", default_value_t = 256, value_parser = value_parser!(u32).range(1..=65_536), help_heading = REGISTRAR)]
    pub max_registrations: u32,
}

impl Default for Options {
    /// What counts where nothing is said.
    fn default() -> Self {
        let matches = Self::augment_args(clap::Command::new("serve")).get_matches_from(["serve"]);
        Self::from_arg_matches(&matches).expect("nothing is required")
    }
}

fn time(text: &str) -> Result<Duration, String> {
    clearance_webhook::time_up_to(Duration::from_mins(10), "ten minutes", text)
}
