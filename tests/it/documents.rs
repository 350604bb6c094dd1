//! PDFs, from the disk to the wire.

use base64::Engine as _;
use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};
use serde_json::{Value, json};

use crate::harness::Home;
use crate::server::{Answer, Server};

/// A PDF whose pages say these words.
fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let root = document.new_object_id();
    let font = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier", "Encoding" => "WinAnsiEncoding" };
    let font = document.add_object(font);
    let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
    let mut kids = Vec::new();
    for words in pages {
        let operations = vec![
            Operation::new("BT", vec![]),
            Operation::new("Tf", vec!["F1".into(), 12.into()]),
            Operation::new("Tj", vec![Object::string_literal(*words)]),
            Operation::new("ET", vec![]),
        ];
        let content = document.add_object(Stream::new(dictionary! {}, Content { operations }.encode().unwrap()));
        let page = dictionary! { "Type" => "Page", "Parent" => root, "Contents" => content };
        kids.push(Object::from(document.add_object(page)));
    }
    let tree = dictionary! {
        "Type" => "Pages", "Count" => kids.len() as i64, "Kids" => kids, "Resources" => resources,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    };
    document.objects.insert(root, Object::Dictionary(tree));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn read(pages: &str) -> Answer {
    Answer::call("t1", "Read", json!({ "file_path": "a.pdf", "pages": pages }))
}

/// The first block of a kind, wherever it stands.
fn find<'a>(value: &'a Value, kind: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) if fields.get("type").is_some_and(|found| found == kind) => Some(value),
        Value::Object(fields) => fields.values().find_map(|inner| find(inner, kind)),
        Value::Array(items) => items.iter().find_map(|inner| find(inner, kind)),
        _ => None,
    }
}

#[test]
fn a_mentioned_pdf_and_pages_that_are_read_reach_anthropic_as_documents() {
    let server = Server::start([read("2-3"), Answer::text("Read.")]);
    let home = Home::new().anthropic(server.url());
    let file = pdf(&["first words", "second words", "third words"]);
    std::fs::write(home.project().join("a.pdf"), &file).unwrap();
    let output = home.pipe(&["-p", "what is in @a.pdf ?", "--model", "claude-opus-5-5"], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let asked = server.asked();
    let engine = base64::engine::general_purpose::STANDARD;
    let mentioned = find(&asked[0].body["messages"], "document").unwrap();
    assert_eq!((&mentioned["title"], &mentioned["source"]["media_type"]), (&json!("a.pdf"), &json!("application/pdf")));
    assert_eq!(engine.decode(mentioned["source"]["data"].as_str().unwrap()).unwrap(), file);
    let result = find(&asked[1].body["messages"], "tool_result").unwrap();
    assert_eq!(result["content"][0]["text"], "a.pdf: 2 pages of a PDF.", "{result}");
    let part = engine.decode(find(result, "document").unwrap()["source"]["data"].as_str().unwrap()).unwrap();
    let part = Document::load_mem(&part).unwrap();
    assert_eq!(part.get_pages().len(), 2);
    assert!(part.extract_text(&[1]).unwrap().contains("second words"));
    assert!(!asked[1].body["messages"].to_string().contains("shown as text"));
}

#[test]
fn another_server_gets_the_text() {
    let server = Server::start([read("2"), Answer::text("Read.")]);
    let home = Home::new().openai(server.url());
    std::fs::write(home.project().join("a.pdf"), pdf(&["first words", "second words"])).unwrap();
    let output = home.pipe(&["-p", "go"], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let told = server.asked()[1].body["messages"].to_string();
    assert!(told.contains("second words") && told.contains("shown as text") && !told.contains("file_data"), "{told}");
}
