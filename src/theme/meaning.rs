//! The meanings that a theme gives a look to. Views ask for a meaning, never for a colour.
//!
//! The key of each is its name in a theme file.

/// Declares an enum whose variants have keys, with the list of all and the way back from a key.
macro_rules! keyed {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $key:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// All, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in a theme file.
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)* }
            }

            /// The meaning with this key.
            pub fn from_key(key: &str) -> Option<Self> {
                match key { $($key => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

keyed! {
    /// What a piece of the screen means.
    Meaning {
        Text = "text",
        Muted = "text.muted",
        Accent = "accent",
        /// The person, in the margin of the conversation.
        You = "you",
        /// The model, in the margin of the conversation.
        Agent = "agent",
        Thinking = "thinking",
        Tool = "tool",
        /// Something runs now.
        Running = "running",
        Success = "success",
        Warning = "warning",
        Error = "error",
        Border = "border",
        BorderFocus = "border.focus",
        Title = "title",
        /// The ground of popups, bars and header rows.
        Surface = "surface",
        /// The chosen row of a list, or chosen text.
        Selection = "selection",
        /// Letters that a search found.
        Match = "match",
        /// A key in a hint, such as `Esc`.
        Key = "key",
        Placeholder = "placeholder",
        DiffAdded = "diff.added",
        DiffRemoved = "diff.removed",
        DiffAddedWord = "diff.added_word",
        DiffRemovedWord = "diff.removed_word",
        LineNumber = "line_number",
        /// Code in a block.
        Code = "code",
        /// Code inside a sentence.
        CodeInline = "code.inline",
        Heading = "heading",
        Link = "link",
        Quote = "quote",
        Gauge = "gauge",
        GaugeWarn = "gauge.warn",
        GaugeFull = "gauge.full",
        /// The part of a gauge that is empty.
        GaugeRest = "gauge.rest",
        ModeDefault = "mode.default",
        ModePlan = "mode.plan",
        ModeAccept = "mode.accept",
        ModeBypass = "mode.bypass",
        /// The colours that files of sub-agents may name.
        AgentRed = "agent.red",
        AgentBlue = "agent.blue",
        AgentGreen = "agent.green",
        AgentYellow = "agent.yellow",
        AgentPurple = "agent.purple",
        AgentOrange = "agent.orange",
        AgentPink = "agent.pink",
        AgentCyan = "agent.cyan",
    }
}

keyed! {
    /// What a piece of source code is.
    Syntax {
        Plain = "plain",
        Comment = "comment",
        Keyword = "keyword",
        String = "string",
        Constant = "constant",
        Type = "type",
        Function = "function",
        Tag = "tag",
        Attribute = "attribute",
        Operator = "operator",
        Punctuation = "punctuation",
        Heading = "heading",
        Inserted = "inserted",
        Deleted = "deleted",
    }
}

impl Meaning {
    /// The look for the colour that a sub-agent's file names; none for other names.
    pub fn of_agent(color: &str) -> Option<Self> {
        Self::from_key(&format!("agent.{color}"))
    }
}
