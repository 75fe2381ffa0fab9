//! The admission door under load, beside a handler that only parses, on the same stack and in the same run.

mod changes;
mod server;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use clearance_core::Limits;
use clearance_core::source::{Format, read};
use serde_json::{Value, json};

use super::check::Scratch;
use super::fleets;
use super::table::Table;
use crate::policies;
use crate::run::{cargo, step, target};
use server::Server;

/// How often each of the two is measured, in turns, and for how long.
const ROUNDS: usize = 5;
const SECONDS: f64 = 3.0;
/// Any free port.
const ANYWHERE: &str = "127.0.0.1:0";

/// Measures the door.
pub(super) fn run() -> Result<Table> {
    let build = &mut cargo(&["build", "--quiet", "--release", "--bin", "clearance"]);
    step("clearance", build)?;
    step("load", &mut cargo(&["build", "--quiet", "--release", "-p", "clearance-webhook", "--example", "bare", "--example", "load"]))?;
    let bench = Bench { release: target()?.join("release"), scratch: Scratch::new()? };
    let mut table = Table::new("webhook: reviews over TLS, 16 connections that are kept");
    bench.compare(&mut table)?;
    bench.with_policies(&mut table)?;
    bench.grow(&mut table)?;
    changes::run(&bench, &mut table)?;
    Ok(table)
}

/// Where everything is.
pub(super) struct Bench {
    release: PathBuf,
    scratch: Scratch,
}

/// What a server can do.
#[derive(Debug, Clone, Copy)]
struct Figure {
    /// Reviews a second.
    rate: f64,
    /// Microseconds of CPU a review.
    cpu: f64,
}

impl Figure {
    fn median(all: &[Self]) -> Self {
        let of = |part: fn(&Self) -> f64| median(all.iter().map(part).collect());
        Self { rate: of(|figure| figure.rate), cpu: of(|figure| figure.cpu) }
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// What the load saw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub answered: f64,
    pub failed: f64,
    pub rate: f64,
    pub p99: f64,
}

impl Bench {
    fn path(&self, name: &str) -> PathBuf {
        self.scratch.0.join(name)
    }

