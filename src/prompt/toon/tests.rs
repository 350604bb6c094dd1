//! Every published case of the specification, and properties that hold for any value.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Runs the published cases of one folder and returns how many there are.
fn published(kind: &str, run: impl Fn(&Value, &Value) -> Result<Value, Error>) -> usize {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/toon").join(kind);
    let (mut count, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for case in file["tests"].as_array().unwrap() {
            count += 1;
            let got = run(&case["input"], &case["options"]);
            let should_fail = case["shouldError"] == json!(true);
            let right = match &got {
                Ok(value) => !should_fail && *value == case["expected"],
                Err(_) => should_fail,
            };
            if !right {
                wrong.push(format!("{}: {got:?} instead of {}", case["name"], case["expected"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    count
}

#[test]
fn all_published_cases_of_the_version_pass() {
    let size = |options: &Value| options["indent"].as_u64().unwrap_or(2) as usize;
    let encoded = published("encode", |input, options| {
        let fold = match options["keyFolding"].as_str() {
            Some("safe") => options["flattenDepth"].as_u64().map_or(usize::MAX, |depth| depth as usize),
            _ => 0,
        };
        let delimiter = options["delimiter"].as_str().and_then(|text| text.chars().next()).unwrap_or(',');
        encode(input, &Style { delimiter, indent: size(options), fold }).map(Value::String)
    });
    let decoded = published("decode", |input, options| {
        let strict = options["strict"].as_bool().unwrap_or(true);
        let expand = options["expandPaths"] == json!("safe");
        decode(input.as_str().unwrap(), &Reading { strict, indent: size(options), expand })
    });
    assert_eq!((encoded, decoded), (153, 247));
}

#[test]
fn rows_become_toon_only_where_it_pays() {
    let count = |text: &str| text.len();
    let rows: Vec<Value> = (0..20).map(|n| json!({"id": n, "name": format!("row {n}"), "ok": true})).collect();
    let text = serde_json::to_string(&rows).unwrap();
    let toon = shorter(&text, count).unwrap();
    assert!(toon.starts_with("[20]{id,name,ok}:\n  0,row 0,true\n"), "{toon}");
    assert_eq!(decode(&toon, &Reading::default()).unwrap(), Value::Array(rows));
    assert_eq!(shorter(&text, count), Some(toon), "the same bytes each time");
    let mixed = serde_json::to_string(&json!([{"a": 1}, {"b": 2}, "x".repeat(300)])).unwrap();
    for text in [mixed.as_str(), "no json at all", "[1,2,3]", ""] {
        assert_eq!(shorter(text, count), None, "{text}");
    }
}

fn value() -> impl Strategy<Value = Value> {
    let text =
        prop_oneof!["[ -~]{0,12}", "\\PC{0,8}", Just("#x".to_owned()), Just("- a".to_owned()), Just("1e5".to_owned())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e15f64..1e15).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec(("[a-z.]{0,6}|[ -~]{0,6}", inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Equal as JSON has it: 5.0 is 5.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b))
        }
        (a, b) => a == b,
    }
}

proptest! {
    /// What is written is read back, with every delimiter and indentation, folded or not.
    #[test]
    fn any_value_comes_back(value in value(), delimiter in prop::sample::select(vec![',', '|', '\t']), indent in 1usize..5) {
        let style = Style { delimiter, indent, fold: 0 };
        let text = encode(&value, &style).unwrap();
        let back = decode(&text, &Reading { indent, ..Reading::default() });
        // An empty object and an empty document are the same text.
        let back = back.unwrap_or_else(|error| panic!("{error} in\n{text}"));
        prop_assert!(same(&back, &value), "{text}\n{back}");
        prop_assert_eq!(encode(&value, &style).unwrap(), text);
    }

    /// Reading never panics, whatever the text.
    #[test]
    fn any_text_is_read_or_refused(text in "[a-c\\[\\]{}:,|#\" \n.-]{0,60}", strict: bool, expand: bool) {
        drop(decode(&text, &Reading { strict, indent: 2, expand }));
    }
}
