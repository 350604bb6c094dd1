//! What a confined command cannot do, tried against the operating system with every means of confinement.
//!
//! Nothing is skipped: where a means is missing the test fails and says what to install.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests")]
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use latigo::domain::{Terms, ToolOutcome};
use latigo::sandbox::{Cage, Decide, Doubt, Means, Pass, Profile, Proxy, Scope, Wish, prove_with, try_means};
use latigo::tools::{Limits, Place, ToolContext, registry};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

fn helper() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_latigo"))
}

/// All three ways, so that each is held to the same.
fn every_means() -> Vec<Means> {
    let at = |name: &str| {
        let found = ["/usr/bin", "/bin"].iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
        found.unwrap_or_else(|| panic!("{name} is missing: apt-get install bubblewrap util-linux"))
    };
    vec![
        Means::Bubblewrap(at("bwrap")),
        Means::Landlock { unshare: Some(at("unshare")) },
        Means::Landlock { unshare: None },
    ]
}

struct Desk {
    _dir: TempDir,
    top: PathBuf,
    wish: Wish,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        for folder in ["project/.git/hooks", "project/src", "project/.claude", "outside", "home/.ssh", "temp"] {
            fs::create_dir_all(top.join(folder)).unwrap();
        }
        for (file, text) in [
            ("home/.ssh/id_ed25519", "KEY"),
            ("home/notes", "notes"),
            ("outside/kept", "kept"),
            ("project/.git/config", "[core]\n"),
            ("project/.claude/settings.json", "{}"),
            ("project/src/old", "old"),
        ] {
            fs::write(top.join(file), text).unwrap();
        }
        Self { _dir: dir, top, wish: Wish::default() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.top.join(name)
    }

    fn cage(&self, means: &Means) -> Cage {
        let (home, project, temp) = (self.at("home"), self.at("project"), self.at("temp"));
        let scope = Scope { home: &home, project: &project, added: &[], temp: &temp, private: &[], readable: &[] };
        let profile = Profile::new(&self.wish, &scope);
        Cage { means: means.clone(), profile, helper: helper(), hidden_variables: Vec::new(), proxy: None }
    }

    /// Runs a line of bash in the project.
    fn run(&self, means: &Means, line: &str) -> Output {
        self.run_and_look(means, line).0
    }

    fn run_and_look(&self, means: &Means, line: &str) -> (Output, Vec<String>) {
        let words = ["--norc".as_ref(), "-c".as_ref(), line.as_ref()];
        let cage = self.cage(means);
        let (mut command, caged) = cage.wrap(Path::new("/bin/bash"), &words, &self.at("project"), None).unwrap();
        let env = [("PATH", "/usr/bin:/bin"), ("TOP", self.top.to_str().unwrap())];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let output = command.env_clear().envs(cage.variables(&env)).output().unwrap();
        let findings = caged.findings();
        (output, findings)
    }

    fn works(&self, means: &Means, line: &str) {
        let output = self.run(means, line);
        assert!(output.status.success(), "{means:?}: `{line}` failed: {}", said(&output));
    }

