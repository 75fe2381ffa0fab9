//! What the host knows of a call while it runs, and the guest's memory.

use std::time::Duration;

use wasmtime::{Caller, Extern, Memory, ResourceLimiter};

use crate::Access;
use crate::Bounds;
use crate::Failure;
use crate::host::TABLE;

/// The longest answer: an object as the API server stores it, and words about it.
pub(crate) const LONGEST_ANSWER: usize = 4 << 20;
/// How much of what a guest logs is kept.
const LONGEST_LOG: usize = 64 << 10;

/// A call that is running.
#[derive(Debug)]
pub(crate) struct Guest {
    pub operation: Vec<u8>,
    pub payload: Vec<u8>,
    pub response: Option<Vec<u8>>,
    pub error: Option<Vec<u8>>,
    pub host_response: Vec<u8>,
    pub host_error: Vec<u8>,
    pub access: Access,
    /// How often it has asked the host.
    pub questions: usize,
    pub log: Vec<String>,
    logged: usize,
    /// What it asked for and did not get.
    pub denied: Vec<String>,
    pub random: u64,
    pub memory: Option<Memory>,
    pub room: Room,
}

/// How much memory there is for a call.
#[derive(Debug)]
pub(crate) struct Room {
    most: usize,
    /// The most that it had.
    pub peak: usize,
    /// Whether it wanted more.
    pub exceeded: bool,
}

/// Where pseudo-random numbers begin: no number matters, as long as it is always the same.
pub(crate) const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

impl Guest {
    pub fn new(operation: &str, payload: Vec<u8>, access: Access, bounds: &Bounds) -> Self {
        Self {
            operation: operation.as_bytes().to_vec(),
            payload,
            response: None,
            error: None,
            host_response: Vec::new(),
            host_error: Vec::new(),
            access,
            questions: 0,
            log: Vec::new(),
            logged: 0,
            denied: Vec::new(),
            random: SEED,
            memory: None,
            room: Room { most: bounds.memory, peak: 0, exceeded: false },
        }
    }

    /// Forgets what was before the call: whether a module has started before it or in it must make no difference.
    pub fn forget(&mut self) {
        self.random = SEED;
        self.questions = 0;
        self.logged = 0;
        self.log.clear();
        self.denied.clear();
        self.response = None;
        self.error = None;
    }

    /// Keeps what is logged, up to a bound.
    pub fn note(&mut self, line: &[u8]) {
        let room = LONGEST_LOG.saturating_sub(self.logged);
        let line = line.get(..line.len().min(room)).unwrap_or_default();
        if !line.is_empty() {
            self.logged = self.logged.saturating_add(line.len());
            self.log.push(String::from_utf8_lossy(line).into_owned());
        }
    }

    /// Eight bytes: never the same twice in a call, and the same in every call (`SplitMix64`).
    pub fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(SEED);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl ResourceLimiter for Room {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.most {
            self.exceeded = true;
            return Ok(false);
        }
        self.peak = self.peak.max(desired);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE)
    }
}

/// The guest's memory.
pub(crate) fn memory(caller: &mut Caller<'_, Guest>) -> Result<Memory, Failure> {
    if let Some(memory) = caller.data().memory {
        return Ok(memory);
    }
    // A start function may call before anybody could note it.
    caller.get_export("memory").and_then(Extern::into_memory).ok_or(Failure::Pointer { address: 0, length: 0 })
}

/// Reads what a guest passes.
pub(crate) fn read(caller: &mut Caller<'_, Guest>, address: i32, length: i32, most: usize) -> Result<Vec<u8>, Failure> {
    let memory = memory(caller)?;
    let (address, length) = (address.cast_unsigned(), length.cast_unsigned());
    let outside = Failure::Pointer { address, length };
    let (from, count) = (index(address), index(length));
    let end = from.checked_add(count).ok_or_else(|| outside.clone())?;
    let bytes = memory.data(&caller).get(from..end).ok_or(outside)?;
    if count > most {
        return Err(Failure::TooLong(most));
    }
    Ok(bytes.to_vec())
}

/// Writes where a guest wants it.
pub(crate) fn write(caller: &mut Caller<'_, Guest>, address: i32, bytes: &[u8]) -> Result<(), Failure> {
    let memory = memory(caller)?;
    write_to(memory.data_mut(caller), address, bytes)
}

/// The same, in memory that is at hand.
pub(crate) fn write_to(memory: &mut [u8], address: i32, bytes: &[u8]) -> Result<(), Failure> {
    let address = address.cast_unsigned();
    let from = index(address);
    let there = from.checked_add(bytes.len()).and_then(|end| memory.get_mut(from..end));
    let there = there.ok_or(Failure::Pointer { address, length: u32::try_from(bytes.len()).unwrap_or(u32::MAX) })?;
    there.copy_from_slice(bytes);
    Ok(())
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// How many ticks a time takes: never fewer than it, and at most one more.
pub(crate) fn ticks(time: Duration) -> u64 {
    let tick = crate::host::TICK.as_millis().max(1);
    u64::try_from(time.as_millis().div_ceil(tick)).unwrap_or(u64::MAX).saturating_add(1)
}
