//! `clearance-wasm-bindgen MODULE DIRECTORY NAME`: writes `NAME.js`, its types and `NAME_bg.wasm`.
//!
//! A crate of its own, so that nothing else waits for its dependencies; `cargo xtask wasm` runs it.

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let mut next = |what| arguments.next().with_context(|| format!("no {what} is given"));
    let (module, directory, name) = (next("module")?, next("directory")?, next("name")?);
    Bindgen::new()
        .input_path(&module)
        .web(true)?
        .typescript(true)
        .out_name(name.to_str().context("a name")?)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&directory)
}
