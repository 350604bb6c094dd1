//! A project in a temporary folder, and tools called in it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::{Jobs, Limits, Place, ReadLedger, Tool, ToolContext, registry};
use crate::domain::{Shown, ToolOutcome};

/// A sealed place to work in.
pub struct Desk {
    dir: TempDir,
    pub root: PathBuf,
    pub context: ToolContext,
    pub live: mpsc::Receiver<String>,
}

impl Desk {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let root = top.join("project");
        fs::create_dir(&root).unwrap();
        let (output, live) = mpsc::channel(64);
        let context = ToolContext {
            call_id: "call_1".to_owned(),
            place: Place { cwd: root.clone(), project: root.clone(), added: Vec::new() },
            output,
            cancel: CancellationToken::new(),
            reads: Arc::new(ReadLedger::default()),
            env: Arc::new(BTreeMap::from([("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())])),
            outputs: top.join("outputs"),
            limits: Limits::default(),
            cage: None,
            jobs: Jobs::new().0,
            detach: CancellationToken::new(),
            attended: false,
            board: Arc::default(),
            job: None,
            terms: crate::domain::Terms::default(),
        };
        Self { dir, root, context, live }
    }

    /// A desk with these files.
    pub fn with(files: &[(&str, &[u8])]) -> Self {
        let desk = Self::new();
        for (name, content) in files {
            desk.put(name, content);
        }
        desk
    }

    pub fn put(&self, name: &str, content: &[u8]) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.root.join(name)).unwrap()
    }

    pub fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.root.join(name)).unwrap().permissions().mode() & 0o7777
    }

    /// Calls a tool.
    pub async fn call(&self, name: &str, input: Value) -> ToolOutcome {
        tool(name).run(input, self.context.clone()).await
    }

    /// The text of a call that must succeed, with the temporary folder's path taken out.
    pub async fn ok(&self, name: &str, input: Value) -> String {
        let outcome = self.call(name, input).await;
        assert!(!outcome.is_error, "{}", self.text(&outcome));
        self.text(&outcome)
    }

    /// The text of a call that must fail.
    pub async fn fails(&self, name: &str, input: Value) -> String {
        let outcome = self.call(name, input).await;
        assert!(outcome.is_error, "{}", self.text(&outcome));
        self.text(&outcome)
    }

    pub fn text(&self, outcome: &ToolOutcome) -> String {
        let result =
            crate::domain::ToolResult { call_id: String::new(), parts: outcome.parts.clone(), is_error: false };
        result.joined().replace(self.root.to_str().unwrap(), "/p").replace(self.top().to_str().unwrap(), "/top")
    }

    fn top(&self) -> &Path {
        self.root.parent().unwrap_or(self.dir.path())
    }
}

/// Serves this on a port of its own; the address.
pub async fn serve(app: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}")
}

pub fn tool(name: &str) -> Arc<dyn Tool> {
    registry().into_iter().find(|tool| tool.spec().name == name).unwrap()
}

/// The first piece of a shown diff, for asserts.
pub fn diff_counts(shown: &Shown) -> (u32, u32, bool) {
    match shown {
        Shown::Diff(files) => files.first().map(|file| (file.added, file.removed, file.created)).unwrap(),
        other => panic!("no diff but {other:?}"),
    }
}
