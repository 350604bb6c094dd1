//! Questions, plans and commands of the background on the screen.

use insta::assert_snapshot;

use super::play::Play;
use crate::domain::*;

fn option(label: &str, preview: Option<&str>) -> PersonOption {
    let description = format!("What {label} means in one line");
    PersonOption { label: label.into(), description, preview: preview.map(str::to_owned) }
}

fn asked(width: u16, height: u16) -> Play {
    let mut play = Play::new(width, height);
    play.prompt(1, "set it up");
    let questions = vec![
        PersonQuestion {
            question: "Which database shall the tests use?".into(),
            header: "Database".into(),
            options: vec![option("SQLite", Some("```\nurl = \":memory:\"\n```")), option("Postgres \u{1b}[2J", None)],
            multi_select: false,
        },
        PersonQuestion {
            question: "Which checks?".into(),
            header: "Checks".into(),
            options: vec![option("lint", None), option("types", None), option("spelling", None)],
            multi_select: true,
        },
    ];
    play.record(Body::Team(TeamBody::Person(PersonBody::QuestionsAsked { call_id: "q".into(), questions })));
    play.screen();
    play
}

fn answers(play: &mut Play) -> Option<Vec<PersonAnswer>> {
    play.take_acts().into_iter().find_map(|act| match act {
        Act::Send(Request::Team(TeamRequest::Person(PersonRequest::Answer { answers, .. }))) => answers,
        _ => None,
    })
}

#[test]
fn a_question_has_choices_a_preview_and_room_for_own_words() {
    let mut play = asked(80, 24);
    assert_snapshot!("question_80x24", play.screen());
    assert_snapshot!("question_wide", asked(140, 30).screen());
}

#[test]
fn keys_in_the_first_moment_do_not_count_and_answers_are_sent_together() {
    let mut play = asked(80, 24);
    play.keys("2");
    play.now += 400;
    play.keys("1").keys("down").keys("space").keys("1");
    assert_snapshot!("question_multi", play.screen());
    play.keys("enter");
    let answers = answers(&mut play).unwrap();
    assert_eq!(answers[0].chosen, ["SQLite"]);
    assert_eq!(answers[1].chosen, ["lint", "types"]);
}

#[test]
fn own_words_are_an_answer() {
    let mut play = asked(80, 24);
    play.now += 400;
    play.keys("3").write("none of them").keys("enter").keys("2").keys("enter");
    let answers = answers(&mut play).unwrap();
    assert_eq!((answers[0].chosen.len(), answers[0].words.as_deref()), (0, Some("none of them")));
}

#[test]
fn a_stopped_call_takes_its_dialog_away() {
    let mut play = asked(80, 24);
    play.record(Body::CallDone {
        result: ToolResult::text("q", "stopped", true),
        shown: Shown::Nothing,
        summary: "stopped".into(),
        duration_ms: 0,
        full_output: None,
    });
    assert!(!play.screen().contains("latigo asks"));
}

fn planned(width: u16, height: u16) -> Play {
    let mut play = Play::new(width, height);
    play.prompt(1, "plan it");
    let text = "# The plan\n\n1. Read `src/parser.rs`\n2. **Mend** the loop\n3. Run the tests\n".to_owned();
    let body = PersonBody::PlanProposed { call_id: "p".into(), file: "/data/plans/plan-1.md".into(), text };
    play.record(Body::Team(TeamBody::Person(body)));
    play.now += 400;
    play.screen();
    play
}

fn decision(play: &mut Play) -> (PlanDecision, Option<String>) {
    let found = play.take_acts().into_iter().find_map(|act| match act {
        Act::Send(Request::Team(TeamRequest::Person(PersonRequest::Decide { decision, edited, .. }))) => {
            Some((decision, edited))
        }
        _ => None,
    });
    found.unwrap()
}

#[test]
fn a_plan_is_read_edited_and_approved() {
    let mut play = planned(80, 24);
    assert_snapshot!("plan_80x24", play.screen());
    play.acts.clear();
    play.keys("ctrl+g");
    assert!(matches!(&play.acts[..], [Act::Edit { purpose: EditPurpose::Plan, .. }]));
    let text = Some("# The plan\n\nonly step 1\n".to_owned());
    play.message(crate::app::Message::Edited { purpose: EditPurpose::Plan, text });
    assert_snapshot!("plan_edited", play.screen());
    play.take_acts();
    play.keys("2");
    let (decision, edited) = decision(&mut play);
    assert_eq!(decision, PlanDecision::Approved { mode: Mode::Default });
    assert!(edited.unwrap().contains("only step 1"));
    play.write("/plan").keys("enter");
    assert!(play.screen().contains("The plan"), "it is found again");
}

#[test]
fn a_plan_is_sent_back_with_a_comment() {
    let mut play = planned(80, 24);
    play.take_acts();
    play.keys("3").write("smaller steps").keys("enter");
    let comment = Some("smaller steps".to_owned());
    assert_eq!(decision(&mut play).0, PlanDecision::Rejected { comment });
}

#[test]
fn jobs_show_their_output_and_take_input() {
    let mut play = Play::new(80, 24);
    let job = |state, background| JobView {
        id: "b1".into(),
        call_id: "c".into(),
        command: "make login".into(),
        label: "Log in".into(),
        state,
        background,
        last: "password: ".into(),
        takes_input: true,
    };
    let news = |play: &mut Play, note| {
        play.message(crate::app::Message::Engine(Event::Live(Live::Team(TeamNews::Job(note)))));
    };
    news(&mut play, JobNote::Changed(job(JobState::Waits, true)));
    play.write("/jobs").keys("enter");
    assert_snapshot!("jobs_80x24", play.screen());
    play.take_acts();
    play.keys("enter");
    news(&mut play, JobNote::Log { id: "b1".into(), lines: vec!["logging in".into(), "password: \u{1b}[2J".into()] });
    play.write("sesame");
    assert_snapshot!("job_80x24", play.screen());
    play.take_acts();
    play.keys("enter");
    let typed = JobRequest::Type { id: "b1".into(), text: "sesame".into() };
    assert!(play.acts.contains(&Act::Send(Request::Team(TeamRequest::Job(typed)))));
}
