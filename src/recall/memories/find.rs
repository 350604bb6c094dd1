//! Which entries are near: texts in pieces, because a long text hides what one sentence of it says.

use std::collections::BTreeSet;

use super::super::embed::{Embedder, cosine};
use super::super::question::Question;
use crate::domain::MemoryId;

/// An entry further from the prompt than this part of the nearest one's score is not worth its tokens.
pub(super) const NEAR_BEST: f32 = 0.6;
/// Pieces of an entry, and of a prompt, that are looked at.
const PIECES: usize = 12;
const ASKED: usize = 16;
/// Bytes of a prompt that are looked at: its start and its end.
const PROMPT: usize = 4_000;
/// Characters that a text may have to be given whole.
const WHOLE: usize = 600;
/// Words that a piece needs to say something.
const WORDS: usize = 3;

/// One entry's pieces.
pub(super) type Vectors = (MemoryId, Vec<Vec<f32>>);

/// The lines and sentences of a text; one alone when it has only one.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let sentences = text.lines().flat_map(|line| line.split_inclusive(". "));
    sentences.map(str::trim).filter(|piece| piece.split_whitespace().count() >= WORDS).take(PIECES).collect()
}

/// The vectors of an entry: the whole, then its pieces where there are several.
pub(super) fn vectors(embedder: &dyn Embedder, text: &str) -> Vec<Vec<f32>> {
    let pieces = pieces(text);
    let parts = if pieces.len() > 1 { pieces } else { Vec::new() };
    std::iter::once(text).chain(parts).map(|part| embedder.embed(part)).collect()
}

/// The vectors of a prompt.
pub(super) fn question(embedder: &dyn Embedder, text: &str) -> Vec<Vec<f32>> {
    let (start, end) = (head(text, PROMPT / 2), tail(text, PROMPT / 2));
    let ends = if text.len() <= PROMPT { vec![text] } else { vec![start, end] };
    let mut parts: Vec<&str> = ends.clone();
    for part in ends {
        let pieces = pieces(part);
        if pieces.len() > 1 {
            parts.extend(pieces);
        }
    }
    parts.truncate(ASKED);
    parts.into_iter().map(|part| embedder.embed(part)).collect()
}

/// Each entry with the number of its nearest piece (none for the whole) and the score of that.
pub(super) fn near(entries: Vec<Vectors>, asked: &[Vec<f32>]) -> impl Iterator<Item = (MemoryId, Option<usize>, f32)> {
    entries.into_iter().map(move |(id, vectors)| {
        let mut best = (None, 0.0f32);
        for (at, vector) in vectors.iter().enumerate() {
            let score = asked.iter().map(|asked| cosine(asked, vector)).fold(0.0, f32::max);
            if score > best.1 {
                best = (at.checked_sub(1), score);
            }
        }
        (id, best.0, best.1)
    })
}

/// The nearest first; the newer of two that are equally near.
pub(super) fn order(found: &mut [(MemoryId, Option<usize>, f32)]) {
    found.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| b.0.number.cmp(&a.0.number)).then_with(|| a.0.cmp(&b.0)));
}

/// What is given of an entry: all of it, or of a long one the piece that was near with its neighbours.
pub(super) fn told(text: &str, piece: Option<usize>) -> String {
    if text.chars().count() <= WHOLE {
        return text.to_owned();
    }
    let pieces = pieces(text);
    let at = piece.unwrap_or(0);
    let some: Vec<&str> = pieces.iter().skip(at.saturating_sub(1)).take(3).copied().collect();
    let some: String = some.join(" ").chars().take(WHOLE).collect();
    format!("… {some} …")
}

/// What a text is about, in words whose forms are told apart no more.
pub(super) fn subjects(text: &str) -> BTreeSet<String> {
    let ends = [head(text, PROMPT / 2), tail(text, PROMPT / 2)];
    ends.into_iter().flat_map(|part| Question::of(part).subject().map(str::to_lowercase).collect::<Vec<_>>()).collect()
}

fn head(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

fn tail(text: &str, most: usize) -> &str {
    let start = text.len().saturating_sub(most);
    let start = (start..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}
