//! Finds out what confines here, by starting a process inside and letting it try what it must not.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::helper::UNCLEAR;
use super::{Cage, Means, PROBE_WORD, Profile, Scope, Wish};
use crate::base::process::Group;

/// How long a trial may take, the first time and the second: a machine that is busy is not one where nothing works.
const PATIENCE: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(25)];
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

static PROOF: Mutex<Option<Proof>> = Mutex::new(None);

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
    pub outcome: Result<String, Doubt>,
}

/// Why a means is not relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It does not do; why.
    Fails(String),
    /// The trial came to no end in its time, so nothing is known of it.
    Unclear(String),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fails(why) | Self::Unclear(why) => f.write_str(why),
        }
    }
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

    /// Nothing was proven only because there was not enough time, so it is worth another try.
    pub fn is_unclear(&self) -> bool {
        let unclear = |trial: &Trial| matches!(trial.outcome, Err(Doubt::Unclear(_)));
        self.means.is_none() && self.trials.iter().any(unclear)
    }
}

/// Proves with this program as the helper, once a process unless time ran out. Blocks for some tens of milliseconds,
/// on a very busy machine for longer.
pub fn prove() -> Proof {
    // Whoever asks meanwhile waits for this answer; one that broke down in between has left no answer.
    let mut known = PROOF.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(proof) = known.as_ref() {
        return proof.clone();
    }
    let proof = std::env::current_exe().map_or_else(|error| unknown(&error), |own| prove_with(&own));
    if !proof.is_unclear() {
        *known = Some(proof.clone());
    }
    proof
}

fn unknown(error: &std::io::Error) -> Proof {
    let outcome = Err(Doubt::Fails(format!("the program does not find itself: {error}")));
    Proof { means: None, trials: vec![Trial { name: "helper", outcome }] }
}

