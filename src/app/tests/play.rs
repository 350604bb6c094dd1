//! A face with a hand-made engine: tests push records and keys and read the screen.

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect, Size};
use serde_json::json;

use crate::app::{self, Message, Model, Setup};
use crate::domain::*;
use crate::theme::{ColorDepth, Theme};

/// Noon.
pub const START: u64 = 1_700_000_000_000 - 1_700_000_000_000 % 86_400_000 + 12 * 3_600_000;

pub struct Play {
    pub model: Model,
    pub now: u64,
    pub acts: Vec<Act>,
    pub size: Size,
    /// All records so far.
    pub log: Vec<Arc<Record>>,
    seq: u64,
    request: u32,
}

pub fn model_ref() -> ModelRef {
    ModelRef::new(Wire::Anthropic, "claude-test")
}

pub fn start_info(model: bool) -> StartInfo {
    let info = ModelInfo { window: 200_000, ..ModelInfo::unknown("claude-test") };
    StartInfo {
        session: SessionId(uuid::Uuid::from_u128(7)),
        cwd: PathBuf::from("/code/demo"),
        project: PathBuf::from("/code/demo"),
        branch: Some("main".to_owned()),
        model: model.then(|| (model_ref(), Arc::new(info))),
        mode: Mode::Default,
        modes: vec![Mode::Default, Mode::AcceptEdits, Mode::Plan],
        memory: vec![MemoryFile {
            scope: MemoryScope::Project,
            path: "/code/demo/CLAUDE.md".into(),
            text: String::new(),
        }],
        commands: Vec::new(),
        agents: Vec::new(),
        tools: ["Bash", "Edit", "Read"].map(str::to_owned).to_vec(),
        servers: Vec::new(),
        rehearsal: false,
        sandbox: crate::domain::SandboxState::Off,
    }
}

impl Play {
    pub fn bare(width: u16, height: u16) -> Self {
        Self::with_setup(width, height, |_| {})
    }

    /// On a terminal with these colours, its theme not chosen by the person.
    pub fn with_depth(width: u16, height: u16, depth: ColorDepth) -> Self {
        Self::with_setup(width, height, |setup| {
            setup.depth = depth;
            setup.theme_chosen = false;
        })
    }

    fn with_setup(width: u16, height: u16, change: impl FnOnce(&mut Setup)) -> Self {
        let (theme, _) = Theme::load("dark", &[]);
        let mut setup = Setup {
            theme,
            theme_chosen: true,
            depth: ColorDepth::True,
            themes: Vec::new(),
            history: Vec::new(),
            keymap: app::Keymap::default(),
            reduced_motion: false,
            utc_offset: 0,
            now: START,
        };
        change(&mut setup);
        Self {
            model: Model::new(setup),
            now: START,
            acts: Vec::new(),
            size: Size { width, height },
            log: Vec::new(),
            seq: 0,
            request: 0,
        }
    }

    pub fn new(width: u16, height: u16) -> Self {
        let mut play = Self::bare(width, height);
        play.open(start_info(true), Vec::new());
        play
    }

    pub fn open(&mut self, info: StartInfo, records: Vec<Arc<Record>>) {
        self.message(Message::Engine(Event::Opened { info: Box::new(info), records }));
        self.acts.clear();
    }

    pub fn message(&mut self, message: Message) -> &mut Self {
        let acts = app::update(&mut self.model, message, self.now);
        self.acts.extend(acts);
        self
    }

    pub fn make(&mut self, body: Body) -> Arc<Record> {
        self.seq += 1;
        Arc::new(Record { seq: self.seq, at: self.now, body })
    }

    pub fn record(&mut self, body: Body) -> &mut Self {
        let record = self.make(body);
        self.log.push(record.clone());
        self.message(Message::Engine(Event::Recorded(record)))
    }

    pub fn live(&mut self, live: Live) -> &mut Self {
        self.message(Message::Engine(Event::Live(live)))
    }

    pub fn wait(&mut self, ms: u64) -> &mut Self {
        self.now += ms;
        self.message(Message::Tick)
    }