    fn fails(&self, means: &Means, line: &str) {
        let output = self.run(means, line);
        assert!(!output.status.success(), "{means:?}: `{line}` worked: {}", said(&output));
        assert!(output.status.code() != Some(126), "{means:?}: the sandbox itself failed: {}", said(&output));
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_probes_prove_what_works_and_see_through_what_does_not() {
    let proof = prove_with(&helper());
    assert!(matches!(proof.means, Some(Means::Bubblewrap(_))), "{proof:?}");
    for means in every_means() {
        let proven = try_means(&means, &helper());
        assert!(proven.is_ok(), "{means:?}: {proven:?}");
    }
    // A program that only looks like bubblewrap proves nothing: it runs what it is given, unconfined.
    let dir = tempfile::tempdir().unwrap();
    let fake = dir.path().join("bwrap");
    script(&fake, "while [[ $1 != -- ]]; do shift; done; shift 4\nexec \"$@\"\n");
    let proven = try_means(&Means::Bubblewrap(fake), &helper());
    assert!(matches!(&proven, Err(Doubt::Fails(why)) if why.contains("write-outside")), "{proven:?}");
}

/// Makes a program. Another process writes it: a file that this one held open for writing while another test
/// started something would be held open there too for a moment, and could not be run ("text file busy").
fn script(path: &Path, lines: &str) {
    let mut child = std::process::Command::new("/bin/bash")
        .args(["-c", "cat >\"$1\" && chmod 755 \"$1\"", "bash"])
        .arg(path)
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(format!("#!/bin/bash\n{lines}").as_bytes()).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_program_that_is_being_written_proves_nothing_and_refutes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let fake = dir.path().join("bwrap");
    script(&fake, "exit 0\n");
    let _held = fs::OpenOptions::new().append(true).open(&fake).unwrap();
    let proven = try_means(&Means::Bubblewrap(fake), &helper());
    assert!(matches!(&proven, Err(Doubt::Unclear(_))), "{proven:?}");
}

#[test]
fn work_inside_is_free() {
    for means in every_means() {
        let desk = Desk::new();
        for line in [
            "true && /bin/true",
            "echo new >src/new && mv src/new src/newer && rm src/old && mkdir src/deep && echo x >src/deep/x",
            "echo x >\"$TMPDIR/x\" && cat \"$TMPDIR/x\" && rm \"$TMPDIR/x\"",
            "cat ../home/notes ../outside/kept && ls -la / ../home",
            "echo x >/dev/null && head -c 8 /dev/urandom >src/random",
            "(sleep 0 & wait) && echo $(echo nested | tr a-z A-Z) | grep NESTED",
            "test \"$(pwd)\" = \"$TOP/project\"",
        ] {
            desk.works(&means, line);
        }
        assert_eq!(fs::read_to_string(desk.at("project/src/newer")).unwrap(), "new\n", "{means:?}");
    }
}

#[test]
fn with_mounts_new_names_can_be_made_and_git_works() {
    for means in every_means().into_iter().take(2) {
        let desk = Desk::new();
        fs::remove_dir_all(desk.at("project/.git")).unwrap();
        let git = "GIT_CONFIG_GLOBAL=/dev/null git -c user.name=n -c user.email=e@x";
        assert!(
            std::process::Command::new("git").args(["init", "-q"]).arg(desk.at("project")).status().unwrap().success()
        );
        desk.works(&means, "echo x >fresh && mkdir target && echo y >target/y && mv fresh fresher");
        desk.works(
            &means,
            &format!("{git} add -A && {git} commit -qm first && {git} status --porcelain | wc -l | grep -x 0"),
        );
        assert!(!desk.at("project/.mcp.json").exists(), "{means:?}: placeholders are gone");
    }
}

#[test]
fn nothing_outside_can_be_written() {
    for means in every_means() {
        let desk = Desk::new();
        for line in [
            "echo x >../outside/new",
            "echo x >>../outside/kept",
            "rm ../outside/kept",
            "mv ../outside/kept src/",
            "mv src/old ../outside/",
            "ln ../outside/kept src/hard && echo x >src/hard",
            "ln -s \"$TOP/outside\" src/there && echo x >src/there/new",
            "truncate -s 0 ../outside/kept",
            "echo x >/tmp/latigo-test-outside && rm /tmp/latigo-test-outside",
            "echo x >/etc/latigo-test-outside",
            "bash -c 'bash -c \"echo x >../outside/new\"'",
            "setsid -w bash -c 'echo x >../outside/new'",
            "(bash -c 'echo x >../outside/new') & wait $!",
            "python3 -c 'open(\"../outside/new\", \"w\")'",
            "mount -t tmpfs none ../outside",
            "unshare -Ur bash -c 'echo x >../outside/new'",
        ] {
            desk.fails(&means, line);
        }
        assert_eq!(fs::read_to_string(desk.at("outside/kept")).unwrap(), "kept", "{means:?}");
        assert_eq!(fs::read_dir(desk.at("outside")).unwrap().count(), 1, "{means:?}");
    }
}

#[test]
fn with_mounts_modes_outside_stay() {
    for means in every_means().into_iter().take(2) {
        let desk = Desk::new();
        desk.fails(&means, "chmod 777 ../outside/kept");
        desk.fails(&means, "touch -d 2001-01-01 ../outside/kept");
        desk.works(&means, "chmod 755 src/old && touch -d 2001-01-01 src/old");
    }
}

#[test]
fn what_programs_outside_obey_cannot_be_changed() {
    for means in every_means() {
        let desk = Desk::new();
        for line in [
            "echo x >.git/hooks/pre-commit",
            "bash -c 'bash -c \"echo x >.git/hooks/pre-commit\"'",
            "echo x >>.git/config",
            "mv .git .git-old",
            "mv .git/hooks .git/old-hooks",
            "rm -rf .git/hooks",
            "mv .claude away",
            "echo x >.claude/settings.json",
            "echo x >.claude/settings.local.json",
            "mkdir -p .claude/commands && echo x >.claude/commands/x.md",
            "mkdir .latigo && echo x >.latigo/settings.json",
            "echo x >.mcp.json",
            "mkdir -p .vscode && echo x >.vscode/tasks.json",
        ] {
            desk.fails(&means, line);
        }
        assert_eq!(fs::read_to_string(desk.at("project/.git/config")).unwrap(), "[core]\n", "{means:?}");
        assert_eq!(fs::read_dir(desk.at("project/.git/hooks")).unwrap().count(), 0, "{means:?}");
        assert!(!desk.at("project/.latigo").exists() && !desk.at("project/.mcp.json").exists(), "{means:?}");
    }
}

#[test]
fn keys_cannot_be_read() {
    for means in every_means() {
        let mut desk = Desk::new();
        desk.wish.deny_read = vec![desk.at("outside"), desk.at("project/src/old")];
        for line in [
            "cat ../home/.ssh/id_ed25519",
            "bash -c 'bash -c \"cat ../home/.ssh/id_ed25519\"'",
            "cp ../home/.ssh/id_ed25519 src/",
            "ln ../home/.ssh/id_ed25519 src/key && cat src/key",
            "ln -s \"$TOP/home/.ssh\" src/keys && cat src/keys/id_ed25519",
            "cat ../outside/kept",
            "cat src/old",
        ] {
            desk.fails(&means, line);
        }
        desk.works(&means, "cat ../home/notes");
        desk.wish.allow_read = vec![desk.at("home/.ssh")];
        desk.works(&means, "cat ../home/.ssh/id_ed25519");
    }
}

#[test]
fn there_is_no_network_and_no_socket_of_the_host() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for means in every_means() {
        let mut desk = Desk::new();
        let socket = desk.at("outside/socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let path =
            format!("python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"{}\")'", socket.display());
        let connect = format!("exec 3<>/dev/tcp/127.0.0.1/{port}");
        for line in [
            connect.as_str(),
            path.as_str(),
            &format!("bash -c 'bash -c \"{connect}\"'"),
            "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b\"x\", (\"192.0.2.1\", 9))'",
            "python3 -c 'import socket; socket.socket(socket.AF_VSOCK)'",
            "python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'",
        ] {
            desk.fails(&means, line);
        }
        desk.works(&means, "python3 -c 'import socket; a, b = socket.socketpair(); a.send(b\"x\"); b.recv(1)'");
        desk.wish.network = true;
        desk.works(&means, &connect);
        desk.fails(&means, &path);
        desk.wish.unix_sockets = true;
        desk.works(&means, &path);
    }
}

#[test]
fn other_processes_cannot_be_touched() {
    let mut other = std::process::Command::new("sleep").arg("1000").env("SECRET", "hidden").spawn().unwrap();
    let id = other.id();
    for means in every_means() {
        let desk = Desk::new();
        desk.fails(&means, &format!("kill {id}"));
        desk.fails(&means, &format!("cat /proc/{id}/environ | grep -a SECRET"));
        desk.fails(&means, &format!("grep -q x /proc/{id}/mem"));
        assert!(other.try_wait().unwrap().is_none(), "{means:?}");
        desk.works(&means, "test \"$(grep CapEff /proc/self/status | tr -d '[:space:]0')\" = CapEff:");
        desk.works(&means, "grep -q 'NoNewPrivs:.1' /proc/self/status");
    }
    other.kill().unwrap();
    other.wait().unwrap();
}

impl Desk {
    /// Bash as the model calls it, with this limit in milliseconds.
    async fn tool(&self, means: &Means, line: &str, timeout: u64, cancel: &CancellationToken) -> ToolOutcome {
        let (output, mut live) = mpsc::channel(64);
        tokio::spawn(async move { while live.recv().await.is_some() {} });
        let context = ToolContext {
            call_id: "call_1".to_owned(),
            place: Place { cwd: self.at("project"), project: self.at("project"), added: Vec::new() },
            output,
            cancel: cancel.clone(),
            reads: Arc::default(),
            env: Arc::new([("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into()),
            outputs: self.at("outputs"),
            limits: Limits::default(),
            cage: Some(Arc::new(self.cage(means))),
            jobs: latigo::tools::Jobs::new().0,
            detach: CancellationToken::new(),
            attended: false,
            board: Arc::default(),
            job: None,
            terms: Terms::default(),
        };
        let bash = registry().into_iter().find(|tool| tool.spec().name == "Bash").unwrap();
        bash.run(serde_json::json!({ "command": line, "timeout": timeout }), context).await
    }
}

/// Waits until nothing in the system runs with this word among its arguments.
async fn nobody_has(word: &str) -> bool {
    for _ in 0..200 {
        let found = fs::read_dir("/proc").unwrap().flatten().any(|entry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let state = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(word) && !state.contains(") Z ")
        });
        if !found {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn folder_exit_code_time_and_stop_work_inside_as_outside() {
    for (number, means) in every_means().iter().enumerate() {
        let desk = Desk::new();
        let free = CancellationToken::new();
        let done = desk.tool(means, "cd src && echo hi && exit 3", 20_000, &free).await;
        let said = format!("{:?}", done.parts);
        assert_eq!((done.summary.as_str(), done.cwd), ("exit 3", Some(desk.at("project/src"))), "{means:?}: {said}");
        assert!(said.contains("hi") && !said.contains("Background"), "{means:?}: {said}");

        let word = format!("7{number}.{}", std::process::id());
        // In a process namespace of its own nothing escapes, however it was started.
        let escape = if matches!(means, Means::Bubblewrap(_)) { "setsid" } else { "" };
        let endless = format!("bash -c '{escape} sleep {word} & sleep {word} & sleep {word}' & sleep {word}");
        let late = desk.tool(means, &endless, 150, &free).await;
        assert_eq!(late.summary, "timed out", "{means:?}: {:?}", late.parts);

        let cancel = CancellationToken::new();
        let stop = async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            cancel.cancel();
        };
        let pipe = format!("sleep {word} | sleep {word}");
        let (stopped, ()) = tokio::join!(desk.tool(means, &pipe, 20_000, &cancel), stop);
        assert_eq!(stopped.summary, "interrupted", "{means:?}");

        let left = desk.tool(means, &format!("sleep {word} >/dev/null 2>&1 & echo started"), 20_000, &free).await;
        assert!(format!("{:?}", left.parts).contains("still run"), "{means:?}: {:?}", left.parts);
        latigo::base::process::groups().kill_all(Duration::from_millis(50));
        assert!(nobody_has(&word).await, "{means:?}: a process is left");
    }
}

#[tokio::test]
async fn a_refusal_is_explained_and_a_report_is_no_door() {
    for means in every_means() {
        let desk = Desk::new();
        let free = CancellationToken::new();
        let refused = desk.tool(&means, "echo x >../outside/new", 20_000, &free).await;
        assert!(format!("{:?}", refused.parts).contains("ran in the sandbox"), "{means:?}: {:?}", refused.parts);
        // The shell's folder is reported by a file that the command can reach: a link there is not followed.
        let trick = "for f in $TMPDIR/*; do :; done; trap - EXIT; ln -sf /etc/passwd $TMPDIR/call_1.cwd; mkfifo $TMPDIR/pipe; exit 0";
        let tricked = desk.tool(&means, trick, 20_000, &free).await;
        assert_eq!(tricked.cwd, None, "{means:?}");
    }
}

#[test]
fn what_mounts_cannot_forbid_is_reported() {
    let means = &every_means()[0];
    let desk = Desk::new();
    let (output, findings) = desk.run_and_look(means, "touch HEAD config && mkdir objects refs");
    assert!(output.status.success(), "{}", said(&output));
    assert!(findings.iter().any(|found| found.contains("repository of git")), "{findings:?}");
    let (output, findings) = desk.run_and_look(means, "echo \"$TOP/outside\" >.git/commondir");
    assert!(output.status.success(), "{}", said(&output));
    assert!(findings.iter().any(|found| found.contains("commondir is new")), "{findings:?}");
    let (_, findings) = desk.run_and_look(means, "echo x >src/x");
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn an_order_that_cannot_be_carried_out_runs_nothing() {
    let desk = Desk::new();
    let made = desk.at("made");
    for order in ["", "nonsense", "{\"files\":{}}"] {
        let output = std::process::Command::new(helper())
            .args(["__sandbox", order, "--", "/bin/touch"])
            .arg(&made)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(126), "{order}");
        assert!(said(&output).contains("nothing was run"), "{}", said(&output));
    }
    assert!(!made.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_are_reached_by_the_proxy_alone_and_only_those_that_are_open() {
    use tokio::io::AsyncWriteExt as _;
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = server.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = server.accept().await {
            peer.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nserved").await.ok();
        }
    });
    for means in every_means() {
        let desk = Desk::new();
        let decide: Decide = Arc::new(move |host, _, _| {
            let open = host == "127.0.0.1";
            Box::pin(async move { if open { Pass::Open { named: true } } else { Pass::Closed("it is closed".into()) } })
        });
        let cage = Cage { proxy: Some(Proxy::new(decide)), ..desk.cage(&means) };
        let fetch = |url: &str| {
            format!(
                "python3 -c 'import urllib.request as u; p = u.ProxyHandler({{\"http\": \"http://127.0.0.1:3128\"}}); print(u.build_opener(p).open(\"{url}\").read().decode())'"
            )
        };
        let direct = format!("exec 3<>/dev/tcp/127.0.0.1/{port}");
        let run = |line: String| {
            let words = ["--norc".as_ref(), "-c".as_ref(), line.as_ref()];
            let (mut command, caged) = cage.wrap(Path::new("/bin/bash"), &words, &desk.at("project"), None).unwrap();
            let env = [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into();
            // What is on loopback is meant to be reached without the proxy; here it stands for a host.
            let own = cage.variables(&env).into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("no_proxy"));
            let output = command.env_clear().envs(own).output().unwrap();
            drop(caged);
            output
        };
        let open = tokio::task::block_in_place(|| run(fetch(&format!("http://127.0.0.1:{port}/"))));
        let closed = tokio::task::block_in_place(|| run(fetch("http://example.com/")));
        let around = tokio::task::block_in_place(|| run(direct));
        let input = tokio::task::block_in_place(|| run("cat; test \"$HTTP_PROXY\" = http://127.0.0.1:3128".to_owned()));
        assert!(!around.status.success(), "{means:?}: {}", said(&around));
        assert!(!closed.status.success(), "{means:?}: {}", said(&closed));
        if means.has_own_network() {
            assert!(said(&open).contains("served"), "{means:?}: {}", said(&open));
            assert!(said(&closed).contains("403"), "{means:?}: {}", said(&closed));
            assert!(input.status.success(), "{means:?}: {}", said(&input));
        } else {
            assert!(!open.status.success() && !input.status.success(), "{means:?}: {}", said(&open));
        }
    }
}
