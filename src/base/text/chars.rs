//! What a character may do to a screen. Tables of ranges, nothing else.
//!
//! The ranges follow Unicode's own lists of controls, default-ignorable and joining characters; the choice of
//! what passes is ours.

/// How the sanitiser treats a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// One visible cluster of its own, whatever stands beside it.
    Plain,
    /// Text whose clusters must be looked at as a whole: scripts with conjuncts, jamo, modifiers.
    Shaping,
    /// Combines with the character before it.
    Mark,
    /// U+200C and U+200D: wanted between some characters, a hiding place between others.
    Joiner,
    /// Never reaches a cell; shown as an escape.
    Forbidden,
}

/// The class of `c`. Newline and tab are for the caller to decide and count as forbidden here.
pub(super) fn class(c: char) -> Class {
    match c {
        ' '..='~' => Class::Plain,
        '\u{200C}' | '\u{200D}' => Class::Joiner,
        _ if is_forbidden(c) => Class::Forbidden,
        _ if is_plain(c) => Class::Plain,
        _ if is_mark(c) => Class::Mark,
        _ => Class::Shaping,
    }
}

/// Controls, bidi controls, tags, fillers and everything else that changes what others look like while it is
/// itself not seen.
fn is_forbidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}'
        | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}' | '\u{13430}'..='\u{1345F}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}')
}

/// Scripts and symbols that neither join nor combine: Latin, Greek, Cyrillic, punctuation, symbols, CJK, emoji.
fn is_plain(c: char) -> bool {
    matches!(c,
        '\u{A0}'..='\u{2FF}' | '\u{370}'..='\u{482}' | '\u{48A}'..='\u{58F}' | '\u{1E00}'..='\u{200A}'
        | '\u{2010}'..='\u{2027}' | '\u{202F}'..='\u{205F}' | '\u{2070}'..='\u{20CF}' | '\u{2100}'..='\u{2CEE}'
        | '\u{2E00}'..='\u{3029}' | '\u{3030}'..='\u{3098}' | '\u{309B}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}'
        | '\u{E000}'..='\u{FAFF}' | '\u{FE30}'..='\u{FF9D}' | '\u{FFFC}' | '\u{FFFD}' | '\u{1F000}'..='\u{1F1E5}'
        | '\u{1F200}'..='\u{1F3FA}' | '\u{1F400}'..='\u{1FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// Characters that take no column of their own, and the half-width sound marks that extend a cluster all the same.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{FF9E}' | '\u{FF9F}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{302E}' | '\u{302F}')
        || unicode_width::UnicodeWidthChar::width(c) == Some(0)
}

/// Whether `c` can stand on either side of a joiner in an emoji sequence.
pub(super) fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{2BFF}'
        | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}' | '\u{FE0F}' | '\u{20E3}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Whether `c` belongs to a script that is written with joiners: Arabic and its kin, the Indic scripts and theirs.
pub(super) fn takes_joiner(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{8FF}' | '\u{900}'..='\u{DFF}' | '\u{E00}'..='\u{109F}' | '\u{1700}'..='\u{18AF}'
        | '\u{1900}'..='\u{1CFF}' | '\u{A800}'..='\u{ABFF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}'
        | '\u{10A00}'..='\u{11FFF}' | '\u{1E900}'..='\u{1E95F}')
}
