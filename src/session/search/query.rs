//! What a person asks for: words, phrases, and filters.
//!
//! `parser "off by one" -test project:latigo tool:Bash file:src/a.rs model:sonnet in:answer after:2026-11-01
//! before:yesterday date:2026-10`. All must hold; the last word may be the beginning of one.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::domain::HitKind;

/// Characters of a query that are read.
const LONGEST: usize = 1_000;

/// A query, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words and phrases that must be there.
    pub(super) words: Vec<String>,
    /// Words and phrases that must not.
    pub(super) without: Vec<String>,
    /// The last word is still being typed.
    pub(super) open: bool,
    pub(super) projects: Vec<String>,
    pub(super) tools: Vec<String>,
    pub(super) models: Vec<String>,
    pub(super) files: Vec<String>,
    pub(super) sessions: Vec<String>,
    pub(super) kinds: Vec<HitKind>,
    /// Milliseconds since 1970, from and before.
    pub(super) from: Option<u64>,
    pub(super) until: Option<u64>,
}

impl Query {
    /// Takes a query apart. `now` in milliseconds since 1970, `zone` for dates. An error tells which filter is wrong.
    pub fn parse(text: &str, now: u64, zone: &TimeZone) -> Result<Self, String> {
        let text: String = text.chars().take(LONGEST).collect();
        let mut query = Self { open: !text.ends_with([' ', '"']), ..Self::default() };
        for (quoted, piece) in pieces(&text) {
            if quoted || !query.filter(&piece, now, zone)? {
                query.word(&piece);
            }
        }
        Ok(query)
    }

    /// There is nothing to look for.
    pub fn is_empty(&self) -> bool {
        let filters = [&self.words, &self.projects, &self.tools, &self.models, &self.files, &self.sessions];
        filters.iter().all(|list| list.is_empty())
            && self.kinds.is_empty()
            && self.from.is_none()
            && self.until.is_none()
    }

    /// Words that stand in a text that is found, in lower case.
    pub fn terms(&self) -> Vec<String> {
        let words = self.words.iter().flat_map(|word| word.split(|c: char| !c.is_alphanumeric()));
        let mut terms: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        // The longest first, so that a pattern of them finds the longest.
        terms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        terms.dedup();
        terms
    }

    fn word(&mut self, piece: &str) {
        let (list, word) = match piece.strip_prefix('-') {
            Some(word) if !word.is_empty() => (&mut self.without, word),
            _ => (&mut self.words, piece),
        };
        if word.chars().any(char::is_alphanumeric) {
            list.push(word.to_owned());
        }
    }

    /// Takes a filter; false when it is none.
    fn filter(&mut self, piece: &str, now: u64, zone: &TimeZone) -> Result<bool, String> {
        let Some((name, value)) = piece.split_once(':') else { return Ok(false) };
        let value = value.trim_matches('"');
        let list = match name {
            "project" => &mut self.projects,
            "tool" => &mut self.tools,
            "model" => &mut self.models,
            "file" => &mut self.files,
            "session" => &mut self.sessions,
            "in" | "kind" => {
                let kind = HitKind::ALL.into_iter().find(|kind| kind.name() == value.trim_end_matches('s'));
                let names = HitKind::ALL.map(HitKind::name).join(", ");
                self.kinds.push(kind.ok_or_else(|| format!("`in:{value}`: choose one of {names}"))?);
                return Ok(true);
            }
            "after" | "since" | "before" | "until" | "date" => {
                let (from, until) = period(value, now, zone)
                    .ok_or_else(|| format!("`{piece}`: a date is 2026, 2026-11, 2026-11-27, today, yesterday or 7d"))?;
                match name {
                    "after" | "since" => self.from = Some(from),
                    "before" | "until" => self.until = Some(from),
                    _ => (self.from, self.until) = (Some(from), Some(until)),
                }
                return Ok(true);
            }
            _ => return Ok(false),
        };
        if !value.is_empty() {
            list.push(value.to_owned());
        }
        Ok(true)
    }
}

/// Words, and texts in double quotes. A quote inside a filter keeps blanks together: `project:"my work"`.
fn pieces(text: &str) -> Vec<(bool, String)> {
    let mut pieces = Vec::new();
    let (mut piece, mut quoted, mut started) = (String::new(), false, false);
    for letter in text.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                started |= quoted && piece.is_empty();
            }
            ' ' | '\t' | '\n' if !quoted => {
                if !piece.is_empty() {
                    pieces.push((started, std::mem::take(&mut piece)));
                }
                started = false;
            }
            letter => piece.push(letter),
        }
    }
    if !piece.is_empty() {
        pieces.push((started, piece));
    }
    pieces
}

