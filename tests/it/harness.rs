//! A sealed home, and the program in a pseudo-terminal of which the screen can be read.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;
use vt100::Parser;

/// How long anything may take. Only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A home and a project that nobody else uses.
pub struct Home {
    folder: Arc<TempDir>,
    variables: Vec<(String, String)>,
}

impl Home {
    /// An empty home with an empty project and no key.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "latigo", "tmp", "project", "project/.git"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        Self { folder: Arc::new(folder), variables: Vec::new() }
    }

    /// The same with a variable in the program's environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a key and this server for the Anthropic wire.
    pub fn anthropic(self, url: &str) -> Self {
        self.with("ANTHROPIC_BASE_URL", url).with("ANTHROPIC_API_KEY", "sk-ant-test")
    }

    /// The same with a key and this server for the OpenAI chat wire.
    pub fn openai(self, url: &str) -> Self {
        self.with("OPENAI_BASE_URL", &format!("{url}/v1"))
            .with("OPENAI_API_KEY", "sk-test")
            .with("OPENAI_MODEL", "gpt-test")
    }

    /// The folder in which the program runs.
    pub fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// The whole environment of the program.
    fn environment(&self) -> Vec<(String, String)> {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        let fixed = [("HOME", at("home")), ("LATIGO_HOME", at("latigo")), ("TMPDIR", at("tmp")), ("PATH", path)];
        let terminal = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")];
        let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value));
        let terminal = terminal.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        fixed.chain(terminal).chain(self.variables.iter().cloned()).collect()
    }

    /// The folder in which the program keeps sessions.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("latigo/data")
    }

    /// Starts the program without a terminal and without input; its standard output can be read.
    pub fn start(&self, arguments: &[&str]) -> std::process::Child {
        Command::new(binary())
            .args(arguments)
            .current_dir(self.project())
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The same where no file can become larger than so many KiB: what a full disk does to it.
    pub fn pipe_on_a_full_disk(&self, kilobytes: u32, arguments: &[&str]) -> Output {
        // A write beyond the limit fails, instead of ending the program, when the signal is ignored.
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kilobytes * 2);
        Command::new("sh")
            .args(["-c", &script])
            .arg(binary())
            .args(arguments)
            .current_dir(self.project())
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs the program without a terminal, with this on standard input.
    pub fn pipe(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(binary())
            .args(arguments)
            .current_dir(self.project())
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses its arguments does not read.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        child.wait_with_output().unwrap()
    }
}

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_latigo"))
}

/// The program in a terminal.
pub struct Latigo {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    seen: Arc<Seen>,
    /// The home lives as long as the program in it.
    _folder: Arc<TempDir>,
}

/// What the terminal shows, and a bell for every change.
struct Seen {
    tape: Mutex<Tape>,
    changed: Condvar,
}

struct Tape {
    parser: Parser,
    raw: Vec<u8>,
    over: bool,
}

impl Latigo {
    /// Starts it in a terminal of that many columns and rows.
    pub fn start(home: &Home, size: (u16, u16), arguments: &[&str]) -> Self {
        Self::start_in(home, &home.project(), size, arguments)
    }

    /// The same in another folder.
    pub fn start_in(home: &Home, folder: &Path, (columns, rows): (u16, u16), arguments: &[&str]) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(binary());
        command.args(arguments);
        command.cwd(folder);
        command.env_clear();
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        // Reads never end while this side is open here.
        drop(pair.slave);
        let parser = Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        let tape = Mutex::new(Tape { parser, raw: Vec::new(), over: false });
        let seen = Arc::new(Seen { tape, changed: Condvar::new() });
        let (mut reader, writer) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        let listener = Arc::clone(&seen);
        std::thread::spawn(move || listener.listen(&mut reader));
        Self { child, master: pair.master, writer, seen, _folder: Arc::clone(&home.folder) }
    }

    /// The number of its process.
    #[allow(dead_code, reason = "the benches use it")]
    pub fn id(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// Types, byte for byte.
    pub fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// What stands on the screen now.
    pub fn screen(&self) -> String {
        self.seen.lock().parser.screen().contents()
    }

    /// Waits until the text is on the screen.
    pub fn wait_for(&self, text: &str) {
        self.wait(&format!("`{text}` on the screen"), |tape| tape.parser.screen().contents().contains(text));
    }

    /// Presses a key again and again until the text is on the screen.
    pub fn press_until(&mut self, key: &str, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.screen().contains(text) {
            assert!(Instant::now() < until, "pressed {key:?} for `{text}`; the screen shows:\n{}", self.screen());
            self.keys(key);
            let tape = self.seen.lock();
            let pause = Duration::from_millis(150);
            drop(
                self.seen
                    .changed
                    .wait_timeout_while(tape, pause, |tape| !tape.parser.screen().contents().contains(text)),
            );
        }
    }

    /// Waits until the screen, as the terminal knows it, is as told.
    pub fn wait_screen(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        self.wait(what, |tape| holds(tape.parser.screen()));
    }

    /// Waits until nothing more is written for a moment.
    #[allow(dead_code, reason = "not every bench uses it")]
    pub fn wait_quiet(&self) {
        let until = Instant::now() + PATIENCE;
        let mut tape = self.seen.lock();
        loop {
            let before = tape.raw.len();
            let (next, waited) = self
                .seen
                .changed
                .wait_timeout_while(tape, Duration::from_millis(400), |tape| tape.raw.len() == before)
                .unwrap_or_else(PoisonError::into_inner);
            tape = next;
            if waited.timed_out() {
                return;
            }
            assert!(Instant::now() < until, "it never stands still:\n{}", tape.parser.screen().contents());
        }
    }

    /// Waits until these bytes were written, escape sequences and all.
    pub fn wait_raw(&self, bytes: &str) {
        let written = |tape: &Tape| String::from_utf8_lossy(&tape.raw).contains(bytes);
        self.wait(&format!("{bytes:?} to be written"), written);
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, columns: u16, rows: u16) {
        let mut tape = self.seen.lock();
        tape.parser.screen_mut().set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits until the program has ended, however it did, and everything that it wrote is read.
    pub fn wait_end(&mut self) {
        self.wait("the end of the program", |tape| tape.over);
        self.child.wait().unwrap();
    }

    /// Waits until the program has ended and everything that it wrote is read, and returns its exit code.
    pub fn wait_exit(&mut self) -> u32 {
        self.wait("the end of the program", |tape| tape.over);
        self.child.wait().unwrap().exit_code()
    }

    fn wait(&self, what: &str, holds: impl Fn(&Tape) -> bool) {
        let until = Instant::now() + PATIENCE;
        let mut tape = self.seen.lock();
        while !holds(&tape) {
            let rest = until.saturating_duration_since(Instant::now());
            let over = tape.over || rest.is_zero();
            assert!(!over, "waited for {what}; the screen shows:\n{}", tape.parser.screen().contents());
            tape = self.seen.changed.wait_timeout(tape, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Latigo {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Seen {
    /// A test that fails while it looks does not stop the listener.
    fn lock(&self) -> MutexGuard<'_, Tape> {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, reader: &mut dyn Read) {
        let mut buffer = [0; 16 << 10];
        loop {
            // Linux reports the end of a pseudo-terminal as an error.
            let read = reader.read(&mut buffer).unwrap_or(0);
            let mut tape = self.lock();
            tape.parser.process(&buffer[..read]);
            tape.raw.extend_from_slice(&buffer[..read]);
            tape.over = read == 0;
            self.changed.notify_all();
            if read == 0 {
                return;
            }
        }
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}
