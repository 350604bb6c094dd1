//! One line of a log: `{"crc":"8 hex digits","record":{…}}`, the CRC-32 over the bytes of the record.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::Record;

const HEAD: &[u8] = b"{\"crc\":\"";
const MIDDLE: &[u8] = b"\",\"record\":";

/// What a line turned out to be.
pub(super) enum Decoded {
    Record(Record),
    /// Whole, but written by a program that knows more kinds of records.
    Unknown {
        seq: Option<u64>,
    },
    /// Not a line of ours, or not as it was written.
    Damaged(&'static str),
}

/// The form of lines that were laid out by another hand.
#[derive(Deserialize)]
struct Envelope<'a> {
    crc: &'a str,
    #[serde(borrow)]
    record: &'a RawValue,
}

#[derive(Deserialize)]
struct Numbered {
    seq: u64,
}

/// Puts the line of a record, newline included, in place of what `out` held.
pub(super) fn encode(record: &Record, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let start = begin(out);
    serde_json::to_writer(&mut *out, record)?;
    end(out, start);
    Ok(())
}

/// The same for the JSON of a record.
pub(super) fn encode_raw(record: &str, out: &mut Vec<u8>) {
    let start = begin(out);
    out.extend_from_slice(record.as_bytes());
    end(out, start);
}

fn begin(out: &mut Vec<u8>) -> usize {
    out.clear();
    out.extend_from_slice(HEAD);
    out.extend_from_slice(b"00000000");
    out.extend_from_slice(MIDDLE);
    out.len()
}

fn end(out: &mut Vec<u8>, start: usize) {
    let crc = crc32fast::hash(out.get(start..).unwrap_or_default());
    let digits = HEAD.len()..HEAD.len() + 8;
    if let Some(place) = out.get_mut(digits) {
        place.copy_from_slice(format!("{crc:08x}").as_bytes());
    }
    out.extend_from_slice(b"}\n");
}

/// Reads one line without its newline.
pub(super) fn decode(line: &[u8]) -> Decoded {
    let raw = match record_of(line) {
        Ok(raw) => raw,
        Err(reason) => return Decoded::Damaged(reason),
    };
    match serde_json::from_str(raw) {
        Ok(record) => Decoded::Record(record),
        Err(_) => Decoded::Unknown { seq: serde_json::from_str::<Numbered>(raw).ok().map(|record| record.seq) },
    }
}

/// The JSON of the record in a line, if its check sum is right.
pub(super) fn record_of(line: &[u8]) -> Result<&str, &'static str> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    if let Some((crc, raw)) = split(text)
        && crc32fast::hash(raw.as_bytes()) == crc
    {
        return Ok(raw);
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|_| "it is not a record")?;
    let raw = envelope.record.get();
    let crc = u32::from_str_radix(envelope.crc, 16).map_err(|_| "its check sum is no number")?;
    if crc32fast::hash(raw.as_bytes()) == crc { Ok(raw) } else { Err("its check sum is wrong") }
}

/// Takes apart a line that is laid out as [`encode`] does, without parsing it.
fn split(line: &str) -> Option<(u32, &str)> {
    let rest = line.strip_prefix(std::str::from_utf8(HEAD).ok()?)?;
    let (digits, rest) = rest.split_at_checked(8)?;
    let raw = rest.strip_prefix(std::str::from_utf8(MIDDLE).ok()?)?.strip_suffix('}')?;
    Some((u32::from_str_radix(digits, 16).ok()?, raw))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;
    use crate::domain::Body;

    fn line(record: &Record) -> Vec<u8> {
        let mut out = b"old".to_vec();
        encode(record, &mut out).unwrap();
        assert_eq!(out.pop(), Some(b'\n'));
        out
    }

    fn title() -> Record {
        Record { seq: 7, at: 1_700_000_000_000, body: Body::TitleSet { title: "a \"b\"\n".to_owned() } }
    }

    #[test]
    fn a_line_has_the_documented_form_and_reads_back() {
        let text = String::from_utf8(line(&title())).unwrap();
        let record = r#"{"seq":7,"at":1700000000000,"body":{"title_set":{"title":"a \"b\"\n"}}}"#;
        let crc = crc32fast::hash(record.as_bytes());
        assert_eq!(text, format!(r#"{{"crc":"{crc:08x}","record":{record}}}"#));
        match decode(text.as_bytes()) {
            Decoded::Record(read) => assert_eq!(read, title()),
            _ => panic!("not read: {text}"),
        }
    }

    #[test]
    fn another_layout_of_the_envelope_is_read_too() {
        let record = r#"{ "seq": 1, "at": 2, "body": "cleared" }"#;
        let text = format!("{{ \"record\": {record}, \"crc\": \"{:08x}\" }}", crc32fast::hash(record.as_bytes()));
        assert!(matches!(decode(text.as_bytes()), Decoded::Record(Record { seq: 1, at: 2, body: Body::Cleared })));
    }

    #[test]
    fn every_flipped_byte_is_noticed() {
        let good = line(&title());
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 1;
            let same = matches!(decode(&bad), Decoded::Record(read) if read == title());
            // A flipped case bit of the check sum's digits would still be the same number; bit 0 is not that.
            assert!(!same, "byte {index}");
        }
    }

    #[test]
    fn a_record_of_tomorrow_is_unknown_and_not_damaged() {
        let record = r#"{"seq":9,"at":2,"body":{"dreamt":{"of":"sheep"}}}"#;
        let text = format!(r#"{{"crc":"{:08x}","record":{record}}}"#, crc32fast::hash(record.as_bytes()));
        assert!(matches!(decode(text.as_bytes()), Decoded::Unknown { seq: Some(9) }));
        assert!(matches!(decode(b"{}"), Decoded::Damaged(_)));
        assert!(matches!(decode(b"\xff\xfe"), Decoded::Damaged(_)));
    }
}
