//! What the screen shows of sub-agents.

use insta::assert_snapshot;

use super::play::{Play, model_ref, start_info};
use crate::domain::*;

fn start(agent: &str, kind: &str, task: &str) -> AgentStart {
    AgentStart {
        agent: agent.into(),
        call_id: format!("call-{agent}"),
        parent: None,
        kind: kind.into(),
        task: task.into(),
        name: None,
        model: model_ref(),
        background: false,
        isolation: Isolation::Context,
        log: format!("/data/agents/{agent}.jsonl").into(),
        color: None,
    }
}

fn team(play: &mut Play, body: TeamBody) {
    play.record(Body::Team(body));
}

fn spent(agent: &str, tokens: u64) -> TeamBody {
    TeamBody::AgentSpent(AgentSpent {
        agent: agent.into(),
        turn: 1,
        request: 1,
        model: model_ref(),
        usage: Usage { input: tokens, output: 300, ..Usage::default() },
        estimated: false,
        cost: Some(0.02),
        duration_ms: 900,
    })
}

fn progress(play: &mut Play, agent: &str, last: &str) {
    let news =
        AgentProgress { agent: agent.into(), state: AgentState::Working, last: last.into(), at: play.now, calls: 3 };
    play.message(crate::app::Message::Engine(Event::Live(Live::Team(TeamNews::Progress(news)))));
}

/// Two that run, one of them silent for long, and one that is done.
fn played(width: u16, height: u16) -> Play {
    let mut play = Play::bare(width, height);
    let agents = crate::domain::AgentFile {
        name: "Explore".into(),
        description: "Finds things in the code".into(),
        source: "built in".into(),
        ..AgentFile::default()
    };
    play.open(StartInfo { agents: vec![agents], ..start_info(true) }, Vec::new());
    play.prompt(1, "look around");
    team(&mut play, TeamBody::AgentStarted(Box::new(start("a1", "Explore", "find the parser"))));
    team(&mut play, TeamBody::AgentStarted(Box::new(start("a2", "Explore", "hangs \u{1b}[2J"))));
    team(&mut play, TeamBody::AgentStarted(Box::new(start("a3", "general-purpose", "write the docs"))));
    team(&mut play, spent("a3", 12_000));
    team(
        &mut play,
        TeamBody::AgentEnded(AgentEnd {
            agent: "a3".into(),
            outcome: AgentOutcome::Done,
            text: "written".into(),
            requests: 1,
            calls: 2,
            duration_ms: 4_000,
            worktree: None,
        }),
    );
    play.now += 40_000;
    team(&mut play, spent("a1", 30_500));
    progress(&mut play, "a1", "Read src/parser.rs");
    play.now += 3_000;
    play
}

#[test]
fn the_pane_shows_state_age_tokens_and_money_of_each() {
    let mut play = played(80, 24);
    play.write("/agents").keys("enter");
    assert_snapshot!(play.screen());
}

#[test]
fn a_wide_screen_has_them_in_the_sidebar_too() {
    let mut play = played(160, 40);
    assert_snapshot!("sidebar", play.screen());
    play.write("/agents").keys("enter");
    assert_snapshot!("pane_wide", play.screen());
}

#[test]
fn the_end_of_a_turn_tells_what_the_sidebar_tells_of_it() {
    let mut play = played(160, 40);
    play.record(Body::TurnEnded { turn: 1, end: TurnEnd::Done });
    let screen = play.screen();
    let line = |start: &str| screen.lines().find(|line| line.contains(start)).unwrap_or_default().to_owned();
    assert!(line("│ turn ").contains("$0.04"), "{screen}");
    assert!(line(" · 43 s").contains("$0.04"), "{screen}");
}

#[test]
fn the_colour_of_its_file_is_that_of_its_name_in_pane_and_sidebar() {
    let mut play = Play::bare(160, 40);
    play.open(start_info(true), Vec::new());
    play.prompt(1, "look around");
    let coloured = AgentStart { color: Some("pink".into()), ..start("a1", "Explore", "find it") };
    team(&mut play, TeamBody::AgentStarted(Box::new(coloured)));
    team(&mut play, TeamBody::AgentStarted(Box::new(start("a2", "Plan", "plan it"))));
    let theme = crate::theme::Theme::default();
    let pink = theme.style(crate::theme::Meaning::of_agent("pink").unwrap()).fg.unwrap();
    let painted = |play: &mut Play| {
        let (buf, _) = play.draw();
        let cells = buf.content().iter().filter(|cell| cell.fg == pink && cell.symbol() != " ");
        cells.map(|cell| cell.symbol().to_owned()).collect::<String>()
    };
    assert_eq!(painted(&mut play), "Explore");
    play.write("/agents").keys("enter");
    // The pane lies over the sidebar.
    assert_eq!(painted(&mut play), "Explore");
    assert_eq!(crate::theme::Meaning::of_agent("teal"), None);
}

#[test]
fn one_that_waits_for_an_agent_below_it_is_not_called_silent() {
    let mut play = played(80, 24);
    let below = AgentStart { parent: Some("a2".into()), ..start("a4", "Plan", "the part") };
    team(&mut play, TeamBody::AgentStarted(Box::new(below)));
    play.write("/agents").keys("enter");
    assert!(!play.screen().contains("silent for"), "{}", play.screen());
    play.wait(20_000);
    assert_eq!(play.screen().matches("silent for").count(), 3, "{}", play.screen());
}

#[test]
fn one_is_stopped_alone_and_its_conversation_is_shown() {
    let mut play = played(80, 24);
    play.write("/agents").keys("enter");
    play.screen();
    play.acts.clear();
    play.keys("x");
    let kill = Act::Send(Request::Team(TeamRequest::Kill { agent: "a2".into() }));
    assert_eq!(play.acts, [kill]);
    play.acts.clear();
    play.keys("down").keys("enter");
    assert_eq!(play.acts, [Act::Send(Request::Team(TeamRequest::Watch { agent: Some("a1".into()) }))]);
    let body = Body::Prompted {
        turn: 1,
        message: std::sync::Arc::new(Message::user("find the parser")),
        origin: Origin::Harness,
        typed: Some("find the parser".into()),
    };
    let records = vec![play.make(body)];
    let watched = TeamNews::Watched { agent: "a1".into(), records };
    play.message(crate::app::Message::Engine(Event::Live(Live::Team(watched))));
    assert_snapshot!("conversation", play.screen());
}

#[test]
fn its_question_names_who_asks_and_the_answer_goes_to_it() {
    let mut play = played(80, 24);
    let call = ToolCall { id: "c".into(), name: "Bash".into(), input: serde_json::json!({"command": "make install"}) };
    let verdict = Verdict {
        decision: Decision::Ask,
        because: Because::new(BecauseKind::Analysis, "No rule covers it."),
        read_only: false,
        suggestion: Some("Bash(make install)".into()),
        trail: Vec::new(),
    };
    let question =
        AgentQuestion { agent: "a1".into(), who: "Explore · find the parser".into(), ask: 1, call, verdict };
    team(&mut play, TeamBody::AgentAsked(Box::new(question)));
    play.now += 400;
    assert_snapshot!("question", play.screen());
    play.acts.clear();
    play.keys("y");
    let answer = Answer::Once { comment: None };
    let request = TeamRequest::Answer { agent: "a1".into(), ask: 1, answer };
    assert_eq!(play.acts, [Act::Send(Request::Team(request))]);
}
