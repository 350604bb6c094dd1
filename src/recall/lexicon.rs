//! The vocabulary of programming questions: words that mean the same, and words that carry no meaning of their own.
//!
//! Opposites never stand in one line. A word that is not here stands for itself. A blank
//! stands between words.

/// Things that have several names, and other words that are the same wherever they stand; the first one stands for all.
/// A line never holds two things that somebody could tell apart in a question.
pub(super) const NOUNS: &[&str] = &[
    "util utils utility utilities",
    "author authors",
    "set sets",
    "directory folder dir",
    "repository repo",
    "string str",
    "integer int",
    "boolean bool",
    "function func fn",
    "dictionary dict",
    "argument arg",
    "parameter param",
    "variable var",
    "envvar envvars",
    "environment env",
    "configuration config setting configure",
    "authentication auth authenticate",
    "authorization authorisation authorize authorise",
    "database db",
    "javascript js",
    "typescript ts",
    "python py python3",
    "golang go",
    "postgresql postgres",
    "kubernetes k8s",
    "documentation doc",
    "dependency dep",
    "development dev",
    "production prod",
    "message msg",
    "fast quick quickly",
    "large big huge",
    "small tiny little",
    "character char",
    "regex regexp",
    "asynchronous async",
    "synchronous sync",
    "initialize initialise init",
    "serialize serialise",
    "deserialize deserialise",
    "concurrency concurrent",
    "parallelism parallel",
    "maximum max",
    "minimum min",
    "library lib",
    "use utilize utilise employ usage used",
    "safe safely",
    "empty blank",
    "random randomly",
    "reverse backwards",
    "benefit advantage",
    "drawback disadvantage downside",
    "reason cause",
    "problem issue trouble",
    "license licence",
    "color colour",
    "request req",
    "response resp",
    "temporary temp tmp",
    "index indices",
    "kind type",
    "log logging",
    "cache caching",
    "parse parser",
    "recursion recursive recursively",
    "inheritance inherit",
    "installation install",
    "deployment deploy",
    "connection connect",
    "encryption encrypt",
    "decryption decrypt",
    "allocation allocate",
    "compilation compile",
    "schedule scheduler scheduling",
    "element item entry member",
    "project codebase program application app",
    "thing stuff something",
    "find get retrieve obtain see view know locate lookup",
    "define definition declare",
    "implement implementation",
    "duplicate duplicated repeated",
    "optimise optimize",
    "website site",
    "username user-name",
];

/// Things that are done, where a question asks how to do them. Elsewhere a word such as `drop`, `join` or `make` may be a
/// name.
pub(super) const VERBS: &[&str] = &[
    "delete remove erase discard",
    "create make generate produce construct",
    "change modify alter edit adjust",
    "check verify validate ensure confirm",
    "determine detect discover",
    "convert transform turn cast",
    "combine merge join concatenate concat",
    "split divide",
    "copy duplicate clone replicate",
    "run execute",
    "stop halt terminate",
    "exit quit leave",
    "print output display",
    "fix repair resolve solve correct mend",
    "undo revert rollback",
    "start launch",
    "sort order arrange",
    "iterate loop traverse",
    "handle treat",
    "size length",
    "optimise improve",
    "measure benchmark",
    "invert reverse",
    "share",
    "trim strip",
    "disable deactivate",
    "enable activate",
];

/// Words that carry no meaning of their own in a question: who asks, politeness, fillers, what every question is about.
pub(super) const SOFT: &str = "a an the this these those some any certain given particular specific my our your me i we us you one \
     someone somebody people please kindly thanks thank hi hello hey just exactly actually really basically \
     simply simple easy easily easiest simplest good best proper properly correctly recommended common usual \
     typical standard way ways approach technique manner step steps procedure how what which to of do does \
     did doing done is are was were be been being am it its there here that and so then also can could would \
     will shall may might must have has had want wants need needs needed like wish try trying going know learn \
     understand wonder wondering tell give say explain describe mean means meant meaning called term concept \
     idea word words brief briefly short shortly quick overview summary detail details with using by via \
     through in inside within on at for about as from into who whose when where why possible able help work \
     works working happen happens exist exists existing live lives reside resides sit sits located location \
     found stored kept place placed if whether job role purpose point responsible responsibility all every \
     each entire whole complete available present current currently basic basics own";

/// Words that one of two questions may leave out; both together must not have different ones.
pub(super) const SEMI: &str =
    "element value object content project code language command snippet thing example find file method";

/// Words that turn a statement around.
pub(super) const NEGATIONS: &str = "not no never without cannot nor neither none except unless excluding besides";

/// Words whose place matters: what follows them is where something goes to, comes from or is held against.
pub(super) const DIRECTIONS: &[(&str, &str)] = &[
    ("to", "to"),
    ("into", "to"),
    ("from", "from"),
    ("than", "than"),
    ("over", "over"),
    ("before", "before"),
    ("after", "after"),
    ("until", "until"),
    ("since", "since"),
];

/// Pairs of opposites, whose vectors lie near each other.
pub(super) const ANTONYMS: &str = "start/stop enable/disable add/remove add/delete create/delete create/remove create/drop open/close \
     push/pull read/write encode/decode encrypt/decrypt import/export input/output client/server request/response \
     first/last max/min maximum/minimum largest/smallest longest/shortest newest/oldest pass/fail success/failure \
     succeed/fail allow/deny accept/reject increase/decrease raise/lower ascending/descending public/private local/remote \
     upload/download login/logout lock/unlock show/hide expand/collapse mount/unmount attach/detach subscribe/unsubscribe \
     install/uninstall serialize/deserialize compress/decompress connect/disconnect send/receive encoder/decoder \
     sender/receiver producer/consumer parent/child before/after get/set load/save store/delete merge/split \
     fast/slow faster/slower valid/invalid mutable/immutable sync/async synchronous/asynchronous advantages/disadvantages \
     pros/cons benefits/drawbacks required/optional user/admin thread/process row/column key/value test/production \
     dev/prod commit/revert undo/redo up/down left/right true/false minutes/seconds hours/minutes";

/// Words that name a point in time that moves.
pub(super) const TIMES: &str = "today now yesterday tomorrow tonight latest newest recent recently date clock nowadays";

/// Words that order something to be done, when they stand first.
pub(super) const ACTS: &str = "add apply append assign build bump change clean clear clone close commit compile configure convert copy \
     correct create delete deploy disable download drop edit enable erase execute extend extract fix format \
     generate implement improve init initialize inline insert install kill launch lint make merge migrate \
     modify move mv open optimise optimize patch publish pull push put rebase refactor reformat register \
     release remove rename reorganize repair replace reset resolve restart restore revert rewrite rm run save \
     send set setup simplify solve sort split start stop submit switch sync tag test tidy translate try turn \
     undo uninstall update upgrade upload use wire wrap write rerun redo retry continue proceed go do";

/// The word stands in a list.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}
