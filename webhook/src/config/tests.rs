use std::time::Duration;

use super::*;

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("clearance-config-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("it can be made");
        Self(path)
    }

    fn file(&self, content: &str) -> String {
        let path = self.0.join("config.yaml");
        std::fs::write(&path, content).expect("it can be written");
        path.display().to_string()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn parse(words: &[&str]) -> Result<Configuration, Error> {
    let matches = <Configuration>::augment_args(Command::new("serve")).try_get_matches_from([&["serve"], words].concat())?;
    <Configuration>::from_arg_matches(&matches)
}

#[test]
fn a_file_says_what_flags_do_not() {
    let place = Place::new("said");
    let file = place
        .file("grace: 3s\nmax-reviews: 7\ncomplete: false\ntls-name: [a.example, b.example]\nlisten: 127.0.0.1:1\nlisten-http: null\n");
    let configuration = parse(&["--config", &file, "--listen", "127.0.0.1:2", "--fleet=x"]).expect("it is right");
    let options = &configuration.options;
    assert_eq!(options.grace, Duration::from_secs(3));
    assert_eq!(options.max_reviews, 7);
    assert_eq!(options.complete, Some(false));
    assert_eq!(options.tls_name, ["a.example", "b.example"]);
    assert_eq!(options.listen, "127.0.0.1:2");
    assert_eq!(options.listen_http, None);
    let shown = configuration.shown();
    let line = |name: &str| {
        let line = shown.lines().find(|line| line.starts_with(&format!("{name}: "))).unwrap_or_else(|| panic!("{name}: {shown}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("listen"), "listen: \"127.0.0.1:2\" # --listen");
    assert_eq!(line("grace"), format!("grace: \"3s\" # {file}:1:1"));
    assert_eq!(line("tls-name"), format!("tls-name: [\"a.example\", \"b.example\"] # {file}:4:1"));
    assert_eq!(line("deadline"), "deadline: \"4s\" # default");
    assert_eq!(line("capture"), "capture: null # default");
    assert_eq!(line("override-user"), "override-user: [] # default");
}

/// A directory's groups have commas in their names: if they were split, other groups than are meant could override.
#[test]
fn commas_separate_in_flags_and_not_in_the_file() {
    let place = Place::new("commas");
    let content = "override-group: [\"CN=ops,DC=example,DC=com\", admins]\noverride-user: \"Doe, Jane\"\nfleet: [\"a,b\"]\n";
    let file = place.file(content);
    let options = parse(&["--config", &file]).expect("it is right").options;
    assert_eq!(options.override_group, ["CN=ops,DC=example,DC=com", "admins"]);
    assert_eq!(options.override_user, ["Doe, Jane"]);
    assert_eq!(options.fleet, [PathBuf::from("a,b")]);
    let options = parse(&["--config", &file, "--override-group", "ops,admins", "--override-group", "third"]).expect("it is right").options;
    assert_eq!(options.override_group, ["ops", "admins", "third"]);
}

/// What is shown can be given back, and says the same.
#[test]
fn what_is_shown_is_a_file() {
    let place = Place::new("shown");
    let said = place.file("override-group: [\"CN=ops,DC=example\"]\n");
    let words = ["--config", &said, "--tls-cert", "a b", "--tls-key", "\"k", "--fleet", "f,g", "--monitor", "all"];
    let first = parse(&words).expect("it is right");
    let file = place.file(&first.shown());
    let second = parse(&["--config", &file]).expect("it is right");
    assert_eq!(format!("{:?}", first.options), format!("{:?}", second.options));
}

#[test]
fn faults_of_a_file_have_a_place() {
    let place = Place::new("faults");
    for (content, told) in [
        ("grace: 3s\nlistne: x\n", ":2:1: there is no setting `listne`"),
        ("\n\ngrace: soon\n", ":3:1: invalid value 'soon' for '--grace <TIME>': a time is written as `10s` or `500ms`"),
        ("grace: {}\n", ":1:8: a setting is a text"),
        ("log-format: xml\n", ":1:1: invalid value 'xml' for '--log-format <FORMAT>'"),
        ("max-reviews: 0\n", ":1:1: invalid value '0'"),
        ("listen: [a, b]\n", ":1:1: `listen` takes one value"),
        ("grace: 1s\ngrace: 2s\n", ":2:1: `grace` is set twice"),
        ("- a\n", ":1:1: settings are a map"),
        ("grace: [\n", "it cannot be read from here on"),
        ("config: x\n", "there is no setting `config`"),
    ] {
        let error = parse(&["--config", &place.file(content)]).expect_err(content).to_string();
        assert!(error.contains(told), "{content}: {error}");
    }
    let error = parse(&["--config", "/does/not/exist"]).expect_err("it is not there").to_string();
    assert!(error.contains("cannot read /does/not/exist"), "{error}");
    let error = parse(&["--config", "clearance.toml"]).expect_err("it is for others").to_string();
    assert!(error.contains("clearance.toml: `clearance serve` has a file of settings of its own, in YAML or JSON"), "{error}");
    // What goes together may be said in different places.
    let file = place.file("tls-cert: a\n");
    let options = parse(&["--config", &file, "--tls-key", "b"]).expect("they go together").options;
    assert_eq!((options.tls_cert, options.tls_key), (Some("a".into()), Some("b".into())));
}

#[test]
fn nothing_said_is_the_default() {
    assert_eq!(format!("{:?}", parse(&[]).expect("nothing is required").options), format!("{:?}", Options::default()));
}
