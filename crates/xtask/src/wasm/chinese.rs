//! The core's sentences in Chinese, by their English: the module is made without them, and loads them when they are asked for.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, str::FromStr};

use anyhow::{Context, Result, anyhow, bail};
use proc_macro2::{TokenStream, TokenTree};
use syn::LitStr;

use crate::codegen::root;

/// As the core loads it (`clearance_core::finding::load_chinese`): two lines a sentence.
///
/// In the code each sentence stands in both languages, so that none can be forgotten; here the pairs are read out of it.
pub(super) fn dictionary() -> Result<String> {
    let mut sentences = BTreeMap::new();
    read(&root().join("crates/core/src"), &mut sentences)?;
    Ok(sentences.into_iter().flat_map(|(en, zh)| [en, zh]).map(|line| line + "\n").collect())
}

fn read(directory: &Path, sentences: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        // Tests have texts of their own.
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            read(&path, sentences)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let tokens = TokenStream::from_str(&fs::read_to_string(&path)?).map_err(|why| anyhow!("{}: {why}", path.display()))?;
            pairs(tokens, sentences).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// A text behind a text and a comma, the one with Chinese characters and the other without.
fn pairs(tokens: TokenStream, sentences: &mut BTreeMap<String, String>) -> Result<()> {
    let mut before: Option<String> = None;
    let mut is_test = false;
    for token in tokens {
        match &token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => continue,
            TokenTree::Group(group) if !is_test => pairs(group.stream(), sentences)?,
            _ => {}
        }
        is_test = matches!(&token, TokenTree::Ident(name) if name == "tests");
        let text = syn::parse2::<LitStr>(token.into()).ok().map(|text| text.value());
        if let (Some(en), Some(zh)) = (before.take(), &text)
            && !is_chinese(&en)
            && is_chinese(zh)
        {
            if en.contains('\n') || zh.contains('\n') {
                bail!("a sentence has no line breaks: {en:?}");
            }
            let known = sentences.insert(en, zh.clone());
            if let Some(known) = known.filter(|known| known != zh) {
                bail!("one sentence is two in Chinese: {known:?} and {zh:?}");
            }
        }
        before = text;
    }
    Ok(())
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}
