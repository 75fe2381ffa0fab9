//! The envelope: what the API server asks.
//!
//! The core reads all of it at once, so that no byte is looked at twice; what it notes of an object is for the rules
//! to tell. Every part of the envelope is looked at on its own: whatever is wrong with one of them, the `uid` can
//! still be read, and the API server gets an answer to its question instead of a closed door.

use std::borrow::Cow;

use clearance_core::source::{self, Encoding, Entry, FaultKind, Format, LineIndex, Node, Parsed, SyntaxFault, TextRange, Value};
use clearance_core::{Document, Limits};

/// The version of reviews that is spoken here.
pub(crate) const API_VERSION: &str = "admission.k8s.io/v1";
/// Their kind.
pub(crate) const KIND: &str = "AdmissionReview";
/// How deep in a review an object stands.
const DEPTH: usize = 2;

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
    /// `status`, `scale`, …; empty for the object itself.
    pub sub_resource: Cow<'a, str>,
    /// Empty while the API server has yet to make a name.
    pub name: Cow<'a, str>,
    pub namespace: Cow<'a, str>,
    /// The object, with the name and the namespace of the request where it does not say them itself.
    pub object: Option<Document<'a>>,
    /// The same as it was until now.
    pub old_object: Option<Document<'a>>,
    /// Whether nothing is to come of it.
    pub dry_run: bool,
    kind: Option<Node<'a>>,
    user: Option<Node<'a>>,
    body: &'a str,
}

/// Who asks the API server, as it has authenticated them.
#[derive(Debug, Default)]
pub(crate) struct User<'r> {
    pub name: &'r str,
    pub groups: Vec<&'r str>,
}

/// Group and kind; the version is for the core to read, in the object.
#[derive(Debug)]
pub(crate) struct GroupKind<'r> {
    pub group: &'r str,
    pub kind: &'r str,
}

/// Why a body is no question.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody can be answered.
    Body(String),
    /// The question cannot be understood, but whose it is can.
    Review { uid: String, why: String },
}

impl<'a> Review<'a> {
    /// Reads the body of a request.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Fault> {
        let body = str::from_utf8(body).map_err(|fault| Fault::Body(format!("the body is not UTF-8 at byte {}", fault.valid_up_to())))?;
        let limits = Limits::default();
        let limits = Limits { depth: limits.depth.saturating_add(DEPTH), ..limits };
        let Some(Parsed { root, faults, .. }) = source::read(body, Format::Json, &limits).into_iter().next() else {
            return Err(Fault::Body("the body is empty".to_owned()));
        };
        let unread = |fault: &source::Fault| Fault::Body(unread(body, fault.range));
        if let Some(fault) = faults.iter().find(|fault| !is_of_value(&fault.kind)) {
            return Err(unread(fault));
        }
        let no_parts = |what: &str| Fault::Body(format!("{what} is no object, or holds a part twice"));
        let mut review = Parts::of(root).ok_or_else(|| no_parts("the body"))?;
        let request = review.take("request");
        let has_request = request.is_some();
        let request = request.map_or(Some(Parts(Vec::new())), Parts::of);
        let mut request = request.ok_or_else(|| no_parts("the review's `request`"))?;
        let objects = [request.take("object"), request.take("oldObject")];
        let is_in = |object: &Node<'_>, place: TextRange| object.range.start <= place.start && place.end <= object.range.end;
        if let Some(fault) = faults.iter().find(|fault| !objects.iter().flatten().any(|object| is_in(object, fault.range))) {
            return Err(unread(fault));
        }
        let uid = request.text("uid").filter(|uid| !uid.is_empty());
        let refuse = |uid: Option<Cow<'_, str>>, why: String| match uid {
            Some(uid) => Fault::Review { uid: uid.into_owned(), why },
            None => Fault::Body(why),
        };
        if review.text("kind").as_deref() != Some(KIND) {
            return Err(refuse(uid, format!("the body is no `{KIND}`: its `kind` says otherwise")));
        }
        if review.text("apiVersion").as_deref() != Some(API_VERSION) {
            return Err(refuse(uid, format!("only reviews of `{API_VERSION}` are answered, and `apiVersion` names another version")));
        }
        if !has_request {
            return Err(Fault::Body("the review holds no `request`".to_owned()));
        }
        let Some(uid) = uid else { return Err(Fault::Body("the review's `request.uid` is missing".to_owned())) };
        let operation = match request.text("operation").as_deref() {
            Some("CREATE") => Operation::Create,
            Some("UPDATE") => Operation::Update,
            Some("DELETE") => Operation::Delete,
            Some("CONNECT") => Operation::Connect,
            _ => return Err(refuse(Some(uid), "`request.operation` is none of CREATE, UPDATE, DELETE and CONNECT".to_owned())),
        };
        let (name, namespace) = (request.text("name").unwrap_or_default(), request.text("namespace").unwrap_or_default());
        let [object, old_object] = objects.map(|object| {
            object.map(|root| {
                let faults = faults.iter().filter(|fault| is_in(&root, fault.range)).cloned().collect();
                let range = root.range;
                completed(Document::plain(body, Format::Json, Parsed { root, faults, range }), &name, &namespace)
            })
        });
        Ok(Self {
            uid,
            operation,
            kind: request.take("kind"),
            sub_resource: request.text("subResource").unwrap_or_default(),
            object,
            old_object,
            dry_run: request.take("dryRun").is_some_and(|node| node.value == Value::Bool(true)),
            user: request.take("userInfo"),
            name,
            namespace,
            body,
        })
    }

    /// Who asks, as it stands in the review.
    pub(crate) fn user_as_told(&self) -> Option<&'a str> {
        self.user.as_ref().map(|user| user.range.of(self.body))
    }

    /// Who asks; nobody where the review does not say so plainly.
    pub(crate) fn user(&self) -> User<'_> {
        self.user.as_ref().and_then(user).unwrap_or_default()
    }

    /// The object's kind; nothing where the review does not say so plainly, so that the object itself is looked at.
    pub(crate) fn kind(&self) -> Option<GroupKind<'_>> {
        self.kind.as_ref().and_then(group_kind)
    }
}

