//! Registrations, beside a bare `git push` of the same commits in the same run.

mod client;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::check::Scratch;
use super::fleets;
use super::table::Table;
use crate::run::{cargo, step, target};
use client::{Client, Server};

/// How many registrations are measured.
const REGISTRATIONS: usize = 30;
/// How many callers there are at once, and how many clusters they register together.
const CALLERS: usize = 16;
const CLUSTERS: usize = 1_000;
/// How often the server is killed.
const KILLS: usize = 100;
const LIST: &str = "/api/v1/clusters";

/// Measures the registrar with its embedded repository.
pub(super) fn run() -> Result<Table> {
    step("clearance", &mut cargo(&["build", "--quiet", "--release", "--bin", "clearance"]))?;
    let scratch = Scratch::new()?;
    let binary = target()?.join("release/clearance");
    let mut table = Table::new("registrar: registrations in the embedded repository");
    alone(&mut table, &binary, &scratch.0.join("small"), 10, 50.0)?;
    alone(&mut table, &binary, &scratch.0.join("large"), 10_000, 100.0)?;
    list(&mut table, &binary, &scratch.0.join("large"))?;
    together(&mut table, &binary, &scratch.0.join("many"))?;
    killed(&mut table, &binary, &scratch.0.join("killed"))?;
    table.note("A bare push is `git push` of the registration's own commit into another bare repository on the same disk.");
    Ok(table)
}

/// One registration after the other.
fn alone(table: &mut Table, binary: &Path, state: &Path, size: usize, most: f64) -> Result<()> {
    let repository = fill(binary, state, size)?;
    let peer = state.join("peer.git");
    git(state, &["clone", "--quiet", "--bare", path(&repository)?, path(&peer)?])?;
    let server = Server::start(binary, state)?;
    let mut client = Client::of(&server)?;
    let (mut ours, mut pushes) = (Vec::new(), Vec::new());
    for number in 0..=REGISTRATIONS {
        let name = format!("new-{number}");
        let begin = Instant::now();
        let answer = client.ask("POST", &format!("{LIST}/{name}"), &body(number))?;
        let took = begin.elapsed();
        ensure!(answer.status == 200, "{}", answer.text);
        let begin = Instant::now();
        git(&repository, &["push", "--quiet", path(&peer)?, "main:main"])?;
        // The first reads all that is there.
        if number > 0 {
            ours.push(took);
            pushes.push(begin.elapsed());
        }
    }
    let (ours, push) = (median(ours), median(pushes));
    let beyond = ours - push;
    table.row(format!("a registration, {size} clusters"), format!("{ours:.1} ms"));
    table.row("… beside: a bare push of the same commit", format!("{push:.1} ms"));
    table.limited("… beyond it", format!("{beyond:.1} ms"), &format!("{most:.0} ms"), beyond <= most);
    Ok(())
}

/// A list, beyond what the check of rights takes.
fn list(table: &mut Table, binary: &Path, state: &Path) -> Result<()> {
    let server = Server::start(binary, state)?;
    let mut client = Client::of(&server)?;
    let (mut lists, mut rights, mut bytes) = (Vec::new(), Vec::new(), 0);
    for round in 0..=REGISTRATIONS {
        let begin = Instant::now();
        let answer = client.ask("GET", &format!("{LIST}?field_selector=usage=worker,cluster_type=virtual"), "")?;
        let took = begin.elapsed();
        ensure!(answer.status == 200, "{}", answer.text);
        bytes = answer.text.len();
        let begin = Instant::now();
        ensure!(client.ask("GET", &format!("{LIST}/nobody"), "")?.status == 404, "there is nobody");
        if round > 0 {
            lists.push(took);
            rights.push(begin.elapsed());
        }
    }
    let beyond = median(lists) - median(rights);
    let figure = format!("{beyond:.1} ms ({:.1} MB)", f64::from(u32::try_from(bytes)?) / 1e6);
    table.limited("a list of 10,000 with a selector, beyond the check of rights", figure, "20 ms", beyond <= 20.0);
    Ok(())
}

/// Many callers at once.
fn together(table: &mut Table, binary: &Path, state: &Path) -> Result<()> {
    let repository = fill(binary, state, 1)?;
    let before = count(&repository)?;
    let server = Server::start(binary, state)?;
    let next = AtomicUsize::new(0);
    let begin = Instant::now();
    std::thread::scope(|scope| -> Result<()> {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let mut client = Client::of(&server)?;
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number >= CLUSTERS {
                            return Ok(());
                        }
                        let answer = client.ask("POST", &format!("{LIST}/new-{number}"), &body(number))?;
                        ensure!(answer.status == 200, "{}", answer.text);
                    }
                })
            })
            .collect();
        callers.into_iter().try_for_each(|caller| caller.join().map_err(|_| anyhow::anyhow!("a caller failed"))?)
    })?;
    let took = begin.elapsed().as_secs_f64();
    let commits = count(&repository)? - before;
    let there = names(&repository)?.iter().filter(|name| name.starts_with("new-")).count();
    let figure = format!("{there} in {commits} commits, {took:.1} s");
    table.limited(
        format!("{CLUSTERS} clusters by {CALLERS} callers at once"),
        figure,
        "1000 in at most 1000",
        there == CLUSTERS && commits <= CLUSTERS,
    );
    Ok(())
}

