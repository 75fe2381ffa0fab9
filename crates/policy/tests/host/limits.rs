//! What a guest may use up.

use std::time::{Duration, Instant};

use clearance_policy_host::{Access, Bounds, Call, Callable as _, Failure, Host, Mode, Policy};

use crate::guests::{answering, ask, guest, guest_with, host, policy, told};

#[test]
fn an_endless_loop_is_ended_soon_after_its_time() {
    let host = host();
    let mut endless = policy(&host, &guest("(loop $l (br $l)) (i32.const 1)"));
    endless.bounds.time = Duration::from_millis(50);
    let begin = Instant::now();
    assert_eq!(ask(vec![endless.clone()])[0].sentence, "it ran longer than the 50 ms that it may");
    // No figure of a busy machine is asserted; that it ends at all is.
    assert!(begin.elapsed() < Duration::from_secs(10));
    // A loop that calls the host in each round is no longer one.
    let mut calling = policy(&host, &guest("(loop $l (call $log (i32.const 0) (i32.const 8)) (br $l)) (i32.const 1)"));
    calling.bounds.time = Duration::from_millis(50);
    assert_eq!(ask(vec![calling])[0].sentence, "it ran longer than the 50 ms that it may");
}

#[test]
fn a_memory_bomb_stays_within_its_limit() {
    let host = host();
    let bomb = "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable";
    let mut bomb = policy(&host, &guest(bomb));
    bomb.bounds.memory = 8 << 20;
    assert_eq!(ask(vec![bomb.clone()])[0].sentence, "it wants more than the 8 MiB of memory that it may have");
    let module = bomb.module.expect("a policy");
    let call = Call { operation: "validate", payload: Vec::new(), bounds: bomb.bounds, access: Access::default() };
    let peak = module.call(call).cost.memory;
    assert!(peak <= 8 << 20 && peak > 6 << 20, "{peak}");
    // A module that begins with more than it may have does not begin.
    let begins = guest_with("(memory $big 100)", "(i32.const 1)");
    assert!(host.load(&begins, Bounds::default().memory).is_err());
}

/// Whether the start is done in the call or beforehand, the memory that it is refused is the same.
#[test]
fn a_start_has_the_memory_of_its_policy() {
    let start = r#"(data (i32.const 1024) "{\"accepted\":false,\"message\":\"it has little\"}")
        (data (i32.const 1100) "{\"accepted\":true}")
        (func (export "wapc_init") (i32.store (i32.const 4096) (memory.grow (i32.const 200))))"#;
    let body = r"(if (i32.eq (i32.load (i32.const 4096)) (i32.const -1))
            (then (call $response (i32.const 1024) (i32.const 44)) (return (i32.const 1))))
        (call $response (i32.const 1100) (i32.const 17)) (i32.const 1)";
    let module = guest_with(start, body);
    for mode in [Mode::Once, Mode::Server, Mode::Metered] {
        let host = Host::new(mode).expect("an engine");
        let told = |memory: usize| {
            let mut own = Policy::new("own", host.load(&module, memory).map_err(|why| why.to_string()));
            own.bounds.memory = memory;
            ask(vec![own]).into_iter().map(|opinion| opinion.sentence).collect::<Vec<_>>()
        };
        assert_eq!(told(8 << 20), ["it has little"], "{mode:?}");
        assert!(told(32 << 20).is_empty(), "{mode:?}");
    }
}

#[test]
fn recursion_ends_with_the_stack() {
    let module = guest_with(
        "(func $deep (param i32) (call $deep (i32.add (local.get 0) (i32.const 1))))",
        "(call $deep (i32.const 0)) (i32.const 1)",
    );
    assert_eq!(told(&module), "Failed: it used up its stack");
}

#[test]
fn tables_do_not_grow_without_end() {
    let module = guest_with(
        "(table $t 1 funcref)",
        "(if (i32.eq (table.grow $t (ref.null func) (i32.const 10000000)) (i32.const -1)) (then unreachable)) (i32.const 1)",
    );
    assert!(told(&module).starts_with("Failed: it ended by a trap"));
}

