//! Decimal numbers as the nearest double-precision ones.
//!
//! The standard library reads them as well, with 10 KB of tables that WebAssembly would carry along.

use lexical_parse_float::FromLexical as _;

/// The number nearest to a decimal one, infinite where that is too large; nothing where the text is none.
pub(super) fn parse(text: &str) -> Option<f64> {
    f64::from_lexical(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    fn agrees(text: &str) {
        assert_eq!(parse(text).map(f64::to_bits), text.parse::<f64>().ok().map(f64::to_bits), "{text}");
    }

    #[test]
    fn edges() {
        for text in
            ["0", "-0.0", "1.", ".5", "+1", "1e400", "-1e400", "1e-400", "5e-324", "2.2250738585072011e-308", "1e99999999999999999999"]
        {
            agrees(text);
        }
        for text in
            ["9007199254740993", "1.7976931348623158e308", "1.7976931348623159e308", "2.4703282292062327e-324", "", ".", "e5", "1e", "1_0"]
        {
            agrees(text);
        }
        agrees(&format!("1{}e-1000", "0".repeat(1000)));
        agrees(&format!("0.{}1e1000", "0".repeat(999)));
    }

    proptest! {
        #[test]
        fn as_the_standard_library_reads_it(text in "[-+]?[0-9]{0,40}(\\.[0-9]{0,40})?([eE][-+]?[0-9]{1,3})?") {
            agrees(&text);
        }

        #[test]
        fn what_is_printed_is_read(bits in any::<u64>()) {
            let float = f64::from_bits(bits);
            prop_assume!(float.is_finite());
            agrees(&float.to_string());
            agrees(&format!("{float:e}"));
        }
    }
}
