//! An image as an OCI layout (`image-layout.md` of the OCI image specification) in one file: `skopeo`, `podman` and
//! `docker load` read it. It holds the binary and nothing else, as `webhook/deploy/Dockerfile` does on its base.

use anyhow::Result;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::archive::{Entry, compressed, tar};
use super::{Machine, hexadecimal};

/// An image for several machines.
pub(super) struct Image {
    /// The layout, as a tar file.
    pub layout: Vec<u8>,
    /// How many bytes travel for one machine, at most.
    pub largest: usize,
}

/// Puts an image together.
pub(super) fn of(binaries: &[(Machine, Vec<u8>)], time: u64) -> Result<Image> {
    let mut blobs = Blobs::default();
    let mut manifests = Vec::new();
    let mut largest = 0;
    let created = created(time);
    for (machine, binary) in binaries {
        let before = blobs.bytes;
        let layer = tar(vec![Entry::program("clearance", binary.clone())], time)?;
        let unpacked = format!("sha256:{}", hexadecimal(&Sha256::digest(&layer)));
        let config = json!({
            "architecture": machine.name(),
            "os": "linux",
            "created": created,
            "config": {
                // As a number, so that `runAsNonRoot` can be checked.
                "User": "65532:65532",
                "Entrypoint": ["/clearance"],
                "Cmd": ["serve"],
                "WorkingDir": "/",
                "ExposedPorts": {"8443/tcp": {}, "8080/tcp": {}},
                "Labels": {
                    "org.opencontainers.image.source": env!("CARGO_PKG_REPOSITORY"),
                    "org.opencontainers.image.version": env!("CARGO_PKG_VERSION"),
                    "org.opencontainers.image.licenses": env!("CARGO_PKG_LICENSE"),
                },
            },
            "rootfs": {"type": "layers", "diff_ids": [unpacked]},
            "history": [{"created": created, "created_by": "cargo xtask dist"}],
        });
        let layer = blobs.add("application/vnd.oci.image.layer.v1.tar+gzip", compressed(&layer)?);
        let config = blobs.add_json("application/vnd.oci.image.config.v1+json", &config);
        let media = "application/vnd.oci.image.manifest.v1+json";
        let mut manifest = blobs.add_json(media, &json!({"schemaVersion": 2, "mediaType": media, "config": config, "layers": [layer]}));
        manifest["platform"] = json!({"architecture": machine.name(), "os": "linux"});
        manifests.push(manifest);
        largest = largest.max(blobs.bytes - before);
    }
    let media = "application/vnd.oci.image.index.v1+json";
    let mut index = blobs.add_json(media, &json!({"schemaVersion": 2, "mediaType": media, "manifests": manifests}));
    index["annotations"] = json!({"org.opencontainers.image.ref.name": env!("CARGO_PKG_VERSION")});
    let mut entries = blobs.entries;
    entries.push(Entry::file("index.json", json!({"schemaVersion": 2, "mediaType": media, "manifests": [index]}).to_string().into_bytes()));
    entries.push(Entry::file("oci-layout", b"{\"imageLayoutVersion\":\"1.0.0\"}".to_vec()));
    Ok(Image { layout: tar(entries, time)?, largest })
}

/// Contents by their hashes.
#[derive(Default)]
struct Blobs {
    entries: Vec<Entry>,
    bytes: usize,
}

impl Blobs {
    /// Keeps a blob; returns its descriptor.
    fn add(&mut self, media: &str, bytes: Vec<u8>) -> Value {
        let digest = hexadecimal(&Sha256::digest(&bytes));
        let size = bytes.len();
        self.bytes += size;
        self.entries.push(Entry::file(format!("blobs/sha256/{digest}"), bytes));
        json!({"mediaType": media, "digest": format!("sha256:{digest}"), "size": size})
    }

    fn add_json(&mut self, media: &str, value: &Value) -> Value {
        self.add(media, value.to_string().into_bytes())
    }
}

/// A time as RFC 3339 writes it (days to dates after Howard Hinnant's `civil_from_days`).
pub(super) fn created(time: u64) -> String {
    let (days, seconds) = (time / 86_400 + 719_468, time % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(created(0), "1970-01-01T00:00:00Z");
        assert_eq!(created(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(created(1_793_491_200), "2026-11-01T00:00:00Z");
    }

    /// Every descriptor leads to a blob of its size and hash, down to the binary; and the same again is the same bytes.
    #[test]
    fn a_layout_holds_together() {
        let binaries = [(Machine::Amd64, b"one".to_vec()), (Machine::Arm64, b"two".to_vec())];
        let image = of(&binaries, 1_793_491_200).expect("an image");
        assert_eq!(image.layout, of(&binaries, 1_793_491_200).expect("an image").layout);
        let mut files = std::collections::BTreeMap::new();
        for entry in tar::Archive::new(image.layout.as_slice()).entries().expect("a tar file") {
            let mut entry = entry.expect("an entry");
            let name = entry.path().expect("a path").to_string_lossy().into_owned();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).expect("its bytes");
            files.insert(name, bytes);
        }
        let follow = |descriptor: &Value| -> Vec<u8> {
            let digest = descriptor["digest"].as_str().expect("a digest").trim_start_matches("sha256:");
            let bytes = &files[&format!("blobs/sha256/{digest}")];
            assert_eq!(descriptor["size"].as_u64(), Some(bytes.len() as u64));
            assert_eq!(hexadecimal(&Sha256::digest(bytes)), digest);
            bytes.clone()
        };
        let json = |bytes: &[u8]| -> Value { serde_json::from_slice(bytes).expect("JSON") };
        let index = json(&follow(&json(&files["index.json"])["manifests"][0]));
        for (manifest, (machine, binary)) in index["manifests"].as_array().expect("manifests").iter().zip(&binaries) {
            assert_eq!(manifest["platform"]["architecture"], machine.name());
            let manifest = json(&follow(manifest));
            assert_eq!(json(&follow(&manifest["config"]))["config"]["User"], "65532:65532");
            let layer = follow(&manifest["layers"][0]);
            let mut unpacked = tar::Archive::new(flate2::read::GzDecoder::new(layer.as_slice()));
            let mut file = unpacked.entries().expect("a tar file").next().expect("a file").expect("an entry");
            assert_eq!(
                (file.header().mode().expect("a mode"), file.path().expect("a path").to_string_lossy().as_ref()),
                (0o755, "clearance")
            );
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut file, &mut bytes).expect("its bytes");
            assert_eq!(bytes, *binary);
        }
    }
}
