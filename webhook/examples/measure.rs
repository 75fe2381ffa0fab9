//! What a review costs: a server of its own, one client over TLS, the CPU time of the server's process.
//!
//! `cargo run --release -p clearance-webhook --example measure -- [SECONDS] [LOG LEVEL]`

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use clearance_webhook::Options;
use std::io::{BufRead, BufReader};

const SAMPLE: &str = include_str!("../src/sample-review.json");

#[derive(Parser)]
struct Cli {
    #[arg(default_value_t = 5)]
    seconds: u64,
    #[arg(default_value = "info")]
    log: String,
    #[arg(long, hide = true)]
    serve: bool,
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if cli.serve {
        return clearance_webhook::run(cli.options);
    }
    let state = std::env::temp_dir().join(format!("clearance-measure-{}", std::process::id()));
    let mut server = Command::new(std::env::current_exe()?)
        .args(["--serve", "--listen", "127.0.0.1:0", "--log-level", &cli.log, "--state"])
        .arg(&state)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let lines = BufReader::new(server.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    let curl = lines.into_iter().find(|line| line.trim().starts_with("curl")).expect("the banner ends so");
    let url = curl.split_whitespace().last().expect("the address comes last").trim_end_matches("/validate").to_owned();
    let good = SAMPLE.replace("http:", "https:").replace("eighty", "30443");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(async {
        let ca = reqwest::Certificate::from_pem(&std::fs::read(state.join("ca.pem"))?)?;
        let client = reqwest::Client::builder().tls_certs_only([ca]).build()?;
        for (what, path, body) in [
            ("allowed", "/validate", good.clone()),
            ("refused", "/validate", SAMPLE.to_owned()),
            ("filled in", "/mutate", good.clone()),
            ("no review", "/validate", "{}".to_owned()),
            ("alive", "/livez", String::new()),
        ] {
            let ask = async || {
                let request = if body.is_empty() {
                    client.get(format!("{url}{path}"))
                } else {
                    client.post(format!("{url}{path}")).body(body.clone())
                };
                request.send().await?.bytes().await
            };
            for _ in 0..200 {
                ask().await?;
            }
            let (begin, before, mut count) = (Instant::now(), cpu(server.id())?, 0_u32);
            while begin.elapsed() < Duration::from_secs(cli.seconds) {
                ask().await?;
                count += 1;
            }
            let (wall, used) = (begin.elapsed() / count, cpu(server.id())?.saturating_sub(before) / count);
            println!("{what:<10} {count:>7} reviews, {wall:>9.1?} each, {used:>9.1?} of CPU in the server");
        }
        anyhow::Ok(())
    });
    server.kill()?;
    std::fs::remove_dir_all(&state)?;
    measured
}

/// User and system time of a process: fields 14 and 15 of `/proc/PID/stat`, in hundredths of a second.
fn cpu(process: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).map(|field| field.parse().unwrap_or(0)).sum();
    Ok(Duration::from_millis(ticks * 10))
}
