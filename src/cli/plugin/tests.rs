//! The command against folders of its own.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use super::*;
use crate::base::dirs::Dirs;

struct Rig {
    folder: tempfile::TempDir,
    ground: Ground,
}

impl Rig {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        for folder in ["home", "p"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let ground = Ground {
            home: root.join("home"),
            cwd: root.join("p"),
            dirs: Dirs { config: root.join("own/config"), ..Dirs::under(&root.join("own")) },
            managed: Some(root.join("none")),
        };
        Self { folder, ground }
    }

    fn say(&self, words: &[&str]) -> Result<(String, Exit), String> {
        #[derive(Debug, clap::Parser)]
        struct Line {
            #[command(subcommand)]
            what: PluginCommand,
        }
        let line = std::iter::once("plugin").chain(words.iter().copied());
        let what = <Line as clap::Parser>::try_parse_from(line).unwrap().what;
        let shown = |text: String| {
            let root = fs::canonicalize(self.folder.path()).unwrap().display().to_string();
            text.replace(&root, "<root>")
        };
        answer(what, &self.ground).map(|(text, exit)| (shown(text), exit)).map_err(shown)
    }

    fn done(&self, words: &[&str]) -> String {
        let (text, exit) = self.say(words).unwrap();
        assert_eq!(exit, Exit::Done, "{text}");
        text
    }
}

const KIT: [(&str, &str); 6] = [
    (
        "src/kit/.claude-plugin/plugin.json",
        r#"{"name":"kit","version":"1.2","description":"A kit","userConfig":{
            "TOKEN":{"type":"string","title":"Token","sensitive":true,"required":true},
            "DEPTH":{"type":"number","default":2}},
            "mcpServers":{"srv":{"command":"x","args":["${user_config.TOKEN}"]}}}"#,
    ),
    ("src/kit/commands/go.md", "---\ndescription: Goes\n---\nGo to depth ${user_config.DEPTH}"),
    ("src/kit/skills/look/SKILL.md", "---\ndescription: Looks\n---\nLook."),
    ("src/kit/agents/help.md", "---\nname: help\ndescription: Helps\n---\nHelp at ${user_config.DEPTH}."),
    ("src/kit/output-styles/loud.md", "---\nname: Loud\nforce-for-plugin: true\n---\nShout."),
    ("src/kit/bin/kit-tool", "#!/bin/sh\n"),
];

#[test]
fn a_plugin_is_installed_configured_switched_and_taken_out() {
    let rig = Rig::new(&KIT);
    let installed = rig.done(&["install", "../src/kit"]);
    assert!(installed.contains("kit is installed in <root>/own/config/plugins/kit"), "{installed}");
    assert!(installed.contains("It needs `TOKEN`"), "{installed}");
    assert!(rig.say(&["install", "../src/kit"]).unwrap_err().contains("--force"));
    rig.done(&["install", "../src/kit", "--force"]);
    assert!(rig.done(&["list"]).starts_with("incomplete kit 1.2  "), "{}", rig.done(&["list"]));

    let refused = rig.say(&["config", "kit", "TOKEN", "s3cret-token"]).unwrap_err();
    assert!(refused.contains("is a secret"), "{refused}");
    config::save_plugin_secret(&rig.ground.dirs.data, "kit", "TOKEN", Some("s3cret-token")).unwrap();
    assert!(rig.say(&["config", "kit", "DEPTH", "deep"]).unwrap_err().contains("a number"));
    rig.done(&["config", "kit", "DEPTH", "7"]);
    insta::assert_snapshot!("show", rig.done(&["show", "kit"]));
    let everything =
        rig.done(&["show", "kit", "--json"]) + &rig.done(&["config", "kit"]) + &rig.done(&["list", "--json"]);
    assert!(everything.contains("\"sensitive\":true") && !everything.contains("s3cret"), "{everything}");

    let settings = config::load(rig.ground.input());
    assert!(settings.secrets.finds("s3cret-token"));
    let path = settings.child_env.get("PATH").unwrap();
    assert!(path.ends_with("own/config/plugins/kit/bin"), "{path}");
    let server = format!("{:?}", settings.capabilities.servers.servers[0].off);
    assert_eq!(server, "None");
    let rows = config::listing(&rig.ground.input());
    let row = |name: &str| rows.iter().any(|row| row.name == name);
    assert!(row("/kit:go") && row("kit:help"));

    rig.done(&["disable", "kit"]);
    assert!(rig.done(&["list"]).starts_with("off"));
    let path = config::load(rig.ground.input()).child_env.get("PATH").cloned().unwrap_or_default();
    assert!(!path.contains("plugins/kit"), "{path}");
    let out = rig.done(&["enable", "kit", "--scope", "local"]);
    assert!(out.contains("p/.claude/settings.local.json"), "{out}");
    rig.done(&["uninstall", "kit"]);
    assert!(rig.done(&["list"]).starts_with("no plugins"));
    assert!(rig.say(&["show", "kit"]).unwrap_err().contains("there is none"));
}

