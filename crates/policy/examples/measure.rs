//! Measures the host, for `cargo xtask bench policy`: prints one JSON object.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clearance_core::source::{Format, Limits, read};
use clearance_policy_host::{Access, Bounds, Call, Callable as _, Host, Mode, Module, Policies, Policy, Question};
use serde_json::{Value, json};

/// The allocator of the `clearance` binary: what compiling leaves behind is counted, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let figures = match words.as_slice() {
        ["request", file] => {
            let request = format!(r#"{{"settings":{},"request":{}}}"#, settings(), json!({"operation": "CREATE", "object": cluster()}));
            std::fs::write(file, &request).expect("it can be written");
            json!({"bytes": request.len()})
        }
        ["calls", mode, module, request, count] => calls(mode, Path::new(module), Path::new(request), count.parse().expect("a number")),
        ["ten", module, count] => ten(Path::new(module), count.parse().expect("a number")),
        ["loaded", which, modules @ ..] => loaded(*which == "distinct", modules),
        ["limits"] => limits(),
        ["lasting", module, request, count] => lasting(Path::new(module), Path::new(request), count.parse().expect("a number")),
        other => panic!("nothing is measured by {other:?}"),
    };
    println!("{figures}");
}

fn settings() -> Value {
    json!({"act": "check", "domain": "example.com"})
}

/// A worker with components, products and a few words of somebody: about 3 KB.
fn cluster() -> Value {
    let slots = ["multiTenant", "secretSync", "gateway", "deployment", "progressiveDelivery", "secretManagement", "certManagement"];
    let component = |slot: &&str| {
        (slot.to_string(), json!({"name": slot, "namespace": format!("{slot}-system"), "additions": {"note": "x".repeat(120)}}))
    };
    let products = (0..8).map(|product| {
        (
            format!("product-{product}"),
            json!([{"kind": "Namespace", "group": ""}, {"kind": "ClusterRole", "group": "rbac.authorization.k8s.io"}]),
        )
    });
    json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "shop-production-1", "namespace": "nautes", "labels": {"tier": "production"}},
        "spec": {
            "apiServer": "https://10.20.0.4:6443", "clusterKind": "kubernetes", "clusterType": "physical", "usage": "worker",
            "workerType": "deployment", "primaryDomain": "shop.example.com",
            "componentsList": slots.iter().map(component).collect::<serde_json::Map<_, _>>(),
            "productAllowedClusterResources": products.collect::<serde_json::Map<_, _>>(),
        }
    })
}

fn load(host: &Host, path: &Path) -> Arc<Module> {
    host.load(&std::fs::read(path).expect("a module"), Bounds::default().memory).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn validate(module: &Module, payload: &[u8]) -> Duration {
    let call = Call { operation: "validate", payload: payload.to_vec(), bounds: Bounds::default(), access: Access::default() };
    let begin = Instant::now();
    let answer = module.call(call);
    let took = begin.elapsed();
    assert!(answer.response.is_ok_and(|answer| answer.starts_with(b"{\"accepted\":true")), "the policy accepts it");
    took
}

fn spread(mut times: Vec<Duration>) -> Value {
    times.sort();
    let at = |percent: usize| u64::try_from(times[times.len() * percent / 100].as_nanos()).expect("it fits");
    json!({"p50": at(50), "p99": at(99)})
}

fn calls(mode: &str, module: &Path, request: &Path, count: usize) -> Value {
    let mode = if mode == "started" { Mode::Server } else { Mode::Once };
    let module = load(&Host::new(mode).expect("an engine"), module);
    let request = std::fs::read(request).expect("a request");
    for _ in 0..count / 10 {
        validate(&module, &request);
    }
    let mut figures = spread((0..count).map(|_| validate(&module, &request)).collect());
    figures["started"] = module.is_started().into();
    figures
}

/// Ten policies on one request, from tree to opinions.
fn ten(module: &Path, count: usize) -> Value {
    let host = Host::new(Mode::Server).expect("an engine");
    let module = load(&host, module);
    let one =
        |number: usize| Policy { settings: settings().to_string(), ..Policy::new(format!("policy-{number}"), Ok(Arc::clone(&module))) };
    let policies = Policies { list: (0..10).map(one).collect(), digest: String::new() };
    let text = cluster().to_string();
    let node = read(&text, Format::Json, &Limits::default()).remove(0).root;
    let question = Question { object: Some(&node), ..Question::default() };
    let ask = || {
        let begin = Instant::now();
        assert_eq!(policies.ask(&question).opinions, []);
        begin.elapsed()
    };
    for _ in 0..count / 10 {
        ask();
    }
    spread((0..count).map(|_| ask()).collect())
}

/// The memory of a hundred policies, of the modules that are given; `distinct` ones tell themselves apart by a section.
fn loaded(distinct: bool, modules: &[&str]) -> Value {
    let host = Host::new(Mode::Server).expect("an engine");
    // The first one pays for what all share.
    let first = load(&host, Path::new(modules[0]));
    let before = settled();
    let policies: Vec<Arc<Module>> = (0..100_u8)
        .map(|number| {
            let mut bytes = std::fs::read(modules[usize::from(number) % modules.len()]).expect("a module");
            if distinct {
                bytes.extend([0, 3, 1, b'n', number]);
            }
            host.load(&bytes, Bounds::default().memory).expect("a policy")
        })
        .collect();
    let after = settled();
    drop(first);
    json!({"kibibytes": after - before, "count": policies.len()})
}

/// Resident memory once what is free is given back: the allocator does so a while later, when it is asked for more.
fn settled() -> i64 {
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(100));
        drop(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
    resident()
}

/// How long after its time an endless loop ends, and how much memory a bomb gets.
fn limits() -> Value {
    let guest = |body: &str| {
        wat::parse_str(format!(
            r#"(module (memory (export "memory") 1) (func (export "__guest_call") (param i32 i32) (result i32)
                (if (i32.ne (local.get 0) (i32.const 8)) (then (return (i32.const 0)))) {body}))"#
        ))
        .expect("a module")
    };
    let host = Host::new(Mode::Once).expect("an engine");
    let endless = host.load(&guest("(loop $l (br $l)) unreachable"), Bounds::default().memory).expect("a policy");
    let bomb = host
        .load(&guest("(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable"), Bounds::default().memory)
        .expect("a policy");
    let bounds = Bounds { time: Duration::from_millis(50), memory: 64 << 20 };
    let call = |module: &Module| module.call(Call { operation: "validate", payload: Vec::new(), bounds, access: Access::default() });
    let late: Vec<Duration> = (0..40).map(|_| call(&endless).cost.time.saturating_sub(bounds.time)).collect();
    let bombed = call(&bomb);
    assert!(bombed.response.is_err());
    json!({"late": spread(late)["p99"], "bomb": bombed.cost.memory, "limit": bounds.memory})
}

/// Resident memory after a tenth of many calls, and after all.
fn lasting(module: &Path, request: &Path, count: usize) -> Value {
    let module = load(&Host::new(Mode::Server).expect("an engine"), module);
    let request = std::fs::read(request).expect("a request");
    let run = |count| {
        for _ in 0..count {
            validate(&module, &request);
        }
    };
    run(count / 10);
    let before = resident();
    run(count - count / 10);
    json!({"calls": count, "before": before, "after": resident()})
}

/// Resident memory in KiB (Linux).
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this needs Linux: there is no /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}
