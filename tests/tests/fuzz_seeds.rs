//! The fuzz targets on stable: each input of the corpus, and many broken copies of each.
//!
//! `CLEARANCE_SEED=7 CLEARANCE_CASES=1000000 cargo test --release -p clearance-tests --test fuzz_seeds` looks longer and
//! elsewhere. With nightly, `cargo +nightly fuzz run <target>` looks cleverer.

#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

use std::panic::{AssertUnwindSafe, catch_unwind};

use clearance_tests::{case, generate};

/// Marsaglia's xorshift: the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap_or(0)
    }
}

/// Pieces that mean something to a reader.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "'",
    "\\",
    "\\u",
    "\\ud83d",
    "#",
    "//",
    "$x",
    "${a}",
    "null",
    "true",
    "-",
    "- ",
    "? ",
    ": ",
    "\n",
    "\r\n",
    "\t",
    "  ",
    "---\n",
    "...\n",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "!!binary ",
    "|\n",
    ">-\n",
    "%YAML 1.1\n",
    "\u{feff}",
    "域",
    "😀",
    "\u{0}",
    "1e999",
    "0x1F",
    ".inf",
    "~",
    "@",
    "`",
    "\u{85}",
    "\u{2028}",
];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Inputs, olds and fleets of the corpus, some generated documents, and reviews around some of them.
fn seeds() -> Vec<Vec<u8>> {
    let cases = case::all().expect("the corpus can be read");
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for case in &cases {
        seeds.push(case.input.clone());
        seeds.extend([&case.old, &case.fleet].into_iter().flatten().map(|text| text.clone().into_bytes()));
    }
    seeds.extend(generate::batch(1, 100).into_iter().map(|generated| generated.text.into_bytes()));
    let objects: Vec<_> = seeds.iter().filter_map(|text| serde_json::from_slice::<serde_json::Value>(text).ok()).take(60).collect();
    for pair in objects.chunks_exact(2) {
        let request = serde_json::json!({ "uid": "a", "operation": "UPDATE", "object": pair[0], "oldObject": pair[1] });
        let review = serde_json::json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request });
        seeds.push(review.to_string().into_bytes());
    }
    // A text at the bounds takes long, and says little when a byte of it is changed.
    seeds.retain(|text| text.len() < 32 << 10);
    seeds
}

fn mutated(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = at + random.below((bytes.len() - at).min(40) + 1);
        match random.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].bytes())),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let copy = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                drop(bytes.splice(to..to, copy));
            }
            4 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                let length = random.below((other.len() - from).min(200) + 1);
                drop(bytes.splice(at..end, other[from..from + length].iter().copied()));
            }
            5 if random.below(4) == 0 => bytes.truncate(at),
            _ => drop(bytes.splice(at..end, PIECES[random.below(PIECES.len())].bytes())),
        }
    }
    // What is no UTF-8 is refused before anything else is looked at.
    String::from_utf8_lossy(&bytes).into_owned().into_bytes()
}

/// Runs all targets; returns what fell, with the input kept in a file.
fn fallen(input: &[u8], label: &str) -> Option<String> {
    let names: Vec<_> =
        fuzz::ALL.iter().filter(|(_, check)| catch_unwind(AssertUnwindSafe(|| check(input))).is_err()).map(|(name, _)| *name).collect();
    if names.is_empty() {
        return None;
    }
    let file = std::env::temp_dir().join(format!("clearance-fuzz-{label}"));
    std::fs::write(&file, input).expect("a temporary file can be written");
    Some(format!("{} on {}", names.join(", "), file.display()))
}

#[test]
fn the_corpus() {
    let fallen: Vec<_> = seeds().iter().enumerate().filter_map(|(index, seed)| fallen(seed, &format!("corpus-{index}"))).collect();
    assert!(fallen.is_empty(), "{fallen:#?}");
}

#[test]
fn broken_copies() {
    let (seed, cases) = (number("CLEARANCE_SEED", 1), number("CLEARANCE_CASES", 4_000));
    println!("CLEARANCE_SEED={seed} CLEARANCE_CASES={cases}");
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let seeds = seeds();
    let mut found = Vec::new();
    for index in 0..cases {
        found.extend(fallen(&mutated(&mut random, &seeds), &format!("{seed}-{index}")));
        assert!(found.len() < 10, "with CLEARANCE_SEED={seed}: {found:#?}");
    }
    assert!(found.is_empty(), "with CLEARANCE_SEED={seed}: {found:#?}");
}
