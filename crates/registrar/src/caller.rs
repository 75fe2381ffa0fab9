//! Who calls: a token, which is used for Git and for nothing else.

use std::fmt;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// The longest token that is taken.
const LONGEST: usize = 4 << 10;

/// A credential. Its `Debug` does not show it.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token of visible ASCII characters; nothing where it is none.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// Its text, to be handed to who checks it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether two are the same, in a time that says nothing of where they differ.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Sha256::digest(self.0.as_bytes()) == Sha256::digest(other.0.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Whoever sent a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the caller may be recognised by.
    pub token: Token,
}

impl Caller {
    /// The caller of a request: by `Authorization: Bearer`, and by `Basic`, whose password counts, as
    /// `git` sends it.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let given = headers.get_all(header::AUTHORIZATION).iter().collect::<Vec<_>>();
        let [given] = given.as_slice() else {
            return Err(Problem::unauthorized("there is no access token: send it as `Authorization: Bearer TOKEN`"));
        };
        let wrong = || Problem::unauthorized("the access token cannot be read: send it as `Authorization: Bearer TOKEN`, in one line");
        let text = given.to_str().map_err(|_| wrong())?;
        let (scheme, rest) = text.split_once(' ').ok_or_else(wrong)?;
        let rest = rest.trim();
        let token = if scheme.eq_ignore_ascii_case("bearer") {
            rest.to_owned()
        } else if scheme.eq_ignore_ascii_case("basic") {
            let pair = base64::engine::general_purpose::STANDARD.decode(rest).ok().and_then(|pair| String::from_utf8(pair).ok());
            pair.as_deref().and_then(|pair| pair.split_once(':')).map(|(_, password)| password.to_owned()).ok_or_else(wrong)?
        } else {
            return Err(wrong());
        };
        Token::new(&token).map(|token| Self { token }).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(value: &[u8]) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, axum::http::HeaderValue::from_bytes(value).ok()?);
        Caller::of(&headers).ok().map(|caller| caller.token.reveal().to_owned())
    }

    #[test]
    fn only_what_is_a_token_is_one() {
        assert_eq!(caller(b"Bearer glpat-1").as_deref(), Some("glpat-1"));
        assert_eq!(caller(b"bearer  glpat-1 ").as_deref(), Some("glpat-1"));
        assert_eq!(caller(b"Basic b2F1dGgyOmdscGF0LTE=").as_deref(), Some("glpat-1"));
        for wrong in [&b"Bearer "[..], b"Bearer", b"Bearer a b", b"Bearer a\tb", b"Digest x", b"Basic !", b"Bearer \xe4"] {
            assert_eq!(caller(wrong), None, "{}", String::from_utf8_lossy(wrong));
        }
        assert!(Caller::of(&HeaderMap::new()).is_err());
    }

    #[test]
    fn it_is_not_printed() {
        let token = Token::new("glpat-1").expect("it is one");
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert!(token.is(&token.clone()) && !token.is(&Token::new("glpat-2").expect("it is one")));
    }
}
