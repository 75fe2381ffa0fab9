//! The host's side of waPC: how a question gets into a module and its answer out.
//!
//! All numbers are addresses and lengths that a guest names. Each is checked before it is used, and
//! what it passes is bounded.

use wasmtime::{Caller, Linker};

use clearance_hearing::MOST_QUESTIONS;

use crate::guest::{Guest, LONGEST_ANSWER, memory, read, write, write_to};
use crate::{Access, Failure};

/// The name of the module that these functions are imported from.
pub(crate) const MODULE: &str = "wapc";

/// All that is there to import.
pub(crate) const FUNCTIONS: [&str; 9] = [
    "__guest_request",
    "__guest_response",
    "__guest_error",
    "__console_log",
    "__host_call",
    "__host_response",
    "__host_response_len",
    "__host_error",
    "__host_error_len",
];

/// The longest name of a capability.
const LONGEST_NAME: usize = 1 << 10;
/// The longest question of a guest.
const LONGEST_QUESTION: usize = 1 << 20;

pub(crate) fn add_to(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.func_wrap(MODULE, "__guest_request", |mut caller: Caller<'_, Guest>, operation: i32, payload: i32| {
        let memory = memory(&mut caller)?;
        let (memory, guest) = memory.data_and_store_mut(&mut caller);
        write_to(memory, operation, &guest.operation)?;
        write_to(memory, payload, &guest.payload)?;
        Ok::<(), wasmtime::Error>(())
    })?;
    linker.func_wrap(MODULE, "__guest_response", |mut caller: Caller<'_, Guest>, address: i32, length: i32| {
        let response = read(&mut caller, address, length, LONGEST_ANSWER)?;
        caller.data_mut().response = Some(response);
        Ok::<(), wasmtime::Error>(())
    })?;
    linker.func_wrap(MODULE, "__guest_error", |mut caller: Caller<'_, Guest>, address: i32, length: i32| {
        let error = read(&mut caller, address, length, LONGEST_ANSWER)?;
        caller.data_mut().error = Some(error);
        Ok::<(), wasmtime::Error>(())
    })?;
    linker.func_wrap(MODULE, "__console_log", |mut caller: Caller<'_, Guest>, address: i32, length: i32| {
        let line = read(&mut caller, address, length, LONGEST_ANSWER)?;
        caller.data_mut().note(&line);
        Ok::<(), wasmtime::Error>(())
    })?;
    linker.func_wrap(
        MODULE,
        "__host_call",
        |mut caller: Caller<'_, Guest>, bd: i32, bd_len: i32, ns: i32, ns_len: i32, op: i32, op_len: i32, at: i32, len: i32| {
            let mut word = |address, length| {
                let bytes = read(&mut caller, address, length, LONGEST_NAME)?;
                String::from_utf8(bytes).map_err(|_| Failure::NotUtf8)
            };
            let (binding, namespace, operation) = (word(bd, bd_len)?, word(ns, ns_len)?, word(op, op_len)?);
            let payload = read(&mut caller, at, len, LONGEST_QUESTION)?;
            let guest = caller.data_mut();
            guest.questions = guest.questions.saturating_add(1);
            if guest.questions > MOST_QUESTIONS {
                return Err(Failure::Questions(MOST_QUESTIONS).into());
            }
            let wanted = format!("{binding}/{namespace}/{operation}");
            let answer = guest.access.answer(&wanted, &payload).unwrap_or_else(|| {
                let sentence = Access::refusal(&wanted);
                if !guest.denied.contains(&wanted) && guest.denied.len() < 100 {
                    guest.denied.push(wanted);
                }
                Err(sentence)
            });
            let good = i32::from(answer.is_ok());
            match answer {
                Ok(response) => guest.host_response = response.into_bytes(),
                Err(error) => guest.host_error = error.into_bytes(),
            }
            Ok::<i32, wasmtime::Error>(good)
        },
    )?;
    linker.func_wrap(MODULE, "__host_response_len", |caller: Caller<'_, Guest>| length(&caller.data().host_response))?;
    linker.func_wrap(MODULE, "__host_error_len", |caller: Caller<'_, Guest>| length(&caller.data().host_error))?;
    linker.func_wrap(MODULE, "__host_response", |mut caller: Caller<'_, Guest>, address: i32| {
        let response = std::mem::take(&mut caller.data_mut().host_response);
        write(&mut caller, address, &response)?;
        Ok::<(), wasmtime::Error>(())
    })?;
    linker.func_wrap(MODULE, "__host_error", |mut caller: Caller<'_, Guest>, address: i32| {
        let error = std::mem::take(&mut caller.data_mut().host_error);
        write(&mut caller, address, &error)?;
        Ok::<(), wasmtime::Error>(())
    })?;
    Ok(())
}

fn length(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).unwrap_or(i32::MAX)
}
