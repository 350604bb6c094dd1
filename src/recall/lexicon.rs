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
    "directory folder dir folders directories",
    "repository repo",
    "string str",
    "integer int",
    "boolean bool",
    "function func fn",
    "dictionary dict",
    "argument arg",
    "parameter param",
    "variable var variables",
    "envvar envvars",
    "environment env",
    "configuration config setting configure settings preferences",
    "authentication auth authenticate login-user",
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
    "largest biggest",
    "small tiny little",
    "character char",
    "regex regexp",
    "asynchronous async asynchronously",
    "synchronous sync synchronously",
    "initialize initialise init initialization initialisation initialised initialized",
    "serialize serialise",
    "deserialize deserialise",
    "concurrency concurrent concurrently",
    "parallelism parallel simultaneously",
    "maximum max",
    "minimum min",
    "library lib",
    "use utilize utilise employ usage used",
    "safe safely",
    "empty blank",
    "random randomly",
    "reverse backwards",
    "benefit advantage advantages pro pros upside merit",
    "drawback disadvantage downside disadvantages con cons",
    "reason cause",
    "problem issue trouble",
    "license licence",
    "color colour",
    "request req",
    "response resp",
    "temporary temp tmp",
    "index indices",
    "kind type",
    "log logging logger logs logged",
    "cache caching caches cached",
    "parse parser parses parsed parsing",
    "recursion recursive recursively",
    "inheritance inherit",
    "installation install",
    "deployment deploy deployed",
    "connection connect",
    "encryption encrypt",
    "decryption decrypt",
    "allocation allocate",
    "compilation compile",
    "schedule scheduler scheduling",
    "element item entry member",
    "project codebase program application app",
    "thing stuff something",
    "find locate lookup found",
    "define definition declare declared declaration declarations",
    "implement implementation",
    "duplicate duplicated repeated",
    "website site",
    "lint linter linting",
    "format formatter formatting",
    "architecture architected architectures",
    "job task",
    "temporarily temporary",
    "username user-name",
    "add adding added adds addition insert insertion",
    "run ran running",
    "write wrote written writing",
    "build built building",
    "send sent sending",
    "choose chose chosen choosing pick picked select selected selection",
    "throw threw thrown throwing raise raised raising",
    "hold held holding",
    "begin began begun",
    "break broke broken",
    "read reads reading",
    "keep kept keeping",
    "lose lost loss",
    "draw drew drawn render rendered rendering",
    "store stored storing save saved saving persist persisted",
    "create created creation creating instantiate instantiated instantiation construct",
    "collect collection collector",
    "email mail emails mails",
    "handle handles handled handling treat",
    "determine determined",
    "smallest tiniest",
    "need require needs required requires requirement requirements needed necessary",
    "contain contains contained include includes included exist exists",
    "accept accepts accepted takes take receive receives expect expects",
    "release released releases publish published",
    "terminal console",
    "shell bash",
    "structure structured organized organised organization layout",
    "test tests",
    "allow allows allowed permit permits permitted",
    "behavior behaves behave",
    "rename renamed renaming",
    "fail fails failed failing failure",
    "error errors",
    "expire expires expired expiration expiry",
    "limit limits limited limiting",
    "calculate compute calculated computed calculation computation",
    "retry retries retried retrying",
    "call calls called invoke invokes invoked calling invoking invocation",
    "startup boot",
    "supported support supports",
    "trigger triggers triggered",
    "frequently often",
    "remain remaining remains",
    "decide decides decided decision",
    "memory ram",
    "cpu processor",
    "disk drive",
    "picture photo image",
    "slow sluggish slowly",
    "dangerous risky unsafe",
    "row record",
    "multiple several various",
    "webpage page",
    "size length",
    "vulnerability vulnerabilities",
    "crash crashes crashing crashed",
    "document documents",
    "field fields",
    "goal aim objective",
    "relationship relation related relate",
    "bug defect",
    "teammate colleague",
    "correct right",
    "identifier id",
    "number amount",
    "permanent permanently",
    "specific particular",
    "manage management manages managed",
    "return returns returned returning",
    "print prints printed",
    "import imports imported importing",
    "export exports exported exporting",
    "update updates updated updating",
    "sort sorts sorted sorting",
    "convert conversion",
    "compare comparison",
    "register registration registered",
    "subscribe subscription",
    "destroy destruction destroyed",
    "detect detection",
    "inject injection",
    "encode encoding",
    "decode decoding",
    "compress compression",
    "generate generation generator",
    "execute execution executed",
    "iterate iteration",
    "translate translation",
    "notify notification",
    "operate operation",
    "explain explanation",
    "describe description",
    "separate separation",
    "replicate replication",
    "paginate pagination",
    "navigate navigation",
    "resolve resolution",
    "terminate termination",
    "evaluate evaluation",
    "estimate estimation",
];

