//! Keys, pastes and edited texts: to the layer on top, else to the pane that has the focus.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::keys::Found;
use super::{Context, Focus, Model, layers, orders, show};
use crate::domain::{Act, CatalogRequest, EditPurpose, MemoryOrder, Request};
use crate::panes::composer::{self, Reply};
use crate::panes::conversation;

/// One key.
pub(super) fn key(model: &mut Model, key: KeyEvent) -> Vec<Act> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let armed = model.armed;
    let acts = match layers::key(model, key) {
        Some(acts) => acts,
        None => bare(model, key),
    };
    // Any other key takes the "press again" back.
    if model.armed == armed && !matches!(key.code, KeyCode::Modifier(_)) {
        model.armed = None;
    }
    acts
}

/// Without a layer on top.
fn bare(model: &mut Model, key: KeyEvent) -> Vec<Act> {
    let typing = model.focus == Focus::Composer;
    // While a list or a search is open in the prompt, Tab, arrows and the like are the prompt's.
    if typing && prompt_first(model, &key) {
        let reply = model.composer.update(composer::Msg::Key(key), model.pace.now);
        if reply.used {
            return take(model, reply);
        }
    }
    if model.focus == Focus::Conversation && model.conversation.finds_with(&key) && !is_way_out(&key) {
        return model.conversation.update(conversation::Msg::Find(key));
    }
    let found = model.keymap.find(contexts(model), &key);
    match found {
        Found::Order(order) => orders::run(model, order),
        Found::Nothing if typing => {
            if is_plain_enter(&key) && model.composer.is_empty() && model.facts.offers_rehearsal() {
                return vec![Act::Send(Request::Rehearse)];
            }
            let reply = model.composer.update(composer::Msg::Key(key), model.pace.now);
            take(model, reply)
        }
        Found::Begun | Found::Nothing => Vec::new(),
    }
}

/// Keys that the keymap claims and the prompt may need more.
fn prompt_first(model: &Model, key: &KeyEvent) -> bool {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Tab => key.modifiers.is_empty(),
        KeyCode::Char('d') if ctrl => !model.composer.is_empty(),
        KeyCode::Char('g' | 'p') if ctrl => model.composer.is_searching(),
        _ => false,
    }
}

fn contexts(model: &Model) -> &'static [Context] {
    match model.focus {
        Focus::Composer if !model.composer.is_empty() || model.composer.is_searching() => &[Context::Global],
        Focus::Composer if model.facts.retry.is_some() => &[Context::Retry, Context::EmptyPrompt, Context::Global],
        Focus::Composer => &[Context::EmptyPrompt, Context::Global],
        Focus::Conversation if model.facts.retry.is_some() => &[Context::Retry, Context::Conversation, Context::Global],
        Focus::Conversation => &[Context::Conversation, Context::Global],
        Focus::Activity => &[Context::Activity, Context::Global],
    }
}

/// A paste belongs to the prompt, wherever the focus is, unless a layer has a text of its own.
pub(super) fn paste(model: &mut Model, text: String) -> Vec<Act> {
    let text = match layers::paste(model, text) {
        Ok(acts) => return acts,
        Err(text) => text,
    };
    orders::focus(model, Focus::Composer);
    let reply = model.composer.update(composer::Msg::Paste(text), model.pace.now);
    take(model, reply)
}

/// A text comes back from the editor.
pub(super) fn edited(model: &mut Model, purpose: EditPurpose, text: Option<String>) -> Vec<Act> {
    if let EditPurpose::File { page, .. } = purpose {
        // What was changed is read again for the page that stands there.
        return vec![Act::Redraw, crate::panes::page::ask(page)];
    }
    let Some(text) = text else { return vec![Act::Redraw] };
    match purpose {
        EditPurpose::Prompt => model.composer.set_text(text.strip_suffix('\n').unwrap_or(&text)),
        EditPurpose::Plan => super::team::plan_edited(model, &text),
        EditPurpose::Comment { ask } => model.permission.set_comment(ask, &text),
        EditPurpose::Memory { id } => {
            let order = MemoryOrder::Edit { id, text };
            return vec![Act::Redraw, Act::Send(Request::Catalog(CatalogRequest::Memory(order)))];
        }
        EditPurpose::File { .. } => {}
    }
    vec![Act::Redraw]
}

/// What the prompt answered.
fn take(model: &mut Model, reply: Reply) -> Vec<Act> {
    let mut acts = reply.acts;
    if let Some(submission) = reply.submitted {
        acts.extend(show::submitted(model, submission));
    }
    acts
}

/// Keys that mean the same everywhere.
fn is_way_out(key: &KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'd' | 'z' | 'l'))
}

fn is_plain_enter(key: &KeyEvent) -> bool {
    key.code == KeyCode::Enter && key.modifiers.is_empty()
}
