//! How a document is written, and what is wrong with its text.

use clearance_core::source::Format;
use proptest::prelude::*;

/// How a document is written.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of its own")]
pub struct Layout {
    /// Spaces for each level, from 1.
    pub indent: usize,
    /// JSON: everything on one line.
    pub compact: bool,
    /// YAML: lists stand deeper than their key.
    pub deep_lists: bool,
    /// YAML: comments.
    pub comments: bool,
    /// YAML: some maps and lists in brackets.
    pub flow: bool,
    /// YAML: what is repeated is written as an alias.
    pub aliases: bool,
    /// YAML: a line of `---` first.
    pub opening: bool,
    /// Lines end with a carriage return and a newline.
    pub crlf: bool,
    /// A byte order mark stands first.
    pub mark: bool,
    /// The last line has no end.
    pub unfinished: bool,
    /// Decides what the rest leaves open: quotes, the word for nothing, where a comment stands.
    pub seed: u64,
}

/// A fault of the text.
#[derive(Debug, Clone)]
pub enum Blemish {
    /// JSON: a comment after the n-th comma or bracket; with `//` or with `#`.
    Comment(usize, bool),
    /// JSON: a comma before the n-th closing bracket.
    TrailingComma(usize),
    /// JSON: the n-th comma is missing.
    MissingComma(usize),
    /// The text ends after so many thousandths.
    Cut(usize),
    /// A stray sign after so many thousandths.
    Stray(usize, char),
}

/// Layouts.
pub fn layouts() -> impl Strategy<Value = Layout> {
    let rare = || prop::bool::weighted(0.05);
    let common = prop::bool::weighted(0.3);
    let half = any::<bool>;
    ((1_usize..5, half(), half(), half()), (common, rare(), half(), rare()), (rare(), half(), any::<u64>())).prop_map(
        |((indent, compact, deep_lists, comments), (flow, aliases, opening, crlf), (mark, unfinished, seed))| Layout {
            indent,
            compact,
            deep_lists,
            comments,
            flow,
            aliases,
            opening,
            crlf,
            mark,
            unfinished,
            seed,
        },
    )
}

/// Faults of the text: mostly none.
pub fn blemishes(format: Format) -> impl Strategy<Value = Vec<Blemish>> {
    let signs: Vec<char> = "{}[]:,\"'#&*!|>%@`-\t\u{0}é域😀\\".chars().collect();
    let stray = (0..1000_usize, prop::sample::select(signs)).prop_map(|(at, sign)| Blemish::Stray(at, sign));
    let cut = (0..1000_usize).prop_map(Blemish::Cut);
    let any = match format {
        Format::Yaml => prop_oneof![1 => cut, 3 => stray].boxed(),
        Format::Json => prop_oneof![
            4 => (0..40_usize, any::<bool>()).prop_map(|(at, slashes)| Blemish::Comment(at, slashes)),
            4 => (0..20_usize).prop_map(Blemish::TrailingComma),
            4 => (0..30_usize).prop_map(Blemish::MissingComma),
            1 => cut,
            2 => stray,
        ]
        .boxed(),
    };
    let count = if format == Format::Json { 0.25 } else { 0.07 };
    prop::bool::weighted(count)
        .prop_flat_map(move |some| if some { prop::collection::vec(any.clone(), 1..3).boxed() } else { Just(Vec::new()).boxed() })
}

/// Cuts a text and puts stray signs in.
pub(super) fn spoil(mut text: String, blemishes: &[Blemish]) -> String {
    let place = |text: &str, at: usize| {
        let mut offset = text.len() * at / 1000;
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    for blemish in blemishes {
        match blemish {
            Blemish::Cut(at) => text.truncate(place(&text, *at)),
            Blemish::Stray(at, sign) => text.insert(place(&text, *at), *sign),
            _ => {}
        }
    }
    text
}

/// What a layout does to a finished text.
pub(super) fn finish(mut text: String, layout: &Layout) -> String {
    if layout.unfinished {
        text.truncate(text.trim_end().len());
    }
    if layout.crlf {
        text = text.replace('\n', "\r\n");
    }
    if layout.mark {
        text.insert(0, '\u{feff}');
    }
    text
}

/// FNV-1a over a seed and some numbers: a choice that is the same on every machine.
pub(super) fn mix(seed: u64, numbers: impl IntoIterator<Item = u64>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
    for number in numbers {
        for byte in number.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash ^ (hash >> 29)
}
