//! The engine that all policies share.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, Linker, OptLevel, PoolingAllocationConfig, RegallocAlgorithm};

use crate::Unusable;
use crate::guest::Guest;
use crate::module::{Digest, Module};
use crate::{bake, wapc, wasi};

/// How long an epoch is: what runs too long is stopped at the end of one.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// The most memory that a configuration can allow one call.
pub(crate) const MOST_MEMORY: usize = 512 << 20;
/// The most calls that can run at once.
const MOST_SLOTS: usize = 64;
/// The stack of a guest; the threads that call it have 2 MiB.
const STACK: usize = 512 << 10;
/// The most entries of a table: as many functions as a module of 16 MiB could name.
pub(crate) const TABLE: usize = 100_000;

/// The most tables of a module: one is usual.
const TABLES: u32 = 4;

/// What policies are run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A few calls: a module is compiled quickly rather than well, and starts anew in each call.
    Once,
    /// Many calls: a module is compiled well, by one thread; its start is done beforehand, and each call begins with what it left.
    Server,
    /// What a call costs is counted, in instructions (fuel).
    Metered,
}

/// Loads policies, and lends them what they run on.
#[derive(Debug)]
pub struct Host {
    shared: Arc<Shared>,
    mode: Mode,
    loaded: Mutex<HashMap<Key, Weak<Module>>>,
}

/// A module, and the memory (bytes) that its start may have.
pub(crate) type Key = (Digest, usize);

/// What is common to all calls.
pub(crate) struct Shared {
    pub engine: Engine,
    pub linker: Linker<Guest>,
    free: Mutex<u32>,
    freed: Condvar,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

static ONCE: LazyLock<Result<Host, String>> = LazyLock::new(|| Host::new(Mode::Once));
static SERVER: LazyLock<Result<Host, String>> = LazyLock::new(|| Host::new(Mode::Server));
static METERED: LazyLock<Result<Host, String>> = LazyLock::new(|| Host::new(Mode::Metered));

impl Host {
    /// The one of this process: a module that several configurations name, or the next reading of one, is compiled once.
    pub fn of_process(mode: Mode) -> Result<&'static Self, String> {
        let host = match mode {
            Mode::Once => &ONCE,
            Mode::Server => &SERVER,
            Mode::Metered => &METERED,
        };
        host.as_ref().map_err(Clone::clone)
    }

    /// An engine for policies.
    pub fn new(mode: Mode) -> Result<Self, String> {
        let pooled = engine(mode, true);
        // Where address space is short there is no pool: instances are made one by one, and more slowly.
        let engine = pooled.or_else(|_| engine(mode, false)).map_err(|error| format!("policies cannot be run here: {error:#}"))?;
        let linker = linker(&engine).map_err(|error| format!("policies cannot be run here: {error:#}"))?;
        tick(&engine)?;
        let shared = Arc::new(Shared { engine, linker, free: Mutex::new(slots()), freed: Condvar::new() });
        Ok(Self { shared, mode, loaded: Mutex::default() })
    }

    /// What it runs policies for.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Makes a policy of bytes, whose calls may have that much memory (bytes): a start that is done beforehand must not
    /// have more. Of the same bytes and the same memory it is the same one, as long as somebody has it.
    pub fn load(&self, bytes: &[u8], memory: usize) -> Result<Arc<Module>, Unusable> {
        let key = (Digest::of(bytes), memory);
        let known = |loaded: &HashMap<Key, Weak<Module>>| loaded.get(&key).and_then(Weak::upgrade);
        if let Some(module) = known(&self.loaded.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(module);
        }
        // Nobody else waits while one compiles.
        let module = Arc::new(Module::new(bytes, key, &self.shared, self.mode)?);
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.retain(|_, module| module.strong_count() > 0);
        if let Some(first) = known(&loaded) {
            return Ok(first);
        }
        loaded.insert(key, Arc::downgrade(&module));
        Ok(module)
    }
}

impl Shared {
    /// Waits for room in the pool.
    pub fn enter(&self) -> Place<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_sub(1);
        Place(self)
    }
}

/// Room for one call.
pub(crate) struct Place<'s>(&'s Shared);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_add(1);
        self.0.freed.notify_one();
    }
}

/// How many calls can run at once: two a core, and four at least. The others wait for their turn, and waiting is none of their time.
fn slots() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    u32::try_from(cores.saturating_mul(2).clamp(4, MOST_SLOTS)).unwrap_or(4)
}

fn engine(mode: Mode, pooled: bool) -> wasmtime::Result<Engine> {
    let mut config = deterministic();
    config.consume_fuel(mode == Mode::Metered);
    if mode == Mode::Once {
        compile_quickly(&mut config);
    } else {
        // As quick as code that is made for speed alone, and a twelfth shorter.
        config.cranelift_opt_level(OptLevel::SpeedAndSize);
    }
    if mode == Mode::Server {
        leave_others_alone(&mut config);
    }
    if pooled {
        let mut pool = PoolingAllocationConfig::new();
        let slots = slots();
        pool.total_core_instances(slots).total_memories(slots).total_tables(slots.saturating_mul(TABLES)).max_unused_warm_slots(slots);
        pool.max_memory_size(MOST_MEMORY).max_tables_per_module(TABLES).table_elements(TABLE);
        // What a call has written is written back in place, where the kernel can say what that is
        // (`PAGEMAP_SCAN`, Linux 6.7); else the pages are given back.
        pool.linear_memory_keep_resident(4 << 20).table_keep_resident(64 << 10).pagemap_scan(Enabled::Auto);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    Engine::new(&config)
}

/// An engine that compiles quickly, for what runs once.
pub(crate) fn quick_engine() -> wasmtime::Result<Engine> {
    let mut config = deterministic();
    compile_quickly(&mut config);
    leave_others_alone(&mut config);
    Engine::new(&config)
}

/// A server's other cores go on with their work while one compiles, and what compiling leaves behind in a thread's part of
/// the allocator is left once.
fn leave_others_alone(config: &mut Config) {
    config.parallel_compilation(false);
}

/// What runs a few times takes longer to compile well than it takes to run.
fn compile_quickly(config: &mut Config) {
    config.cranelift_opt_level(OptLevel::None).cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass);
}

/// The same call gives the same answer on every machine.
fn deterministic() -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true).max_wasm_stack(STACK);
    config.cranelift_nan_canonicalization(true).relaxed_simd_deterministic(true);
    // Nobody reads a guest's stack: gathering it takes time, and what it would be read with takes memory. Windows
    // wants to unwind it all the same.
    config.wasm_backtrace_max_frames(None).generate_address_map(false);
    config.native_unwind_info(cfg!(windows));
    config
}

pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wapc::add_to(&mut linker)?;
    wasi::add_to(&mut linker)?;
    Ok(linker)
}

/// Lets time pass in an engine, as long as there is one.
pub(crate) fn tick(engine: &Engine) -> Result<(), String> {
    let engine = engine.weak();
    let ticking = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    let clock = std::thread::Builder::new().name("policy clock".to_owned()).spawn(ticking);
    clock.map(drop).map_err(|error| format!("policies cannot be run here: there is no thread to stop them ({error})"))
}

/// Does a module's start beforehand, within that much memory (bytes); nothing where that cannot be done.
pub(crate) fn baked(bytes: &[u8], memory: usize, mode: Mode) -> Option<Vec<u8>> {
    (mode == Mode::Server).then(|| bake::bake(bytes, memory)).flatten()
}
