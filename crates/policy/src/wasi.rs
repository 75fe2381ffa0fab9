//! What modules for `wasm32-wasip1` import, in a world without time, chance, environment, files and
//! network: the clock stands still, randomness is always the same, there is nothing to open, and what
//! is written to standard output and error is logged.

use wasmtime::{Caller, FuncType, Linker, Val, ValType};

use crate::Failure;
use crate::guest::{Guest, memory, read, write};

/// The names of the modules that these functions are imported from; the second is what older tools write.
pub(crate) const MODULES: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

/// A program that ended itself.
#[derive(Debug, thiserror::Error)]
#[error("the program ended with code {0}")]
pub(crate) struct Exit(pub i32);

/// `errno` of WASI preview 1.
const SUCCESS: i32 = 0;
const BAD_FILE: i32 = 8;
const NOT_SUPPORTED: i32 = 58;

/// The most bytes that are written or drawn at once.
const MOST: usize = 1 << 20;

/// All that WASI preview 1 has and that there is nothing behind here: `i` is a 32-bit number, `I` one of 64.
const ABSENT: &[(&str, &str)] = &[
    ("fd_advise", "iIIi"),
    ("fd_allocate", "iII"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "iII"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"),
    ("fd_pread", "iiiIi"),
    ("fd_prestat_get", "ii"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_pwrite", "iiiIi"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"),
    ("fd_seek", "iIii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_raise", "i"),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// What there is something behind.
const PRESENT: [&str; 11] = [
    "args_sizes_get",
    "environ_sizes_get",
    "args_get",
    "environ_get",
    "clock_time_get",
    "clock_res_get",
    "random_get",
    "sched_yield",
    "proc_exit",
    "fd_fdstat_get",
    "fd_write",
];

/// Whether there is a function of a name.
pub(crate) fn has(name: &str) -> bool {
    PRESENT.contains(&name) || ABSENT.iter().any(|(absent, _)| *absent == name)
}

pub(crate) fn add_to(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    for module in MODULES {
        for (name, parameters) in ABSENT {
            let parameters = parameters.chars().map(|letter| if letter == 'I' { ValType::I64 } else { ValType::I32 });
            let kind = FuncType::new(linker.engine(), parameters, [ValType::I32]);
            let error = if name.starts_with("fd_") { BAD_FILE } else { NOT_SUPPORTED };
            linker.func_new(module, name, kind, move |_, _, results| {
                if let Some(result) = results.first_mut() {
                    *result = Val::I32(error);
                }
                Ok(())
            })?;
        }
        for name in ["args_sizes_get", "environ_sizes_get"] {
            linker.func_wrap(module, name, |mut caller: Caller<'_, Guest>, count: i32, size: i32| {
                write(&mut caller, count, &0_u32.to_le_bytes())?;
                write(&mut caller, size, &0_u32.to_le_bytes())?;
                Ok::<i32, wasmtime::Error>(SUCCESS)
            })?;
        }
        for name in ["args_get", "environ_get"] {
            linker.func_wrap(module, name, |_: i32, _: i32| SUCCESS)?;
        }
        linker.func_wrap(module, "clock_time_get", |mut caller: Caller<'_, Guest>, _: i32, _: i64, at: i32| {
            write(&mut caller, at, &0_u64.to_le_bytes())?;
            Ok::<i32, wasmtime::Error>(SUCCESS)
        })?;
        linker.func_wrap(module, "clock_res_get", |mut caller: Caller<'_, Guest>, _: i32, at: i32| {
            write(&mut caller, at, &1_u64.to_le_bytes())?;
            Ok::<i32, wasmtime::Error>(SUCCESS)
        })?;
        linker.func_wrap(module, "random_get", random)?;
        linker.func_wrap(module, "sched_yield", || SUCCESS)?;
        linker.func_wrap(module, "proc_exit", |code: i32| Err::<(), wasmtime::Error>(wasmtime::Error::new(Exit(code))))?;
        linker.func_wrap(module, "fd_fdstat_get", |mut caller: Caller<'_, Guest>, file: i32, at: i32| {
            if !(0..=2).contains(&file) {
                return Ok::<i32, wasmtime::Error>(BAD_FILE);
            }
            // A character device without any right but to be written.
            let mut status = [0_u8; 24];
            status[0] = 2;
            status[8] = 0x40;
            write(&mut caller, at, &status)?;
            Ok(SUCCESS)
        })?;
        linker.func_wrap(module, "fd_write", fd_write)?;
    }
    Ok(())
}

fn random(mut caller: Caller<'_, Guest>, at: i32, length: i32) -> wasmtime::Result<i32> {
    let length = usize::try_from(length.cast_unsigned()).unwrap_or(usize::MAX);
    if length > MOST {
        return Err(Failure::TooLong(MOST).into());
    }
    let mut bytes = Vec::with_capacity(length.saturating_add(8));
    while bytes.len() < length {
        bytes.extend(caller.data_mut().draw().to_le_bytes());
    }
    bytes.truncate(length);
    write(&mut caller, at, &bytes)?;
    Ok(SUCCESS)
}

fn fd_write(mut caller: Caller<'_, Guest>, file: i32, vectors: i32, count: i32, written: i32) -> wasmtime::Result<i32> {
    if file != 1 && file != 2 {
        return Ok(BAD_FILE);
    }
    let size = count.checked_mul(8).ok_or(Failure::TooLong(MOST))?;
    let vectors = read(&mut caller, vectors, size, MOST)?;
    let mut line = Vec::new();
    for vector in vectors.chunks_exact(8) {
        let number = |range| vector.get(range).and_then(|bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok()).map(i32::from_le_bytes);
        let (Some(at), Some(length)) = (number(0..4), number(4..8)) else { continue };
        let room = MOST.saturating_sub(line.len());
        line.extend(read(&mut caller, at, length, room)?);
    }
    let count = u32::try_from(line.len()).unwrap_or(u32::MAX);
    caller.data_mut().note(line.trim_ascii_end());
    memory(&mut caller)?;
    write(&mut caller, written, &count.to_le_bytes())?;
    Ok(SUCCESS)
}
