//! Half characters: an editor that counts in UTF-16 may cut a character in two, and send each half
//! in an edit of its own. JSON can write a half, Rust's strings cannot hold one.

/// Stands before the four hexadecimal digits of a half. No text has it: Unicode keeps it for
/// programs' own use (a noncharacter).
const MARK: char = '\u{fdd0}';

/// Writes the lone halves of a JSON text so that it can be read.
pub(crate) fn mark(json: &str) -> String {
    let mut marked = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        marked.push_str(before);
        let taken = match half(escape) {
            Some(unit) if is_high(unit) && half(escape.get(6..).unwrap_or_default()).is_some_and(is_low) => 12,
            Some(unit) if is_high(unit) || is_low(unit) => {
                marked.push(MARK);
                marked.push_str(escape.get(2..6).unwrap_or_default());
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            // The character after a backslash belongs to it.
            _ => escape.chars().take(2).map(char::len_utf8).sum(),
        };
        let (escape, after) = escape.split_at(taken.min(escape.len()));
        marked.push_str(escape);
        rest = after;
    }
    marked.push_str(rest);
    marked
}

/// The unit of an escape such as `\ud83d` at the start of a text.
fn half(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

fn is_high(unit: u16) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

fn is_low(unit: u16) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

/// Whether a text holds marked halves.
pub(crate) fn is_marked(text: &str) -> bool {
    text.contains(MARK)
}

/// The UTF-16 units of a text in which halves may be marked.
pub(crate) fn units(text: &str) -> Vec<u16> {
    let mut units = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(MARK) {
        units.extend(before.encode_utf16());
        match after.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
            Some(unit) => {
                units.push(unit);
                rest = after.get(4..).unwrap_or_default();
            }
            None => {
                units.extend(MARK.encode_utf16(&mut [0; 2]).iter());
                rest = after;
            }
        }
    }
    units.extend(rest.encode_utf16());
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_survive() {
        let json = r#"["a\ud83d", "\\ud83d", "\ude00b", "\ud83d\ude00", "\n\"\ud83d\n"]"#;
        assert!(serde_json::from_str::<Vec<String>>(json).is_err());
        let texts: Vec<String> = serde_json::from_str(&mark(json)).expect("readable");
        let units: Vec<Vec<u16>> = texts.iter().map(|text| units(text)).collect();
        assert_eq!(units[0], [0x61, 0xd83d]);
        assert_eq!(String::from_utf16(&units[1]).expect("whole"), "\\ud83d");
        assert_eq!(units[2], [0xde00, 0x62]);
        assert_eq!(String::from_utf16(&units[3]).expect("whole"), "😀");
        assert_eq!(units[4], [0xa, 0x22, 0xd83d, 0xa]);
        assert_eq!(mark("{\"\\"), "{\"\\");
    }
}
