//! Decimal numbers as the nearest binary ones, and back.
//!
//! The standard library reads and prints them as well, with 30 KB of tables and of ways that nobody
//! asks for; WebAssembly would carry them along.

use lexical_parse_float::FromLexical as _;

use crate::prelude::*;

/// The number nearest to a decimal one, infinite where that is too large; nothing where the text is none.
pub(super) fn parse(text: &str) -> Option<f64> {
    f64::from_lexical(text.as_bytes()).ok()
}

/// The fewest decimal digits that are read as a number again, of these the nearest, and of two that
/// are as near the even ones: those that Go prints.
pub(super) struct Digits {
    negative: bool,
    /// Neither starts nor ends with a `0`; one `0` for nought.
    all: String,
    /// The power of ten of the first digit.
    pub(super) exponent: i32,
}

impl Digits {
    /// Those of a finite number.
    pub(super) fn of(float: impl ryu::Float) -> Self {
        Self::read(ryu::Buffer::new().format_finite(float))
    }

    /// Takes `-12.5`, `0.01` or `1.5e30` apart.
    fn read(text: &str) -> Self {
        let unsigned = text.trim_start_matches('-');
        let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let digits = all.trim_start_matches('0');
        let first = all.len().saturating_sub(digits.len()).saturating_add(1);
        let shift = i32::try_from(whole.len()).unwrap_or(0).saturating_sub_unsigned(u32::try_from(first).unwrap_or(0));
        let exponent = if digits.is_empty() { 0 } else { exponent.parse().unwrap_or(0_i32).saturating_add(shift) };
        let digits = if digits.is_empty() { "0" } else { digits.trim_end_matches('0') };
        Self { negative: unsigned.len() != text.len(), all: digits.to_owned(), exponent }
    }

    /// `12.5`, or `1.25e+1` with at least `width` digits in the exponent.
    pub(super) fn print(&self, exponential: bool, width: usize) -> String {
        let sign = if self.negative { "-" } else { "" };
        let size = usize::try_from(self.exponent.unsigned_abs()).unwrap_or(0);
        let split = |at| self.all.split_at_checked(at).unwrap_or((&self.all, ""));
        let point = |fraction: &str| if fraction.is_empty() { "" } else { "." };
        if exponential {
            let (first, rest) = split(1);
            let direction = if self.exponent < 0 { '-' } else { '+' };
            return format!("{sign}{first}{}{rest}e{direction}{size:0>width$}", point(rest));
        }
        if self.exponent < 0 {
            return format!("{sign}0.{}{}", "0".repeat(size.saturating_sub(1)), self.all);
        }
        let length = size.saturating_add(1);
        let (whole, fraction) = split(length);
        format!("{sign}{whole}{}{}{fraction}", "0".repeat(length.saturating_sub(whole.len())), point(fraction))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::{Display, LowerExp};
    use std::str::FromStr;

    use proptest::prelude::*;

    use super::{Digits, parse};

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

        #[test]
        fn as_the_standard_library_prints_it(bits in any::<u64>(), short in -100_000_i64..100_000, scale in -30_i32..30) {
            let float = f64::from_bits(bits);
            prop_assume!(float.is_finite());
            #[expect(clippy::cast_precision_loss, reason = "any number will do")]
            for float in [float, short as f64 * 10_f64.powi(scale), -0.0] {
                prints(float);
                #[expect(clippy::cast_possible_truncation, reason = "any number will do")]
                let float = float as f32;
                if float.is_finite() {
                    prints(float);
                }
            }
        }
    }

    /// The standard library takes the larger of two that are as near.
    fn prints<F: ryu::Float + Display + LowerExp + FromStr + PartialEq>(float: F) {
        let exponential = format!("{float:e}");
        let exponential = if exponential.contains("e-") { exponential } else { exponential.replace('e', "e+") };
        for (ours, theirs) in [(false, float.to_string()), (true, exponential)].map(|(exp, text)| (Digits::of(float).print(exp, 1), text)) {
            let as_good = ours.len() == theirs.len() && ours.parse::<F>().is_ok_and(|read| read == float);
            assert!(ours == theirs || as_good, "{ours} {theirs}");
        }
    }

    /// What Go's `encoding/json` prints.
    #[test]
    #[expect(clippy::excessive_precision, reason = "each lies between two, as exactly as it is written")]
    fn of_two_that_are_as_near_the_even_one() {
        for (float, go) in [
            (182_360_164_723_910.625, "182360164723910.62"),
            (182_360_164_723_911.125, "182360164723911.12"),
            (182_360_164_723_910.875, "182360164723910.88"),
            (182_360_164_723_910.375, "182360164723910.38"),
        ] {
            assert_eq!(Digits::of(float).print(false, 1), go);
        }
    }
}
