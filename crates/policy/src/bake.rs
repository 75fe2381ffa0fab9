//! Does a module's start beforehand: the module is started once, and what its memory and globals then
//! hold is written into a new module. A call begins with that, and need not start.
//!
//! Each call still gets an instance of its own from the engine, so nothing of one call can reach
//! another. The start knows neither request nor settings, has no clock and always the same
//! randomness: doing it once or each time makes no difference. What could (a host call, more memory than a call may
//! have, tables that change) is left as it is, and starts in each call.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmtime::{Instance, Module, Store, Val};
use wasmtime_wizer::{InstanceState, SnapshotVal, ValType, Wizer};

use crate::Access;
use crate::Bounds;
use crate::call::begin;
use crate::guest::{Guest, ticks};
use crate::host::{linker, quick_engine, tick};
use crate::module::STARTS;

/// The module after its start, which may have that much memory (bytes); nothing where that cannot be done.
pub(crate) fn bake(bytes: &[u8], memory: usize) -> Option<Vec<u8>> {
    let wizer = Wizer::new();
    let (context, instrumented) = wizer.instrument(bytes).ok()?;
    let engine = quick_engine().ok()?;
    tick(&engine).ok()?;
    let module = Module::new(&engine, instrumented).ok()?;
    let bounds = Bounds { memory, ..Bounds::default() };
    let mut store = Store::new(&engine, Guest::new("", Vec::new(), Access::default(), &bounds));
    store.limiter(|guest| &mut guest.room);
    store.set_epoch_deadline(ticks(bounds.time));
    let instance = linker(&engine).ok()?.instantiate(&mut store, &module).ok()?;
    for start in STARTS {
        if let Some(function) = instance.get_func(&mut store, start) {
            begin(&mut store, function).ok()?;
        }
    }
    let guest = store.data();
    if !guest.denied.is_empty() || guest.room.exceeded {
        return None;
    }
    let mut state = State { store, instance, is_whole: true };
    let baked = {
        let mut snapshot = pin!(wizer.snapshot(&context, &mut state));
        match snapshot.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(baked) => baked.ok()?,
            // It waits for nothing: all that it asks is at hand.
            Poll::Pending => return None,
        }
    };
    state.is_whole.then_some(baked)
}

struct State {
    store: Store<Guest>,
    instance: Instance,
    is_whole: bool,
}

impl InstanceState for State {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        let value = self.instance.get_global(&mut self.store, name).map(|global| global.get(&mut self.store));
        match value {
            Some(Val::I32(number)) => SnapshotVal::I32(number),
            Some(Val::I64(number)) => SnapshotVal::I64(number),
            Some(Val::F32(number)) => SnapshotVal::F32(number),
            Some(Val::F64(number)) => SnapshotVal::F64(number),
            Some(Val::V128(number)) => SnapshotVal::V128(number.as_u128()),
            _ => {
                self.is_whole = false;
                SnapshotVal::I32(0)
            }
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        match self.instance.get_memory(&mut self.store, name) {
            Some(memory) => contents(memory.data(&self.store)),
            None => {
                self.is_whole = false;
                contents(&[]);
            }
        }
    }
}
