//! The npm package's types, from the Rust types that they are the other side of.

use core::fmt::Write;

use clearance_render as shared;
use clearance_wasm::mirror;
use ts_rs::{Config, TS};

/// What the types refer to and Rust has as plain words or trees.
const WORDS: &str = "\
/** How much a finding weighs. */
export type Severity = \"error\" | \"warning\" | \"info\";

/** A written form of a cluster. */
export type Form = \"resource\" | \"request\" | \"property\";

/** How a text is written. */
export type Format = \"json\" | \"yaml\";

/** Whatever JSON holds. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
";

/// The file `types.ts`.
pub(super) fn file() -> String {
    let mut text = format!("// Made from Rust's types by `cargo xtask codegen`.\n\n{WORDS}");
    let mut add = |docs: Option<String>, declaration: String| {
        let _ = write!(text, "\n{}export {declaration}\n", docs.unwrap_or_default());
    };
    let config = Config::new();
    macro_rules! all {
        ($($type:ty),+ $(,)?) => { $(add(<$type>::docs(), <$type>::decl(&config));)+ };
    }
    all!(
        mirror::Verdict,
        mirror::Finding,
        mirror::Described,
        mirror::Fill,
        mirror::Filling,
        mirror::Summary,
        mirror::Known,
        mirror::Trouble,
        mirror::Added,
        shared::Core,
        shared::Range,
        shared::Position,
        shared::Within,
        shared::Related,
        shared::Change,
        shared::Edit,
        shared::Operation,
        shared::OperationKind,
        shared::Rule,
    );
    // Its flattened part comes with the finding itself.
    text
}

/// The file `version.ts`.
pub(super) fn version() -> String {
    format!(
        "// Made by `cargo xtask codegen`.\n\n/** The version of the core and of this package. */\nexport const version = {:?};\n",
        env!("CARGO_PKG_VERSION")
    )
}
