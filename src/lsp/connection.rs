//! One run of a server: what it was told of files, and what it can be asked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;
use super::config::LanguageConfig;
use super::place::{self, Units};
use super::server::folders;

/// Files that a server is told of at the same time; the one that was not used for longest makes room.
const OPEN: usize = 200;
/// Bytes of a file that a server is told of.
pub(super) const LARGEST: usize = 4 * 1024 * 1024;

/// A running server that has greeted.
pub(super) struct Connection {
    pub client: Client,
    pub units: Units,
    /// What it can do.
    can: Value,
    documents: tokio::sync::Mutex<Documents>,
    count: AtomicUsize,
    /// What it calls itself.
    pub about: String,
}

#[derive(Default)]
struct Documents {
    open: BTreeMap<PathBuf, Document>,
    used: u64,
}

struct Document {
    version: i64,
    text: String,
    used: u64,
}

/// A text that a server is to know.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub path: &'a Path,
    pub language: &'a str,
    pub content: &'a str,
}

impl Connection {
    /// Greets a server that was just started.
    pub(super) async fn greet(client: Client, config: &LanguageConfig, root: &Path) -> Result<Self, String> {
        let limit = Duration::from_millis(config.start_ms);
        let answer = client.request("initialize", greeting(config, root)?, limit).await?;
        let word = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
        let about = [word("/serverInfo/name"), word("/serverInfo/version")];
        let about: Vec<&str> = about.into_iter().flatten().collect();
        let connection = Self {
            units: Units::named(word("/capabilities/positionEncoding")),
            can: answer.get("capabilities").cloned().unwrap_or_default(),
            documents: tokio::sync::Mutex::default(),
            count: AtomicUsize::new(0),
            about: about.join(" ").chars().take(200).collect(),
            client,
        };
        let greeted = async {
            connection.client.notify("initialized", json!({})).await?;
            if !config.settings.is_null() {
                let settings = json!({"settings": config.settings});
                connection.client.notify("workspace/didChangeConfiguration", settings).await?;
            }
            Ok::<(), String>(())
        };
        tokio::time::timeout(limit, greeted).await.map_err(|_| "it does not read what it is told".to_owned())??;
        Ok(connection)
    }

    /// It said in its greeting that it can do this.
    pub(super) fn can(&self, what: &str) -> bool {
        !matches!(self.can.get(what), None | Some(Value::Null | Value::Bool(false)))
    }

    /// How many files it was told of.
    pub(super) fn open_files(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// It was told of this file.
    pub(super) async fn knows(&self, path: &Path) -> bool {
        self.documents.lock().await.open.contains_key(path)
    }

    /// The files that it was told of.
    pub(super) async fn known(&self) -> Vec<PathBuf> {
        self.documents.lock().await.open.keys().cloned().collect()
    }

    /// Tells it what a file holds now. Returns the version that this is, when it was new to it.
    pub(super) async fn tell(&self, text: Text<'_>) -> Result<Option<i64>, String> {
        if text.content.len() > LARGEST {
            return Err(format!("{} is too large to be checked", text.path.display()));
        }
        let uri = place::uri(text.path)?;
        let mut documents = self.documents.lock().await;
        documents.used += 1;
        let used = documents.used;
        if let Some(known) = documents.open.get_mut(text.path) {
            known.used = used;
            if known.text == text.content {
                return Ok(None);
            }
            let version = known.version + 1;
            let change =
                json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text.content}]});
            self.client.notify("textDocument/didChange", change).await?;
            known.version = version;
            text.content.clone_into(&mut known.text);
            return Ok(Some(version));
        }
        self.make_room(&mut documents).await?;
        let opened = json!({"uri": uri, "languageId": text.language, "version": 1, "text": text.content});
        self.client.notify("textDocument/didOpen", json!({"textDocument": opened})).await?;
        documents.open.insert(text.path.to_owned(), Document { version: 1, text: text.content.to_owned(), used });
        self.count.store(documents.open.len(), Ordering::Relaxed);
        Ok(Some(1))
    }

    /// Tells it that a file was saved, and that it changed on the disk.
    pub(super) async fn saved(&self, path: &Path, created: bool) -> Result<(), String> {
        let uri = place::uri(path)?;
        let kind = if created { 1 } else { 2 };
        let change = json!({"changes": [{"uri": uri, "type": kind}]});
        self.client.notify("workspace/didChangeWatchedFiles", change).await?;
        self.client.notify("textDocument/didSave", json!({"textDocument": {"uri": uri}})).await
    }

    /// Tells it that a file is gone.
    pub(super) async fn forget(&self, path: &Path) -> Result<(), String> {
        let uri = place::uri(path)?;
        let mut documents = self.documents.lock().await;
        if documents.open.remove(path).is_some() {
            self.client.notify("textDocument/didClose", json!({"textDocument": {"uri": uri}})).await?;
        }
        self.count.store(documents.open.len(), Ordering::Relaxed);
        let change = json!({"changes": [{"uri": uri, "type": 3}]});
        self.client.notify("workspace/didChangeWatchedFiles", change).await
    }

    async fn make_room(&self, documents: &mut Documents) -> Result<(), String> {
        if documents.open.len() < OPEN {
            return Ok(());
        }
        let oldest = documents.open.iter().min_by_key(|(_, document)| document.used).map(|(path, _)| path.clone());
        let Some(path) = oldest else { return Ok(()) };
        documents.open.remove(&path);
        let closed = json!({"textDocument": {"uri": place::uri(&path)?}});
        self.client.notify("textDocument/didClose", closed).await
    }
}

/// Our greeting: who we are, where the work is, and what we understand.
fn greeting(config: &LanguageConfig, root: &Path) -> Result<Value, String> {
    let plain = json!({});
    let links = json!({"linkSupport": true});
    Ok(json!({
        "processId": std::process::id(),
        "clientInfo": {"name": "latigo", "version": env!("CARGO_PKG_VERSION")},
        "rootUri": place::uri(root)?,
        "rootPath": root,
        "workspaceFolders": folders(root),
        "initializationOptions": config.options,
        "capabilities": {
            "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
            "window": {"workDoneProgress": true},
            "workspace": {
                "applyEdit": false, "configuration": true, "workspaceFolders": true,
                "didChangeConfiguration": plain, "symbol": plain,
                "workspaceEdit": {"documentChanges": true},
            },
            "textDocument": {
                "synchronization": {"didSave": true},
                "publishDiagnostics": {"versionSupport": true, "relatedInformation": false},
                "diagnostic": plain,
                "definition": links, "implementation": links, "references": plain,
                "hover": {"contentFormat": ["markdown", "plaintext"]},
                "documentSymbol": {"hierarchicalDocumentSymbolSupport": true},
                "callHierarchy": plain,
                "rename": {"prepareSupport": true},
            },
        },
    }))
}
