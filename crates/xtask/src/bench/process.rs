//! What a process costs, as Linux tells it under `/proc`.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// What a finished process cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// From start to end.
    pub wall: Duration,
    /// User and system time of all its threads.
    pub cpu: Duration,
    /// The most memory that it was seen to have had at once, in KiB.
    pub peak: u64,
}

/// How often its memory is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Linux counts in hundredths of a second (`USER_HZ`, proc(5)).
const TICK: Duration = Duration::from_millis(10);

/// Runs a command that prints little, and watches it. It must succeed.
pub(super) fn watch(command: &mut Command) -> Result<Cost> {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().with_context(|| format!("cannot run {command:?}"))?;
    let status = proc(child.id()).join("status");
    let ended = AtomicBool::new(false);
    let (cpu, wall, peak) = std::thread::scope(|scope| -> Result<_> {
        // Who looks often takes the time that is measured.
        let looking = scope.spawn(|| {
            let mut peak = 0;
            while !ended.load(Ordering::Relaxed) {
                peak = peak.max(kibibytes(&std::fs::read_to_string(&status).unwrap_or_default(), "VmHWM:"));
                std::thread::sleep(LOOK);
            }
            peak
        });
        let process = Pid::from_child(&child);
        // It has ended and is not yet waited for: it can still be asked what it cost.
        let waited = waitid(WaitId::Pid(process), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        let wall = start.elapsed();
        ended.store(true, Ordering::Relaxed);
        waited?;
        let peak = looking.join().map_err(|_| anyhow::anyhow!("nobody looked at its memory"))?;
        Ok((Stat::read(child.id())?.cpu(), wall, peak))
    })?;
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

    fn cpu(&self) -> Duration {
        let ticks = |index: usize| self.0.get(index).and_then(|field| field.parse::<u32>().ok()).unwrap_or(0);
        TICK * (ticks(11) + ticks(12))
    }
}

fn kibibytes(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
