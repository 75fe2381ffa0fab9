//! Decimal numbers as the nearest binary ones, and back.
//!
//! The standard library reads and prints them as well, with 30 KB of tables and of ways that nobody
//! asks for; WebAssembly would carry them along.

use core::cmp::Ordering;

use crate::prelude::*;

/// How many digits of a decimal number are looked at; of those behind them it only counts whether one is
/// no nought. A number that lies in the middle between two binary ones has 767 digits at most.
const DIGITS: usize = 800;

/// The number nearest to a decimal one (`-12.5e3`), infinite where that is too large; nothing where the text is none.
pub(super) fn parse(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let nearest = Decimal::read(unsigned)?.nearest();
    Some(if text.starts_with('-') { -nearest } else { nearest })
}

/// `digits` × 10 to the power of `exponent`.
struct Decimal {
    /// How many digits there are, no nought first.
    length: usize,
    digits: Natural,
    exponent: i32,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, power(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digit = |byte: u8| byte.is_ascii_digit();
        if whole.len().saturating_add(fraction.len()) == 0 || !whole.bytes().chain(fraction.bytes()).all(is_digit) {
            return None;
        }
        let (mut digits, mut length) = (Natural::default(), 0_usize);
        let mut dropped = 0_usize;
        for byte in whole.bytes().chain(fraction.bytes()).skip_while(|byte| *byte == b'0') {
            if length < DIGITS {
                digits.shift_in(10, u32::from(byte.wrapping_sub(b'0')));
                length = length.saturating_add(1);
            } else {
                dropped = dropped.saturating_add(1);
                digits.stick(byte != b'0');
            }
        }
        let places = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let exponent = exponent.saturating_add(places(dropped)).saturating_sub(places(fraction.len()));
        Some(Self { length, digits, exponent })
    }

    fn nearest(self) -> f64 {
        // The power of ten that it lies below.
        let size = self.exponent.saturating_add(i32::try_from(self.length).unwrap_or(i32::MAX));
        if self.length == 0 || size < -330 {
            return 0.0;
        }
        if size > 310 {
            return f64::INFINITY;
        }
        let power = self.exponent.unsigned_abs();
        if let (Some(digits), 0..=22) = (self.digits.exact(), power) {
            // Both are exact, and so there is one rounding (Clinger, 1990).
            let power = (0..power).fold(1.0, |product, _| product * 10.0);
            return if self.exponent < 0 { digits / power } else { digits * power };
        }
        let (mut above, mut below) = (self.digits, Natural::from(1));
        let scaled = if self.exponent < 0 { &mut below } else { &mut above };
        scaled.times_ten(power);
        quotient(above, below)
    }
}

fn power(text: &str) -> Option<i32> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.is_empty() {
        return None;
    }
    let size = unsigned.bytes().try_fold(0_i32, |size, byte| {
        byte.is_ascii_digit().then(|| size.saturating_mul(10).saturating_add(i32::from(byte.wrapping_sub(b'0'))))
    })?;
    Some(if text.starts_with('-') { size.saturating_neg() } else { size })
}

/// The binary number nearest to a fraction; of two that are as near the even one.
fn quotient(mut above: Natural, mut below: Natural) -> f64 {
    // Scaled so that the quotient has 65 or 66 bits, which are divided out one by one.
    let scale = 65_i32.saturating_sub(above.bits()).saturating_add(below.bits());
    let scaled = if scale < 0 { &mut below } else { &mut above };
    scaled.shift(scale.unsigned_abs());
    below.shift(66);
    let mut quotient = 0_u128;
    for _ in 0..=66 {
        quotient = quotient.wrapping_shl(1);
        if above.subtract(&below) {
            quotient |= 1;
        }
        above.shift(1);
    }
    let bits = 128_i32.saturating_sub_unsigned(quotient.leading_zeros());
    // The power of two of the first bit; below the least normal number each bit less is one of precision.
    let exponent = bits.saturating_sub(1).saturating_sub(scale);
    let precision = exponent.saturating_add(1075).min(53);
    let Ok(surplus) = u32::try_from(bits.saturating_sub(precision)) else { return 0.0 };
    if precision < 0 {
        return 0.0;
    }
    let kept = quotient.wrapping_shr(surplus);
    let rest = quotient ^ kept.wrapping_shl(surplus);
    let half = 1_u128.wrapping_shl(surplus.saturating_sub(1));
    let up = rest > half || rest == half && (!above.is_nought() || kept & 1 == 1);
    let mantissa = u64::try_from(kept).unwrap_or(0).wrapping_add(u64::from(up));
    // A mantissa that is rounded up to the next power of two carries over into the exponent, as it should.
    let biased = u64::try_from(exponent.saturating_add(1022)).unwrap_or(0);
    f64::from_bits(biased.wrapping_shl(52).wrapping_add(mantissa).min(f64::INFINITY.to_bits()))
}

