//! Manifests, markets, and what the person sets.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn a_folder_without_a_manifest_is_a_plugin() {
    let folder = tree(&[("tool/skills/a/SKILL.md", "x"), ("tool/commands/b.md", "y"), ("tool/.mcp.json", "{}")]);
    let plugin = read(&folder.path().join("tool")).unwrap();
    assert_eq!((plugin.name.as_str(), plugin.enabled), ("tool", true));
    assert!(plugin.skills[0].ends_with("tool/skills") && plugin.commands[0].ends_with("tool/commands"));
    assert_eq!(plugin.runs(), ["tool servers"]);
}

#[test]
fn the_manifest_names_and_places() {
    let manifest = r#"{"name":"my-tool","version":"1","description":"d","defaultEnabled":false,
        "skills":"./more","commands":["./one.md"],"unknown":1,
        "hooks":{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"${CLAUDE_PLUGIN_ROOT}/x.sh"}]}]}}}"#;
    let folder = tree(&[
        (".claude-plugin/plugin.json", manifest),
        ("skills/a/SKILL.md", "x"),
        ("more/b/SKILL.md", "x"),
        ("one.md", "y"),
        ("commands/left-out.md", "z"),
    ]);
    let plugin = read(folder.path()).unwrap();
    assert_eq!((plugin.name.as_str(), plugin.enabled, plugin.skills.len()), ("my-tool", false, 2));
    assert!(plugin.commands.len() == 1 && plugin.commands[0].ends_with("one.md"));
    let command = plugin.hooks[0].1["hooks"]["Stop"][0]["hooks"][0]["command"].as_str().unwrap();
    assert_eq!(command, format!("{}/x.sh", plugin.root.display()));
}

#[test]
fn what_is_wrong_fails_the_plugin_alone() {
    for manifest in [
        r#"{"name": 5}"#,
        r#"{"name": "two words"}"#,
        r#"{"skills": "../out"}"#,
        r#"{"skills": "/etc"}"#,
        r#"{"commands": {"a": 1}}"#,
        r#"{"hooks": "./none.json"}"#,
        "[]",
        "{",
    ] {
        let folder = tree(&[(".claude-plugin/plugin.json", manifest)]);
        assert!(read(folder.path()).is_err(), "{manifest}");
    }
    let shelf = tree(&[("good/skills/a/SKILL.md", "x"), ("bad/.claude-plugin/plugin.json", "{")]);
    let off = BTreeMap::from([("good@market".to_owned(), false)]);
    let (found, notices) = plugins(&PluginGround { shelf: shelf.path(), switched: &off, ..nowhere() });
    assert_eq!((found.len(), found[0].enabled, notices.len()), (1, false, 1));
}

fn read(root: &Path) -> Result<Plugin, String> {
    load(root, None, Path::new("/data"), &BTreeMap::new())
}

static NONE: BTreeMap<String, bool> = BTreeMap::new();
static NO_MARKETS: BTreeMap<String, PathBuf> = BTreeMap::new();
static NOTHING_GIVEN: BTreeMap<String, BTreeMap<String, Hidden>> = BTreeMap::new();

fn nowhere() -> PluginGround<'static> {
    let none = Path::new("/nonexistent");
    PluginGround {
        folders: &[],
        shelf: none,
        switched: &NONE,
        markets: &NO_MARKETS,
        claude: none,
        data: none,
        given: &NOTHING_GIVEN,
    }
}

#[test]
fn what_the_person_set_takes_the_place_and_secrets_reach_programs_alone() {
    let manifest = r#"{"name":"kit","userConfig":{
        "URL":{"type":"string","title":"Address","default":"http://x"},
        "KEY":{"type":"string","sensitive":true,"required":true},
        "DEPTH":{"type":"number"}},
        "mcpServers":{"a":{"command":"s","args":["${user_config.URL}","${user_config.KEY}","${user_config.DEPTH}"]}}}"#;
    let folder = tree(&[(".claude-plugin/plugin.json", manifest)]);
    let plugin = read(folder.path()).unwrap();
    assert_eq!(plugin.missing(), ["KEY"]);
    assert_eq!(unfilled(&plugin.servers[0].1).as_deref(), Some("KEY"));
    let set = |key: &str, value: &str| (key.to_owned(), Hidden(value.to_owned()));
    let given = BTreeMap::from([("kit".to_owned(), BTreeMap::from([set("KEY", "s3cret-key"), set("DEPTH", "3")]))]);
    let plugin = load(folder.path(), None, Path::new("/data"), &given).unwrap();
    assert_eq!(plugin.servers[0].1["a"]["args"], serde_json::json!(["http://x", "s3cret-key", "3"]));
    let text = plugin.placed("${user_config.URL} ${user_config.KEY} ${user_config.NONE} ${CLAUDE_PLUGIN_DATA}");
    assert_eq!(text, "http://x ${user_config.KEY} ${user_config.NONE} /data/kit");
    assert_eq!(plugin.variables()["CLAUDE_PLUGIN_OPTION_KEY"], "s3cret-key");
    assert_eq!((plugin.secrets().collect::<Vec<_>>(), plugin.missing().len()), (vec!["s3cret-key"], 0));
    assert!(!format!("{:?}", plugin.options).contains("s3cret"));
}

