//! Puts the built page (`cargo xtask page`) into the binary. Where it was not built there are no files,
//! and the door serves a page that says how to build it.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let page = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../../wasm/page");
    let dist = page.join("dist");
    // The directory may not be there yet: then its parent tells that it has come.
    println!("cargo::rerun-if-changed={}", if dist.exists() { dist.display() } else { page.display() });
    let mut files = Vec::new();
    if dist.join("index.html").exists() {
        collect(&dist, &mut files)?;
    }
    files.sort();
    let mut code = String::from("pub(crate) static FILES: &[File] = &[\n");
    for file in files.iter().filter(|file| file.extension().is_none_or(|extension| extension != "gz")) {
        println!("cargo::rerun-if-changed={}", file.display());
        let path =
            file.strip_prefix(&dist).map_err(io::Error::other)?.to_str().ok_or_else(|| io::Error::other("a file's name is no UTF-8"))?;
        let mut packed = file.clone().into_os_string();
        packed.push(".gz");
        let mut hash = DefaultHasher::new();
        fs::read(file)?.hash(&mut hash);
        writeln!(
            code,
            "    File {{ path: {path:?}, etag: \"\\\"{:016x}\\\"\", plain: include_bytes!({:?}), gzip: include_bytes!({:?}) }},",
            hash.finish(),
            text(&file.canonicalize()?)?,
            text(&PathBuf::from(packed).canonicalize()?)?,
        )
        .map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("files.rs"), code)
}

/// A path, to be written as a literal.
fn text(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| io::Error::other("a file's name is no UTF-8"))
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