/// Proves with this program as the helper.
pub fn prove_with(helper: &Path) -> Proof {
    let mut proof = Proof::default();
    for (name, means) in candidates() {
        let tried = |means| try_means(&means, helper).map(|proven| (means, proven));
        let outcome = means.map_err(Doubt::Fails).and_then(tried);
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
/// so is why it does not do. One that is too slow is tried once more, with more time.
pub fn try_means(means: &Means, helper: &Path) -> Result<String, Doubt> {
    let mut outcome = Err(Doubt::Unclear("it was not tried".to_owned()));
    for patience in PATIENCE {
        outcome = try_within(means, helper, patience);
        if !matches!(outcome, Err(Doubt::Unclear(_))) {
            break;
        }
    }
    outcome
}

fn try_within(means: &Means, helper: &Path, patience: Duration) -> Result<String, Doubt> {
    let told = |error: io::Error| Doubt::Fails(format!("it could not be tried: {error}"));
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
        proxy: None,
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
    let said = run(&cage, helper, &words, &inside, patience)?;
    compare(&said)?;
    // The process may say what it likes; the disk decides.
    if outside.join("written").exists() || inside.join(".git/hooks/probe").exists() {
        return Err(Doubt::Fails("a process inside wrote where it must not".to_owned()));
    }
    if !inside.join("src/written").exists() {
        return Err(Doubt::Fails("a process inside could not write where it may".to_owned()));
    }
    let how = match means {
        Means::Landlock { unshare: None } => " (no new names beside protected ones)",
        _ => "",
    };
    Ok(format!("a process inside could not write outside, read a key, change a hook or reach the network{how}"))
}

fn compare(said: &str) -> Result<(), Doubt> {
    for (name, wanted) in EXPECTED {
        let word = if wanted { "ok" } else { "denied" };
        let Some(found) = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')) else {
            let start: String = said.trim().chars().take(300).collect();
            let text = format!("it does not start here: {start}");
            // Said by the program in between: what it is to start is being written at this moment.
            let busy = start.contains("Text file busy");
            return Err(if busy { Doubt::Unclear(text) } else { Doubt::Fails(text) });
        };
        if found == UNCLEAR {
            // A refusal that did not come is none.
            return Err(Doubt::Unclear(format!("inside, `{name}` was neither refused nor done in time")));
        }
        if found != word {
            return Err(Doubt::Fails(format!("inside, `{name}` was {found} and should have been {word}")));
        }
    }
    Ok(())
}

fn run(cage: &Cage, helper: &Path, words: &[&OsStr], cwd: &Path, patience: Duration) -> Result<String, Doubt> {
    let told = |error: io::Error| match error.kind() {
        // The program is being written at this moment, or the system is short of processes.
        ErrorKind::ExecutableFileBusy | ErrorKind::WouldBlock => Doubt::Unclear(format!("it could not start: {error}")),
        _ => Doubt::Fails(format!("it does not start here: {error}")),
    };
    let (mut command, caged) = cage.wrap(helper, words, cwd, None).map_err(told)?;
    let (reader, writer) = io::pipe().map_err(told)?;
    let errors = writer.try_clone().map_err(told)?;
    command.env_clear().stdout(writer).stderr(Stdio::from(errors));
    let mut child = command.spawn().map_err(told)?;
    let mut group = Group::adopt(child.id());
    let ended = wait(&mut child, patience);
    if ended {
        group.mark_reaped();
    } else {
        group.kill();
        drop(child.wait());
        return Err(Doubt::Unclear(format!("it did not end within {} s", patience.as_secs())));
    }
    // The command holds the other end of the pipe.
    drop((command, caged));
    let mut said = Vec::new();
    reader.take(OUTPUT).read_to_end(&mut said).map_err(told)?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}

fn wait(child: &mut Child, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    loop {
        match child.try_wait() {
            Ok(Some(_)) | Err(_) => return true,
            // Asked once more after the time is over: it may be us who were slow.
            Ok(None) if Instant::now() >= until => return false,
            Ok(None) => sleep(LOOK),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_a_single_wrong_answer_prove_nothing() {
        let good = "write-inside ok\nwrite-outside denied\nwrite-sealed denied\nread-key denied\nconnect denied\ndatagram denied\nsocket denied\n";
        assert_eq!(compare(good), Ok(()));
        let fails = |said: &str, text: &str| matches!(compare(said), Err(Doubt::Fails(why)) if why.contains(text));
        assert!(fails("", "does not start"));
        assert!(fails("bwrap: no\n", "bwrap: no"));
        for (name, wanted) in EXPECTED {
            let (is, not) = if wanted { ("ok", "denied") } else { ("denied", "ok") };
            let bad = good.replace(&format!("{name} {is}"), &format!("{name} {not}"));
            assert!(fails(&bad, name), "{name}");
            // What was too slow is neither a proof nor a refutation.
            let slow = good.replace(&format!("{name} {is}"), &format!("{name} {UNCLEAR}"));
            assert!(matches!(compare(&slow), Err(Doubt::Unclear(why)) if why.contains(name)), "{name}");
        }
    }

    #[test]
    fn a_trial_without_time_is_unclear_and_may_be_tried_again() {
        let trial = |outcome| Trial { name: "x", outcome };
        let slow = Proof { means: None, trials: vec![trial(Err(Doubt::Unclear("slow".to_owned())))] };
        let fails = Proof { means: None, trials: vec![trial(Err(Doubt::Fails("no".to_owned())))] };
        assert!(slow.is_unclear() && !fails.is_unclear());
        let proven = Proof { means: Some(Means::Landlock { unshare: None }), ..slow };
        assert!(!proven.is_unclear(), "a weaker means that was proven is enough");
    }

    #[test]
    fn a_helper_that_is_not_there_proves_nothing() {
        let proof = prove_with(Path::new("/nowhere/latigo"));
        assert_eq!(proof.means, None);
        assert!(proof.reason().contains("is gone"), "{}", proof.reason());
    }
}
