//! What can be wrong with a kubeconfig.

use super::server::UrlFault;
use super::shape::Shape;
use crate::finding::Path;
use crate::prelude::*;
use crate::source::TextRange;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// The path from the root of the kubeconfig. It holds no word of a user.
    pub path: Path,
    /// The value there, in the decoded text; of what is missing, the thing that it is missing from.
    pub range: TextRange,
    /// The entry in which it stands.
    pub owner: Option<Owner>,
    /// Whether the chosen context uses the place. What is told of the other entries is only what makes
    /// `client-go` refuse the whole file, and the programs and files that another context would bring.
    pub selected: bool,
}

/// A named entry of a kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The list that it stands in.
    pub section: Section,
    /// Its name; it may be empty.
    pub name: String,
}

/// The lists of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    /// `clusters`, each a `cluster`.
    Clusters,
    /// `users`, each a `user`.
    Users,
    /// `contexts`, each a `context`.
    Contexts,
}

impl Section {
    /// The key of the list.
    #[must_use]
    pub fn list(self) -> &'static str {
        match self {
            Self::Clusters => "clusters",
            Self::Users => "users",
            Self::Contexts => "contexts",
        }
    }

    /// The key of what an entry of it names.
    #[must_use]
    pub fn item(self) -> &'static str {
        match self {
            Self::Clusters => "cluster",
            Self::Users => "user",
            Self::Contexts => "context",
        }
    }
}

/// The kinds of fault; each variant is one rule's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// `invalid-kubeconfig`: it cannot be used as it is.
    Invalid(Invalid),
    /// `kubeconfig-runs-program`: whoever uses it runs a program that it names.
    RunsProgram(Program),
    /// `kubeconfig-reads-files`: whoever uses it reads a file of the own machine.
    ReadsFile {
        /// Which field names the file.
        file: File,
        /// Whether the same is there as data (or, for `tokenFile`, as `token`) too. `client-go` says
        /// that data overrides a file, and refuses the kubeconfig nevertheless; the content of a
        /// `tokenFile` overrides `token` as soon as it can be read.
        data_too: bool,
    },
    /// `kubeconfig-wrong-context`: it does not say which context is meant.
    WrongContext(WrongContext),
    /// `kubeconfig-insecure`: the connection protects less than it should.
    Insecure(Insecure),
}

/// Why a kubeconfig cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// It is no map.
    NotAMap,
    /// `apiVersion` is there and is not `v1`. Absent, `client-go` takes `v1`.
    WrongVersion,
    /// `kind` is there and is not `Config`. Absent, `client-go` takes `Config`.
    WrongKind,
    /// A value is of another type than the field.
    WrongType(Shape),
    /// There is no entry of this kind.
    NoEntries(Section),
    /// An earlier entry of the same list has the same name. `client-go` refuses it.
    SameName,
    /// The chosen context names no cluster or no user.
    NoReference(Section),
    /// The chosen context names a cluster or a user that is not there.
    UnknownReference {
        /// Which of the two.
        section: Section,
        /// The name.
        name: String,
    },
    /// The cluster has no server.
    NoServer,
    /// The server's URL cannot be used.
    Server(UrlFault),
    /// The proxy's URL cannot be used.
    Proxy(UrlFault),
    /// Certificates to check the server with, and the order not to check it: `client-go` refuses that.
    AuthorityUnchecked,
    /// Data is no padded Base64 of the standard alphabet.
    Base64 {
        /// Whether it is PEM that was not encoded.
        pem: bool,
    },
    /// A PEM block in the data is not closed or holds no Base64. `client-go` skips it.
    Pem,
    /// The data holds no PEM block with a certificate.
    NoCertificate,
    /// A certificate is no X.509 (RFC 5280).
    Certificate {
        /// Its position in the bundle, from 0.
        index: usize,
    },
    /// None of the certificates in `certificate-authority-data` may sign others. Go still takes such
    /// a certificate where it is the server's own.
    NotAuthority,
    /// The key cannot be used.
    Key(KeyFault),
    /// The key belongs to another certificate.
    OtherKey,
    /// A client certificate without its key.
    NoKey,
    /// A key without its certificate, and nothing else that says who the user is.
    KeyAlone,
    /// The user has no credential at all.
    NoCredential,
    /// Token and password together: `client-go` refuses that.
    TwoCredentials,
    /// The token holds a line break or another character that no HTTP header may hold.
    Token,
    /// Groups, a UID or extras of a user to act as, and no such user: `client-go` refuses that.
    ActsAsNobody,
}

/// Why a private key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyFault {
    /// The data holds no PEM block with a private key.
    Missing,
    /// It is encrypted: nobody could be asked for the password.
    Encrypted,
    /// It is no PKCS #1 (RFC 8017), PKCS #8 (RFC 5958) or SEC 1 key (RFC 5915).
    Malformed,
    /// It is neither RSA nor ECDSA nor Ed25519, the ones that `client-go` can use.
    Unsupported,
}

/// The ways to run a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// `exec`: a credential plugin.
    Exec,
    /// `auth-provider`: the older way. What it runs is built into the client, or is a program named in its `config`.
    AuthProvider,
}

/// The fields that name files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum File {
    /// `certificate-authority`.
    CertificateAuthority,
    /// `client-certificate`.
    ClientCertificate,
    /// `client-key`.
    ClientKey,
    /// `tokenFile`.
    Token,
}

/// Why no context is chosen. `client-go` then finds no server, even where there is only one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrongContext {
    /// `current-context` is missing or empty.
    Missing {
        /// The contexts that it could name, in the order of the text.
        candidates: Vec<String>,
    },
    /// `current-context` names none of the contexts.
    Unknown {
        /// What it names.
        name: String,
        /// The contexts that it could name, in the order of the text.
        candidates: Vec<String>,
    },
}

/// What protects less than it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Insecure {
    /// `insecure-skip-tls-verify: true`: anyone on the way can be the server.
    SkipTlsVerify,
    /// The server is spoken to in plain HTTP.
    PlainHttp,
    /// No authority is named: every authority that the client's machine trusts can vouch for a
    /// server, and a private one, as clusters mostly have, cannot.
    SystemRoots,
}

impl From<Invalid> for FaultKind {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<Insecure> for FaultKind {
    fn from(insecure: Insecure) -> Self {
        Self::Insecure(insecure)
    }
}
