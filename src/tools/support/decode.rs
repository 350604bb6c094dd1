//! Bytes to text and back without loss: UTF-8 with or without a mark, UTF-16 with one.
//!
//! Other encodings are not guessed: text in them cannot be written back with certainty.

/// How a text stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf8Bom,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// What the first bytes say. Without a mark it is UTF-8.
    pub fn sniff(bytes: &[u8]) -> Self {
        match bytes {
            [0xEF, 0xBB, 0xBF, ..] => Self::Utf8Bom,
            [0xFF, 0xFE, ..] => Self::Utf16Le,
            [0xFE, 0xFF, ..] => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }

    pub fn is_utf16(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }

    /// The byte order mark that the encoding begins with.
    pub fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8 => b"",
            Self::Utf8Bom => b"\xEF\xBB\xBF",
            Self::Utf16Le => b"\xFF\xFE",
            Self::Utf16Be => b"\xFE\xFF",
        }
    }

    /// The text in its file's form, mark included.
    pub fn encode(self, text: &str) -> Vec<u8> {
        let mut out = self.mark().to_vec();
        match self {
            Self::Utf8 | Self::Utf8Bom => out.extend_from_slice(text.as_bytes()),
            Self::Utf16Le => text.encode_utf16().for_each(|unit| out.extend_from_slice(&unit.to_le_bytes())),
            Self::Utf16Be => text.encode_utf16().for_each(|unit| out.extend_from_slice(&unit.to_be_bytes())),
        }
        out
    }
}

/// The text of a file without its mark, and its encoding; none when writing it back could not give the
/// same bytes.
pub fn exact(bytes: &[u8]) -> Option<(String, Encoding)> {
    let encoding = Encoding::sniff(bytes);
    let body = bytes.get(encoding.mark().len()..)?;
    let text = if encoding.is_utf16() {
        let (units, rest) = units(body, encoding);
        if !rest.is_empty() {
            return None;
        }
        char::decode_utf16(units).collect::<Result<String, _>>().ok()?
    } else {
        std::str::from_utf8(body).ok()?.to_owned()
    };
    Some((text, encoding))
}

/// The text of a UTF-16 file for reading; says whether something had to be replaced.
pub fn utf16_lossy(bytes: &[u8]) -> (String, bool) {
    let encoding = Encoding::sniff(bytes);
    let (units, rest) = units(bytes.get(encoding.mark().len()..).unwrap_or_default(), encoding);
    let mut lossy = !rest.is_empty();
    let text = char::decode_utf16(units)
        .map(|unit| {
            unit.unwrap_or_else(|_| {
                lossy = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    (text, lossy)
}

fn units(body: &[u8], encoding: Encoding) -> (impl Iterator<Item = u16>, &[u8]) {
    let (pairs, rest) = body.as_chunks::<2>();
    let units = pairs.iter().map(move |pair| match encoding {
        Encoding::Utf16Be => u16::from_be_bytes(*pair),
        _ => u16::from_le_bytes(*pair),
    });
    (units, rest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_written_back_is_no_text() {
        assert_eq!(exact(b"caf\xe9"), None);
        assert_eq!(exact(b"\xFF\xFEa"), None);
        assert_eq!(exact(b"\xFF\xFE\x00\xD8"), None);
        assert_eq!(exact(b"\xEF\xBB\xBFa"), Some(("a".to_owned(), Encoding::Utf8Bom)));
        assert_eq!(utf16_lossy(b"\xFE\xFF\x00a\xD8\x00"), ("a\u{FFFD}".to_owned(), true));
    }

    proptest! {
        #[test]
        fn every_encoding_round_trips(text in "\\PC*") {
            for encoding in [Encoding::Utf8Bom, Encoding::Utf16Le, Encoding::Utf16Be] {
                prop_assert_eq!(exact(&encoding.encode(&text)).unwrap(), (text.clone(), encoding));
            }
        }

        #[test]
        fn decoding_never_changes_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Some((text, encoding)) = exact(&bytes) {
                prop_assert_eq!(encoding.encode(&text), bytes);
            }
        }
    }
}
