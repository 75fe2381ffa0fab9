//! Programs that run beside the tests, and end with them.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What stands between us and a program: it ends the program when its own input ends, which is when
/// we end, however that happens. An API server that is asked to end politely waits for its store without end.
const TIE: &str = r#"
exec 3<&0
"$@" 3<&- &
child=$!
{ cat <&3 >/dev/null; kill -KILL $child; } 2>/dev/null &
wait $child
"#;

/// How long anything may take that is waited for. It is only waited for so long when something is wrong.
const PATIENCE: Duration = Duration::from_mins(1);

/// How much of a log is shown when a program fails.
const SHOWN: usize = 4000;

/// A program that runs.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program in a directory, where its log goes, too.
    pub(crate) fn start(path: &Path, arguments: &[&str], directory: &Path) -> Result<Self> {
        let log = directory.join(path.file_name().context("a program has a name")?).with_extension("log");
        let file = File::options().create(true).append(true).open(&log)?;
        let mut command = Command::new("sh");
        command.args(["-c", TIE, "sh"]).arg(path).args(arguments).current_dir(directory);
        command.stdin(Stdio::piped()).stdout(file.try_clone()?).stderr(file);
        Ok(Self { child: command.spawn().context("there is no shell")?, log })
    }

    /// Waits until something holds; fails when the program ends, or it never does.
    pub(crate) fn wait_until(&mut self, what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
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
    pub(crate) fn end(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        self.child.wait()?;
        Ok(())
    }
}

/// The directory that holds the programs of a Go module of ours, named by its path below `tests`.
pub(crate) fn built(module: &str) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(module);
    let directory = target()?.join("go").join(source.file_name().context("a module's directory has a name")?);
    let wanted = fs::read_to_string(source.join("go.mod"))? + &fs::read_to_string(source.join("go.sum"))?;
    match fs::read_to_string(directory.join("built-from")) {
        Ok(built) if built.starts_with(&wanted) => Ok(directory),
        Ok(_) => bail!("the programs in {} were built from another {module}: run `cargo xtask tools`", directory.display()),
        Err(_) => bail!("there are no programs in {}: run `cargo xtask tools`, which builds them", directory.display()),
    }
}

/// Where cargo puts what it builds: the tests lie in it.
pub(crate) fn target() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.ancestors().nth(3).context("the tests run in a target directory")?.to_owned())
}

/// A word that nobody guesses.
pub(crate) fn secret() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u128::from_le_bytes(bytes).to_string())
}

/// Waits until something holds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let begin = Instant::now();
    while !holds()? {
        if begin.elapsed() > PATIENCE {
            bail!("{what}: not within {} seconds", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// An empty directory that only we read, and the lock on it. Who comes second touches nothing before the first is done.
pub(crate) fn empty(directory: &Path) -> Result<File> {
    use std::os::unix::fs::DirBuilderExt;
    fs::create_dir_all(directory.parent().context("a directory lies in another")?)?;
    let lock = File::create(directory.with_extension("lock"))?;
    lock.lock()?;
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    fs::DirBuilder::new().mode(0o700).create(directory)?;
    Ok(lock)
}

/// A port of 127.0.0.1 that nobody listens at, for what listens there later, or again: the system gives
/// none below 32768 to who asks for any (`net.ipv4.ip_local_port_range`), so that nobody comes in between.
pub fn free_port() -> Result<u16> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Several programs look at once, each from a place of its own.
    let first = std::process::id().wrapping_mul(101);
    for _ in 0..PORTS.len() {
        let port = PORTS.start + first.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % (PORTS.end - PORTS.start);
        let port = u16::try_from(port)?;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("there is no free port from {} to {}", PORTS.start, PORTS.end)
}

const PORTS: std::ops::Range<u32> = 20_000..30_000;
