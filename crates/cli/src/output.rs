//! Standard output and standard error.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Stderr, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

pub use clearance_files::reason;

/// Standard output that does not mind when nobody reads on: what is left is dropped, and the exit
/// code still tells.
pub struct Quiet<W> {
    out: W,
    closed: bool,
}

/// Standard output.
pub fn stdout() -> Quiet<BufWriter<Stdout>> {
    Quiet { out: BufWriter::with_capacity(64 << 10, io::stdout()), closed: false }
}

/// Standard error, for what must not mix with standard output.
pub fn stderr() -> Quiet<BufWriter<Stderr>> {
    Quiet { out: BufWriter::new(io::stderr()), closed: false }
}

impl<W: Write> Quiet<W> {
    fn unless_closed<T>(&mut self, otherwise: T, write: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.closed {
            return Ok(otherwise);
        }
        match write(&mut self.out) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(otherwise)
            }
            result => result,
        }
    }
}

impl<W: Write> Write for Quiet<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed((), Write::flush)
    }
}

/// Writes a text to standard output.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(cannot_write)
}

/// What is said when an output cannot be written.
#[expect(clippy::needless_pass_by_value, reason = "it is used as `map_err(cannot_write)`")]
pub fn cannot_write(error: io::Error) -> anyhow::Error {
    anyhow::anyhow!("cannot write the output: {}", reason(&error))
}

/// Says a sentence about what could not be done. That nobody can read it is no reason to fail.
pub fn complain(sentence: &str) {
    say("error", "\u{1b}[1;91m", sentence);
}

/// Whether only what was found, and what could not be done, is said.
static QUIET: AtomicBool = AtomicBool::new(false);

/// From now on nothing is said that is only good to know.
pub fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Whether that is so.
pub fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Says a sentence that is good to know.
pub fn warn(sentence: &str) {
    if is_quiet() {
        return;
    }
    say("warning", "\u{1b}[1;33m", sentence);
}

fn say(word: &str, style: &str, sentence: &str) {
    let mut out = io::stderr();
    let color = out.is_terminal() && anstream::AutoStream::choice(&out) != anstream::ColorChoice::Never;
    let line = if color { format!("{style}{word}\u{1b}[0m: {sentence}\n") } else { format!("{word}: {sentence}\n") };
    let _ = out.write_all(line.as_bytes());
}
