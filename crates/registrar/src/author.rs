//! Who stands as the author of a commit: whom the forge says that a token belongs to.

use reqwest::Client;
use serde_json::Value as Json;
use tokio::runtime::Handle;

use crate::caller::Caller;
use crate::http;
use crate::objects::Author;

/// The longest name or address that a commit bears.
const LONGEST: usize = 200;

/// Asks who calls, where it is known whom to ask.
pub(crate) struct Authors {
    asks: Option<(String, Client)>,
    runtime: Handle,
}

impl Authors {
    /// `address` answers a `GET` with the caller's token by JSON that has `name` or `full_name`, `username`
    /// or `login`, and `email`: GitLab's and Gitea's `/api/v4/user` and `/api/v1/user` do.
    pub(crate) fn new(address: Option<String>, client: Client, runtime: Handle) -> Self {
        Self { asks: address.map(|address| (address, client)), runtime }
    }

    /// The author of what a caller changes. Who it was is known to the forge in any case: a forge that
    /// does not answer here is no reason to refuse a change.
    pub(crate) fn author(&self, caller: &Caller) -> Author {
        let stated = || Author { name: "Clearance caller".to_owned(), mail: "caller@clearance.invalid".to_owned() };
        let Some((address, client)) = &self.asks else { return stated() };
        let request = client.get(address).bearer_auth(caller.token.reveal());
        match self.runtime.block_on(http::send(request)) {
            Ok((status, answer)) if status.is_success() => of(&answer).unwrap_or_else(stated),
            Ok((status, _)) => {
                tracing::warn!(status = status.as_u16(), "the forge does not say who calls");
                stated()
            }
            Err(error) => {
                tracing::warn!(error = crate::log_line(&format!("{error:#}")), "the forge does not say who calls");
                stated()
            }
        }
    }
}

fn of(answer: &Json) -> Option<Author> {
    let text = |keys: &[&str]| keys.iter().filter_map(|key| answer[key].as_str()).map(plain).find(|text| !text.is_empty());
    let name = text(&["name", "full_name", "username", "login"])?;
    let mail = text(&["email", "public_email"]).unwrap_or_else(|| "caller@clearance.invalid".to_owned());
    Some(Author { name, mail })
}

/// What a commit can bear: one line, without the signs that stand around an address.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>'));
    kept.take(LONGEST).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(answer: &Json) -> Option<(String, String)> {
        of(answer).map(|author| (author.name, author.mail))
    }

    #[test]
    fn forges_call_it_differently() {
        let is = |name: &str, mail: &str| Some((name.to_owned(), mail.to_owned()));
        assert_eq!(told(&json!({"name": "Ann Lee", "username": "ann", "email": "ann@example.com"})), is("Ann Lee", "ann@example.com"));
        assert_eq!(told(&json!({"full_name": "", "login": "ann", "email": "ann@example.com"})), is("ann", "ann@example.com"));
        assert_eq!(told(&json!({"login": "ann"})), is("ann", "caller@clearance.invalid"));
        assert_eq!(told(&json!(["ann"])), None);
    }

    #[test]
    fn nothing_breaks_out_of_its_line() {
        let told = told(&json!({"name": "Ann <x>\ncommitter Eve", "email": "<ann@example.com>\u{0}"}));
        assert_eq!(told, Some(("Ann xcommitter Eve".to_owned(), "ann@example.com".to_owned())));
    }
}
