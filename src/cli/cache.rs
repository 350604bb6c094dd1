//! `latigo cache`: the answers that are kept, without a screen.

use crate::base::clock::SystemClock;
use crate::base::dirs::{Dirs, HOME_VARIABLE};
use crate::base::text::{clip, exact_cost, human_ms, human_tokens, sanitize_line};
use crate::domain::AnswerTier;
use crate::recall::{Error, FILE, Store};
use crate::shell::{Exit, Printer};

/// Entries that are listed.
const LISTED: usize = 1_000;
/// Columns that a question may take.
const QUESTION: usize = 80;

/// What to do with the answer cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheOrder {
    List,
    Stats,
    Clear,
}

/// Does it and prints.
pub(super) fn run(order: CacheOrder, printer: &mut Printer) -> Exit {
    let cwd = std::env::current_dir().unwrap_or_default();
    let home = std::env::var(HOME_VARIABLE).ok();
    let file = match Dirs::find(home.as_deref(), &cwd) {
        Ok(dirs) => dirs.cache.join(FILE),
        Err(message) => {
            printer.remark(&format!("latigo: {message}"));
            return Exit::Failure;
        }
    };
    if !file.exists() {
        printer.remark("There are no cached answers. Your settings turn the cache on: latigo.answerCache.");
        return Exit::Done;
    }
    match Store::open(&file).and_then(|store| print(order, &store, printer)) {
        Ok(()) => printer.exit(Exit::Done),
        Err(error) => {
            printer.remark(&format!("latigo: {error}"));
            Exit::Failure
        }
    }
}

fn print(order: CacheOrder, store: &Store, printer: &mut Printer) -> Result<(), Error> {
    let now = SystemClock::shared().wall_ms();
    match order {
        CacheOrder::List => {
            for entry in store.list(now, LISTED)? {
                let (age, text) = (human_ms(now.saturating_sub(entry.at)), sanitize_line(&entry.text).into_owned());
                printer.line(&format!("{age:>10} ago  hits {:>3}  {}", entry.hits, clip(&text, QUESTION)));
            }
        }
        CacheOrder::Stats => {
            printer.line(&format!("{} answers are kept", store.len(now)?));
            for tier in [AnswerTier::Exact, AnswerTier::Semantic] {
                let counter = store.counter(tier)?;
                let (saved, tokens) = (exact_cost(counter.saved), human_tokens(counter.tokens));
                let name = tier.name();
                printer.line(&format!(
                    "{name:9} {} hits, {} misses, {saved} and {tokens} tokens saved",
                    counter.hits, counter.misses
                ));
            }
        }
        CacheOrder::Clear => printer.line(&format!("{} answers were taken out", store.clear()?)),
    }
    Ok(())
}
