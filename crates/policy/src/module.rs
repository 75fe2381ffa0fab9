//! A policy's module: looked at, compiled, and ready for calls.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use wasmparser::{Parser, Payload};
use wasmtime::{ExternType, InstancePre, ModuleExport};

use crate::Access;
use crate::guest::Guest;
use crate::host::{Key, MOST_MEMORY, Mode, Shared, baked};
use crate::metadata::{Metadata, SCHEMA, SECTION};
use crate::{Bounds, Call, Callable as _};
use crate::{Failure, Unusable};
use crate::{wapc, wasi};

/// The longest module that is taken, in bytes.
pub const LONGEST_MODULE: u64 = 16 << 20;
/// The functions that a module starts by, in this order.
pub(crate) const STARTS: [&str; 3] = ["_initialize", "_start", "wapc_init"];

/// The SHA-256 of a module's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// The SHA-256 of a module's bytes, in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A policy that can be called.
pub struct Module {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pre: InstancePre<Guest>,
    pub(crate) guest_call: ModuleExport,
    pub(crate) memory: ModuleExport,
    /// What is called before a call; nothing where that was done beforehand.
    pub(crate) starts: Vec<ModuleExport>,
    digest: Digest,
    size: usize,
    metadata: Option<Metadata>,
    schema: Option<serde_json::Value>,
    imports: Vec<String>,
    protocol: Option<String>,
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("digest", &self.digest.to_string()).field("size", &self.size).finish_non_exhaustive()
    }
}

impl Module {
    pub(crate) fn new(bytes: &[u8], (digest, memory): Key, shared: &Arc<Shared>, mode: Mode) -> Result<Self, Unusable> {
        let Sections { metadata, schema, imports } = look(bytes)?;
        let compile = |bytes: &[u8]| wasmtime::Module::new(&shared.engine, bytes).map_err(|error| Unusable::Damaged(format!("{error:#}")));
        let whole = |module: &wasmtime::Module| -> Result<(), Unusable> {
            match module.get_export("__guest_call") {
                Some(ExternType::Func(function)) if function.params().len() == 2 && function.results().len() == 1 => {}
                _ => return Err(Unusable::Export("__guest_call")),
            }
            let has_memory = matches!(module.get_export("memory"), Some(ExternType::Memory(_)));
            if has_memory { Ok(()) } else { Err(Unusable::Export("memory")) }
        };
        // Where the start cannot be done beforehand, the module as it is shows why when it is called.
        let (module, is_baked) = match baked(bytes, memory, mode).and_then(|bytes| compile(&bytes).ok()) {
            Some(module) => (module, true),
            None => (compile(bytes)?, false),
        };
        whole(&module)?;
        let pre = shared.linker.instantiate_pre(&module).map_err(|error| Unusable::Damaged(format!("{error:#}")))?;
        let export = |name| module.get_export_index(name);
        let module = Self {
            guest_call: export("__guest_call").ok_or(Unusable::Export("__guest_call"))?,
            memory: export("memory").ok_or(Unusable::Export("memory"))?,
            starts: if is_baked { Vec::new() } else { STARTS.iter().filter_map(|start| export(start)).collect() },
            shared: Arc::clone(shared),
            pre,
            digest,
            size: bytes.len(),
            metadata,
            schema,
            imports,
            protocol: None,
        };
        module.introduced()
    }

    /// Starts it once, and asks which protocol it speaks; who does not know the question speaks the first.
    fn introduced(mut self) -> Result<Self, Unusable> {
        // Who may not have the memory for this says so when it is called.
        let bounds = Bounds { memory: MOST_MEMORY, ..Bounds::default() };
        let call = Call { operation: "protocol_version", payload: Vec::new(), bounds, access: Access::default() };
        self.protocol = match self.call(call).response {
            Ok(answer) => serde_json::from_slice(&answer).ok(),
            Err(Failure::Refused(_) | Failure::Silent) => None,
            Err(failure) => return Err(Unusable::Start(failure)),
        };
        match self.protocol.as_deref() {
            None | Some("v1") => Ok(self),
            Some(other) => Err(Unusable::Protocol(format!("`{}`", other.chars().take(40).collect::<String>()))),
        }
    }

    /// The SHA-256 of its bytes, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        self.digest.to_string()
    }

    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// What it says of itself, if it does.
    #[must_use]
    pub fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }

    /// The JSON Schema of its settings, if it has one.
    #[must_use]
    pub fn schema(&self) -> Option<&serde_json::Value> {
        self.schema.as_ref()
    }

    /// What it imports, as `module.name`.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// The protocol that it says it speaks.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// Whether its start was done beforehand.
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.starts.is_empty()
    }
}

/// What is seen of a module without compiling it.
struct Sections {
    metadata: Option<Metadata>,
    schema: Option<serde_json::Value>,
    imports: Vec<String>,
}

fn look(bytes: &[u8]) -> Result<Sections, Unusable> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > LONGEST_MODULE {
        return Err(Unusable::TooLarge(length));
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(Unusable::NotWasm);
    }
    if Parser::is_component(bytes) {
        return Err(Unusable::Component);
    }
    let damaged = |error: wasmparser::BinaryReaderError| Unusable::Damaged(error.to_string());
    let mut sections = Sections { metadata: None, schema: None, imports: Vec::new() };
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(damaged)? {
            Payload::CustomSection(section) if section.name() == SECTION => sections.metadata = Some(Metadata::read(section.data())?),
            Payload::CustomSection(section) if section.name() == SCHEMA => {
                let schema = serde_json::from_slice(section.data()).map_err(|error| Unusable::Schema(error.to_string()))?;
                jsonschema::validator_for(&schema).map_err(|error| Unusable::Schema(error.to_string()))?;
                sections.schema = Some(schema);
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.map_err(damaged)?;
                    known(import.module, import.name)?;
                    sections.imports.push(format!("{}.{}", import.module, import.name));
                }
            }
            _ => {}
        }
    }
    Ok(sections)
}

/// Whether the host has what is imported.
fn known(module: &str, name: &str) -> Result<(), Unusable> {
    let is_known =
        if module == wapc::MODULE { wapc::FUNCTIONS.contains(&name) } else { wasi::MODULES.contains(&module) && wasi::has(name) };
    let cut = |word: &str| word.chars().take(80).collect();
    if is_known { Ok(()) } else { Err(Unusable::Import { module: cut(module), name: cut(name) }) }
}
