//! What `clearance serve` can be told.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, FromArgMatches, ValueEnum, value_parser};
use clearance_core::Monitor;
use clearance_core::rules::{self, Lookup};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::cluster::Access;
use crate::keeper::{Fleets, Judging};
use crate::overriders::Overriders;
use crate::state;
use crate::tls::Source;

/// What `clearance serve` can be told.
///
/// Each field is a flag, a variable (`--tls-cert` is `CLEARANCE_TLS_CERT`) and a key of the
/// configuration file (`tls-cert`); `config.rs` says which of them counts.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The address to serve HTTPS at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443", help_heading = LISTENING)]
    pub listen: String,
    /// A loopback address to serve plain HTTP at
    #[arg(long, value_name = "ADDRESS", help_heading = LISTENING)]
    pub listen_http: Option<String>,
    /// An address to serve `/livez`, `/readyz` and `/metrics` at, in plain HTTP
    #[arg(long, value_name = "ADDRESS", help_heading = LISTENING)]
    pub listen_metrics: Option<String>,
    /// The doors to open, `webhook` among them [default: all there are]
    #[arg(long, value_name = "DOORS", value_delimiter = ',', help_heading = LISTENING)]
    pub doors: Option<Vec<String>>,

    /// What else exists: a directory, a manifest or a snapshot (`kind: List`); may be given several times
    #[arg(long, value_name = "PATH", value_delimiter = ',', help_heading = JUDGING)]
    pub fleet: Vec<PathBuf>,
    /// Whether the fleet is what a cluster holds, followed by watches [default: in a pod true without
    /// --fleet; true with --kubeconfig or --context]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", help_heading = JUDGING)]
    pub kube: Option<bool>,
    /// The cluster that is followed
    #[command(flatten, next_help_heading = JUDGING)]
    pub access: Access,
    /// Whether the fleet holds everything that exists [default: true with a cluster, and with --fleet
    /// where all of it can be read]; false where Argo CD applies clusters in any order
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", help_heading = JUDGING)]
    pub complete: Option<bool>,
    /// A catalogue of components that adds to the built-in one; it is read again when it changes
    #[arg(long, value_name = "FILE", help_heading = JUDGING)]
    pub catalog: Option<PathBuf>,
    /// An organisation's own policies: a file that names WebAssembly modules and their settings; it and
    /// they are read again when they change
    #[arg(long, value_name = "FILE", help_heading = JUDGING)]
    pub policies: Option<PathBuf>,
    /// A user who may override rules that read the fleet, by an annotation with a reason; may be given
    /// several times [default: nobody]
    #[arg(long, value_name = "USER", value_delimiter = ',', help_heading = JUDGING)]
    pub override_user: Vec<String>,
    /// A group whose members may override, as --override-user; one with a comma in its name can only be given
    /// in the file
    #[arg(long, value_name = "GROUP", value_delimiter = ',', help_heading = JUDGING)]
    pub override_group: Vec<String>,
    /// A rule that refuses nothing: what it would refuse is allowed, counted and logged; `all` for all
    /// rules; may be given several times
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = JUDGING)]
    pub monitor: Vec<String>,
    /// Whether the annotation `clearance.nautes.io/ignore` counts here, as it does for `clearance check`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_value = "false", default_missing_value = "true", help_heading = JUDGING)]
    pub suppressions: bool,

    /// Where the server keeps what it makes: its own certificate, the last good catalogue
    /// [default: `$XDG_STATE_HOME/clearance`]
    #[arg(long, value_name = "DIR", help_heading = CERTIFICATES)]
    pub state: Option<PathBuf>,
    /// A certificate chain (PEM) to use instead of one of its own; it is read again when it changes
    #[arg(long, value_name = "FILE", help_heading = CERTIFICATES)]
    pub tls_cert: Option<PathBuf>,
    /// The private key (PEM) of --tls-cert
    #[arg(long, value_name = "FILE", help_heading = CERTIFICATES)]
    pub tls_key: Option<PathBuf>,
    /// One more name for the certificate of its own; may be given several times
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = CERTIFICATES)]
    pub tls_name: Vec<String>,
    /// A Secret of the cluster that all replicas keep one certificate of their own in
    #[arg(long, value_name = "NAMESPACE/NAME", help_heading = CERTIFICATES)]
    pub tls_secret: Option<SecretName>,
    /// The webhook configurations, mutating and validating, whose `caBundle` is kept to --tls-secret
    #[arg(long, value_name = "NAME", help_heading = CERTIFICATES)]
    pub webhook_configuration: Option<String>,
    /// The CAs (PEM) of clients; then each client of the HTTPS port must show a certificate
    #[arg(long, value_name = "FILE", help_heading = CERTIFICATES)]
    pub client_ca: Option<PathBuf>,

    /// How long a review may take, with reading it; less than `timeoutSeconds` of the webhook
    #[arg(long, value_name = "TIME", default_value = "4s", value_parser = time, help_heading = LIMITS)]
    pub deadline: Duration,
    /// How long the server goes on serving after SIGTERM while it is not ready
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time, help_heading = LIMITS)]
    pub grace: Duration,
    /// How many reviews are judged or wait to be judged at once; more are turned away
    #[arg(long, value_name = "NUMBER", default_value_t = 256, value_parser = value_parser!(u32).range(1..=65_536), help_heading = LIMITS)]
    pub max_reviews: u32,
    /// How many connections there are at once; then the one that has waited longest makes room
    #[arg(long, value_name = "NUMBER", default_value_t = 1024, value_parser = value_parser!(u32).range(1..=65_536), help_heading = LIMITS)]
    pub max_connections: u32,

    /// A directory to write refused reviews to, without credentials and user, for replay
    #[arg(long, value_name = "DIR", help_heading = LOG)]
    pub capture: Option<PathBuf>,
    /// How many refused reviews are kept
    #[arg(long, value_name = "NUMBER", default_value_t = 1000, value_parser = value_parser!(u32).range(2..=1_000_000), help_heading = LOG)]
    pub capture_count: u32,
    /// How the log on stderr is written
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = LOG)]
    pub log_format: LogFormat,
    /// The least that is logged: error, warn, info, debug or off
    #[arg(long, value_name = "LEVEL", default_value = "info", help_heading = LOG)]
    pub log_level: LevelFilter,
}