    /// Throughput, CPU and latency of both, in turns.
    fn compare(&self, table: &mut Table) -> Result<()> {
        let fleet = self.fleet(1_000)?;
        let ours = Server::start(self.clearance("state", ANYWHERE).arg("--fleet").arg(fleet))?;
        let state = self.path("state");
        let bare =
            Server::start_bare(Command::new(self.release.join("examples/bare")).args([state.join("tls.pem"), state.join("tls.key")]))?;
        let body = self.body("review.json", None)?;
        let unjudged = self.body("status.json", Some("status"))?;
        let (mut of_ours, mut of_bare, mut of_door) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let figures = [self.measure(&ours, &body)?, self.measure(&bare, &body)?, self.measure(&ours, &unjudged)?];
            // The first only warms up.
            if round > 0 {
                for (all, figure) in [&mut of_ours, &mut of_bare, &mut of_door].into_iter().zip(figures) {
                    all.push(figure);
                }
            }
        }
        let (ours_then, bare_then, door_then) = (Figure::median(&of_ours), Figure::median(&of_bare), Figure::median(&of_door));
        let share = ours_then.rate / bare_then.rate * 100.0;
        let rate = |figure: Figure| format!("{:.0}", figure.rate);
        table.limited("reviews a second (2 KB object, fleet of 1,000)", rate(ours_then), "85 % of the bare handler's", share >= 85.0);
        table.row("… beside: kube-core's AdmissionReview parsed, and allowed", rate(bare_then));
        table.row("… as a share of it", format!("{share:.0} %"));
        table.row("… the door without judging (a status update)", rate(door_then));
        let cpu = |figure: Figure| format!("{:.1} µs", figure.cpu);
        table.limited("CPU a review", cpu(ours_then), "30 µs: a twelfth of the Go webhook's 360 µs", ours_then.cpu <= 30.0);
        table.row("… beside: the bare handler", cpu(bare_then));
        table.row("… the door without judging", cpu(door_then));
        let (mut of_ours, mut of_bare) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            for (all, server) in [(&mut of_ours, &ours), (&mut of_bare, &bare)] {
                let seen = self.load(&[server], &body, |load| load.args(["--rate", &format!("{:.0}", ours_then.rate / 2.0)]))?;
                anyhow::ensure!(seen.failed == 0.0, "{} reviews failed", seen.failed);
                all.push(seen.p99 / 1e3);
            }
        }
        let (p99, bare_p99) = (median(of_ours), median(of_bare));
        table.limited("p99 at half of that load", format!("{p99:.2} ms"), "5 ms", p99 < 5.0);
        table.row("… beside: the bare handler at the same load", format!("{bare_p99:.2} ms"));
        Ok(())
    }

    /// Ten policies, each with a regular expression of its own, at 500 reviews a second.
    fn with_policies(&self, table: &mut Table) -> Result<()> {
        policies::build()?;
        let module = target()?.join("policies/naming-convention.wasm");
        let mut text = "version: 1\npolicies:\n".to_owned();
        for number in 0..10 {
            let pattern = format!("[a-z]+(-[a-z0-9]{{1,4{number}}})*");
            writeln!(
                text,
                "  - {{name: names-{number}, module: {}, settings: {{names: [{{pattern: \"{pattern}\"}}]}}}}",
                module.display()
            )?;
        }
        let path = self.path("policies.yaml");
        std::fs::write(&path, text)?;
        let fleet = self.fleet(1_000)?;
        let server = Server::start(self.clearance("state", ANYWHERE).arg("--fleet").arg(fleet).arg("--policies").arg(path))?;
        let seen = self.load(&[&server], &self.body("review.json", None)?, |load| load.args(["--rate", "500"]))?;
        anyhow::ensure!(seen.failed == 0.0, "{} reviews failed", seen.failed);
        let (row, p99) = (format!("p99 at {:.0} a second with ten policies", seen.rate), seen.p99 / 1e3);
        table.limited(row, format!("{p99:.2} ms"), "5 ms", p99 < 5.0);
        Ok(())
    }

    /// Memory and start with fleets of two sizes.
    fn grow(&self, table: &mut Table) -> Result<()> {
        for (size, most) in [(0, None), (1_000, Some(30.0)), (10_000, Some(80.0))] {
            let fleet = self.fleet(size)?;
            let server = Server::start(self.clearance("state", ANYWHERE).arg("--fleet").arg(fleet))?;
            let ready = server.ready_after.as_secs_f64();
            table.limited(
                format!("start to ready, {size} clusters in a file"),
                format!("{:.0} ms", ready * 1e3),
                "1 s",
                ready < 1.0 || size > 1_000,
            );
            let body = self.body("review.json", None)?;
            self.load(&[&server], &body, |load| load)?;
            let memory = server.memory()?;
            let row = format!("memory with {size} clusters, after load");
            match most {
                Some(most) => table.limited(row, format!("{memory:.1} MiB"), &format!("{most:.0} MiB"), memory <= most),
                None => table.row(row, format!("{memory:.1} MiB")),
            }
        }
        Ok(())
    }

    fn measure(&self, server: &Server, body: &Path) -> Result<Figure> {
        let before = server.cpu()?;
        let seen = self.load(&[server], body, |load| load)?;
        anyhow::ensure!(seen.failed == 0.0, "{} reviews failed", seen.failed);
        Ok(Figure { rate: seen.rate, cpu: server.cpu()?.saturating_sub(before).as_secs_f64() * 1e6 / seen.answered })
    }

    fn clearance(&self, state: &str, listen: &str) -> Command {
        let mut command = Command::new(self.release.join("clearance"));
        command
            .args(["serve", "--doors", "webhook", "--listen", listen, "--listen-metrics", "127.0.0.1:0", "--log-format", "json", "--state"])
            .arg(self.path(state));
        command
    }

    /// The program that asks.
    fn loading(&self, ca: &Path, body: &Path, servers: &[&Server], seconds: f64) -> Command {
        let mut load = Command::new(self.release.join("examples/load"));
        load.arg("--ca").arg(ca).arg("--body").arg(body).args(["--seconds", &seconds.to_string()]);
        for server in servers {
            load.args(["--at", &server.https]);
        }
        load
    }

    fn load(&self, servers: &[&Server], body: &Path, more: impl FnOnce(&mut Command) -> &mut Command) -> Result<Seen> {
        let mut load = self.loading(&self.path("state/ca.pem"), body, servers, SECONDS);
        let output = more(&mut load).output().context("cannot run the load")?;
        Seen::read(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// So many clusters in one file.
    fn fleet(&self, size: usize) -> Result<PathBuf> {
        let path = self.path(&format!("fleet-{size}.yaml"));
        let documents: Vec<String> = (0..size).map(fleets::resource).collect();
        std::fs::write(&path, documents.join("---\n"))?;
        Ok(path)
    }

    /// A review of an object of about 2 KB, as the API server writes it.
    fn body(&self, name: &str, sub_resource: Option<&str>) -> Result<PathBuf> {
        let yaml = fleets::worker_of_size(2_048);
        let root = read(&yaml, Format::Yaml, &Limits::default()).into_iter().next().context("empty")?.root;
        let kind = json!({"group": "nautes.resource.nautes.io", "version": "v1alpha1", "kind": "Cluster"});
        let review = json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
                "kind": kind,
                "resource": {"group": "nautes.resource.nautes.io", "version": "v1alpha1", "resource": "clusters"},
                "requestKind": kind,
                "subResource": sub_resource,
                "name": "payments",
                "namespace": "nautes",
                "operation": "CREATE",
                "userInfo": {"username": "system:serviceaccount:argocd:argocd", "groups": ["system:authenticated"]},
                "object": serde_json::to_value(&root)?,
                "oldObject": Value::Null,
                "dryRun": false,
                "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
            },
        });
        let path = self.path(name);
        std::fs::write(&path, review.to_string())?;
        Ok(path)
    }
}

impl Seen {
    pub(super) fn read(line: &[u8]) -> Result<Self> {
        let seen: Value = serde_json::from_slice(line).context("the load ended badly")?;
        let figure = |name: &str| seen.get(name).and_then(Value::as_f64).with_context(|| format!("no {name}"));
        let answered = figure("answered")?;
        Ok(Self { answered, failed: figure("failed")?, rate: answered / figure("seconds")?, p99: figure("p99")? })
    }
}

/// A moment for what is read every second.
pub(super) const A_MOMENT: Duration = Duration::from_millis(1_500);