/// A natural number: 32 bits an item, the least first, and no nought last.
#[derive(Default)]
struct Natural(Vec<u32>);

impl From<u32> for Natural {
    fn from(number: u32) -> Self {
        Self(vec![number])
    }
}

impl Natural {
    fn is_nought(&self) -> bool {
        self.0.iter().all(|part| *part == 0)
    }

    fn bits(&self) -> i32 {
        let unused = self.0.last().map_or(0, |part| part.leading_zeros());
        i32::try_from(self.0.len().saturating_mul(32)).unwrap_or(i32::MAX).saturating_sub_unsigned(unused)
    }

    /// As a floating-point number, if it is held exactly.
    #[expect(clippy::cast_precision_loss, reason = "it has 53 bits at most")]
    fn exact(&self) -> Option<f64> {
        let part = |index| self.0.get(index).copied().map_or(0, u64::from);
        (self.bits() <= 53).then(|| (part(1).wrapping_shl(32) | part(0)) as f64)
    }

    /// Times a number, plus a number.
    fn shift_in(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for part in &mut self.0 {
            // At most (2³² − 1)² + 2³² − 1.
            carry = u64::from(*part).wrapping_mul(u64::from(factor)).wrapping_add(carry);
            *part = low(carry);
            carry = carry.wrapping_shr(32);
        }
        if carry != 0 {
            self.0.push(low(carry));
        }
    }

    /// Notes that there was more: what is even becomes odd.
    fn stick(&mut self, more: bool) {
        if let Some(least) = self.0.first_mut() {
            *least |= u32::from(more);
        }
    }

    /// Times a power of two.
    fn shift(&mut self, mut bits: u32) {
        while bits > 0 {
            let step = bits.min(31);
            self.shift_in(1_u32.wrapping_shl(step), 0);
            bits = bits.saturating_sub(step);
        }
    }

