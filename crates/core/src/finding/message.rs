//! Sentences for people: templates with arguments, in English and Chinese.

mod dictionary;

use core::fmt::Write;

use crate::prelude::*;
use crate::text::without_secrets;

pub use dictionary::{has_chinese, load_chinese};

/// A language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

impl Language {
    /// The language of a tag as in BCP 47 (`en`, `zh`, `zh-CN`, …).
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.']).next().unwrap_or(tag);
        if primary.eq_ignore_ascii_case("en") {
            Some(Self::English)
        } else if primary.eq_ignore_ascii_case("zh") {
            Some(Self::Chinese)
        } else {
            None
        }
    }
}

/// One sentence in each language. `{word}` stands for an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: &'static str,
    #[cfg(feature = "chinese")]
    zh: &'static str,
}

/// What is wrong, and why and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// What is wrong, in one line.
    pub what: Text,
    /// Why, and what to do.
    pub help: Option<Text>,
}

/// A word of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arg {
    /// Its name in the template.
    pub name: &'static str,
    /// Its value; it is made visible when the sentence is made.
    pub value: String,
    /// Whether a long value is cut in the sentence: a user's text is, a list that must be complete is not.
    pub cut: bool,
}

impl Text {
    /// A text in both languages. Without the feature `chinese` its Chinese comes from a [dictionary](load_chinese).
    #[must_use]
    #[cfg_attr(not(feature = "chinese"), allow(unused_variables))]
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Self {
            en,
            #[cfg(feature = "chinese")]
            zh,
        }
    }

    /// The template in a language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Chinese => dictionary::in_chinese(self.en).unwrap_or(self.built_in()),
        }
    }

    /// What stands for Chinese where no dictionary is loaded.
    const fn built_in(&self) -> &'static str {
        #[cfg(feature = "chinese")]
        return self.zh;
        #[cfg(not(feature = "chinese"))]
        return self.en;
    }

    /// The sentence with its words filled in.
    #[must_use]
    pub fn in_words(&self, language: Language, args: &[Arg]) -> String {
        let mut sentence = String::new();
        let mut rest = self.in_language(language);
        while let Some((before, after)) = rest.split_once('{') {
            sentence.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                rest = after;
                break;
            };
            match args.iter().rev().find(|arg| arg.name == name) {
                Some(arg) if arg.cut => sentence.push_str(&visible(&without_secrets(&arg.value))),
                Some(arg) => sentence.push_str(&shown(&arg.value, usize::MAX)),
                None => {
                    sentence.push('{');
                    sentence.push_str(name);
                    sentence.push('}');
                }
            }
            rest = tail;
        }
        sentence.push_str(rest);
        sentence
    }
}

/// The longest piece of a user's text that a sentence repeats, in characters.
const LONGEST_WORD: usize = 120;

/// A user's text as it can be shown in one line: control, bidirectional and zero-width characters
/// are written out, and what is very long is cut in the middle.
#[must_use]
pub fn visible(text: &str) -> String {
    shown(text, LONGEST_WORD)
}

/// The same of any length.
pub(crate) fn written_out(text: &str) -> String {
    shown(text, usize::MAX)
}

fn shown(text: &str, longest: usize) -> String {
    let mut shown = String::with_capacity(text.len());
    let length = text.chars().count();
    let half = longest / 2;
    for (position, c) in text.chars().enumerate() {
        if length > longest && position >= half && position < length.saturating_sub(half) {
            if position == half {
                shown.push('…');
            }
            continue;
        }
        if is_invisible(c) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Characters that a reader cannot see, or that move the text around them (Unicode `Bidi_Control`,
/// zero-width characters, controls).
fn is_invisible(c: char) -> bool {
    c.is_control()
        // It looks like the blank that it is not.
        || c.is_whitespace() && c != ' '
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Declares a message: `message!("en", "zh")` or `message!("en", "zh"; "help en", "help zh")`.
macro_rules! message {
    ($en:expr, $zh:expr) => {
        const { &$crate::finding::Message { what: $crate::finding::Text::new($en, $zh), help: None } }
    };
    ($en:expr, $zh:expr; $help_en:expr, $help_zh:expr) => {
        const {
            &$crate::finding::Message {
                what: $crate::finding::Text::new($en, $zh),
                help: Some($crate::finding::Text::new($help_en, $help_zh)),
            }
        }
    };
}
pub(crate) use message;
