//! Every theme says everything, can be read, and survives what people write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use ratatui::style::{Color, Modifier};

use super::*;

const ALL: [&str; 5] = ["dark", "light", "ansi", "contrast", "no-color"];

fn load(name: &str) -> Theme {
    let (theme, problems) = Theme::load(name, &[]);
    assert!(problems.is_empty(), "{problems:?}");
    theme
}

fn user(text: &str) -> Vec<(String, String)> {
    vec![("mine".to_owned(), text.to_owned())]
}

#[test]
fn every_theme_sets_every_meaning() {
    for (name, text) in BUILT_IN {
        let theme = load(name);
        assert_eq!(theme.styles.len(), Meaning::ALL.len());
        let table: toml::Table = text.parse().unwrap();
        let inherits = table.contains_key("inherit");
        for meaning in Meaning::ALL {
            assert_eq!(Meaning::from_key(meaning.key()), Some(*meaning));
            assert!(inherits || table["style"].get(meaning.key()).is_some(), "{name}: {}", meaning.key());
        }
        for piece in Syntax::ALL {
            assert!(inherits || table["syntax"].get(piece.key()).is_some(), "{name}: {}", piece.key());
        }
    }
}

#[test]
fn texts_stand_out_from_their_ground() {
    for (name, text) in BUILT_IN {
        let table: toml::Table = text.parse().unwrap();
        let Some(ground) = table.get("background").and_then(|ground| color::parse(ground.as_str().unwrap())) else {
            continue;
        };
        let theme = load(name);
        let least = if name == "contrast" { 7.0 } else { 4.5 };
        for meaning in Meaning::ALL {
            let quiet = matches!(meaning, Meaning::Border | Meaning::GaugeRest);
            check(name, meaning.key(), theme.style(*meaning), ground, if quiet { 2.5 } else { least });
        }
        for piece in Syntax::ALL {
            check(name, piece.key(), theme.syntax(*piece), ground, least);
            for under in [Meaning::DiffAdded, Meaning::DiffRemoved, Meaning::DiffAddedWord, Meaning::DiffRemovedWord] {
                let style = theme.style(under).patch(theme.syntax(*piece));
                check(name, &format!("{} on {}", piece.key(), under.key()), style, ground, 3.0);
            }
        }
    }
}

fn check(theme: &str, key: &str, style: Style, ground: Color, least: f64) {
    let text =
        style.fg.unwrap_or(if luminance(ground) < 0.5 { Color::Rgb(230, 230, 230) } else { Color::Rgb(30, 30, 30) });
    let contrast = contrast(text, style.bg.unwrap_or(ground));
    assert!(contrast >= least, "{theme}: {key} has a contrast of {contrast:.2}, below {least}");
}

fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(color: Color) -> f64 {
    let Color::Rgb(r, g, b) = color else { panic!("{color} is not of our own") };
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

#[test]
fn meanings_that_matter_differ_without_colour() {
    let theme = load("no-color");
    for style in theme.styles.iter().chain(&theme.syntax) {
        assert_eq!((style.fg, style.bg), (None, None));
    }
    for meaning in [
        Meaning::Selection,
        Meaning::Match,
        Meaning::Error,
        Meaning::GaugeFull,
        Meaning::DiffAddedWord,
        Meaning::ModeBypass,
    ] {
        assert!(!theme.style(meaning).add_modifier.is_empty(), "{}", meaning.key());
    }
}

#[test]
fn ansi_holds_to_the_sixteen() {
    let theme = load("ansi");
    for style in theme.styles.iter().chain(&theme.syntax) {
        for color in [style.fg, style.bg].into_iter().flatten() {
            assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(_)), "{color}");
        }
    }
}

#[test]
fn fewer_colours_keep_the_modifiers() {
    for name in ALL {
        let theme = load(name);
        for (depth, forbidden_rgb) in
            [(ColorDepth::Ansi256, true), (ColorDepth::Ansi16, true), (ColorDepth::True, false)]
        {
            let less = theme.for_depth(depth);
            for (before, after) in theme.styles.iter().zip(&less.styles) {
                assert_eq!(before.add_modifier, after.add_modifier);
                assert!(!forbidden_rgb || !matches!(after.fg, Some(Color::Rgb(..))));
                assert!(depth != ColorDepth::Ansi16 || !matches!(after.fg, Some(Color::Indexed(_))));
            }
        }
        assert_eq!(theme.for_depth(ColorDepth::None).styles, load("no-color").styles);
    }
    assert_ne!(load("dark").stamp(), load("light").stamp());
    assert_ne!(load("dark").stamp(), load("dark").for_depth(ColorDepth::Ansi256).stamp());
}

