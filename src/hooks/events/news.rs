//! What hooks are told of and cannot change, or hardly: Notification, CwdChanged, ConfigChange.

use std::path::Path;

use serde_json::json;

use super::super::{Event, Firing};
use crate::domain::SaveScope;

/// The person is called; `kind` is `permission_prompt` or `idle_prompt`.
pub fn notification(kind: &str, message: &str) -> Firing {
    let fields = json!({ "message": message, "title": "Latigo", "notification_type": kind });
    Firing::new(Event::Notification, Some(kind), fields)
}

/// The shell's folder changed.
pub fn cwd(old: &Path, new: &Path) -> Firing {
    Firing::new(Event::CwdChanged, None, json!({ "old_cwd": old, "new_cwd": new }))
}

/// A settings file is about to be changed.
pub fn config(scope: SaveScope, file: Option<&Path>) -> Firing {
    let source = match scope {
        SaveScope::Local => "local_settings",
        SaveScope::Project => "project_settings",
        SaveScope::User => "user_settings",
    };
    let mut fields = json!({ "source": source });
    if let (Some(file), Some(fields)) = (file, fields.as_object_mut()) {
        fields.insert("file_path".to_owned(), json!(file));
    }
    Firing::new(Event::ConfigChange, Some(source), fields)
}
