//! Finds out what confines here, by starting a process inside and letting it try what it must not.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Cage, Means, PROBE_WORD, Profile, Scope, Wish};
use crate::base::process::Group;

/// How long one trial may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a running trial is looked at.
const LOOK: Duration = Duration::from_millis(2);
/// Bytes that are read of what it prints.
const OUTPUT: u64 = 16 << 10;
/// Where programs of the system lie. `PATH` is not asked: the project could stand in it.
const FOLDERS: [&str; 4] = ["/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"];
/// What must have been possible inside, and what not.
const EXPECTED: [(&str, bool); 7] = [
    ("write-inside", true),
    ("write-outside", false),
    ("write-sealed", false),
    ("read-key", false),
    ("connect", false),
    ("datagram", false),
    ("socket", false),
];

static PROOF: OnceLock<Proof> = OnceLock::new();

/// What was tried and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// The means that was proven; none when nothing confines.
    pub means: Option<Means>,
    /// All that was tried, in order.
    pub trials: Vec<Trial>,
}

/// One means that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    pub name: &'static str,
    /// What was proven, or why it does not do.
    pub outcome: Result<String, String>,
}

impl Proof {
    /// Why nothing confines, in one sentence.
    pub fn reason(&self) -> String {
        let reasons: Vec<String> = self
            .trials
            .iter()
            .filter_map(|trial| trial.outcome.as_ref().err().map(|why| format!("{}: {why}", trial.name)))
            .collect();
        if reasons.is_empty() { "nothing was tried".to_owned() } else { reasons.join("; ") }
    }
}

/// Proves with this program as the helper, once a process. Blocks for some tens of milliseconds.
pub fn prove() -> Proof {
    PROOF.get_or_init(|| std::env::current_exe().map_or_else(|error| unknown(&error), |own| prove_with(&own))).clone()
}

fn unknown(error: &std::io::Error) -> Proof {
    let outcome = Err(format!("the program does not find itself: {error}"));
    Proof { means: None, trials: vec![Trial { name: "helper", outcome }] }
}

/// Proves with this program as the helper.
pub fn prove_with(helper: &Path) -> Proof {
    let mut proof = Proof::default();
    for (name, means) in candidates() {
        let outcome = means.and_then(|means| try_means(&means, helper).map(|proven| (means, proven)));
        let (found, outcome) = match outcome {
            Ok((means, proven)) => (Some(means), Ok(proven)),
            Err(why) => (None, Err(why)),
        };
        proof.trials.push(Trial { name, outcome });
        if found.is_some() {
            proof.means = found;
            break;
        }
    }
    proof
}

/// Means by their name, the best first; or why one is not there.
fn candidates() -> Vec<(&'static str, Result<Means, String>)> {
    if cfg!(target_os = "macos") {
        return vec![("seatbelt", Ok(Means::Seatbelt))];
    }
    let missing = |name: &str| format!("{name} is not installed");
    vec![
        ("bubblewrap", program("bwrap").map(Means::Bubblewrap).ok_or_else(|| missing("bubblewrap"))),
        (
            "landlock with mounts",
            program("unshare").map(|path| Means::Landlock { unshare: Some(path) }).ok_or_else(|| missing("unshare")),
        ),
        ("landlock", Ok(Means::Landlock { unshare: None })),
    ]
}

fn program(name: &str) -> Option<PathBuf> {
    FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file())
}

