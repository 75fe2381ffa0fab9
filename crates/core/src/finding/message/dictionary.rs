//! The sentences in Chinese where they are no part of the program: a browser loads them when they are asked for.

use once_cell::race::OnceBox;

use crate::map::Map;
use crate::prelude::*;

/// It is a part of the program that was left outside, and no argument of a verdict: loaded once, and the same for all.
static CHINESE: OnceBox<Dictionary> = OnceBox::new();

/// Chinese templates by their English.
#[derive(Debug)]
struct Dictionary(Map<&'static str, &'static str>);

impl Dictionary {
    fn read(text: &'static str) -> Self {
        let mut lines = text.lines();
        Self(core::iter::from_fn(|| Some((lines.next()?, lines.next()?))).collect())
    }

    fn of(&self, en: &str) -> Option<&'static str> {
        self.0.get(en).copied()
    }
}

/// Loads the sentences in Chinese where they are left outside (without the feature `chinese`): two lines each, the English
/// template and the Chinese one. They stay as long as the program runs; a second text changes nothing.
pub fn load_chinese(text: &str) {
    if !has_chinese() {
        CHINESE.get_or_init(|| Box::new(Dictionary::read(Box::leak(text.into()))));
    }
}

/// Whether there are sentences in Chinese. Where there are none yet, English stands in.
#[must_use]
pub fn has_chinese() -> bool {
    cfg!(feature = "chinese") || CHINESE.get().is_some()
}

/// What was loaded for an English template.
pub(super) fn in_chinese(en: &str) -> Option<&'static str> {
    CHINESE.get()?.of(en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_found_by_its_english() {
        let dictionary = Dictionary::read("this is `{word}`\n这是 `{word}`\nanother\n另一个\nhalf");
        assert_eq!(dictionary.of("another"), Some("另一个"));
        assert_eq!(dictionary.of("this is `{word}`"), Some("这是 `{word}`"));
        assert_eq!((dictionary.of("half"), dictionary.of("这是 `{word}`")), (None, None));
    }
}