    /// Times a power of ten.
    fn times_ten(&mut self, mut power: u32) {
        while power > 0 {
            let step = power.min(9);
            self.shift_in(10_u32.wrapping_pow(step), 0);
            power = power.saturating_sub(step);
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    fn plus(&self, other: &Self) -> Self {
        let mut carry = 0_u64;
        let sum: Vec<u32> = (0..self.0.len().max(other.0.len()).saturating_add(1))
            .map(|index| {
                let part = |number: &Self| number.0.get(index).copied().map_or(0, u64::from);
                carry = part(self).wrapping_add(part(other)).wrapping_add(carry.wrapping_shr(32));
                low(carry)
            })
            .collect();
        let mut sum = Self(sum);
        sum.trim();
        sum
    }

    /// Takes another number off, if it is not larger.
    fn subtract(&mut self, other: &Self) -> bool {
        if self.order(other).is_lt() {
            return false;
        }
        let mut borrow = 0_i64;
        for (index, part) in self.0.iter_mut().enumerate() {
            let taken = other.0.get(index).copied().map_or(0, i64::from);
            let left = i64::from(*part).wrapping_sub(taken).wrapping_sub(borrow);
            borrow = i64::from(left < 0);
            *part = low(left.cast_unsigned());
        }
        self.trim();
        true
    }

    /// Takes off noughts that are last.
    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
fn low(number: u64) -> u32 {
    number as u32
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
    pub(super) fn of(float: f64) -> Self {
        let bits = float.to_bits();
        let (mantissa, exponent) = (bits & 0x000f_ffff_ffff_ffff, bits.wrapping_shr(52) & 0x7ff);
        Self::shortest(float.is_sign_negative(), mantissa, 52, i32::try_from(exponent).unwrap_or(0), 1075)
    }

    /// Those of a finite number of 32 bits.
    pub(super) fn of_single(float: f32) -> Self {
        let bits = float.to_bits();
        let (mantissa, exponent) = (bits & 0x007f_ffff, bits.wrapping_shr(23) & 0xff);
        Self::shortest(float.is_sign_negative(), mantissa.into(), 23, i32::try_from(exponent).unwrap_or(0), 150)
    }

    /// Digit by digit, until what is left lies nearer to no other number (Steele and White, 1990).
    fn shortest(negative: bool, fraction: u64, width: u32, biased: i32, bias: i32) -> Self {
        let first = 1_u64.wrapping_shl(width);
        let mantissa = if biased == 0 { fraction } else { fraction | first };
        if mantissa == 0 {
            return Self { negative, all: "0".to_owned(), exponent: 0 };
        }
        let exponent = biased.max(1).saturating_sub(bias);
        // In quarters: half way to the next number are two, and below a power of two the next one is half as near.
        let mut rest = Natural(vec![low(mantissa), low(mantissa.wrapping_shr(32))]);
        rest.trim();
        let size = exponent.saturating_add(rest.bits()).saturating_sub(1);
        rest.shift(2);
        let (mut above, mut below) = (Natural::from(2), Natural::from(if fraction == 0 && biased > 1 { 1 } else { 2 }));
        let mut whole = Natural::from(1);
        let quarters = exponent.saturating_sub(2);
        let scaled: &mut [&mut Natural] = if quarters < 0 { &mut [&mut whole] } else { &mut [&mut rest, &mut above, &mut below] };
        for number in scaled {
            number.shift(quarters.unsigned_abs());
        }
        // The power of ten that it lies below, or one less: the logarithm of two times its power of two.
        let power = i64::from(size).saturating_mul(1_292_913_986).wrapping_shr(32).saturating_add(1);
        let mut power = i32::try_from(power).unwrap_or(0);
        let scaled: &mut [&mut Natural] = if power < 0 { &mut [&mut rest, &mut above, &mut below] } else { &mut [&mut whole] };
        for number in scaled {
            number.times_ten(power.unsigned_abs());
        }
        // The ends of what is read as an even number belong to it.
        let inside = |order: Ordering| order.is_lt() || order.is_eq() && mantissa & 1 == 0;
        if inside(whole.order(&rest.plus(&above))) {
            whole.times_ten(1);
            power = power.saturating_add(1);
        }
        let mut all = String::new();
        loop {
            for number in [&mut rest, &mut above, &mut below] {
                number.times_ten(1);
            }
            let mut digit = 0_u8;
            while rest.subtract(&whole) {
                digit = digit.wrapping_add(1);
            }
            let (lower, higher) = (inside(rest.order(&below)), inside(whole.order(&rest.plus(&above))));
            let nearer = rest.plus(&rest).order(&whole);
            let up = higher && (!lower || nearer.is_gt() || nearer.is_eq() && digit & 1 == 1);
            all.push(char::from(b'0'.wrapping_add(digit).wrapping_add(up.into())));
            if lower || higher {
                return Self { negative, all, exponent: power.saturating_sub(1) };
            }
        }
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
                prints(float, Digits::of);
                #[expect(clippy::cast_possible_truncation, reason = "any number will do")]
                let float = float as f32;
                if float.is_finite() {
                    prints(float, Digits::of_single);
                }
            }
        }
    }

    /// The standard library takes the larger of two that are as near.
    fn prints<F: Copy + Display + LowerExp + FromStr + PartialEq>(float: F, digits: impl Fn(F) -> Digits) {
        let exponential = format!("{float:e}");
        let exponential = if exponential.contains("e-") { exponential } else { exponential.replace('e', "e+") };
        for (ours, theirs) in [(false, float.to_string()), (true, exponential)].map(|(exp, text)| (digits(float).print(exp, 1), text)) {
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