/// The parts of an object of the envelope, each of them there once.
struct Parts<'a>(Vec<Entry<'a>>);

impl<'a> Parts<'a> {
    fn of(node: Node<'a>) -> Option<Self> {
        plain(&node)?;
        match node.value {
            Value::Map(entries) => Some(Self(entries)),
            _ => None,
        }
    }

    /// Takes a part out; `null` counts as absent.
    fn take(&mut self, key: &str) -> Option<Node<'a>> {
        let index = self.0.iter().position(|entry| entry.key == key)?;
        Some(self.0.swap_remove(index).value).filter(|node| !node.is_null())
    }

    fn text(&mut self, key: &str) -> Option<Cow<'a, str>> {
        text(self.take(key)?)
    }
}

fn text(node: Node<'_>) -> Option<Cow<'_, str>> {
    match node.value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// An object that says nothing twice; of any other it is not known what it says.
fn plain<'r, 'a>(node: &'r Node<'a>) -> Option<&'r Node<'a>> {
    let is_plain = matches!(node.value, Value::Map(_)) && node.overridden().is_empty();
    is_plain.then_some(node)
}

fn group_kind<'r>(kind: &'r Node<'_>) -> Option<GroupKind<'r>> {
    let kind = plain(kind)?;
    Some(GroupKind { group: word(kind, "group")?, kind: word(kind, "kind")? })
}

fn user<'r>(user: &'r Node<'_>) -> Option<User<'r>> {
    let user = plain(user)?;
    let groups = match user.get("groups").map(|groups| &groups.value) {
        Some(Value::List(groups)) => groups.iter().map(Node::as_str).collect::<Option<_>>()?,
        Some(_) => return None,
        None => Vec::new(),
    };
    Some(User { name: word(user, "username")?, groups })
}

/// A word of an object, empty where it is left out; nothing when it is no word, `null` included.
fn word<'r>(object: &'r Node<'_>, key: &str) -> Option<&'r str> {
    object.get(key).map_or(Some(""), Node::as_str)
}

/// The object, with what the request knows of it and it does not say itself.
fn completed<'a>(mut document: Document<'a>, name: &Cow<'a, str>, namespace: &Cow<'a, str>) -> Document<'a> {
    let says = |document: &Document<'_>, key| metadata(&document.root, key).is_some();
    if !says(&document, "name") && !name.is_empty() {
        document = document.named(name.clone());
    }
    if !says(&document, "namespace")
        && !namespace.is_empty()
        && let Value::Map(entries) = &mut document.root.value
        && let Some(Entry { value: Node { value: Value::Map(entries), .. }, .. }) =
            entries.iter_mut().rev().find(|entry| entry.key == "metadata")
    {
        let value = Node::new(Value::String(namespace.clone()), TextRange::default());
        entries.push(Entry { key: "namespace".into(), key_range: TextRange::default(), merged: false, value });
    }
    document
}

pub(crate) fn metadata<'n, 'a>(root: &'n Node<'a>, key: &str) -> Option<&'n Node<'a>> {
    root.get("metadata")?.get(key).filter(|node| !node.is_null())
}

/// Whether JSON's grammar has nothing against it, so that the rules tell of it where it is in an object.
fn is_of_value(kind: &FaultKind) -> bool {
    matches!(kind, FaultKind::TooDeep | FaultKind::Syntax(SyntaxFault::NumberTooLarge | SyntaxFault::InvalidEscape))
}

/// Where a body cannot be read, without its words: they may be a secret of somebody who took the wrong door.
fn unread(body: &str, place: TextRange) -> String {
    let at = LineIndex::new(body).position(body, place.start, Encoding::CodePoints);
    format!("the body cannot be read as JSON at line {}, column {}", at.line.saturating_add(1), at.column.saturating_add(1))
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
