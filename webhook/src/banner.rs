//! What a person reads when the server starts.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use clearance_core::rules::{self, Status};

use crate::keeper::Keeper;
use crate::state;
use crate::tls::{Shown, Source};
use crate::{Bound, OtherDoor};

/// A review to try the server with.
const SAMPLE: &str = include_str!("sample-review.json");

pub(crate) fn banner(
    bound: &Bound,
    keeper: &Keeper,
    source: &Source,
    shown: &Shown,
    admits: bool,
    others: &[OtherDoor],
) -> anyhow::Result<String> {
    let basis = keeper.in_force().get();
    let rules = rules::all().filter(|rule| !matches!(rule.status, Status::Removed { .. })).count();
    let mut text = format!("Clearance {}, {rules} rules\n", basis.rulebook.core());
    let mut line = |word: &str, what: String| writeln!(text, "  {word:<9} {what}");
    line("listening", format!("https://{}{}", bound.https, if admits { " (POST /validate, POST /mutate)" } else { "" }))?;
    if let Some(http) = bound.http {
        line("", format!("http://{http}"))?;
    }
    for other in others {
        for (index, said) in other.banner.iter().enumerate() {
            line(if index == 0 { other.name } else { "" }, said.clone())?;
        }
    }
    let known = basis.others.read();
    let (clusters, referrers) = (known.fleet.records().len(), known.fleet.referring().count());
    let extent = if known.fleet.is_complete() { "complete" } else { "incomplete" };
    let fleet = if known.is_followed() {
        "what the cluster holds; /readyz says when it is known".to_owned()
    } else {
        format!("{clusters} clusters, {referrers} other objects that refer to them; {extent}")
    };
    line("fleet", fleet)?;
    if let Some(metrics) = bound.metrics {
        line("probes", format!("http://{metrics} (/livez, /readyz, /metrics)"))?;
    }
    match source {
        Source::Own { .. } => line("CA", bound.ca.display().to_string())?,
        Source::Given { .. } => line("cert", bound.ca.display().to_string())?,
        Source::Secret => return Ok(text),
    }
    if !admits {
        return Ok(text);
    }
    let curl = curl(bound, source, shown)?;
    writeln!(text, "Try it with a review of a cluster that has two faults:\n  {curl}")?;
    Ok(text)
}

/// A command that can be pasted into a shell.
fn curl(bound: &Bound, source: &Source, shown: &Shown) -> anyhow::Result<String> {
    let trust = quoted(&bound.ca.display().to_string());
    Ok(match source {
        Source::Own { state, .. } => {
            let sample = state.join("sample-review.json");
            state::write(&sample, SAMPLE.as_bytes())?;
            let data = quoted(&format!("@{}", sample.display()));
            let port = bound.https.port();
            format!("curl --cacert {trust} --data {data} https://{}:{port}/validate", reachable(bound.https))
        }
        Source::Given { .. } | Source::Secret => {
            // The certificate is for a name that may lead elsewhere, and there is no place for a file.
            let name = shown.identity().name().unwrap_or_else(|| "localhost".to_owned());
            let there = reachable(bound.https);
            let port = bound.https.port();
            let data = quoted(&SAMPLE.split_whitespace().collect::<String>());
            format!("curl --cacert {trust} --connect-to ::{there}:{port} --data {data} https://{name}:{port}/validate")
        }
    })
}

/// The host at which a server on this address is reached from here.
fn reachable(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => "[::1]".to_owned(),
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-@:+".contains(c);
    if word.chars().all(plain) && Path::new(word).is_absolute() || word.strip_prefix('@').is_some_and(|rest| rest.chars().all(plain)) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