/// Killed at random moments, and started again.
fn killed(table: &mut Table, binary: &Path, state: &Path) -> Result<()> {
    let repository = fill(binary, state, 1)?;
    let (mut number, mut confirmed) = (0_usize, Vec::new());
    for round in 0..KILLS {
        let server = Server::start(binary, state)?;
        // Spread over the length of a registration, and never the same.
        let nanos = Instant::now().duration_since(server.started).subsec_nanos();
        let moment = Duration::from_millis(u64::from(nanos % 97) + u64::try_from(round % 13)? * 7);
        std::thread::scope(|scope| -> Result<()> {
            let server = &server;
            let calling = scope.spawn(move || {
                let mut done = Vec::new();
                let Ok(mut client) = Client::of(server) else { return (done, 0) };
                let mut begun = 0;
                while let Ok(answer) = client.ask("POST", &format!("{LIST}/new-{}", number + begun), &body(number + begun)) {
                    if answer.status == 200 {
                        done.push(format!("new-{}", number + begun));
                    }
                    begun += 1;
                }
                (done, begun + 1)
            });
            std::thread::sleep(moment);
            server.kill()?;
            let (done, begun) = calling.join().map_err(|_| anyhow::anyhow!("the caller failed"))?;
            confirmed.extend(done);
            number += begun;
            Ok(())
        })?;
    }
    let server = Server::start(binary, state)?;
    // What a dead server began counts as not done after `--git-timeout`.
    std::thread::sleep(Duration::from_millis(2_500));
    ensure!(Client::of(&server)?.ask("POST", &format!("{LIST}/last"), &body(60_000))?.status == 200, "it goes on");
    let mut there = names(&repository)?;
    there.retain(|name| name != "host-0");
    let mut secrets: Vec<String> = std::fs::read_dir(state.join("registrar/secrets"))?
        .map(|entry| {
            let entry = entry?;
            let files: Vec<_> = std::fs::read_dir(entry.path())?.collect::<Result<_, _>>()?;
            ensure!(
                files.len() == 1 && files.iter().all(|file| file.file_name() == "current.age"),
                "{} is left over",
                entry.path().display()
            );
            Ok(entry.file_name().to_string_lossy().into_owned())
        })
        .collect::<Result<_>>()?;
    secrets.sort();
    there.sort();
    let journal = std::fs::read_dir(state.join("registrar/journal"))?.count();
    let lost = confirmed.iter().filter(|name| !there.contains(name)).count();
    let agree = there == secrets && journal == 0 && lost == 0;
    let figure = format!("{} begun, {} confirmed, {} there, {lost} lost", number, confirmed.len(), there.len() - 1);
    table.limited(format!("{KILLS} times killed: repository, secrets and answers"), figure, "agree", agree);
    Ok(())
}

/// A state directory whose repository holds so many clusters.
fn fill(binary: &Path, state: &Path, size: usize) -> Result<PathBuf> {
    std::fs::create_dir_all(state)?;
    // It makes the repository.
    Server::start(binary, state)?.kill()?;
    let repository = state.join("registrar/tenant.git");
    let directory = "nautes/overlays/production/clusters";
    let mut stream = "commit refs/heads/main\ncommitter a <a@b> 0 +0000\ndata 0\n".to_owned();
    let mut list = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n".to_owned();
    let mut put = |name: &str, text: &str| write!(stream, "M 100644 inline {directory}/{name}\ndata {}\n{text}\n", text.len());
    for index in 0..size {
        let text = fleets::resource(index);
        let name = text.lines().find_map(|line| line.strip_prefix("  name: ")).context("a name")?;
        writeln!(list, "- {name}.yaml")?;
        put(&format!("{name}.yaml"), &text)?;
    }
    put("kustomization.yaml", &list)?;
    let mut import = command(&repository, &["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    import.stdin.take().context("a pipe")?.write_all(stream.as_bytes())?;
    ensure!(import.wait()?.success(), "the repository cannot be filled");
    Ok(repository)
}

/// A host cluster, as people send it.
fn body(number: usize) -> String {
    let address = format!("https://10.{}.{}.{}:6443", 200 + number / 62_500, number / 250 % 250, 1 + number % 250);
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: a\n  cluster:\n    server: {address}\ncontexts:\n- name: a\n  context: {{cluster: a, user: a}}\n\
         current-context: a\nusers:\n- name: a\n  user: {{token: a-token-of-nobody}}\n"
    );
    json!({"api_server": address, "cluster_type": "physical", "usage": "host", "kubeconfig": kubeconfig}).to_string()
}

fn names(repository: &Path) -> Result<Vec<String>> {
    let below = "nautes/overlays/production/clusters/";
    let listed = git(repository, &["ls-tree", "--name-only", "main", below])?;
    let names = listed.lines().filter_map(|path| path.strip_prefix(below)?.strip_suffix(".yaml"));
    Ok(names.filter(|name| *name != "kustomization").map(str::to_owned).collect())
}

fn count(repository: &Path) -> Result<usize> {
    Ok(git(repository, &["rev-list", "--count", "main"])?.trim().parse()?)
}

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "-c", "gc.auto=0"]).args(arguments).current_dir(directory);
    git
}

fn git(directory: &Path, arguments: &[&str]) -> Result<String> {
    let output = command(directory, arguments).output().context("cannot run `git`")?;
    ensure!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("a path")
}

/// In milliseconds.
fn median(mut all: Vec<Duration>) -> f64 {
    all.sort();
    all.get(all.len() / 2).map_or(0.0, Duration::as_secs_f64) * 1e3
}