    /// Keys as the keymap writes them, separated by spaces.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            self.message(Message::Key(parse(key)));
        }
        self
    }

    pub fn write(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.message(Message::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)));
        }
        self
    }

    pub fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) -> &mut Self {
        self.settle();
        self.message(Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
    }

    pub fn prompt(&mut self, turn: u32, text: &str) -> &mut Self {
        let message = Arc::new(Message_::user(text));
        self.record(Body::Prompted { turn, message, origin: Origin::Typed, typed: None })
    }

    pub fn sent(&mut self, attempt: u32) -> u32 {
        self.request_sent(attempt, false)
    }

    /// A request for a summary.
    pub fn summarises(&mut self) -> u32 {
        self.request_sent(1, true)
    }

    fn request_sent(&mut self, attempt: u32, summary: bool) -> u32 {
        self.request += 1;
        let note = RequestNote {
            request: self.request,
            turn: 1,
            attempt,
            model: model_ref(),
            segments: 3,
            prefix: Hash::EMPTY,
            added: Vec::new(),
            marks: Vec::new(),
            max_output: 8_000,
            estimate: 12_000,
            summary,
            expected_read: 10_000,
            effort: None,
            thinking: true,
        };
        self.record(Body::RequestSent(note));
        self.request
    }

    pub fn delta(&mut self, block: u32, kind: Option<DeltaKind>, text: &str) -> &mut Self {
        let request = self.request;
        self.record(Body::Delta { request, block, kind, text: text.to_owned() })
    }

    pub fn responded(&mut self, blocks: Vec<Block>, cut: bool) -> &mut Self {
        let usage = Usage { input: 400, cache_read: 11_000, cache_write_5m: 600, output: 250, ..Usage::default() };
        let stop = if blocks.iter().any(|block| matches!(block, Block::ToolCall(_))) {
            StopReason::ToolUse
        } else {
            StopReason::EndTurn
        };
        self.record(Body::Responded(ResponseNote {
            request: self.request,
            message: Arc::new(Message_::assistant(blocks, model_ref())),
            stop,
            usage,
            estimated: false,
            cost: Some(0.0123),
            duration_ms: 1_500,
            cut,
        }))
    }

    pub fn failed(&mut self, status: u16, retry_in_ms: Option<u64>) -> &mut Self {
        let request = self.request;
        let error = ModelError { status: Some(status), ..ModelError::new(ErrorKind::Overloaded, "Overloaded") };
        self.record(Body::RequestFailed { request, error, retry_in_ms })
    }

    /// A call from its first delta to its start.
    pub fn call(&mut self, block: u32, id: &str, name: &str, input: &serde_json::Value) -> &mut Self {
        let kind = DeltaKind::ToolCall { id: id.to_owned(), name: name.to_owned() };
        self.delta(block, Some(kind), &input.to_string());
        let rule = RuleSource { scope: RuleScope::Project, file: Some(".claude/settings.json".into()), line: Some(4) };
        let because = Because {
            kind: BecauseKind::Rule,
            rule: Some(format!("{name}(*)")),
            source: Some(rule),
            text: "an allow rule covers it".to_owned(),
        };
        let trail = vec![TrailStep { stage: "deny rules".to_owned(), finding: "none matches".to_owned() }];
        let verdict = Verdict { decision: Decision::Allow, because, read_only: false, suggestion: None, trail };
        self.record(Body::Judged { call_id: id.to_owned(), verdict });
        self.record(Body::CallStarted { call_id: id.to_owned() })
    }

    pub fn done(&mut self, id: &str, shown: Shown, summary: &str, is_error: bool) -> &mut Self {
        let result = ToolResult::text(id, "some text for the model", is_error);
        let summary = summary.to_owned();
        self.record(Body::CallDone { result, shown, summary, duration_ms: 12, full_output: None })
    }

    /// A small turn that is over.
    pub fn worked_once(mut self) -> Self {
        self.prompt(1, "fix it").sent(1);
        self.responded(vec![Block::Text { text: "It is mended.".into() }], false);
        self.record(Body::TurnEnded { turn: 1, end: TurnEnd::Done });
        self
    }

    /// The same log, opened anew.
    pub fn reopened(other: &Self) -> Self {
        let mut play = Self::bare(other.size.width, other.size.height);
        play.open(start_info(true), other.log.clone());
        play
    }

    /// A turn with an answer, a read and an edit, everything done.
    pub fn worked(&mut self) -> &mut Self {
        self.prompt(1, "fix the failing test");
        self.sent(1);
        self.delta(0, Some(DeltaKind::Thinking), "The parser drops the last line. Let me look at it.");
        self.delta(1, Some(DeltaKind::Text), "I'll look at the parser first.");
        let read = json!({"file_path": "/code/demo/src/parser.rs"});
        self.call(2, "c1", "Read", &read);
        let calls = vec![
            Block::Thinking { text: "The parser drops the last line. Let me look at it.".into(), signature: None },
            Block::Text { text: "I'll look at the parser first.".into() },
            Block::ToolCall(ToolCall { id: "c1".into(), name: "Read".into(), input: read }),
        ];
        self.responded(calls, false);
        self.done(
            "c1",
            Shown::Text { text: "fn parse() {}\n".into(), language: Some("rs".into()) },
            "212 lines",
            false,
        );
        self.sent(1);
        let edit = json!({"file_path": "/code/demo/src/parser.rs", "old_string": "a", "new_string": "b"});
        self.call(0, "c2", "Edit", &edit);
        self.responded(vec![Block::ToolCall(ToolCall { id: "c2".into(), name: "Edit".into(), input: edit })], false);
        self.done("c2", Shown::Diff(vec![diff()]), "+1 −1", false);
        self.sent(1);
        self.delta(0, Some(DeltaKind::Text), "Fixed. The **last line** is kept now.");
        self.responded(vec![Block::Text { text: "Fixed. The **last line** is kept now.".into() }], false);
        self.now += 4_000;
        self.record(Body::TurnEnded { turn: 1, end: TurnEnd::Done })
    }

    pub fn settle(&mut self) {
        app::settle(&mut self.model, self.size);
    }

    pub fn draw(&mut self) -> (Buffer, Option<Position>) {
        self.settle();
        let area = Rect { x: 0, y: 0, width: self.size.width, height: self.size.height };
        let mut buf = Buffer::empty(area);
        let cursor = app::view(&self.model, area, &mut buf);
        (buf, cursor)
    }

    /// The screen as text, trailing blanks cut.
    pub fn screen(&mut self) -> String {
        let (buf, _) = self.draw();
        text(&buf)
    }

    pub fn take_acts(&mut self) -> Vec<Act> {
        std::mem::take(&mut self.acts)
    }
}