/// The milliseconds from which and before which a date lies.
fn period(text: &str, now: u64, zone: &TimeZone) -> Option<(u64, u64)> {
    let today = Timestamp::from_millisecond(now as i64).ok()?.to_zoned(zone.clone()).date();
    let (from, until) = match text {
        "today" => (today, today.tomorrow().ok()?),
        "yesterday" => (today.yesterday().ok()?, today),
        text => match text.strip_suffix(['d', 'w', 'm']).and_then(|count| count.parse::<i32>().ok()) {
            Some(count) => {
                let span = match text.as_bytes().last()? {
                    b'd' => count.try_days(),
                    b'w' => count.try_weeks(),
                    _ => count.try_months(),
                };
                (today.checked_sub(span.ok()?).ok()?, today.tomorrow().ok()?)
            }
            None => named(text)?,
        },
    };
    Some((start(from, zone)?, start(until, zone)?))
}

fn named(text: &str) -> Option<(Date, Date)> {
    let mut parts = text.split('-').map(str::parse::<i16>);
    let year = parts.next()?.ok().filter(|year| (1970..=9998).contains(year))?;
    let first = date(year, 1, 1);
    let Some(month) = parts.next() else { return Some((first, date(year + 1, 1, 1))) };
    let first = Date::new(year, month.ok()?.try_into().ok()?, 1).ok()?;
    let Some(day) = parts.next() else { return Some((first, first.checked_add(1.month()).ok()?)) };
    let first = Date::new(year, first.month(), day.ok()?.try_into().ok()?).ok()?;
    parts.next().is_none().then_some((first, first.tomorrow().ok()?))
}

fn start(day: Date, zone: &TimeZone) -> Option<u64> {
    let start = day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond();
    u64::try_from(start).ok()
}

/// Some words without more, for those that only want to look for a text.
trait Count {
    fn try_days(self) -> Result<jiff::Span, jiff::Error>;
    fn try_weeks(self) -> Result<jiff::Span, jiff::Error>;
    fn try_months(self) -> Result<jiff::Span, jiff::Error>;
}

impl Count for i32 {
    fn try_days(self) -> Result<jiff::Span, jiff::Error> {
        jiff::Span::new().try_days(self)
    }

    fn try_weeks(self) -> Result<jiff::Span, jiff::Error> {
        jiff::Span::new().try_weeks(self)
    }

    fn try_months(self) -> Result<jiff::Span, jiff::Error> {
        jiff::Span::new().try_months(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// 2026-11-27 12:00 UTC.
    const NOW: u64 = 1_795_780_800_000;
    const DAY: u64 = 86_400_000;

    fn parse(text: &str) -> Query {
        Query::parse(text, NOW, &TimeZone::UTC).unwrap()
    }

    #[test]
    fn words_phrases_and_filters() {
        let query = parse("Parser \"off by one\" -test project:\"my work\" tool:Bash in:answers foo:bar → ");
        assert_eq!(query.words, ["Parser", "off by one", "foo:bar"]);
        assert_eq!(query.without, ["test"]);
        assert_eq!((query.projects, query.tools), (vec!["my work".to_owned()], vec!["Bash".to_owned()]));
        assert_eq!(query.kinds, [HitKind::Answer]);
        assert!(!query.open);
        assert!(parse("pars").open);
        assert!(parse(" → -").is_empty());
        assert!(Query::parse("in:nothing", NOW, &TimeZone::UTC).unwrap_err().contains("prompt, answer"));
        assert!(Query::parse("after:soon", NOW, &TimeZone::UTC).unwrap_err().contains("yesterday"));
        assert_eq!(parse("off-by/one One").terms(), ["off", "one", "by"]);
    }

    #[test]
    fn dates_are_periods_in_the_persons_zone() {
        let midnight = NOW - DAY / 2;
        let of = |text: &str| {
            let query = parse(text);
            (query.from, query.until)
        };
        assert_eq!(of("date:today"), (Some(midnight), Some(midnight + DAY)));
        assert_eq!(of("date:2026-11-27"), (Some(midnight), Some(midnight + DAY)));
        assert_eq!(of("after:yesterday"), (Some(midnight - DAY), None));
        assert_eq!(of("before:2026-11-27"), (None, Some(midnight)));
        assert_eq!(of("after:7d before:2026-12"), (Some(midnight - 7 * DAY), Some(midnight + 4 * DAY)));
        assert_eq!(of("date:2026"), (Some(midnight - 330 * DAY), Some(midnight + 35 * DAY)));
        for wrong in ["date:2026-13", "date:2026-02-30", "date:1", "after:99999999999d", "date:2026-1-1-1"] {
            assert!(Query::parse(wrong, NOW, &TimeZone::UTC).is_err(), "{wrong}");
        }
    }
}