/// Starts a process inside and compares what it could do with what it should. What was proven is a sentence, and
/// so is why it does not do.
pub fn try_means(means: &Means, helper: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| format!("it could not be tried: {error}");
    let desk = tempfile::Builder::new().prefix("latigo-probe-").tempdir().map_err(told)?;
    let top = desk.path().canonicalize().map_err(told)?;
    let at = |name: &str| top.join(name);
    for folder in ["inside/.git/hooks", "inside/src", "outside", "home/.ssh", "temp"] {
        fs::create_dir_all(at(folder)).map_err(told)?;
    }
    let key = at("home/.ssh/key");
    fs::write(&key, "secret").map_err(told)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(told)?;
    let port = listener.local_addr().map_err(told)?.port().to_string();
    let socket = at("outside/socket");
    let _listener = UnixListener::bind(&socket).map_err(told)?;

    let scope =
        Scope { home: &at("home"), project: &at("inside"), added: &[], temp: &at("temp"), private: &[], readable: &[] };
    let cage = Cage {
        means: means.clone(),
        profile: Profile::new(&Wish::default(), &scope),
        helper: helper.to_path_buf(),
        hidden_variables: Vec::new(),
    };
    let (inside, outside) = (at("inside"), at("outside"));
    let words: [&OsStr; 6] = [
        PROBE_WORD.as_ref(),
        inside.as_os_str(),
        outside.as_os_str(),
        key.as_os_str(),
        port.as_ref(),
        socket.as_os_str(),
    ];
    let said = run(&cage, helper, &words, &inside)?;
    compare(&said)?;
    // The process may say what it likes; the disk decides.
    if outside.join("written").exists() || inside.join(".git/hooks/probe").exists() {
        return Err("a process inside wrote where it must not".to_owned());
    }
    if !inside.join("src/written").exists() {
        return Err("a process inside could not write where it may".to_owned());
    }
    let how = match means {
        Means::Landlock { unshare: None } => " (no new names beside protected ones)",
        _ => "",
    };
    Ok(format!("a process inside could not write outside, read a key, change a hook or reach the network{how}"))
}

fn compare(said: &str) -> Result<(), String> {
    for (name, wanted) in EXPECTED {
        let word = if wanted { "ok" } else { "denied" };
        let Some(found) = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')) else {
            let start: String = said.trim().chars().take(300).collect();
            return Err(format!("it does not start here: {start}"));
        };
        if found != word {
            return Err(format!("inside, `{name}` was {found} and should have been {word}"));
        }
    }
    Ok(())
}

fn run(cage: &Cage, helper: &Path, words: &[&OsStr], cwd: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| format!("it does not start here: {error}");
    let (mut command, caged) = cage.wrap(helper, words, cwd).map_err(told)?;
    let (reader, writer) = std::io::pipe().map_err(told)?;
    let errors = writer.try_clone().map_err(told)?;
    command.env_clear().stdout(writer).stderr(Stdio::from(errors));
    let mut child = command.spawn().map_err(told)?;
    let mut group = Group::adopt(child.id());
    let ended = wait(&mut child);
    if ended {
        group.mark_reaped();
    } else {
        group.kill();
        drop(child.wait());
        return Err(format!("it did not end within {} s", PATIENCE.as_secs()));
    }
    // The command holds the other end of the pipe.
    drop((command, caged));
    let mut said = Vec::new();
    reader.take(OUTPUT).read_to_end(&mut said).map_err(told)?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}

fn wait(child: &mut Child) -> bool {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        match child.try_wait() {
            Ok(None) => sleep(LOOK),
            Ok(Some(_)) | Err(_) => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_a_single_wrong_answer_prove_nothing() {
        let good = "write-inside ok\nwrite-outside denied\nwrite-sealed denied\nread-key denied\nconnect denied\ndatagram denied\nsocket denied\n";
        assert_eq!(compare(good), Ok(()));
        assert!(compare("").is_err_and(|why| why.contains("does not start")));
        assert!(compare("bwrap: no\n").is_err_and(|why| why.contains("bwrap: no")));
        for (name, wanted) in EXPECTED {
            let (is, not) = if wanted { ("ok", "denied") } else { ("denied", "ok") };
            let bad = good.replace(&format!("{name} {is}"), &format!("{name} {not}"));
            assert!(compare(&bad).is_err_and(|why| why.contains(name)), "{name}");
        }
    }

    #[test]
    fn a_helper_that_is_not_there_proves_nothing() {
        let proof = prove_with(Path::new("/nowhere/latigo"));
        assert_eq!(proof.means, None);
        assert!(proof.reason().contains("is gone"), "{}", proof.reason());
    }
}
