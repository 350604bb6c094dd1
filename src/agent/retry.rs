//! How long to wait before a request is sent again.

use crate::domain::ModelError;

/// First wait, doubled at every further try.
const FIRST_MS: u64 = 500;
/// The longest wait of our own choosing.
const LONGEST_MS: u64 = 30_000;
/// The longest wait that a server may ask for before the error is shown instead.
pub(super) const LONGEST_ASKED_MS: u64 = 600_000;

/// A small generator of chance, seeded from outside so that tests know its numbers.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number from 0 to below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }
}

/// Milliseconds before try `attempt + 1`: what the server asks for, or a doubling wait of which up to a
/// quarter is left to chance so that many clients do not come back at once.
pub(super) fn delay(error: &ModelError, attempt: u32, chance: &mut Chance) -> u64 {
    let own = FIRST_MS.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST_MS);
    let own = own - chance.below(own / 4);
    error.retry_after_ms.map_or(own, |asked| asked.max(own.min(1_000)) + chance.below(250))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ErrorKind;

    #[test]
    fn waits_grow_and_a_server_is_obeyed() {
        let mut chance = Chance::new(7);
        let error = ModelError::new(ErrorKind::Overloaded, "busy");
        let waits: Vec<u64> = (1..=9).map(|attempt| delay(&error, attempt, &mut chance)).collect();
        assert!(waits.windows(2).all(|pair| pair[0] < pair[1] || pair[1] > LONGEST_MS / 2), "{waits:?}");
        assert!(waits.iter().all(|wait| (FIRST_MS / 2..=LONGEST_MS).contains(wait)), "{waits:?}");
        let asked = ModelError { retry_after_ms: Some(2_000), ..error };
        assert!((2_000..2_250).contains(&delay(&asked, 1, &mut chance)));
    }
}
