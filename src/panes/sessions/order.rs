//! In which order sessions stand, and which is a branch of which.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::domain::{SessionId, SessionSummary};

/// By what they are sorted. What is pinned always comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    Used,
    Created,
    Title,
    Turns,
    Tokens,
    Cost,
    Project,
}

impl Sort {
    /// The next one.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Used => Self::Created,
            Self::Created => Self::Title,
            Self::Title => Self::Turns,
            Self::Turns => Self::Tokens,
            Self::Tokens => Self::Cost,
            Self::Cost => Self::Project,
            Self::Project => Self::Used,
        }
    }

    /// The word for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Created => "created",
            Self::Title => "title",
            Self::Turns => "turns",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
            Self::Project => "project",
        }
    }

    /// Puts them into this order.
    pub(super) fn sort(self, sessions: &mut [SessionSummary]) {
        let newest = |session: &SessionSummary| (Reverse(session.updated), session.id);
        match self {
            Self::Used => sessions.sort_by_key(newest),
            Self::Created => sessions.sort_by_key(|session| (Reverse(session.started), session.id)),
            Self::Title => sessions.sort_by_cached_key(|session| (session.title.to_lowercase(), session.id)),
            Self::Turns => sessions.sort_by_key(|session| (Reverse(session.turns), newest(session))),
            Self::Tokens => sessions.sort_by_key(|session| (Reverse(session.tokens), newest(session))),
            Self::Cost => sessions.sort_by(|a, b| {
                let cost = |session: &SessionSummary| session.cost.unwrap_or(-1.0);
                cost(b).total_cmp(&cost(a)).then_with(|| newest(a).cmp(&newest(b)))
            }),
            Self::Project => sessions.sort_by(|a, b| a.project.cmp(&b.project).then(newest(a).cmp(&newest(b)))),
        }
        sessions.sort_by_key(|session| !session.pinned);
    }
}

/// Levels that a tree of branches is shown with; deeper ones stand at the last.
const DEEP: usize = 8;

/// Puts branches below the session that they come from. The numbers are the levels, in the new order.
pub(super) fn tree(sessions: &mut Vec<SessionSummary>) -> Vec<usize> {
    let known: HashSet<SessionId> = sessions.iter().map(|session| session.id).collect();
    let mut below: HashMap<SessionId, Vec<SessionSummary>> = HashMap::new();
    let mut roots = Vec::new();
    for session in sessions.drain(..) {
        match session.parent.filter(|parent| known.contains(parent) && *parent != session.id) {
            Some(parent) => below.entry(parent).or_default().push(session),
            None => roots.push(session),
        }
    }
    let mut levels = Vec::new();
    // The last first, because the stack turns them round.
    let mut waiting: Vec<(usize, SessionSummary)> = roots.into_iter().rev().map(|session| (0, session)).collect();
    while let Some((level, session)) = waiting.pop() {
        let children = below.remove(&session.id).unwrap_or_default();
        waiting.extend(children.into_iter().rev().map(|child| ((level + 1).min(DEEP), child)));
        levels.push(level);
        sessions.push(session);
    }
    // Sessions that name each other as parents hang on nothing; they are shown all the same.
    for session in below.into_values().flatten() {
        levels.push(0);
        sessions.push(session);
    }
    levels
}
