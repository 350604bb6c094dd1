//! Texts that have the shape of a secret: what outlives a session must not hold one, whoever's it is.

/// What stands in the place of one.
pub(super) const REMOVED: &str = "[secret removed]";
/// How tokens of well-known issuers begin, each as its issuer documents it.
const STARTS: [&str; 20] = [
    "sk-",
    "sk_live_",
    "rk_live_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "AKIA",
    "ASIA",
    "AIza",
    "npm_",
    "pypi-",
    "hf_",
    "eyJ",
];
/// Characters that such a token has at least.
const LEAST: usize = 16;

/// The text without what looks like a token or a private key.
pub(super) fn without_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("-----BEGIN ") {
        let (before, block) = rest.split_at(at);
        let head: String = block.chars().take(60).collect();
        let end = block.find("-----END ").and_then(|end| Some(end + 9 + block.get(end + 9..)?.find("-----")? + 5));
        let is_private = head.contains("PRIVATE KEY");
        let taken = if is_private { end.unwrap_or(block.len()) } else { "-----BEGIN ".len() };
        words(before, &mut out);
        out.push_str(if is_private { REMOVED } else { "-----BEGIN " });
        rest = block.get(taken..).unwrap_or_default();
    }
    words(rest, &mut out);
    out
}

fn words(text: &str, out: &mut String) {
    let part_of = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut rest = text;
    while let Some(start) = rest.find(part_of) {
        let (before, after) = rest.split_at(start);
        let end = after.find(|c| !part_of(c)).unwrap_or(after.len());
        let (word, behind) = after.split_at(end);
        out.push_str(before);
        out.push_str(if is_token(word) { REMOVED } else { word });
        rest = behind;
    }
    out.push_str(rest);
}

fn is_token(word: &str) -> bool {
    let named = STARTS.iter().any(|start| word.starts_with(start));
    named && word.len() >= LEAST && word.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_and_words_stay() {
        for (text, clean) in [
            ("key ghp_abcdEFGH1234567890 works", "key [secret removed] works"),
            ("KEY=\"sk-ant-api03-abcdef123456\".", "KEY=\"[secret removed]\"."),
            ("AKIAIOSFODNN7EXAMPLE,x", "[secret removed],x"),
            ("sk-learn is a library; see npm_config_cache", "sk-learn is a library; see npm_config_cache"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- end", "[secret removed] end"),
            ("-----BEGIN PRIVATE KEY-----\nMII", "[secret removed]"),
            ("-----BEGIN CERTIFICATE-----\nMII", "-----BEGIN CERTIFICATE-----\nMII"),
        ] {
            assert_eq!(without_secrets(text), clean);
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_else_is_lost(text in "[a-zé .,\\n-]{0,60}") {
            assert_eq!(without_secrets(&text), text);
        }

        #[test]
        fn nothing_panics(text in "(-----BEGIN |-----END |PRIVATE KEY|-----|é|sk-|1234567890123456){0,8}") {
            drop(without_secrets(&text));
        }
    }
}