/// Things that are done, where a question asks how to do them. Elsewhere a word such as `drop`, `join` or `make` may be a
/// name.
pub(super) const VERBS: &[&str] = &[
    "delete remove erase discard deletion removal drop get-rid clear wipe purge",
    "create make made making generate produce construct",
    "change modify alter edit adjust amend update tweak set setting customize customise",
    "check verify ensure confirm",
    "convert transform turn cast",
    "combine merge join concatenate concat",
    "split divide separate",
    "copy duplicate clone replicate",
    "run execute start launch",
    "stop halt",
    "exit quit leave",
    "kill terminate",
    "print output display",
    "fix repair resolve solve correct mend",
    "find locate search seek",
    "restore recover",
    "download fetch-file grab",
    "prevent avoid",
    "determine detect discover",
    "undo revert rollback",
    "sort order arrange",
    "load read",
    "replace substitute swap",
    "iterate loop traverse",
    "size length",
    "optimize improve optimise speed-up accelerate",
    "measure benchmark",
    "invert reverse flip",
    "share",
    "trim strip",
    "disable deactivate",
    "enable activate",
    "increase raise bump extend",
    "decrease reduce lower shrink",
    "compress zip pack",
    "decompress unzip unpack extract",
    "free deallocate",
    "build compile",
    "handle catch",
    "monitor watch track observe",
    "pass supply hand",
    "switch checkout",
    "stash shelve",
    "debug troubleshoot diagnose",
    "implement code",
    "compare diff",
    "add append-to",
    "organize organise structure",
    "deploy roll-out",
    "format prettify",
];

/// Words that carry no meaning of their own in a question: who asks, politeness, fillers, what every question is about.
pub(super) const SOFT: &str = "a an the this these those some any certain given particular specific my our your me i we us you one \
     someone somebody people please kindly thanks thank hi hello hey just exactly actually really basically \
     simply simple easy easily easiest simplest good best proper properly correctly recommended common usual \
     typical standard way ways approach technique manner step steps procedure how what which to of do does \
     did doing done is are was were be been being am it its there here that and so then also can could would \
     will shall may might must have has had want wants need needs needed like wish try trying going know learn \
     understand wonder wondering tell give say explain describe mean means meant meaning term concept \
     idea word words brief briefly short shortly quick overview summary detail details with using by via \
     through in inside within on at for about as from into who whose when where why possible able help work \
     works working happen happens exist exists existing live lives reside resides sit sits located location \
     found place if whether job role purpose point responsible responsibility all every \
     each entire whole complete available present current currently basic basics own get gets got getting \
     people they provide provides responsible reside involved involve actual happened occur occurs occurred taken should \
     itself themselves usually typically normally generally yet already ever still developer developers programmer programmers nice nicely anywhere anything somewhere everywhere machine machines computer require requires \
     required necessary like done";

/// Words that one of two questions may leave out; both together must not have different ones.
pub(super) const SEMI: &str = "element value object content project code language command snippet thing example find file method list check \
     system term";

/// Words that one of two questions may have more than the other, where it is asked what something is: they say of what kind.
pub(super) const LIGHT: &str = "algorithm pattern design attack model claus data structur structure mechan concept keyword approach overal \
     principl idea paradigm techniqu theorem protocol notat syntax editor strategi contain defin define exist differ";

/// The same, where it is asked how something is done or works.
pub(super) const LIGHT_WORK: &str = "system featur layer flow process architectur architecture logic setup machineri pipelin work use \
     implement approach mechan algorithm strategi detail design concept overall handl do";

/// The same, where it is asked how to do something.
pub(super) const LIGHT_HOW: &str = "editor tool";

/// The same, where things of the project are asked for.
pub(super) const LIGHT_OWN: &str = "define contain exist keyword use need configuration";

/// Languages, which something is in, with or from.
pub(super) const LANGUAGES: &str =
    "python java javascript typescript rust golang ruby php kotlin swift scala perl bash shell";

/// The same, where a place is asked for.
pub(super) const LIGHT_PLACE: &str = "define implement contain exist logic handle handl";

/// The same, where things are asked for.
pub(super) const LIGHT_THING: &str = "define contain exist keyword";

/// Fields in which a thing is at home, so that a question for it may leave them out: `a primary key in a database`.
pub(super) const DOMAINS: &str = "database sql relat os dom web http concurrency oop network comput scienc program languag oper system \
     softwar engin linux unix relational cs";

/// Verbs that say nothing beside a thing: a port is listened on, a license is one that something is under.
pub(super) const EMPTY: &[(&str, &str)] = &[
    ("license", "use under release distribute license apply"),
    ("port", "use listen run bind"),
    ("languag", "use write"),
    ("framework", "use build dependency"),
    ("entrypoint", "main"),
    ("test", "cover exercis"),
    ("argument", "accept need"),
    ("create", "new anoth"),
    ("add", "new anoth"),
    ("timeout", "valu"),
    ("database", "use"),
    ("librari", "use"),
    ("endpoint", "expos provid offer"),
    ("dependency", "use"),
    ("version", "use"),
];

/// The same, beside a name only.
pub(super) const KINDS_NAMED: &str = "test error endpoint folder directory";

/// Verbs that only say that somebody wants to see something, where a question asks how to do so.
pub(super) const LOOKS: &str =
    "see view show shows showing display displays check look inspect retrieve obtain get viewing seeing";

/// Words that say what kind of thing a name is: `the class Session`, `the Session class`.
pub(super) const KINDS: &str = "class function method modul struct enum trait type flag option tabl packag command variable \
     parameter keyword hook constant script attribut macro oper statement workflow crate helper decor column librari status \
     argument annot direct";

/// Words that turn a statement around.
pub(super) const NEGATIONS: &str = "not no never without cannot nor neither none except unless excluding besides";

/// Words whose place matters: what follows them is where something goes to, comes from or is held against.
pub(super) const DIRECTIONS: &[(&str, &str)] = &[
    ("to", "to"),
    ("into", "to"),
    ("onto", "to"),
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
