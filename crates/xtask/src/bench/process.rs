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
    let proc = PathBuf::from(format!("/proc/{}", child.id()));
    let mut peak = 0;
    // A process that has ended stays until it is waited for, and can still be asked what it cost.
    let cpu = loop {
        let stat = std::fs::read_to_string(proc.join("stat")).context("this needs Linux: there is no /proc")?;
        let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        if fields.first() == Some(&"Z") {
            let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u32>().ok()).unwrap_or(0);
            break TICK * (ticks(11) + ticks(12));
        }
        peak = peak.max(high_water(&std::fs::read_to_string(proc.join("status")).unwrap_or_default()));
        std::thread::sleep(Duration::from_millis(2));
    };
    let wall = start.elapsed();
    let status = child.wait()?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(Cost { wall, cpu, peak })
}

fn high_water(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
