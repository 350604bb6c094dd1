//! Vectors for texts that need neither network nor model, and how vectors are compared.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::lexicon::{DOMAINS, LIGHT, LIGHT_WORK, is_in};
use super::question::Question;

/// Turns texts into vectors whose cosine tells how near they are. Who asks a server does so before it comes here:
/// a store looks up vectors, it waits for nobody.
pub trait Embedder: Send + Sync {
    /// The name under which vectors are kept; those of another name are never compared.
    fn name(&self) -> &str;

    /// The vector of a text, of length 1; empty when there is none.
    fn embed(&self, text: &str) -> Vec<f32>;

    /// The cosine from which on a text that is kept may matter to a prompt: lower than where two say the same, because
    /// it need only be about the same.
    fn related(&self) -> f32 {
        0.3
    }

    /// Its vectors know meaning, so that words need not have counterparts.
    fn knows_meaning(&self) -> bool {
        false
    }
}

impl Embedder for Hashed {
    fn name(&self) -> &str {
        Self::SPACE
    }

    fn embed(&self, text: &str) -> Vec<f32> {
        Self::embed(text)
    }
}

/// Dimensions of [`Hashed`].
const SIZE: usize = 512;

/// Signed feature hashing over the normalised words of a question: words, neighbours, pieces of words. It measures
/// wording, with a vocabulary of synonyms.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hashed;

impl Hashed {
    /// The space of its vectors.
    pub const SPACE: &'static str = "hashed-3";
    /// The cosine from which on two texts may mean the same.
    pub const THRESHOLD: f32 = 0.7;

    /// The vector of a text, of length 1; empty when there is none.
    pub fn embed(text: &str) -> Vec<f32> {
        Self::of(&Question::of(text), |_| false)
    }

    /// The vector of a question that is held against another one, of length 1; empty when it is about nothing. Words that
    /// only say of what kind something is weigh little.
    pub(super) fn vector(question: &Question) -> Vec<f32> {
        Self::of(question, is_light)
    }

    fn of(question: &Question, is_light: fn(&str) -> bool) -> Vec<f32> {
        let mut vector = vec![0.0f32; SIZE];
        let mut subject: Vec<&str> = question.subject().collect();
        subject.sort_unstable();
        subject.dedup();
        for word in &subject {
            if is_light(word) {
                put(&mut vector, ("word", word), 0.3);
                continue;
            }
            put(&mut vector, ("word", word), 1.0);
            let letters: Vec<char> = word.chars().collect();
            for piece in letters.windows(4) {
                put(&mut vector, ("piece", &piece.iter().collect::<String>()), 0.15);
            }
        }
        subject.retain(|word| !is_light(word));
        for pair in subject.windows(2) {
            put(&mut vector, ("pair", &pair.join(" ")), 0.3);
        }
        for word in &question.semi {
            put(&mut vector, ("word", word), 0.25);
        }
        put(&mut vector, ("ask", question.ask.group()), 0.5);
        normalised(vector)
    }
}

/// The word says little.
fn is_light(word: &str) -> bool {
    [LIGHT, LIGHT_WORK, DOMAINS].iter().any(|list| is_in(list, word))
}

fn put(vector: &mut [f32], feature: (&str, &str), weight: f32) {
    let mut hasher = DefaultHasher::new();
    feature.hash(&mut hasher);
    let hash = hasher.finish();
    let sign = if hash & (1 << 40) == 0 { weight } else { -weight };
    if let Some(place) = vector.get_mut((hash % SIZE as u64) as usize) {
        *place += sign;
    }
}

/// The same direction with length 1; empty when it has none.
pub(super) fn normalised(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|part| part * part).sum::<f32>().sqrt();
    if length <= f32::EPSILON || !length.is_finite() {
        return Vec::new();
    }
    for part in &mut vector {
        *part /= length;
    }
    vector
}

/// The cosine of two vectors of length 1; 0 when they cannot be compared.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    if a.is_empty() || a.len() != b.len() {
        return 0.0;
    }
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