#[test]
fn colours_go_to_their_neighbours() {
    let map = |text: &str, depth| color::reduce(Style::new().fg(color::parse(text).unwrap()), depth).fg.unwrap();
    assert_eq!(map("#ff0000", ColorDepth::Ansi256), Color::Indexed(196));
    assert_eq!(map("#808080", ColorDepth::Ansi256), Color::Indexed(244));
    assert_eq!(map("#cd3131", ColorDepth::Ansi16), Color::Red);
    assert_eq!(map("202", ColorDepth::Ansi16), Color::LightRed);
    assert_eq!(color::parse("#f0a"), Some(Color::Rgb(255, 0, 170)));
    assert_eq!(color::parse("#ggg"), None);
    assert_eq!(color::parse("3"), Some(Color::Yellow));
    assert_eq!(color::parse("300"), None);
    assert_eq!(color::parse("#+1234"), None);
}

#[test]
fn a_theme_inherits_and_its_palette_reaches_what_it_inherits() {
    let (theme, problems) = Theme::load(
        "mine",
        &user("inherit = \"light\"\n[palette]\nblue = \"#010203\"\n[style]\nerror = { fg = \"blue\", bold = true }"),
    );
    assert_eq!(problems, []);
    assert!(!theme.is_dark());
    assert_eq!(theme.style(Meaning::Error), Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD));
    assert_eq!(theme.style(Meaning::Accent).fg, Some(Color::Rgb(1, 2, 3)));
    assert_eq!(theme.style(Meaning::You), load("light").style(Meaning::You));
    assert!(Theme::names(&user("")).ends_with(&["mine".to_owned()]));
}

#[test]
fn a_user_may_build_on_the_theme_whose_name_he_took() {
    let own = vec![("dark".to_owned(), "inherit = \"dark\"\n[style]\naccent = \"red\"".to_owned())];
    let (theme, problems) = Theme::load("dark", &own);
    assert_eq!(problems, []);
    assert_eq!(theme.style(Meaning::Accent).fg, Some(Color::Red));
    assert_eq!(theme.style(Meaning::You), load("dark").style(Meaning::You));
}

#[test]
fn what_is_wrong_is_told_and_the_rest_holds() {
    let cases = [
        ("[style]\naccent = \"blurple\"", "`accent`: `blurple` is no colour"),
        ("[style]\nacent = \"red\"", "`style.acent` is not a meaning"),
        ("[style]\naccent = 5", "`accent` must be a colour or a table"),
        ("[style]\naccent = { fg = \"red\", blink = true }", "`accent.blink` is not understood"),
        ("[style]\naccent = { bg = \"#12345\" }", "`accent.bg`: `#12345` is no colour"),
        ("[syntax]\nkeywrd = \"red\"", "`syntax.keywrd` is not a piece of code"),
        ("[palette]\nred = 5", "`palette.red` is not a colour"),
        ("kind = \"dusk\"", "`kind` must be"),
        ("colour = \"red\"", "`colour` is not known"),
        ("style = 3", "`style` is not known"),
        ("[style\n", "line 1:"),
        ("\n\nx = = 1", "line 3:"),
        ("inherit = \"mine\"", "goes round in a circle"),
        ("inherit = \"nobody\"", "there is no theme of this name"),
        ("inherit = 3", "`inherit` is not known"),
    ];
    for (text, told) in cases {
        let (theme, problems) = Theme::load("mine", &user(text));
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert!(problems[0].to_string().contains(told), "{text}: {}", problems[0]);
        assert_eq!(theme.style(Meaning::Error), load("dark").style(Meaning::Error), "{text}");
    }
    let (theme, problems) = Theme::load("nobody", &[]);
    assert_eq!((theme.style(Meaning::Error), problems.len()), (load("dark").style(Meaning::Error), 1));
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_it(text in "(\\[(style|palette|syntax)\\]\n|[a-z.]{1,8} = [\"#a-f0-9{}=]{0,10}\n|\\PC{0,8}\n){0,6}") {
        let (theme, _) = Theme::load("mine", &user(&text));
        proptest::prop_assert_eq!(theme.styles.len(), Meaning::ALL.len());
    }
}

#[test]
fn colours_of_a_program_are_those_that_the_terminal_has() {
    use crate::base::text::painted;
    let looks: Vec<_> =
        painted("\u{1b}[1;31ma\u{1b}[0;38;2;250;10;10mb\u{1b}[0mc").into_iter().map(|span| span.look).collect();
    let theme = Theme::default();
    assert_eq!(theme.painted(&looks[0]).fg, Some(Color::Red));
    assert!(theme.painted(&looks[0]).add_modifier.contains(Modifier::BOLD));
    assert_eq!(theme.painted(&looks[1]).fg, Some(Color::Rgb(250, 10, 10)));
    assert_eq!(theme.painted(&looks[2]), theme.style(Meaning::Text));
    let few = theme.for_depth(ColorDepth::Ansi16);
    assert_eq!(few.painted(&looks[1]).fg, Some(Color::Red));
    let none = theme.for_depth(ColorDepth::None);
    assert_eq!(
        (none.painted(&looks[0]).fg, none.painted(&looks[1]).fg),
        (none.style(Meaning::Text).fg, none.style(Meaning::Text).fg)
    );
}
