//! Calls a policy by `wapc` and `wasmtime-provider`, the crates that Kubewarden runs policies with.
//!
//! `peer answer MODULE PAYLOAD` prints the answer to one `validate`; `peer fresh|reused MODULE PAYLOAD
//! CALLS` prints the times of many, in nanoseconds: `{"p50": …, "p99": …}`.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use wapc::WapcHost;
use wasmtime_provider::{EpochDeadlines, WasmtimeEngineProviderBuilder, WasmtimeEngineProviderPre};

/// As Kubewarden's policy server sets it: nothing is ever so slow here.
const DEADLINES: EpochDeadlines = EpochDeadlines { wapc_init: 1000, wapc_func: 1000 };

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [act, module, payload, rest @ ..] = words.as_slice() else { bail!("peer answer|fresh|reused MODULE PAYLOAD [CALLS]") };
    let module = std::fs::read(module).with_context(|| module.clone())?;
    let payload = std::fs::read(payload).with_context(|| payload.clone())?;
    let builder = WasmtimeEngineProviderBuilder::new().module_bytes(&module).enable_epoch_interruptions(DEADLINES);
    let pre = builder.build_pre()?;
    let calls: usize = rest.first().map_or(Ok(1), |calls| calls.parse())?;
    match act.as_str() {
        "answer" => {
            let answer = host(&pre)?.call("validate", &payload)?;
            println!("{}", String::from_utf8(answer)?);
        }
        "fresh" => times(calls, || Ok(host(&pre)?.call("validate", &payload)?.len()))?,
        "reused" => {
            let host = host(&pre)?;
            times(calls, || Ok(host.call("validate", &payload)?.len()))?;
        }
        other => bail!("`{other}` is nothing that can be done"),
    }
    Ok(())
}

fn host(pre: &WasmtimeEngineProviderPre) -> Result<WapcHost> {
    let callback = |_: u64, _: &str, _: &str, _: &str, _: &[u8]| Err("nothing is granted here".into());
    Ok(WapcHost::new(Box::new(pre.rehydrate(Some(DEADLINES))?), Some(Box::new(callback)))?)
}

fn times(calls: usize, mut call: impl FnMut() -> Result<usize>) -> Result<()> {
    let mut times = Vec::with_capacity(calls);
    for _ in 0..calls {
        let begin = Instant::now();
        anyhow::ensure!(call()? > 0, "there is no answer");
        times.push(u64::try_from(begin.elapsed().as_nanos())?);
    }
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    println!("{}", serde_json::json!({"p50": at(50), "p99": at(99)}));
    Ok(())
}
