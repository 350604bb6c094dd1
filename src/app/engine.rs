//! What the engine says, handed to everyone who listens.

use super::{Model, layers, steps};
use crate::domain::{Act, Body, Event, Live, ServerNews, SessionId};
use crate::panes::folder::FolderQuestion;

/// Takes in one event. The facts come first, because panes read them.
pub(super) fn hear(model: &mut Model, event: Event) -> Vec<Act> {
    let first = model.facts.info.is_none();
    model.facts.hear(&event);
    model.conversation.hear(&event, &model.facts);
    model.composer.hear(&event);
    let mut acts = layers::hear(model, &event, first);
    if let Event::Recorded(record) = &event {
        super::team::hear(model, &record.body);
    }
    acts.extend(steps::hear(model, &event));
    match event {
        Event::Opened { .. } => {
            if let Some((_, spot)) = model.goto.take().filter(|(session, _)| is_open(model, *session)) {
                acts.extend(super::library::show_spot(model, spot));
            }
            acts.push(title(model));
        }
        Event::Recorded(record) => match &record.body {
            Body::TitleSet { .. } => acts.push(title(model)),
            Body::Asked { .. } if !model.pace.focused => {
                let what = model.permission.asks_for().unwrap_or_else(|| "latigo asks".to_owned());
                acts.push(Act::Notify(crate::base::text::sanitize_line(&what).into_owned()));
            }
            Body::TurnEnded { .. } if !model.pace.focused => {
                acts.push(Act::Notify("latigo has finished".to_owned()));
            }
            _ => {}
        },
        Event::Live(Live::Folder(claims)) => {
            model.folder = Some(FolderQuestion::new(*claims, model.pace.now));
            if !model.pace.focused {
                acts.push(Act::Notify("latigo asks whether to trust this folder".to_owned()));
            }
        }
        Event::Live(Live::Server(ServerNews::Asks(question))) if !model.pace.focused => {
            let what = format!("the server {} asks", question.server);
            acts.push(Act::Notify(crate::base::text::sanitize_line(&what).into_owned()));
        }
        Event::Live(Live::Context(news)) => super::context::open_news(model, &news),
        Event::Live(Live::CallPreview { call_id, shown, parts }) => {
            model.permission.set_preview(&call_id, shown, parts);
        }
        Event::Live(_) | Event::Closed => {}
    }
    acts
}

/// That session is the one that is open.
fn is_open(model: &Model, session: SessionId) -> bool {
    model.facts.info.as_ref().is_some_and(|info| info.session == session)
}

/// The title of the terminal's window; the shell writes it, so it is sanitised here.
fn title(model: &Model) -> Act {
    let folder = model.facts.info.as_ref().and_then(|info| info.project.file_name());
    let folder = folder.map(|name| name.display().to_string()).unwrap_or_default();
    let title = model.facts.title.as_deref().unwrap_or(&folder);
    let title = crate::base::text::sanitize_line(title);
    Act::Title(format!("latigo · {}", crate::base::text::clip(&title, 60)))
}
