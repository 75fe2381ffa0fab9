//! What `clearance serve` can be told.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tracing::level_filters::LevelFilter;

/// The doors that can be served, with whether they are there yet.
const DOORS: &[(&str, bool)] = &[("webhook", true), ("registrar", false), ("page", false)];

/// What `clearance serve` can be told.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The address to serve HTTPS at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    pub listen: String,
    /// A loopback address to serve plain HTTP at
    #[arg(long, value_name = "ADDRESS")]
    pub listen_http: Option<String>,
    /// The doors to open: webhook [default: all there are]
    #[arg(long, value_name = "DOORS", value_delimiter = ',')]
    pub doors: Option<Vec<String>>,
    /// What else exists: a directory, a manifest or a snapshot (`kind: List`); may be given several times
    #[arg(long, value_name = "PATH")]
    pub fleet: Vec<PathBuf>,
    /// Whether the fleet holds everything that exists [default: true with --fleet, false without]; false
    /// where Argo CD applies clusters in any order
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub complete: Option<bool>,
    /// A catalogue of components that adds to the built-in one
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
    /// Where the server keeps a certificate of its own [default: `$XDG_STATE_HOME/clearance`]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// A certificate chain (PEM) to use instead; it is read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key (PEM) of --tls-cert
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// One more name for the certificate of its own; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "tls_cert")]
    pub tls_name: Vec<String>,
    /// How the log on stderr is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// The least that is logged: error, warn, info, debug or off
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: LevelFilter,
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8443".to_owned(),
            listen_http: None,
            doors: None,
            fleet: Vec::new(),
            complete: None,
            catalog: None,
            state: None,
            tls_cert: None,
            tls_key: None,
            tls_name: Vec::new(),
            log_format: LogFormat::Text,
            log_level: LevelFilter::INFO,
        }
    }
}

impl Options {
    /// Refuses what cannot be done.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let there = || DOORS.iter().filter(|(_, there)| *there).map(|(door, _)| *door).collect::<Vec<_>>().join(", ");
        for door in self.doors.iter().flatten() {
            match DOORS.iter().find(|(known, _)| known == door) {
                Some((_, true)) => {}
                Some((_, false)) => anyhow::bail!("the door `{door}` is not there yet; there is: {}", there()),
                None => anyhow::bail!("there is no door `{door}`; there is: {}", there()),
            }
        }
        Ok(())
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
        let log = tracing_subscriber::fmt().with_max_level(self.log_level).with_writer(std::io::stderr).with_target(false);
        // Where a log is written already, that one serves.
        let _ = match self.log_format {
            LogFormat::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
            LogFormat::Json => log.json().flatten_event(true).try_init(),
        };
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
    fn nothing_said_is_the_default() {
        assert_eq!(format!("{:?}", parse(&[]).expect("nothing is required")), format!("{:?}", Options::default()));
    }

    #[test]
    fn completeness_may_go_without_saying() {
        let complete = |words: &[&str]| parse(words).expect("it can be said").complete;
        assert_eq!(complete(&["--fleet", "a"]), None);
        assert_eq!(complete(&["--complete", "--fleet", "a"]), Some(true));
        assert_eq!(complete(&["--complete", "false"]), Some(false));
    }

    #[test]
    fn a_certificate_needs_its_key() {
        assert!(parse(&["--tls-cert", "a"]).is_err());
        assert!(parse(&["--tls-key", "a"]).is_err());
        assert!(parse(&["--tls-cert", "a", "--tls-key", "b"]).is_ok());
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
