//! The validation core for JavaScript, nearly all of it conversions: texts and JSON go in, JSON comes
//! out. The npm package (`wasm/npm`) wraps it into functions with types.
//!
//! JSON crosses the border as text, because `JSON.parse` takes less time and code than to make each
//! object by a call of its own.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod checker;
mod desk;
mod fleet;
mod judge;
pub mod mirror;
mod options;
mod policies;
mod prelude;

use wasm_bindgen::prelude::*;

use prelude::*;

pub use checker::Checker;
pub use options::{Misuse, Request, Settings};

/// The core does not panic; what could tell of one is left out.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

fn json<T: serde::Serialize>(value: &T) -> String {
    // What is told has strings as keys, and no number that JSON has no place for.
    serde_json::to_string(value).unwrap_or_default()
}

/// Rules, settings and a fleet, held for many texts.
#[wasm_bindgen(js_name = Checker)]
#[derive(Debug)]
pub struct Handle(Checker);

#[wasm_bindgen(js_class = Checker)]
impl Handle {
    /// Settings as JSON: `Settings`.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &str) -> Result<Handle, JsError> {
        Ok(Self(Checker::new(&Settings::read(settings)?)?))
    }

    /// Adds what a text holds to the fleet: `Added`.
    pub fn add(&mut self, text: &str, file: Option<String>) -> String {
        json(&self.0.add(text, file))
    }

    /// Takes out what came from a file; returns whether there was anything.
    pub fn remove(&mut self, file: &str) -> bool {
        self.0.remove(file)
    }

    /// Judges a text; the request is JSON: `Request`. Returns `Verdict`.
    pub fn check(&mut self, text: &str, request: &str) -> Result<String, JsError> {
        Ok(json(&self.0.check(text.as_bytes(), &Request::read(request)?)))
    }

    /// The same for bytes, which may be no text.
    #[wasm_bindgen(js_name = checkBytes)]
    pub fn check_bytes(&mut self, bytes: &[u8], request: &str) -> Result<String, JsError> {
        Ok(json(&self.0.check(bytes, &Request::read(request)?)))
    }
}

/// The rules: a list of `Rule`.
#[wasm_bindgen]
pub fn rules(language: &str) -> Result<String, JsError> {
    let language = options::language(language)?.unwrap_or_default();
    Ok(json(&clearance_core::rules::all().map(|rule| clearance_mirror::Rule::of(rule, language)).collect::<Vec<_>>()))
}

/// Loads the sentences in Chinese, which are no part of the module. They stay.
#[wasm_bindgen(js_name = loadChinese)]
pub fn load_chinese(text: &str) {
    clearance_core::finding::load_chinese(text);
}
