//! One call of a policy: a clean instance, a question, an answer.

use std::time::Instant;

use wasmtime::{Instance, Store, Trap};

use crate::guest::{Guest, ticks};
use crate::module::Module;
use crate::wasi::Exit;
use crate::{Answer, Bounds, Call, Callable, Cost, Failure};

/// More fuel than any call has time to burn.
const FUEL: u64 = u64::MAX / 2;

impl Callable for Module {
    fn call(&self, call: Call<'_>) -> Answer {
        let begin = Instant::now();
        let Call { operation, payload, bounds, access } = call;
        let (operation_length, payload_length) = (operation.len(), payload.len());
        let _place = self.shared.enter();
        let mut store = Store::new(&self.shared.engine, Guest::new(operation, payload, access, &bounds));
        store.limiter(|guest| &mut guest.room);
        store.set_epoch_deadline(ticks(bounds.time));
        let metered = store.set_fuel(FUEL).is_ok();
        let called = self.run(&mut store, operation_length, payload_length);
        let fuel = if metered { store.get_fuel().ok().map(|left| FUEL.saturating_sub(left)) } else { None };
        let guest = store.into_data();
        let response = match called {
            Ok(1) => guest.response.ok_or(Failure::Silent),
            Ok(_) => {
                let error = guest.error.or(guest.response).unwrap_or_default();
                Err(if error.is_empty() { Failure::Silent } else { Failure::Refused(String::from_utf8_lossy(&error).into_owned()) })
            }
            Err(error) => Err(failure(&error, &guest, &bounds)),
        };
        let cost = Cost { time: begin.elapsed(), memory: guest.room.peak, fuel };
        Answer { response, cost, log: guest.log, denied: guest.denied }
    }
}

impl Module {
    fn run(&self, store: &mut Store<Guest>, operation: usize, payload: usize) -> wasmtime::Result<i32> {
        let instance = self.start(store)?;
        let call = instance.get_module_export(&mut *store, &self.guest_call);
        let call = call.and_then(wasmtime::Extern::into_func).ok_or_else(|| wasmtime::Error::msg("there is no `__guest_call`"))?;
        let call = call.typed::<(i32, i32), i32>(&*store)?;
        let length = |length| i32::try_from(length).map_err(|_| wasmtime::Error::msg("the question is too long"));
        call.call(store, (length(operation)?, length(payload)?))
    }

    /// A clean instance, started.
    fn start(&self, store: &mut Store<Guest>) -> wasmtime::Result<Instance> {
        let instance = self.pre.instantiate(&mut *store)?;
        store.data_mut().memory = None;
        let memory = instance.get_module_export(&mut *store, &self.memory).and_then(wasmtime::Extern::into_memory);
        store.data_mut().memory = memory;
        if !self.starts.is_empty() {
            let access = std::mem::take(&mut store.data_mut().access);
            for start in &self.starts {
                let function = instance.get_module_export(&mut *store, start).and_then(wasmtime::Extern::into_func);
                if let Some(function) = function {
                    begin(store, function)?;
                }
            }
            let guest = store.data_mut();
            guest.access = access;
            guest.forget();
        }
        Ok(instance)
    }
}

/// Runs one of the functions that a module starts by. A program that ends well has started well (`TinyGo`).
pub(crate) fn begin(store: &mut Store<Guest>, function: wasmtime::Func) -> wasmtime::Result<()> {
    let called = function.typed::<(), ()>(&*store)?.call(&mut *store, ());
    match called {
        Err(error) if error.downcast_ref::<Exit>().is_some_and(|exit| exit.0 == 0) => Ok(()),
        called => called,
    }
}

/// Why a call ended before its end.
pub(crate) fn failure(error: &wasmtime::Error, guest: &Guest, bounds: &Bounds) -> Failure {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.clone();
    }
    if let Some(Exit(code)) = error.downcast_ref::<Exit>() {
        return Failure::Exited(*code);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Failure::Time(bounds.time),
        Some(Trap::StackOverflow) => Failure::Stack,
        _ if guest.room.exceeded => Failure::Memory(bounds.memory),
        // What a guest says before it gives up (a panic) is the best reason there is.
        Some(Trap::UnreachableCodeReached) if !guest.log.is_empty() => Failure::Trap(guest.log.join("; ")),
        Some(trap) => Failure::Trap(trap.to_string()),
        None => Failure::Start(format!("{error:#}")),
    }
}