use crate::domain::Message as Message_;

pub fn diff() -> FileDiff {
    let line = |kind, text: &str| DiffLine { kind, pieces: vec![(false, text.to_owned())] };
    FileDiff {
        path: "src/parser.rs".into(),
        created: false,
        added: 1,
        removed: 1,
        hunks: vec![DiffHunk {
            old_start: 10,
            new_start: 10,
            lines: vec![
                line(LineKind::Same, "fn parse(text: &str) {"),
                line(LineKind::Removed, "    let lines = text.split('\\n').skip(1);"),
                line(LineKind::Added, "    let lines = text.lines();"),
            ],
        }],
    }
}

pub fn text(buf: &Buffer) -> String {
    let area = buf.area;
    let mut out = String::new();
    for y in area.y..area.bottom() {
        let mut row = String::new();
        let mut x = area.x;
        while x < area.right() {
            let symbol = buf[(x, y)].symbol();
            row.push_str(symbol);
            x += (crate::base::text::width(symbol) as u16).max(1);
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

fn parse(key: &str) -> KeyEvent {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = key;
    for (word, modifier) in
        [("ctrl+", KeyModifiers::CONTROL), ("alt+", KeyModifiers::ALT), ("shift+", KeyModifiers::SHIFT)]
    {
        if let Some(left) = rest.strip_prefix(word) {
            modifiers |= modifier;
            rest = left;
        }
    }
    let code = match rest {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        "delete" => KeyCode::Delete,
        "tab" => KeyCode::Tab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "space" => KeyCode::Char(' '),
        "f2" => KeyCode::F(2),
        "f3" => KeyCode::F(3),
        "f4" => KeyCode::F(4),
        letter => KeyCode::Char(letter.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

impl Play {
    /// A turn that asks whether a command may run.
    pub fn asked(&mut self, id: &str, command: &str) -> &mut Self {
        let input = serde_json::json!({ "command": command });
        let kind = DeltaKind::ToolCall { id: id.to_owned(), name: "Bash".to_owned() };
        self.delta(0, Some(kind), &input.to_string());
        let because = Because::new(BecauseKind::Mode, "no rule covers it, and the mode is default");
        let verdict = Verdict {
            decision: Decision::Ask,
            because,
            read_only: false,
            suggestion: Some("Bash(cargo test:*)".to_owned()),
            trail: Vec::new(),
        };
        self.record(Body::Judged { call_id: id.to_owned(), verdict });
        self.record(Body::Asked { ask: 1, call_id: id.to_owned() })
    }
}
