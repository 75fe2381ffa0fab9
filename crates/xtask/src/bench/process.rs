//! What a process costs, as Linux tells it under `/proc`.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What a finished process cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// From start to end.
    pub wall: Duration,
    /// User and system time of all its threads.
    pub cpu: Duration,
    /// The most memory that it had at once, in KiB.
    pub peak: u64,
}

/// Linux counts in hundredths of a second (`USER_HZ`, proc(5)).
const TICK: Duration = Duration::from_millis(10);

/// Runs a command that prints little, and watches it. It must succeed.
pub(super) fn watch(command: &mut Command) -> Result<Cost> {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().with_context(|| format!("cannot run {command:?}"))?;
    let proc = proc(child.id());
    let mut peak = 0;
    // A process that has ended stays until it is waited for, and can still be asked what it cost.
    let cpu = loop {
        let stat = Stat::read(child.id())?;
        if stat.has_ended() {
            break stat.cpu();
        }
        peak = peak.max(kibibytes(&std::fs::read_to_string(proc.join("status")).unwrap_or_default(), "VmHWM:"));
        std::thread::sleep(Duration::from_millis(2));
    };
    let wall = start.elapsed();
    let status = child.wait()?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(Cost { wall, cpu, peak })
}

/// User and system time of a process until now.
pub(super) fn cpu(process: u32) -> Result<Duration> {
    Stat::read(process).map(|stat| stat.cpu())
}

/// The memory that a process has now, in MiB.
pub(super) fn resident(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(proc(process).join("status"))?;
    let kibibytes = u32::try_from(kibibytes(&status, "VmRSS:"))?;
    Ok(f64::from(kibibytes) / 1024.0)
}

fn proc(process: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{process}"))
}

/// The fields of `/proc/PID/stat` after the name.
struct Stat(Vec<String>);

impl Stat {
    fn read(process: u32) -> Result<Self> {
        let stat = std::fs::read_to_string(proc(process).join("stat")).context("this needs Linux: there is no /proc")?;
        Ok(Self(stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().map(str::to_owned).collect()))
    }

    fn has_ended(&self) -> bool {
        self.0.first().is_some_and(|state| state == "Z")
    }

    fn cpu(&self) -> Duration {
        let ticks = |index: usize| self.0.get(index).and_then(|field| field.parse::<u32>().ok()).unwrap_or(0);
        TICK * (ticks(11) + ticks(12))
    }
}

fn kibibytes(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
