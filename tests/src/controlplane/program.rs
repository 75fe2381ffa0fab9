//! Programs that run beside the tests, and end with them.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::eventually;

/// What stands between us and a program: it ends the program when its own input ends, which is when
/// we end, however that happens. An API server that is asked to end politely waits for its store without end.
const TIE: &str = r#"
exec 3<&0
"$@" 3<&- &
child=$!
{ cat <&3 >/dev/null; kill -KILL $child; } 2>/dev/null &
wait $child
"#;

/// How much of a log is shown when a program fails.
const SHOWN: usize = 4000;

/// A program that runs.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program in a directory, where its log goes, too.
    pub(super) fn start(path: &Path, arguments: &[&str], directory: &Path) -> Result<Self> {
        let log = directory.join(path.file_name().context("a program has a name")?).with_extension("log");
        let file = File::options().create(true).append(true).open(&log)?;
        let mut command = Command::new("sh");
        command.args(["-c", TIE, "sh"]).arg(path).args(arguments).current_dir(directory);
        command.stdin(Stdio::piped()).stdout(file.try_clone()?).stderr(file);
        Ok(Self { child: command.spawn().context("there is no shell")?, log })
    }

    /// Waits until something holds; fails when the program ends, or it never does.
    pub(super) fn wait_until(&mut self, what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
        let child = &mut self.child;
        let waited = eventually(what, || match child.try_wait()? {
            Some(status) => bail!("it ended with {status}"),
            None => holds(),
        });
        waited.with_context(|| {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let end = log.get(log.floor_char_boundary(log.len().saturating_sub(SHOWN))..).unwrap_or_default();
            format!("{}:\n…{end}", self.log.display())
        })
    }

    /// Ends the program as a crash does, and waits for its end.
    pub(super) fn end(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        self.child.wait()?;
        Ok(())
    }
}

/// The directory that holds `etcd`, `kube-apiserver` and `kubectl`.
pub(super) fn programs() -> Result<PathBuf> {
    if let Some(assets) = std::env::var_os("KUBEBUILDER_ASSETS") {
        return Ok(assets.into());
    }
    let directory = target()?.join("go/controlplane");
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("controlplane");
    let wanted = fs::read_to_string(module.join("go.mod"))? + &fs::read_to_string(module.join("go.sum"))?;
    match fs::read_to_string(directory.join("built-from")) {
        Ok(built) if built.starts_with(&wanted) => Ok(directory),
        Ok(_) => bail!("the control plane in {} was built from another {}: run `cargo xtask tools`", directory.display(), module.display()),
        Err(_) => bail!("there is no control plane in {}: run `cargo xtask tools`, which builds it", directory.display()),
    }
}

/// Where cargo puts what it builds: the tests lie in it.
pub(super) fn target() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.ancestors().nth(3).context("the tests run in a target directory")?.to_owned())
}

/// A word that nobody guesses.
pub(super) fn secret() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u128::from_le_bytes(bytes).to_string())
}
