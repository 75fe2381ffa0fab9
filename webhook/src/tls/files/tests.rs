use std::os::unix::fs::{PermissionsExt, symlink};

use super::super::make::Kept;
use super::*;

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("clearance-tls-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(state::open(Some(&path)).expect("the directory can be made"))
    }

    /// As the kubelet mounts a Secret: files are links into `..data`, a link that is swapped.
    fn swap(&self, version: &str, kept: &Kept) {
        let there = self.0.join(version);
        fs::create_dir(&there).expect("it can be made");
        for (name, content) in [("tls.crt", &kept.chain), ("tls.key", &kept.key)] {
            fs::write(there.join(name), content).expect("it can be written");
            // The same time for all: whoever looks only at times sees nothing.
            let file = fs::File::open(there.join(name)).expect("it is there");
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("it can be set");
            let link = self.0.join(name);
            if fs::symlink_metadata(&link).is_err() {
                symlink(Path::new("..data").join(name), link).expect("it can be made");
            }
        }
        symlink(version, self.0.join("..data_tmp")).expect("it can be made");
        fs::rename(self.0.join("..data_tmp"), self.0.join("..data")).expect("it can be renamed");
    }

    fn files(&self) -> Files {
        Files::new(Source::Given { chain: self.0.join("tls.crt"), key: self.0.join("tls.key") }, None)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn made() -> Kept {
    let recipe = Recipe { names: ["localhost".to_owned()].into(), back: BACK };
    recipe.renewed(&Kept::default(), true, now()).expect("it can be made").expect("there is none")
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn shown(shown: &Shown) -> Vec<u8> {
    shown.identity().key.cert[0].to_vec()
}

#[test]
fn each_swap_is_seen() {
    let place = Place::new("swap");
    place.swap("..0", &made());
    let mut files = place.files();
    let certificate = files.open(None, now()).expect("it is right");
    let mut last = shown(&certificate);
    for version in ["..1", "..2", "..3", "..4", "..5"] {
        place.swap(version, &made());
        files.refresh(&certificate, now()).expect("it is right");
        assert_ne!(shown(&certificate), last, "{version}");
        last = shown(&certificate);
    }
}

/// What is wrong is told once, and what was good stays.
#[test]
fn a_torn_pair_keeps_the_last_good_one() {
    let place = Place::new("torn");
    let good = made();
    place.swap("..0", &good);
    let mut files = place.files();
    let certificate = files.open(None, now()).expect("it is right");
    let first = shown(&certificate);
    let broken = [
        ("..1", Kept { chain: made().chain, ..good.clone() }, "do not go together"),
        ("..2", Kept { chain: String::new(), ..good.clone() }, "there is no certificate"),
        ("..3", Kept { key: good.key[..40].to_owned(), ..good.clone() }, "there is no private key"),
        ("..4", Kept { chain: good.chain[..100].to_owned(), ..good.clone() }, "the certificate is no PEM"),
    ];
    for (version, kept, told) in broken {
        place.swap(version, &kept);
        let error = format!("{:#}", files.refresh(&certificate, now()).expect_err(version));
        assert!(error.contains(told) && error.contains("tls.crt"), "{error}");
        assert!(!error.contains(good.key.lines().nth(1).expect("it has lines")), "{error}");
        files.refresh(&certificate, now()).expect("it is told once");
        assert_eq!(shown(&certificate), first, "{version}");
    }
    fs::remove_file(place.0.join("..data")).expect("it is there");
    files.refresh(&certificate, now()).expect_err("there is nothing");
    assert_eq!(shown(&certificate), first);
    place.swap("..5", &made());
    files.refresh(&certificate, now()).expect("it is right");
    assert_ne!(shown(&certificate), first);
}

#[test]
fn an_expired_one_does_not_replace_one_that_lasts() {
    let place = Place::new("expired");
    let (first, second) = (made(), made());
    place.swap("..0", &first);
    let mut files = place.files();
    let certificate = files.open(None, now()).expect("it is right");
    place.swap("..1", &second);
    let later = now() + Duration::from_hours(24 * 366);
    // Both have expired by then: the newer may be what a wrong clock makes of it.
    files.refresh(&certificate, later).expect("one is as good as the other");
    assert!(certificate.expires_in(later.unix_timestamp()) < 0);
    assert!(certificate.expires_in(now().unix_timestamp()) > 0);
    assert!(certificate.begins_in(now().unix_timestamp() - 2 * 86_400) > 0);
}

#[test]
fn a_chain_is_taken_whole() {
    let place = Place::new("chain");
    let kept = made();
    place.swap("..0", &Kept { chain: format!("{}{}", kept.chain, kept.ca), ..kept });
    let certificate = place.files().open(None, now()).expect("it is right");
    assert_eq!(certificate.identity().key.cert.len(), 2);
}

#[test]
fn only_the_owner_reads_our_own() {
    let place = Place::new("mode");
    let source = Source::Own { state: place.0.clone(), names: ["localhost".to_owned()].into() };
    let mut files = Files::new(source, None);
    let certificate = files.open(None, now()).expect("it can be made");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&place.0), 0o700);
    for entry in fs::read_dir(&place.0).expect("it is there") {
        let path = entry.expect("it is there").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    // A clock that jumps ahead has one made that lasts from there on.
    let later = now() + Duration::from_hours(24 * 400);
    files.refresh(&certificate, later).expect("it can be made");
    assert!(certificate.expires_in(later.unix_timestamp()) > 0);
}
