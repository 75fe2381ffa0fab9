//! The times in certificates: `UTCTime` and `GeneralizedTime` as RFC 5280, 4.1.2.5 allows them.

use super::der::{Element, GENERALIZED_TIME, Malformed, Read, UTC_TIME};

/// Days before each month of a year that is no leap year.
const BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// Days from 1 January of the year 0 to 1 January 1970.
const BEFORE_1970: i64 = 719_528;

/// Seconds since 1970 of `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
pub(super) fn seconds(time: Element<'_>) -> Read<i64> {
    let (year, rest) = match time.tag {
        UTC_TIME => {
            let (year, rest) = number(time.content, 2)?;
            // RFC 5280, 4.1.2.5.1: 50 to 99 are of the last century.
            (year.saturating_add(if year < 50 { 2000 } else { 1900 }), rest)
        }
        GENERALIZED_TIME => number(time.content, 4)?,
        _ => return Err(Malformed),
    };
    let (month, rest) = number(rest, 2)?;
    let (day, rest) = number(rest, 2)?;
    let (hour, rest) = number(rest, 2)?;
    let (minute, rest) = number(rest, 2)?;
    let (second, rest) = number(rest, 2)?;
    if rest != b"Z" || hour > 23 || minute > 59 || second > 59 {
        return Err(Malformed);
    }
    let of_day = hour.saturating_mul(3600).saturating_add(minute.saturating_mul(60)).saturating_add(second);
    Ok(days(year, month, day)?.saturating_mul(86_400).saturating_add(of_day))
}

/// A number of so many digits, and what follows it.
fn number(text: &[u8], digits: usize) -> Read<(i64, &[u8])> {
    let (digits, rest) = text.split_at_checked(digits).ok_or(Malformed)?;
    let mut number = 0_i64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(Malformed);
        }
        number = number.saturating_mul(10).saturating_add(i64::from(digit & 0x0F));
    }
    Ok((number, rest))
}

/// Days since 1 January 1970 in the Gregorian calendar; years from 0 to 9999.
fn days(year: i64, month: i64, day: i64) -> Read<i64> {
    let index = usize::try_from(month).ok().and_then(|month| month.checked_sub(1)).ok_or(Malformed)?;
    let before_month = BEFORE_MONTH.get(index).copied().ok_or(Malformed)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=longest).contains(&day) {
        return Err(Malformed);
    }
    let last = year.saturating_sub(1);
    // The year 0 is a leap year itself, and is not counted by the divisions.
    let leap_days = if year == 0 { 0 } else { (last / 4).saturating_sub(last / 100).saturating_add(last / 400).saturating_add(1) };
    let after_february = i64::from(leap && month > 2);
    Ok(year
        .saturating_mul(365)
        .saturating_add(leap_days)
        .saturating_add(before_month)
        .saturating_add(after_february)
        .saturating_add(day)
        .saturating_sub(1)
        .saturating_sub(BEFORE_1970))
}
