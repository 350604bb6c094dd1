//! What an empty conversation says: what is set up, or how to set it up.

use ratatui::text::{Line, Span};

use super::draw::wrapped;
use crate::base::text;
use crate::panes::facts::Facts;
use crate::theme::{Meaning, Theme};

/// The lines of the welcome.
pub(super) fn lines(facts: &Facts, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let mut out = Page { lines: Vec::new(), theme, width };
    let Some(info) = &facts.info else {
        out.title("latigo");
        out.muted("opening the session …");
        return out.lines;
    };
    if facts.is_rehearsal() {
        out.title("latigo · rehearsal");
        out.text("This is the offline rehearsal: a scripted model drives the real tools over a copy of a sample project. Nothing leaves this machine.");
        out.muted("Type any task to begin; /exit leaves.");
        return out.lines;
    }
    let Some(model) = facts.model_name() else {
        no_model(&mut out);
        return out.lines;
    };
    out.title("latigo");
    out.row("model", model);
    out.row("folder", &info.cwd.display().to_string());
    for file in &info.memory {
        let path = file.path.strip_prefix(&info.project).unwrap_or(&file.path);
        out.row("read", &path.display().to_string());
    }
    out.muted("Type a task. / commands · @ files · ! shell · ? help");
    out.lines
}

fn no_model(out: &mut Page<'_>) {
    out.title("latigo");
    out.text("No model is configured. Set one of these and start again:");
    out.row("ANTHROPIC_API_KEY", "Anthropic");
    out.row("OPENAI_API_KEY", "OpenAI");
    out.row("LLM_API_BASE", "any compatible server, with LLM_API_KEY and LLM_MODEL");
    out.row("OLLAMA_HOST", "a local Ollama");
    out.text("Without a key: press Enter on the empty prompt, or type /rehearse, for the offline rehearsal. It shows everything with a scripted model.");
    out.muted("? help · Ctrl+C twice leaves");
}

struct Page<'a> {
    lines: Vec<Line<'static>>,
    theme: &'a Theme,
    width: u16,
}

impl Page<'_> {
    fn title(&mut self, title: &'static str) {
        let style = self.theme.style(Meaning::Heading);
        self.lines.push(Line::styled(format!("  {title}"), style));
    }

    fn text(&mut self, source: &str) {
        self.styled(source, Meaning::Text);
    }

    fn muted(&mut self, source: &str) {
        self.styled(source, Meaning::Muted);
    }

    fn styled(&mut self, source: &str, meaning: Meaning) {
        let (rows, _) = wrapped(source, self.width.saturating_sub(3), 20);
        let style = self.theme.style(meaning);
        self.lines.extend(rows.into_iter().map(|row| Line::styled(format!("  {row}"), style)));
    }

    fn row(&mut self, name: &str, value: &str) {
        let value = text::sanitize_line(value);
        let column = if name.len() > 8 { 18 } else { 7 };
        let room = usize::from(self.width).saturating_sub(5 + column);
        self.lines.push(Line::from(vec![
            Span::styled(format!("    {name:column$} "), self.theme.style(Meaning::Accent)),
            Span::styled(text::clip(&value, room).into_owned(), self.theme.style(Meaning::Text)),
        ]));
    }
}
