//! The name that was probably meant.

/// The nearest of some names, if it is near enough to be a slip of the fingers.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |other: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase());
    let (far, near) = known.map(|other| (distance(other), other)).min()?;
    // Two slips at most, and in short names fewer than half of the letters.
    (far <= 2 && far * 2 < near.len()).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        let known = || ["deny", "allow", "models"].into_iter();
        assert_eq!(nearest("dney", known()), Some("deny"));
        assert_eq!(nearest("Alow", known()), Some("allow"));
        assert_eq!(nearest("mode", known()), Some("models"));
        assert_eq!(nearest("ask", known()), None);
    }
}
