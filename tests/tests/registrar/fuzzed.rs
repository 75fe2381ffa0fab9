//! The API as it describes itself, asked by a client that knows no more than that.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::support::{Answer, Place, host};

#[test]
fn it_answers_as_it_says() -> Result<()> {
    let own = std::env::current_exe()?;
    let target = own.ancestors().nth(3).context("the tests run in a target directory")?;
    let schemathesis: PathBuf = target.join("python/schemathesis/bin/schemathesis");
    ensure!(schemathesis.exists(), "{} is not there: run `cargo xtask tools`, which installs it", schemathesis.display());
    let place = Place::new()?;
    let server = place.start(&[])?;
    server.save("cluster-host", host(1)?)?.expect(200);
    let described = Answer::of(server.request("GET", "/openapi.json"))?.expect(200);
    assert_eq!(described.body["openapi"], "3.1.0");
    // All that is written anew below is kept away from the example that is looked at.
    let output = Command::new(schemathesis)
        .args(["run", &format!("{}/openapi.json", server.http), "--header", &format!("Authorization: Bearer {}", server.token)])
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--seed", "1", "--generation-deterministic", "--no-color"])
        .current_dir(place.path())
        .env("NO_PROXY", "127.0.0.1")
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("API Operations") || said.contains("operations"), "{said}");
    Ok(())
}