#[test]
fn a_value_is_of_its_kind() {
    assert_eq!(OptionKind::Number.value("3"), Some(3.into()));
    assert_eq!(OptionKind::Number.value("three"), None);
    assert_eq!(OptionKind::Flag.value("yes"), Some(true.into()));
    assert_eq!(OptionKind::Directory.value("/x"), Some("/x".into()));
    for manifest in [r#"{"userConfig":{"A":{"type":"color"}}}"#, r#"{"userConfig":{"a b":{}}}"#, r#"{"userConfig":[]}"#]
    {
        let folder = tree(&[(".claude-plugin/plugin.json", manifest)]);
        assert!(read(folder.path()).is_err(), "{manifest}");
    }
}

const LIST: &str = r#"{"name":"home","owner":{"name":"me"},"plugins":[
    {"name":"docs","source":"./","strict":false,"description":"Documents","skills":["./skills/pdf"]},
    {"name":"tool","source":"./tool","version":"2","description":"From the list","category":"x"},
    {"name":"far","source":{"source":"github","repo":"a/b"}},
    {"name":"out","source":"../other"}, 7]}"#;

fn a_market() -> tempfile::TempDir {
    tree(&[
        ("m/.claude-plugin/marketplace.json", LIST),
        ("m/skills/pdf/SKILL.md", "x"),
        ("m/skills/xls/SKILL.md", "x"),
        ("m/tool/.claude-plugin/plugin.json", r#"{"name":"tool","description":"Its own"}"#),
        ("m/tool/commands/go.md", "x"),
        ("other/x", ""),
    ])
}

#[test]
fn a_market_lists_what_can_be_used_and_says_what_cannot() {
    let folder = a_market();
    let market = market(&folder.path().join("m")).unwrap().unwrap();
    let names: Vec<(&str, bool)> =
        market.offers.iter().map(|offer| (offer.name.as_str(), offer.place.is_ok())).collect();
    assert_eq!((market.name.as_str(), names), ("home", vec![("docs", true), ("tool", true), ("far", false)]));
    assert_eq!(market.offers[2].place, Err("github a/b".to_owned()));
    assert_eq!(market.problems.len(), 2);
    let load = |at: usize| {
        let offer = &market.offers[at];
        load(offer.place.as_ref().unwrap(), Some(offer), Path::new("/data"), &BTreeMap::new()).unwrap()
    };
    // An entry that is not strict is all there is to the plugin.
    let docs = load(0);
    assert!(docs.skills.len() == 1 && docs.skills[0].ends_with("skills/pdf"), "{:?}", docs.skills);
    let tool = load(1);
    assert_eq!(
        (tool.description.as_str(), tool.version.as_deref(), tool.id().as_str()),
        ("Its own", Some("2"), "tool@home")
    );
    assert_eq!(super::market(Path::new("/")).unwrap(), None);
}

#[test]
fn plugins_are_found_in_markets_and_among_the_copies_of_claude_code() {
    let folder = a_market();
    let claude = tree(&[("plugins/cache/shop/old/1.0/commands/a.md", "x"), ("elsewhere/named/commands/b.md", "x")]);
    let list = serde_json::json!({"version": 2, "plugins": {
        "named@shop": [{"scope": "user", "installPath": claude.path().join("elsewhere/named")}],
    }});
    fs::write(claude.path().join("plugins/installed_plugins.json"), list.to_string()).unwrap();
    let on = |key: &str| (key.to_owned(), true);
    let switched = ["tool@home", "far@home", "old@shop", "named@shop", "none@shop", "../x@y", "plain"];
    let switched: BTreeMap<String, bool> = switched.into_iter().map(on).collect();
    let markets = BTreeMap::from([("home".to_owned(), folder.path().join("m"))]);
    let (found, notices) =
        plugins(&PluginGround { switched: &switched, markets: &markets, claude: claude.path(), ..nowhere() });
    let mut names: Vec<String> = found.iter().map(Plugin::id).collect();
    names.sort();
    assert_eq!(names, ["named@shop", "old@shop", "tool@home"]);
    assert!(found.iter().all(|plugin| plugin.enabled));
    let told: Vec<&str> = notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(told.iter().any(|text| text.contains("far@home") && text.contains("github a/b")), "{told:?}");
    assert!(told.iter().any(|text| text.contains("none@shop")), "{told:?}");
}

#[test]
fn what_a_plugin_needs_is_said() {
    let shelf = tree(&[
        ("a/.claude-plugin/plugin.json", r#"{"name":"a","dependencies":["b",{"name":"c"}]}"#),
        ("b/.claude-plugin/plugin.json", r#"{"name":"b","userConfig":{"K":{"required":true}}}"#),
        ("b/settings.json", r#"{"agent":"boss","other":1}"#),
        ("b/bin/run", ""),
    ]);
    let (found, notices) = plugins(&PluginGround { shelf: shelf.path(), ..nowhere() });
    assert_eq!(found[1].lead.as_deref(), Some("boss"));
    assert_eq!(found[1].runs(), ["programs for Bash"]);
    let told: Vec<&str> = notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(told[0].contains("needs K") && told[1].contains("needs the plugin c") && told.len() == 2, "{told:?}");
}
