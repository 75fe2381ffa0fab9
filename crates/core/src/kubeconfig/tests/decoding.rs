//! The field's value, however it is written.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::super::{DecodeFault, Encoding, decode};
use super::{GUIDE, guide};

const TEXT: &str = "apiVersion: v1 # ÿ¿ü~~?>\n";

/// Base64 in lines.
fn wrap(text: &str, width: usize, end: &str) -> String {
    text.as_bytes().chunks(width).flat_map(|line| [String::from_utf8_lossy(line).into_owned(), end.to_owned()]).collect()
}

#[test]
fn plain_yaml_and_json_pass_as_they_are() {
    for text in [&guide(), "{\"kind\": \"Config\"}", " \n{}", "\u{feff}kind: Config"] {
        let decoded = decode(text).expect("plain");
        assert_eq!((decoded.text.as_str(), decoded.encoding), (text, Encoding::Plain));
    }
}

#[test]
fn every_way_to_write_base64() {
    let standard = STANDARD.encode(TEXT);
    assert!(standard.contains(['+', '/']), "the text shows the alphabets");
    let wrapped = wrap(&standard, 7, "\r\n");
    let folded = wrapped.replace("\r\n", " ");
    for text in [
        standard.clone(),
        STANDARD_NO_PAD.encode(TEXT),
        URL_SAFE.encode(TEXT),
        URL_SAFE_NO_PAD.encode(TEXT),
        wrapped,
        folded,
        format!("\n\t {standard}\n"),
        format!("\u{feff}{standard}"),
    ] {
        let decoded = decode(&text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        assert_eq!((decoded.text.as_str(), decoded.encoding), (TEXT, Encoding::Base64), "{text}");
    }
}

#[test]
fn what_is_neither() {
    let utf16: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> = [0xFF, 0xFE].into_iter().chain(utf16.iter().copied()).collect();
    for (text, fault) in [
        (String::new(), DecodeFault::Empty),
        (" \n\t".to_owned(), DecodeFault::Empty),
        (STANDARD.encode("  \n"), DecodeFault::Empty),
        ("YQ==".repeat(1 << 18) + "a", DecodeFault::TooLarge),
        ("$kubeconfig".to_owned(), DecodeFault::NotBase64 { at: 0 }),
        (" YWJj\nYW!j".to_owned(), DecodeFault::NotBase64 { at: 8 }),
        ("YQ==YQ==".to_owned(), DecodeFault::NotBase64 { at: 4 }),
        ("YQ===".to_owned(), DecodeFault::NotBase64 { at: 4 }),
        ("YWJjY".to_owned(), DecodeFault::Truncated),
        ("YWI==".to_owned(), DecodeFault::Truncated),
        (STANDARD.encode(STANDARD.encode(TEXT)), DecodeFault::EncodedTwice),
        (STANDARD.encode(&utf16), DecodeFault::Utf16),
        (STANDARD.encode(&marked), DecodeFault::Utf16),
        (STANDARD.encode([0x61, 0xC3, 0x28]), DecodeFault::NotUtf8),
    ] {
        assert_eq!(decode(&text).map(|decoded| decoded.text), Err(fault), "{}", text.get(..20).unwrap_or(&text));
    }
}

#[test]
fn the_guides_request_holds_base64() {
    assert_eq!(decode(GUIDE).expect("Base64").encoding, Encoding::Base64);
}

proptest! {
    #[test]
    fn what_was_encoded_comes_out(text in "\\PC*:\\PC*", width in 1_usize..100) {
        // UTF-16 is told by its first character.
        prop_assume!(!text.starts_with('\0') && text.as_bytes().get(1) != Some(&0));
        let wrapped = wrap(&URL_SAFE_NO_PAD.encode(&text), width, "\n");
        prop_assert_eq!(decode(&wrapped).map(|decoded| decoded.text), Ok(text));
    }

    #[test]
    fn no_text_is_too_much(text in any::<String>()) {
        let _ = decode(&text);
    }

    #[test]
    fn no_base64_is_too_much(text in "[A-Za-z0-9+/=_ \n-]{0,200}") {
        let _ = decode(&text);
    }
}
