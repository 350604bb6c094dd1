//! The house test: imports between rooms, outside names, headers and sizes, held to the tables below.
//!
//! It reads the source as text and needs nothing of the program. Each offender is named with its place, what
//! it does and what is allowed. How to mend an import: a noun that both sides share goes to `domain`; instead
//! of calling upward return a value; two hands that need each other meet in `engine`. If it truly is a new
//! layer, change the table in a commit of its own, with the reason.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

#[path = "house/lexer.rs"]
mod lexer;
#[path = "house/source.rs"]
mod source;

use source::Source;

/// Room, the rooms that it may import, outside names that it must not touch.
#[rustfmt::skip]
const ROOMS: &[(&str, &str, &str)] = &[
    ("base", "", "tokio ratatui"),
    ("domain", "base", "tokio ratatui std::fs std::process std::net"),
    ("policy", "domain base", "tokio ratatui std::fs std::process std::net"),
    ("usage", "domain base", "tokio ratatui std::fs std::process std::net"),
    ("prompt", "usage domain base", "tokio ratatui std::fs std::process std::net"),
    ("agent", "prompt policy usage domain base", "tokio ratatui std::fs std::process std::net"),
    ("provider", "usage domain base", "ratatui"),
    ("sandbox", "domain base", "ratatui"),
    ("hooks", "domain base", "ratatui"),
    ("lsp", "domain base", "ratatui"),
    ("mcp", "domain base", "ratatui"),
    ("catalog", "domain base", "ratatui"),
    ("session", "domain base", "ratatui"),
    ("recall", "domain base", "ratatui"),
    ("team", "session domain base", "ratatui"),
    ("tools", "catalog sandbox domain base", "ratatui"),
    ("engine", "agent prompt policy usage provider tools sandbox hooks lsp mcp catalog session recall team domain base", "ratatui"),
    ("theme", "base", "tokio std::net std::process"),
    ("widgets", "theme domain base", "tokio std::fs std::process std::net"),
    ("commands", "domain base", "tokio ratatui std::fs std::process std::net"),
    ("panes", "widgets theme commands usage domain base", "tokio std::fs std::process std::net"),
    ("app", "panes widgets theme commands usage domain base", "tokio std::fs std::process std::net"),
    ("config", "app engine agent prompt policy usage provider tools sandbox hooks lsp mcp catalog session recall team theme commands domain base", "ratatui"),
    ("shell", "app engine config theme session domain base", ""),
    ("cli", "shell config engine app provider tools sandbox hooks lsp mcp catalog session recall team policy prompt usage agent domain base", ""),
];

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;
const ARGUMENTS: usize = 5;
const NESTING: usize = 5;
const FIELDS: usize = 20;
const VARIANTS: usize = 40;

#[test]
fn the_house_is_in_order() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources = collect(&src);
    assert!(sources.len() > ROOMS.len(), "the source is not where it was");
    let offenders = check(&sources);
    assert!(offenders.is_empty(), "{} offenders:\n{}\n", offenders.len(), offenders.join("\n"));
}

#[test]
fn the_table_has_no_circles() {
    let mut above: BTreeMap<&str, BTreeSet<&str>> = rows().map(|(room, may, _)| (room, may)).collect();
    while let Some(ground) = above.iter().find(|(_, may)| may.is_empty()).map(|(room, _)| *room) {
        above.remove(ground);
        for may in above.values_mut() {
            may.retain(|name| *name != ground);
        }
    }
    assert!(above.is_empty(), "these rooms import each other: {:?}", above.keys());
}

fn rows() -> impl Iterator<Item = (&'static str, BTreeSet<&'static str>, Vec<&'static str>)> {
    ROOMS.iter().map(|(room, may, never)| {
        (
            *room,
            may.split(' ').filter(|name| !name.is_empty()).collect(),
            never.split(' ').filter(|name| !name.is_empty()).collect(),
        )
    })
}