const LISTENING: &str = "Listening";
const JUDGING: &str = "Judging";
const CERTIFICATES: &str = "Certificates";
const LIMITS: &str = "Limits";
const LOG: &str = "Log";

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

/// Where a Secret lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl FromStr for SecretName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self { namespace: namespace.to_owned(), name: name.to_owned() })
            }
            _ => Err("a Secret is named by NAMESPACE/NAME"),
        }
    }
}

impl Default for Options {
    /// What counts where nothing is said.
    fn default() -> Self {
        let matches = Self::augment_args(clap::Command::new("serve")).get_matches_from(["serve"]);
        Self::from_arg_matches(&matches).expect("nothing is required")
    }
}

fn time(text: &str) -> Result<Duration, String> {
    time_up_to(Duration::from_hours(1), "an hour", text)
}

/// Reads a time of at most `most`, which is called `in_words` where it is more; else says what is wrong with it.
pub fn time_up_to(most: Duration, in_words: &str, text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|_| "a time is written as `10s` or `500ms`".to_owned())?;
    if time > most { Err(format!("it is more than {in_words}")) } else { Ok(time) }
}

impl Options {
    /// Refuses what cannot be done.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        // Not said to clap: the one may be a flag, and the other stand in a file.
        let given = self.tls_cert.is_some();
        anyhow::ensure!(given == self.tls_key.is_some(), "--tls-cert and --tls-key go together");
        anyhow::ensure!(!given || self.tls_name.is_empty(), "--tls-name is for a certificate of its own, and --tls-cert names another");
        anyhow::ensure!(!given || self.tls_secret.is_none(), "--tls-cert and --tls-secret name two certificates");
        let lone = self.webhook_configuration.is_some() && self.tls_secret.is_none();
        anyhow::ensure!(!lone, "--webhook-configuration is kept to --tls-secret, which is not given");
        anyhow::ensure!(self.fleet.is_empty() || !self.follows(), "the fleet is what a cluster holds or what --fleet names, not both");
        self.judging().map(drop)
    }

    /// Whether the fleet is what a cluster holds.
    fn follows(&self) -> bool {
        let named = self.access.kubeconfig.is_some() || self.access.context.is_some();
        self.kube.unwrap_or_else(|| named || self.fleet.is_empty() && Access::is_in_pod())
    }

    /// Whether the server stands on a machine of its own, as on a laptop: it follows no cluster, and its
    /// certificate is not shared with replicas.
    #[must_use]
    pub fn is_on_its_own(&self) -> bool {
        !self.follows() && self.tls_secret.is_none() && !Access::is_in_pod()
    }

    /// The directory in which the server keeps what it makes.
    pub fn open_state(&self) -> anyhow::Result<PathBuf> {
        state::open(self.state.as_deref())
    }

    /// Where the fleet comes from.
    pub(crate) fn fleets(&self) -> Fleets {
        if self.follows() {
            return Fleets::Cluster { complete: self.complete.unwrap_or(true) };
        }
        Fleets::Files { paths: self.fleet.clone(), complete: self.complete }
    }

    /// How verdicts are reached.
    pub(crate) fn judging(&self) -> anyhow::Result<Judging> {
        for name in self.monitor.iter().filter(|name| *name != "all") {
            if let Lookup::Unknown { nearest } = rules::find(name) {
                let nearest = nearest.map(|rule| format!("; perhaps `{}` is meant", rule.name)).unwrap_or_default();
                anyhow::bail!("--monitor: there is no rule `{name}`{nearest}");
            }
        }
        let monitor = match self.monitor.as_slice() {
            [] => Monitor::Nothing,
            names if names.iter().any(|name| name == "all") => Monitor::Everything,
            names => Monitor::Rules(names.iter().cloned().collect()),
        };
        Ok(Judging { monitor, ignores: self.suppressions, overriders: Overriders::new(&self.override_user, &self.override_group) })
    }

    /// Where the certificate comes from.
    pub(crate) fn source(&self) -> anyhow::Result<Source> {
        Ok(match (&self.tls_cert, &self.tls_key) {
            (Some(chain), Some(key)) => Source::Given { chain: chain.clone(), key: key.clone() },
            _ if self.tls_secret.is_some() => Source::Secret,
            _ => Source::Own { state: state::open(self.state.as_deref())?, names: self.names() },
        })
    }

    /// The names that a certificate of our own is for.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        names.extend(self.tls_name.iter().cloned());
        let host = self.listen.rsplit_once(':').map_or(self.listen.as_str(), |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            // On every address of the machine: then it is called by its name.
            Ok(address) if address.is_unspecified() => names.extend(host_name()),
            Ok(address) => names.extend([address.to_string()]),
            Err(_) => names.extend([host.to_owned()]),
        }
        names
    }

    /// Logs to stderr from here on.
    pub(crate) fn start_log(&self) {
        // What goes wrong between us and the cluster comes back to us as well, and is told in our words.
        let targets = Targets::new().with_default(self.log_level).with_target("kube_client", LevelFilter::OFF);
        let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
        let log = match self.log_format {
            LogFormat::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
            LogFormat::Json => log.json().flatten_event(true).boxed(),
        };
        // Where a log is written already, that one serves.
        let _ = tracing_subscriber::registry().with(log).with(targets).try_init();
    }
}

fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok())?;
    let name = name.trim();
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    (plain && !name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn parse(words: &[&str]) -> Result<Options, clap::Error> {
        Cli::try_parse_from([&["serve"], words].concat()).map(|cli| cli.options)
    }

    #[test]
    fn completeness_may_go_without_saying() {
        let complete = |words: &[&str]| parse(words).expect("it can be said").complete;
        assert_eq!(complete(&["--fleet", "a"]), None);
        assert_eq!(complete(&["--complete", "--fleet", "a"]), Some(true));
        assert_eq!(complete(&["--complete", "false"]), Some(false));
    }

    #[test]
    fn what_goes_together_is_given_together() {
        let check = |words: &[&str]| parse(words).expect("each is right").check();
        for words in [
            &["--tls-cert", "a"][..],
            &["--tls-key", "a"],
            &["--tls-cert", "a", "--tls-key", "b", "--tls-name", "c"],
            &["--tls-cert", "a", "--tls-key", "b", "--tls-secret", "c/d"],
            &["--webhook-configuration", "a"],
        ] {
            assert!(check(words).is_err(), "{words:?}");
        }
        check(&["--tls-cert", "a", "--tls-key", "b"]).expect("they go together");
        check(&["--tls-secret", "a/b", "--webhook-configuration", "c", "--tls-name", "d"]).expect("they go together");
        assert!(parse(&["--tls-secret", "a"]).is_err());
    }

    #[test]
    fn the_certificate_is_for_where_it_listens() {
        let names = |listen: &str| {
            Options { listen: listen.to_owned(), tls_name: vec!["clearance.nautes.svc".to_owned()], ..Options::default() }.names()
        };
        for (listen, name) in
            [("clearance.example:8443", "clearance.example"), ("192.0.2.1:0", "192.0.2.1"), ("[2001:db8::1]:443", "2001:db8::1")]
        {
            assert!(names(listen).contains(name), "{listen}");
        }
        for name in ["localhost", "127.0.0.1", "::1", "clearance.nautes.svc"] {
            assert!(names("0.0.0.0:8443").contains(name), "{name}");
        }
        assert!(!names("0.0.0.0:8443").contains("0.0.0.0"));
    }
}
