//! A server as a process, and what it costs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::bench::process;

/// A server that is ended when this is dropped.
pub(super) struct Server {
    child: Child,
    /// Its address for reviews.
    pub https: String,
    probes: Option<String>,
    pub ready_after: Duration,
}

impl Server {
    /// Starts `clearance serve`, and waits until it is ready.
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let begin = Instant::now();
        let (child, banner) = spawn(command, |line| line.contains("http://"))?;
        let address = |scheme: &str| {
            let word = banner.iter().flat_map(|line| line.split_whitespace()).find_map(|word| word.strip_prefix(scheme));
            word.map(str::to_owned).with_context(|| format!("no {scheme} in {banner:?}"))
        };
        let mut server = Self { https: address("https://")?, probes: Some(address("http://")?), child, ready_after: Duration::ZERO };
        while !server.get("/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            anyhow::ensure!(begin.elapsed() < Duration::from_mins(1), "the server is never ready");
            std::thread::sleep(Duration::from_millis(1));
        }
        server.ready_after = begin.elapsed();
        Ok(server)
    }

    /// Starts the bare handler.
    pub(super) fn start_bare(command: &mut Command) -> Result<Self> {
        let (child, lines) = spawn(command, |_| true)?;
        let https = lines.first().context("it says nothing")?.clone();
        Ok(Self { child, https, probes: None, ready_after: Duration::ZERO })
    }

    /// What the port for probes says.
    pub(super) fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.probes.as_deref().context("it has no probes")?)?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// User and system time so far.
    pub(super) fn cpu(&self) -> Result<Duration> {
        process::cpu(self.child.id())
    }

    /// Resident memory in MiB.
    pub(super) fn memory(&self) -> Result<f64> {
        process::resident(self.child.id())
    }

    /// Asks it to stop as Kubernetes does, and waits until it has; it must end well.
    pub(super) fn terminate(mut self) -> Result<()> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        anyhow::ensure!(told.success(), "cannot stop the server");
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a program and reads what it prints, up to the last line of interest.
fn spawn(command: &mut Command, is_last: impl Fn(&str) -> bool) -> Result<(Child, Vec<String>)> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().with_context(|| format!("cannot run {command:?}"))?;
    let mut lines = BufReader::new(child.stdout.take().context("it is piped")?).lines();
    let mut read = Vec::new();
    for line in lines.by_ref() {
        let line = line?;
        let last = is_last(&line);
        read.push(line);
        if last {
            break;
        }
    }
    std::thread::spawn(move || lines.count());
    Ok((child, read))
}