/// All source files that are not test code.
fn collect(src: &Path) -> Vec<Source> {
    let mut folders = vec![src.to_owned()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                sources.push(Source::read(path.strip_prefix(src).unwrap(), &text));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    let tests = test_modules(&sources);
    sources.retain(|source| !tests.iter().any(|test| source.path.starts_with(test)));
    sources
}

/// Files and folders that are modules declared under `#[cfg(test)]`.
fn test_modules(sources: &[Source]) -> Vec<PathBuf> {
    let homes = sources.iter().flat_map(|source| {
        let stem = source.path.file_stem().unwrap_or_default();
        let is_root = ["mod", "lib", "main"].iter().any(|name| stem == *name);
        let home = if is_root {
            source.path.parent().unwrap_or(Path::new("")).to_owned()
        } else {
            source.path.with_extension("")
        };
        source.test_modules.iter().map(move |name| home.join(name))
    });
    homes.flat_map(|home| [home.with_extension("rs"), home]).collect()
}

fn check(sources: &[Source]) -> Vec<String> {
    sources.iter().flat_map(|source| imports(source).into_iter().chain(sizes(source))).collect()
}

fn imports(source: &Source) -> Vec<String> {
    let file = source.path.display();
    let Some(room) = source.room() else {
        return Vec::new();
    };
    let Some((_, may, never)) = rows().find(|(name, ..)| *name == room) else {
        return vec![format!("src/{file}: room {room} has no row in the table of tests/house.rs")];
    };
    let is_room = |name: &str| ROOMS.iter().any(|(room, ..)| *room == name);
    let upward =
        source.rooms_named().into_iter().filter(|name| *name != room && is_room(name) && !may.contains(name.as_str()));
    let upward = upward.map(|name| format!("src/{file}: room {room} imports {name}, which its row does not allow"));
    let outside = never.into_iter().filter(|name| source.touches(name));
    upward.chain(outside.map(|name| format!("src/{file}: room {room} must not touch {name}"))).collect()
}

fn sizes(source: &Source) -> Vec<String> {
    let file = source.path.display();
    let mut found = Vec::new();
    if !source.has_header {
        found.push(format!("src/{file}:1 does not open with a //! header"));
    }
    if source.lines > FILE_LINES {
        found.push(format!("src/{file} has {} lines outside tests (limit {FILE_LINES})", source.lines));
    }
    for function in &source.functions {
        let place = format!("src/{file}:{} fn {}", function.line, function.name);
        let limits = [
            (function.lines, FUNCTION_LINES, "has", "lines"),
            (function.arguments, ARGUMENTS, "takes", "arguments"),
            (function.nesting, NESTING, "nests", "levels"),
        ];
        let broken = limits.into_iter().filter(|(count, limit, ..)| count > limit);
        found.extend(broken.map(|(count, limit, verb, noun)| format!("{place} {verb} {count} {noun} (limit {limit})")));
    }
    for (kind, name, line, members) in &source.types {
        let (limit, noun) = if kind == "struct" { (FIELDS, "fields") } else { (VARIANTS, "variants") };
        if *members > limit {
            found.push(format!("src/{file}:{line} {kind} {name} has {members} {noun} (limit {limit})"));
        }
    }
    found
}

// The test of the test: small sources with known faults.

fn offenders(path: &str, text: &str) -> Vec<String> {
    check(&[Source::read(Path::new(path), text)])
}

#[test]
fn a_forbidden_import_is_named_however_it_is_written() {
    let expected = ["src/domain/x.rs: room domain imports agent, which its row does not allow"];
    for import in [
        "use crate::agent::Machine;",
        "use crate::{base, agent::{self, Machine}};",
        "fn f() { crate::agent::go(); }",
        "use super::super::agent;",
    ] {
        assert_eq!(offenders("domain/x.rs", &format!("//! X.\n{import}\n")), expected, "{import}");
    }
    assert_eq!(offenders("domain/x.rs", "//! X.\nuse super::agent;\nuse crate::base::clock;\n"), [""; 0]);
}

#[test]
fn an_outside_name_is_found_inside_groups_and_paths() {
    for touch in [
        "use std::{io, fs::{self, File}};",
        "use std::fs;",
        "fn f() { std::fs::read(p); }",
        "fn f(x: std::fs::File) {}",
    ] {
        assert_eq!(
            offenders("usage.rs", &format!("//! X.\n{touch}\n")),
            ["src/usage.rs: room usage must not touch std::fs"],
            "{touch}"
        );
    }
    let innocent = "//! tokio::spawn\nuse std::io;\n// use tokio::fs;\nconst A: &str = \"use tokio::fs;\";\nfn f(fs: u8) { my::tokio::x(); }\n";
    assert_eq!(offenders("usage.rs", innocent), [""; 0]);
}

#[test]
fn tests_are_left_out_of_everything() {
    let text = "//! X.\nfn a() {}\n#[cfg(test)]\nmod tests {\n    use crate::engine::x;\n    #[test]\n    fn b(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) { { { { { {} } } } } }\n}\n";
    assert_eq!(offenders("base/x.rs", text), [""; 0]);
    let source = Source::read(Path::new("base/x.rs"), text);
    assert_eq!((source.lines, source.functions.len()), (2, 1));
    let declared = Source::read(Path::new("base/x.rs"), "//! X.\n#[cfg(test)]\nmod world;\n");
    assert_eq!(test_modules(&[declared]), [PathBuf::from("base/x/world.rs"), PathBuf::from("base/x/world")]);
}

#[test]
fn sizes_are_counted_as_a_reader_would() {
    let long = format!(
        "//! X.\npub fn long<F: Fn(u8) -> u8>(&self, a: [u8; 2], b: BTreeMap<u8, u8>) -> [u8; 2]\nwhere F: X {{\n{}}}\n",
        "    x();\n".repeat(58)
    );
    assert_eq!(offenders("base/x.rs", &long), ["src/base/x.rs:2 fn long has 61 lines (limit 60)"]);
    let source = Source::read(Path::new("base/x.rs"), &long);
    assert_eq!((source.functions[0].arguments, source.functions[0].nesting), (2, 1));
    let many =
        "//! X.\nfn many(a: u8, b: u8, c: (u8, u8), d: u8, e: u8, f: u8) { if a { '{'; b'{'; \"{\"; r#\"{\"{\"#; } }\n";
    assert_eq!(offenders("base/x.rs", many), ["src/base/x.rs:2 fn many takes 6 arguments (limit 5)"]);
    let deep = "//! X.\nfn deep<'a>(x: &'a str) {\n{ { { { { } } } } }\n}\n";
    assert_eq!(offenders("base/x.rs", deep), ["src/base/x.rs:2 fn deep nests 6 levels (limit 5)"]);
}

#[test]
fn members_headers_and_lines_are_counted() {
    let field = "    /// A, b.\n    #[serde(default, rename = \"x\")]\n    name: BTreeMap<u8, Vec<(u8, u8)>>,\n";
    let fields = field.repeat(21);
    let text = format!(
        "//! X.\npub struct Wide<'a> {{\n{fields}}}\nstruct Pair(u8, u8);\nenum Kind {{ A, B(u8, u8), C {{ x: u8, y: u8 }} }}\n"
    );
    assert_eq!(offenders("base/x.rs", &text), ["src/base/x.rs:2 struct Wide has 21 fields (limit 20)"]);
    let source = Source::read(Path::new("base/x.rs"), &text);
    assert_eq!(source.types[1], ("enum".to_owned(), "Kind".to_owned(), 68, 3));
    assert_eq!(offenders("base/x.rs", "fn a() {}\n"), ["src/base/x.rs:1 does not open with a //! header"]);
    let file = format!("//! X.\n{}", "// y\n".repeat(400));
    assert_eq!(offenders("base/x.rs", &file), ["src/base/x.rs has 401 lines outside tests (limit 400)"]);
}

#[test]
fn a_room_without_a_row_is_an_offender() {
    assert_eq!(
        offenders("attic/x.rs", "//! X.\n"),
        ["src/attic/x.rs: room attic has no row in the table of tests/house.rs"]
    );
}