const LIST: &str = r#"{"name":"home","owner":{"name":"me"},"plugins":[
    {"name":"docs","source":"./","strict":false,"description":"Documents","skills":["./skills/pdf"]},
    {"name":"far","source":{"source":"github","repo":"a/b"}}]}"#;

#[test]
fn a_market_in_a_folder_is_used_and_its_plugins_installed() {
    let rig = Rig::new(&[
        ("m/.claude-plugin/marketplace.json", LIST),
        ("m/skills/pdf/SKILL.md", "---\ndescription: Reads PDFs\n---\nx"),
        ("m/skills/xls/SKILL.md", "---\ndescription: Reads sheets\n---\nx"),
    ]);
    assert!(rig.say(&["install", "../m"]).unwrap_err().contains("several plugins (docs, far)"));
    assert!(rig.say(&["install", "docs@home"]).unwrap_err().contains("no market `home`"));
    rig.done(&["marketplace", "add", "../m"]);
    let markets = rig.done(&["marketplace", "list"]);
    assert!(
        markets.contains("docs  Documents") && markets.contains("far   (to be fetched from github a/b)"),
        "{markets}"
    );
    // Switched on, it is used where it lies.
    rig.done(&["enable", "docs@home"]);
    assert!(rig.done(&["show", "docs"]).contains("brings: /docs:pdf\n"), "{}", rig.done(&["show", "docs"]));
    assert!(rig.say(&["install", "far@home"]).unwrap_err().contains("nothing is fetched here"));
    rig.done(&["install", "docs@home"]);
    let shown = rig.done(&["show", "docs@home"]);
    assert!(shown.contains("own/config/plugins/docs") && shown.contains("brings: /docs:pdf\n"), "{shown}");
    rig.done(&["marketplace", "remove", "home"]);
    assert!(rig.done(&["list"]).starts_with("on"));
    assert!(rig.say(&["marketplace", "remove", "home"]).is_err());
}

#[test]
fn a_check_names_what_cannot_be_used() {
    let rig = Rig::new(&KIT);
    let (text, exit) = rig.say(&["validate", "../src/kit"]).unwrap();
    assert_eq!((text.as_str(), exit), ("kit can be used: 0 errors, 0 warnings\n", Exit::Done));
    let bad = Rig::new(&[
        (
            "x/.claude-plugin/plugin.json",
            r#"{"name":"Bad_one","comands":"./c","skills":["skills/none"],"workflows":"./w",
               "hooks":{"Stpo":[],"Stop":[{"hooks":[{"type":"command"}]}]},
               "mcpServers":{"a b":{"command":"x"},"c":{"url":"http://x"},"d":{"command":"${user_config.NO}"}}}"#,
        ),
        ("x/skills/a/SKILL.md", "no description"),
        ("x/agents/a.md", "---\nname: a\n---\n"),
    ]);
    let (text, exit) = bad.say(&["check", "../x"]).unwrap();
    assert_eq!(exit, Exit::Failure);
    insta::assert_snapshot!("check", text);
}

#[test]
fn a_link_out_of_the_plugin_is_not_copied() {
    let rig = Rig::new(&[("src/kit/commands/a.md", "x"), ("secret", "s")]);
    std::os::unix::fs::symlink("../../secret", rig.ground.cwd.join("../src/kit/leak")).unwrap();
    let refused = rig.say(&["install", "../src/kit"]).unwrap_err();
    assert!(refused.contains("a link out of the plugin"), "{refused}");
    assert!(!Path::new(&rig.ground.dirs.config).join("plugins/kit").exists());
    assert!(!Path::new(&rig.ground.dirs.config).join("plugins/.new-kit").exists());
}
