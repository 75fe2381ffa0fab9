//! Neovim in a terminal, as a person uses it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clearance_tests::door::Binary;

use crate::support::{Tenant, host, worker};

/// The set-up page's lines, for Neovim before 0.11, too.
const INIT: &str = r"
vim.o.swapfile = false
vim.o.shadafile = 'NONE'
vim.diagnostic.config({ virtual_text = { source = 'always' }, update_in_insert = true })
vim.api.nvim_create_autocmd('FileType', {
  pattern = { 'yaml', 'json' },
  callback = function(event)
    local client = vim.lsp.start_client({ name = 'clearance', cmd = { vim.env.CLEARANCE, 'lsp' }, root_dir = vim.fn.getcwd() })
    vim.lsp.buf_attach_client(event.buf, client)
    vim.bo[event.buf].omnifunc = 'v:lua.vim.lsp.omnifunc'
  end,
})
";

/// A terminal that nobody sits at.
struct Terminal {
    socket: String,
    shots: PathBuf,
}

impl Terminal {
    fn open(directory: &Path, command: &str, environment: &[(&str, &Path)]) -> Self {
        let socket = format!("clearance-{}", std::process::id());
        let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("neovim");
        std::fs::create_dir_all(&shots).expect("a directory");
        let terminal = Self { socket, shots };
        let mut start = Command::new("tmux");
        start.args(["-L", &terminal.socket, "-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "30", command]);
        start.current_dir(directory).env("LANG", "C.UTF-8").envs(environment.iter().map(|(name, value)| (name, value)));
        let started = start.status().expect("tmux is there: install it (Debian: `apt-get install tmux`), or run `cargo xtask test`");
        assert!(started.success(), "{start:?}");
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-L", &self.socket]).args(arguments).output().expect("tmux");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Waits for a screen, and keeps it.
    fn shows(&self, name: &str, is_it: impl Fn(&str) -> bool) {
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let screen = self.screen();
            if is_it(&screen) {
                println!("== {name}\n{screen}");
                std::fs::write(self.shots.join(format!("{name}.txt")), screen).expect("written");
                return;
            }
            assert!(Instant::now() < end, "the screen never shows `{name}`:\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn neovim_shows_a_clash_and_its_end_and_completes() {
    assert!(
        Command::new("nvim").arg("--version").output().is_ok(),
        "nvim is not there: install Neovim (Debian: `apt-get install neovim`), or run `cargo xtask test`"
    );
    let clusters = [
        ("host", host("host", "10.0.0.1")),
        ("shop", worker("shop", "10.0.0.1", 31_443, "host")),
        ("bank", worker("bank", "10.0.0.1", 31_443, "host")),
    ];
    let tenant = Tenant::new().with(&clusters);
    let init = tenant.root().join("init.lua");
    std::fs::write(&init, INIT).expect("written");
    let binary = Binary::new().expect("the binary is built");
    let command = format!("nvim -u {} {}", init.display(), tenant.file("shop.yaml").display());
    let home = tenant.root().join("home");
    std::fs::create_dir(&home).expect("a home");
    let terminal = Terminal::open(&tenant.root(), &command, &[("CLEARANCE", binary.path()), ("HOME", &home)]);
    terminal.shows("a clash", |screen| screen.contains("node port `31443` is already used by the API server of `bank`"));
    terminal.keys(&[":%s/31443/31555/", "Enter"]);
    terminal.shows("mended", |screen| screen.contains("31555") && !screen.contains("already used"));
    // The editor indents a new line too deep.
    terminal.keys(&["G", "o", "C-u", "  primaryD", "C-x", "C-o"]);
    terminal.shows("completed", |screen| screen.contains("primaryDomain: 10.0.0.1.nip.io"));
    terminal.keys(&["Escape", ":qa!", "Enter"]);
}
