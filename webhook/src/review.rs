//! The envelope: what the API server asks. The object inside stays text.
//!
//! Every part is first taken as it stands and looked at on its own afterwards: whatever is wrong
//! with one of them, the `uid` can still be read, and the API server gets an answer to its question
//! instead of a closed door.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

/// The version of reviews that is spoken here.
pub(crate) const API_VERSION: &str = "admission.k8s.io/v1";
/// Their kind.
pub(crate) const KIND: &str = "AdmissionReview";

/// What the API server is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    Delete,
    Connect,
}

/// One question of the API server.
#[derive(Debug)]
pub(crate) struct Review<'a> {
    pub uid: Cow<'a, str>,
    pub operation: Operation,
    /// The object's kind; nothing where the review does not say.
    pub kind: Option<GroupKind<'a>>,
    /// `status`, `scale`, …; empty for the object itself.
    pub sub_resource: Cow<'a, str>,
    /// Empty while the API server has yet to make a name.
    pub name: Cow<'a, str>,
    pub namespace: Cow<'a, str>,
    /// The text of the object, as it is in the review.
    pub object: Option<&'a str>,
    /// The text of the object as it was until now.
    pub old_object: Option<&'a str>,
    /// Whether nothing is to come of it.
    pub dry_run: bool,
    user: Option<&'a RawValue>,
}

/// Who asks the API server, as it has authenticated them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct User<'a> {
    #[serde(borrow, default, rename = "username")]
    pub name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub groups: Vec<Cow<'a, str>>,
}

/// Group and kind; the version is for the core to read, in the object.
#[derive(Debug, Deserialize)]
pub(crate) struct GroupKind<'a> {
    #[serde(borrow, default)]
    pub group: Cow<'a, str>,
    #[serde(borrow, default)]
    pub kind: Cow<'a, str>,
}

/// Why a body is no question.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody can be answered.
    Body(String),
    /// The question cannot be understood, but whose it is can.
    Review { uid: String, why: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    api_version: Option<&'a RawValue>,
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    request: Option<Request<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    #[serde(borrow)]
    uid: Option<&'a RawValue>,
    #[serde(borrow)]
    operation: Option<&'a RawValue>,
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    sub_resource: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    namespace: Option<&'a RawValue>,
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    #[serde(borrow)]
    old_object: Option<&'a RawValue>,
    #[serde(borrow)]
    dry_run: Option<&'a RawValue>,
    #[serde(borrow)]
    user_info: Option<&'a RawValue>,
}

/// A JSON string, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn text(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(raw?.get()).ok().map(|Text(text)| text)
}

impl<'a> Review<'a> {
    /// Reads the body of a request.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Fault> {
        let body = str::from_utf8(body).map_err(|fault| Fault::Body(format!("the body is not UTF-8 at byte {}", fault.valid_up_to())))?;
        let Envelope { api_version, kind, request } = serde_json::from_str(body).map_err(|error| Fault::Body(told(&error)))?;
        let uid = request.as_ref().and_then(|request| text(request.uid)).filter(|uid| !uid.is_empty());
        let refuse = |uid: Option<Cow<'_, str>>, why: String| match uid {
            Some(uid) => Fault::Review { uid: uid.into_owned(), why },
            None => Fault::Body(why),
        };
        if text(kind).as_deref() != Some(KIND) {
            return Err(refuse(uid, format!("the body is no `{KIND}`: its `kind` says otherwise")));
        }
        if text(api_version).as_deref() != Some(API_VERSION) {
            return Err(refuse(uid, format!("only reviews of `{API_VERSION}` are answered, and `apiVersion` names another version")));
        }
        let Some(request) = request else { return Err(Fault::Body("the review holds no `request`".to_owned())) };
        let Some(uid) = uid else { return Err(Fault::Body("the review's `request.uid` is missing".to_owned())) };
        let operation = match text(request.operation).as_deref() {
            Some("CREATE") => Operation::Create,
            Some("UPDATE") => Operation::Update,
            Some("DELETE") => Operation::Delete,
            Some("CONNECT") => Operation::Connect,
            _ => return Err(refuse(Some(uid), "`request.operation` is none of CREATE, UPDATE, DELETE and CONNECT".to_owned())),
        };
        Ok(Self {
            uid,
            operation,
            kind: request.kind.and_then(|kind| serde_json::from_str(kind.get()).ok()),
            sub_resource: text(request.sub_resource).unwrap_or_default(),
            name: text(request.name).unwrap_or_default(),
            namespace: text(request.namespace).unwrap_or_default(),
            object: request.object.map(RawValue::get),
            old_object: request.old_object.map(RawValue::get),
            dry_run: request.dry_run.is_some_and(|dry_run| dry_run.get() == "true"),
            user: request.user_info,
        })
    }

    /// The same as it stands in the review.
    pub(crate) fn user_as_told(&self) -> Option<&'a RawValue> {
        self.user
    }

    /// Who asks; nobody where the review does not say so plainly.
    pub(crate) fn user(&self) -> User<'a> {
        self.user.and_then(|user| serde_json::from_str(user.get()).ok()).unwrap_or_default()
    }
}

/// What serde says, without the words of the body: they may be a secret of somebody who took the wrong door.
fn told(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => format!("the body ends too early, at line {line}, column {column}"),
        Category::Syntax | Category::Io => format!("the body is not JSON at line {line}, column {column}"),
        Category::Data => {
            format!("the body is no `{KIND}`: a part before line {line}, column {column} is no object, or stands there twice")
        }
    }
}

impl Operation {
    /// The word in a review.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}
