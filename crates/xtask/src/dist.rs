//! `cargo xtask dist`: what a release holds, the same bytes each time.
//!
//! Static binaries, with completions, man pages and licence in an archive each; checksums; a bill of materials; and
//! an image, put together here, because an engine that runs containers is not needed to copy one file.

mod archive;
mod image;
mod sbom;
mod zig;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use sha2::{Digest, Sha256};

use crate::codegen::root;
use crate::page;
use crate::run::{cargo, step, target};
use archive::Entry;

/// How much of the image travels, at most.
const LARGEST_IMAGE: usize = 20_000_000;

/// What a binary is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Machine {
    /// `x86_64`
    Amd64,
    /// `aarch64`
    Arm64,
}

impl Machine {
    /// Its name in images and archives.
    fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// Its name in Rust's and zig's targets.
    fn architecture(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    fn target(self) -> String {
        format!("{}-unknown-linux-musl", self.architecture())
    }

    /// Whether this machine runs it.
    fn is_here(self) -> bool {
        std::env::consts::ARCH == self.architecture()
    }
}

/// Writes everything into `target/dist`; with `twice`, builds it again elsewhere and compares the bytes.
pub(crate) fn run(machines: &[Machine], twice: bool) -> Result<()> {
    // The binary serves the page, which it takes from where it was built to.
    page::run()?;
    let directory = target()?.join("dist");
    let made = make(machines, &directory, &target()?)?;
    println!("\n== {}", directory.display());
    for (name, bytes) in &made {
        println!("{:>12} bytes  {name}", bytes.len());
    }
    if twice {
        let again = make(machines, &target()?.join("dist-again"), &target()?.join("dist-again/target"))?;
        for ((name, bytes), (_, other)) in made.iter().zip(&again) {
            ensure!(bytes == other, "{name} has other bytes when it is built again");
        }
        ensure!(made.len() == again.len(), "there are other files when it is built again");
        println!("== built again: the same bytes");
    }
    Ok(())
}

type Made = Vec<(String, Vec<u8>)>;

fn make(machines: &[Machine], directory: &Path, build: &Path) -> Result<Made> {
    let version = env!("CARGO_PKG_VERSION");
    let time = time_of_commit()?;
    let zig = zig::install()?;
    let mut binaries = Vec::new();
    for &machine in machines {
        binaries.push((machine, std::fs::read(compile(machine, &zig, build, time)?)?));
    }
    let Some(here) = machines.iter().find(|machine| machine.is_here()) else {
        bail!("the man pages are written by the binary itself: build for this machine, too");
    };
    let pages = pages(&build.join(here.target()).join("release/clearance"), directory)?;
    let mut made = Made::new();
    for (machine, binary) in &binaries {
        let folder = format!("clearance-{version}-linux-{}", machine.name());
        let mut entries = vec![Entry::program(format!("{folder}/clearance"), binary.clone())];
        for file in ["LICENSE", "README.md"] {
            entries.push(Entry::file(format!("{folder}/{file}"), std::fs::read(root().join(file))?));
        }
        entries.extend(pages.iter().map(|(name, bytes)| Entry::file(format!("{folder}/{name}"), bytes.clone())));
        made.push((format!("{folder}.tar.gz"), archive::compressed(&archive::tar(entries, time)?)?));
        made.push((format!("{folder}.cdx.json"), sbom::of(&machine.target(), time)?));
    }
    let image = image::of(&binaries, time)?;
    ensure!(image.largest < LARGEST_IMAGE, "the image has {} bytes, and may have {LARGEST_IMAGE}", image.largest);
    made.push((format!("clearance-{version}-image.tar"), image.layout));
    let mut sums = String::new();
    for (name, bytes) in &made {
        writeln!(sums, "{}  {name}", hexadecimal(&Sha256::digest(bytes)))?;
    }
    made.push(("SHA256SUMS".to_owned(), sums.into_bytes()));
    std::fs::create_dir_all(directory)?;
    for (name, bytes) in &made {
        std::fs::write(directory.join(name), bytes)?;
    }
    Ok(made)
}

/// Builds the binary, linked with everything that it needs. No path of this machine gets into it.
fn compile(machine: Machine, zig: &Path, build: &Path, time: u64) -> Result<PathBuf> {
    let target = machine.target();
    step(&format!("Rust's library for {target}"), Command::new("rustup").args(["target", "add", &target]).current_dir(root()))
        .context("the target comes by rustup")?;
    let home = std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")))?;
    let flags = [
        "-Clink-self-contained=yes".to_owned(),
        "-Ctarget-feature=+crt-static".to_owned(),
        "-Cstrip=symbols".to_owned(),
        format!("--remap-path-prefix={home}=/cargo"),
        format!("--remap-path-prefix={}=/source", root().display()),
        // The last that fits counts, and build scripts write sources in there, wherever it is.
        format!("--remap-path-prefix={}=/build", build.display()),
    ];
    let words = target.replace('-', "_");
    let mut command = cargo(&["build", "--release", "--locked", "--package", "clearance-cli", "--bin", "clearance", "--target", &target]);
    command
        .arg("--target-dir")
        .arg(build)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env(format!("CARGO_TARGET_{}_LINKER", words.to_uppercase()), "rust-lld")
        .env(format!("CC_{words}"), zig::compiler(zig, machine.architecture())?)
        .env(format!("AR_{words}"), zig::archiver(zig)?)
        .env("SOURCE_DATE_EPOCH", time.to_string());
    step(&format!("clearance for {target}"), &mut command)?;
    Ok(build.join(target).join("release/clearance"))
}

/// Completions and man pages, by their names in an archive.
fn pages(binary: &Path, directory: &Path) -> Result<Made> {
    let mut pages = Made::new();
    for (shell, file) in [("bash", "clearance.bash"), ("zsh", "_clearance"), ("fish", "clearance.fish")] {
        let output = Command::new(binary).args(["completions", shell]).output()?;
        ensure!(output.status.success(), "clearance completions {shell} ended with {}", output.status);
        pages.push((format!("completions/{file}"), output.stdout));
    }
    let man = directory.join("man");
    std::fs::create_dir_all(&man)?;
    ensure!(Command::new(binary).arg("man").arg(&man).status()?.success(), "clearance man failed");
    for entry in std::fs::read_dir(&man)? {
        let entry = entry?;
        pages.push((format!("man/{}", entry.file_name().to_string_lossy()), std::fs::read(entry.path())?));
    }
    std::fs::remove_dir_all(man)?;
    pages.sort();
    Ok(pages)
}

/// When what is built was committed, in seconds since 1970: the time that all files get.
fn time_of_commit() -> Result<u64> {
    if let Ok(time) = std::env::var("SOURCE_DATE_EPOCH") {
        return time.parse().context("SOURCE_DATE_EPOCH is no number");
    }
    let output = Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(root()).output().context("cannot run `git`")?;
    String::from_utf8(output.stdout)?.trim().parse().context("this is no Git repository with a commit: set SOURCE_DATE_EPOCH")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