/// Memory, globals and tables: whatever a call leaves behind, the next one does not find it.
#[test]
fn each_call_is_in_a_clean_instance() {
    let more = r#"
        (global $calls (mut i32) (i32.const 0))
        (table $t 4 funcref)
        (elem declare func $noop)
        (func $noop)
        (data (i32.const 1024) "{\"accepted\":false,\"message\":\"dirty\"}")
        (data (i32.const 1100) "{\"accepted\":true}")
        (func (export "wapc_init") (i32.store (i32.const 4096) (i32.const 7)))"#;
    let body = r"
        (if (i32.or (i32.or (i32.ne (i32.load (i32.const 4096)) (i32.const 7)) (i32.ne (global.get $calls) (i32.const 0)))
                    (i32.or (i32.ne (memory.size) (i32.const 2)) (i32.eqz (ref.is_null (table.get $t (i32.const 3))))))
            (then (call $response (i32.const 1024) (i32.const 36)) (return (i32.const 1))))
        (i32.store (i32.const 4096) (i32.const 8))
        (i32.store (i32.const 131000) (i32.const 8))
        (global.set $calls (i32.const 1))
        (drop (memory.grow (i32.const 3)))
        (table.set $t (i32.const 3) (ref.func $noop))
        (call $response (i32.const 1100) (i32.const 17)) (i32.const 1)";
    for mode in [Mode::Once, Mode::Server, Mode::Metered] {
        let host = Host::new(mode).expect("an engine");
        let own = policy(&host, &guest_with(more, body));
        for round in 0..300 {
            assert_eq!(ask(vec![own.clone()]), [], "{mode:?}, round {round}");
        }
    }
    // Without `table.set` the start can be done beforehand, and nothing differs.
    let body = body.replace("(table.set $t (i32.const 3) (ref.func $noop))", "");
    let host = Host::new(Mode::Server).expect("an engine");
    let own = policy(&host, &guest_with(more, &body));
    assert!(own.module.as_ref().expect("a policy").is_started());
    for _ in 0..300 {
        assert_eq!(ask(vec![own.clone()]), []);
    }
}

#[test]
fn many_threads_share_the_pool() {
    let host = host();
    let mut own = policy(&host, &answering(r#"{"accepted":false,"message":"no"}"#));
    own.bounds.time = Duration::from_secs(10);
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(ask(vec![own.clone()])[0].sentence, "no");
                }
            });
        }
    });
}

#[test]
fn a_call_costs_fuel_where_that_is_counted() {
    let call = |mode| {
        let host = Host::new(mode).expect("an engine");
        let module = host.load(&answering(r#"{"accepted":true}"#), Bounds::default().memory).expect("a policy");
        let call = Call { operation: "validate", payload: Vec::new(), bounds: Bounds::default(), access: Access::default() };
        module.call(call)
    };
    assert_eq!(call(Mode::Once).cost.fuel, None);
    let (first, second) = (call(Mode::Metered), call(Mode::Metered));
    assert!(first.cost.fuel.is_some_and(|fuel| fuel > 0) && first.cost.fuel == second.cost.fuel);
    assert_eq!(first.cost.memory, 2 << 16);
}

/// A world without time and chance: two calls see the same, and there is no file.
#[test]
fn wasi_has_nothing_but_itself() {
    let module = wat::parse_str(
        r#"(module
            (import "wapc" "__guest_response" (func $response (param i32 i32)))
            (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
            (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (call $exit (i32.const 0)))
            (func (export "__guest_call") (param i32 i32) (result i32)
                (drop (call $random (i32.const 0) (i32.const 8)))
                (drop (call $time (i32.const 0) (i64.const 1) (i32.const 8)))
                (drop (call $environ (i32.const 16) (i32.const 20)))
                (i32.store (i32.const 24) (call $prestat (i32.const 3) (i32.const 32)))
                (if (i32.eq (local.get 0) (i32.const 4)) (then (call $exit (i32.const 3))))
                (call $response (i32.const 0) (i32.const 28)) (i32.const 1)))"#,
    )
    .expect("it is one");
    let mut answers = Vec::new();
    for mode in [Mode::Once, Mode::Server] {
        let host = Host::new(mode).expect("an engine");
        let module = host.load(&module, Bounds::default().memory).expect("a policy");
        let call =
            |operation| module.call(Call { operation, payload: Vec::new(), bounds: Bounds::default(), access: Access::default() }).response;
        answers.extend([call("validate").expect("an answer"), call("validate").expect("an answer")]);
        assert_eq!(call("exit"), Err(Failure::Exited(3)));
    }
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_ne!(answers[0][..8], [0; 8]);
    assert_eq!(answers[0][8..24], [0; 16]);
    assert_eq!(answers[0][24..], [8, 0, 0, 0]);
}
