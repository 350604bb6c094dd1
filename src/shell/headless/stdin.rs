//! Standard input as part of the prompt, within a bound.

use std::io::Read;

/// The most that is read; more is an error rather than a cut.
pub const STDIN_LIMIT: u64 = 10 << 20;

/// The prompt with what `input` holds appended. The error is a sentence for the person.
pub fn join_stdin(prompt: Option<String>, input: impl Read) -> Result<Option<String>, String> {
    let mut bytes = Vec::new();
    // A closed standard input is an empty one.
    let read = input.take(STDIN_LIMIT + 1).read_to_end(&mut bytes);
    if let Err(error) = read
        && bytes.is_empty()
        && error.raw_os_error() != Some(rustix::io::Errno::BADF.raw_os_error())
    {
        return Err(format!("Standard input cannot be read: {error}."));
    }
    if bytes.len() as u64 > STDIN_LIMIT {
        return Err(
            "Standard input is longer than 10 MB. Save it in a file and name the file in the prompt.".to_owned()
        );
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_end();
    Ok(match (prompt, text.is_empty()) {
        (prompt, true) => prompt,
        (Some(prompt), false) if !prompt.trim().is_empty() => Some(format!("{prompt}\n\n{text}")),
        (_, false) => Some(text.to_owned()),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn join(prompt: Option<&str>, input: &[u8]) -> Result<Option<String>, String> {
        join_stdin(prompt.map(str::to_owned), input)
    }

    #[test]
    fn input_follows_the_prompt_or_is_the_prompt() {
        assert_eq!(join(Some("explain"), b"fn x() {}\n").unwrap().unwrap(), "explain\n\nfn x() {}");
        assert_eq!(join(None, b"explain\n").unwrap().unwrap(), "explain");
        assert_eq!(join(Some("explain"), b" \n").unwrap().unwrap(), "explain");
        assert_eq!(join(None, b"").unwrap(), None);
        assert_eq!(join(None, b"a\xffb").unwrap().unwrap(), "a\u{fffd}b");
    }

    #[test]
    fn ten_megabytes_fit_and_one_byte_more_does_not() {
        let mut much = vec![b'x'; STDIN_LIMIT as usize];
        assert_eq!(join(None, &much).unwrap().unwrap().len() as u64, STDIN_LIMIT);
        much.push(b'x');
        assert!(join(None, &much).unwrap_err().contains("10 MB"));
    }
}
