//! The reader of YAML that the API server and `kubectl` have (`sigs.k8s.io/yaml`), built from `tests/kubernetes-yaml`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::program::built;

/// What it says to a text.
#[derive(Debug, Deserialize)]
pub struct Answer {
    /// Why it is refused.
    pub error: Option<String>,
    /// The single document, as JSON; nothing where there are several, or none.
    pub value: Option<serde_json::Value>,
}

/// Reads texts; the answers are in their order.
pub fn read(texts: &[String]) -> Result<Vec<Answer>> {
    let program = built("kubernetes-yaml")?.join("kubernetes-yaml");
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("an input")?;
    let output = BufReader::new(child.stdout.take().context("an output")?);
    let lines: Vec<String> = texts.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    // It answers while it is still being asked.
    let asking = std::thread::spawn(move || lines.iter().try_for_each(|line| writeln!(input, "{line}")));
    let answers = output.lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect::<Result<_>>()?;
    asking.join().ok().context("a thread that ends")??;
    ensure!(child.wait()?.success(), "it failed");
    Ok(answers)
}
