//! Exit codes: what the program tells the one that started it. README.md lists the same table.

use std::process::ExitCode;

use crate::domain::{ErrorKind, SessionId, TurnEnd};

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Done here; the person goes on in this session, in the folder that it belongs to.
    Elsewhere(SessionId),
    /// Something else went wrong; the message says what.
    Failure,
    /// The command line cannot be understood or has no prompt.
    Usage,
    /// No key, or the provider does not accept it.
    Auth,
    /// The turn ended because a call was denied and nobody could be asked.
    Denied,
    /// The cap on money.
    Budget,
    /// The cap on turns.
    TurnCap,
    /// The model or the network, after the retries.
    Model,
    /// SIGHUP.
    HangUp,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done | Self::Elsewhere(_) => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Auth => 3,
            Self::Denied => 4,
            Self::Budget => 5,
            Self::TurnCap => 6,
            Self::Model => 7,
            Self::HangUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The code of a headless run whose turn ended in this way.
    pub fn of(end: &TurnEnd) -> Self {
        match end {
            TurnEnd::Done => Self::Done,
            TurnEnd::Interrupted => Self::Interrupted,
            TurnEnd::Refused => Self::Denied,
            TurnEnd::TurnCap { .. } => Self::TurnCap,
            TurnEnd::BudgetCap => Self::Budget,
            TurnEnd::Declined { .. } | TurnEnd::Stopped { .. } => Self::Failure,
            TurnEnd::Failed { error } if error.kind == ErrorKind::Auth => Self::Auth,
            TurnEnd::Failed { .. } => Self::Model,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ModelError;

    #[test]
    fn each_end_has_its_code() {
        let failed = |kind| TurnEnd::Failed { error: ModelError::new(kind, "x") };
        assert_eq!(Exit::of(&TurnEnd::Done).code(), 0);
        assert_eq!(Exit::of(&TurnEnd::Declined { explanation: None }).code(), 1);
        assert_eq!(Exit::of(&failed(ErrorKind::Auth)).code(), 3);
        assert_eq!(Exit::of(&TurnEnd::Refused).code(), 4);
        assert_eq!(Exit::of(&TurnEnd::BudgetCap).code(), 5);
        assert_eq!(Exit::of(&TurnEnd::TurnCap { limit: 3 }).code(), 6);
        assert_eq!(Exit::of(&failed(ErrorKind::RateLimit)).code(), 7);
        assert_eq!(Exit::of(&TurnEnd::Interrupted).code(), 130);
    }
}
