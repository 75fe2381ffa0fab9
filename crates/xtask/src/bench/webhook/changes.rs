//! No admission fails while everything changes: certificate, catalogue, one of two servers.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};

use super::server::Server;
use super::{A_MOMENT, ANYWHERE, Bench, Seen};
use crate::bench::table::Table;

const SECONDS: f64 = 25.0;

/// Under load: five certificates, ten catalogues (one broken), one of two servers stopped and started.
pub(super) fn run(bench: &Bench, table: &mut Table) -> Result<()> {
    let mount = bench.path("mount");
    std::fs::create_dir(&mount)?;
    // Each state directory holds a certificate of another CA; the load trusts them all.
    let mut trusted = String::new();
    let mut certificates = Vec::new();
    for number in 0..=5 {
        let state = format!("state-{number}");
        drop(Server::start(&mut bench.clearance(&state, ANYWHERE))?);
        let read = |name: &str| std::fs::read_to_string(bench.path(&state).join(name));
        trusted += &read("ca.pem")?;
        certificates.push((read("tls.pem")?, read("tls.key")?));
    }
    let ca = bench.path("trusted.pem");
    std::fs::write(&ca, trusted)?;
    swap(&mount, 0, &certificates[0], "version: 1\n")?;
    let start = |listen: &str| {
        let mut command = bench.clearance("state", listen);
        command.args(["--grace", "2s"]);
        for (flag, name) in [("--tls-cert", "tls.crt"), ("--tls-key", "tls.key"), ("--catalog", "catalog.yaml")] {
            command.arg(flag).arg(mount.join(name));
        }
        Server::start(&mut command)
    };
    let (stays, leaves) = (start(ANYWHERE)?, start(ANYWHERE)?);
    let body = bench.body("review.json", None)?;
    let mut load = bench.loading(&ca, &body, &[&stays, &leaves], SECONDS);
    let load = load.args(["--rate", "2000"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    for number in 1..=10 {
        let catalog = if number == 5 {
            "version: [\n".to_owned()
        } else {
            format!("version: 1\ncomponents:\n  kong-{number}:\n    slot: gateway\n    namespace: kong\n")
        };
        swap(&mount, number, &certificates[number / 2], &catalog)?;
        std::thread::sleep(A_MOMENT);
    }
    let address = leaves.https.clone();
    leaves.terminate()?;
    let again = start(&address)?;
    let output = load.wait_with_output()?;
    let seen = Seen::read(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    for server in [&stays, &again] {
        let metrics = server.get("/metrics")?;
        anyhow::ensure!(metrics.contains("clearance_catalog{origin=\"given\"} 1"), "the last catalogue is not in force: {metrics}");
    }
    let what = format!("admissions failed, of {:.0}, while everything changed", seen.answered + seen.failed);
    table.limited(what, format!("{:.0}", seen.failed), "0", seen.failed == 0.0);
    table.note("Everything: the certificate five times and the catalogue ten times (once broken) by swapping a link as the kubelet does, and one of two servers stopped by SIGTERM and started again.");
    Ok(())
}

/// As the kubelet mounts files: they lead through `..data`, a link that is swapped.
fn swap(mount: &Path, number: usize, (certificate, key): &(String, String), catalog: &str) -> Result<()> {
    let version = format!("..{number}");
    std::fs::create_dir(mount.join(&version))?;
    for (name, content) in [("tls.crt", certificate.as_str()), ("tls.key", key.as_str()), ("catalog.yaml", catalog)] {
        std::fs::write(mount.join(&version).join(name), content)?;
        let _ = std::os::unix::fs::symlink(format!("..data/{name}"), mount.join(name));
    }
    std::os::unix::fs::symlink(&version, mount.join("..data_tmp"))?;
    Ok(std::fs::rename(mount.join("..data_tmp"), mount.join("..data"))?)
}
