//! The phrases in which questions are put: openings that say nothing, openings that are one another in other words, and
//! groups of words that mean one word.
//!
//! In all lists a bar stands between phrases and `=` before what a phrase means. In brackets stand alternatives, with a
//! slash between them; the last one may be empty.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Words of the longest phrase.
pub(super) const LONGEST: usize = 12;

/// Openings that say nothing of what is asked.
const POLITE: &str = "(please/kindly/hey/hi/hello/ok/okay/so/well/just/quick question/question/again/and)|\
     (can/could/would/will) (you/someone/anyone/somebody) (please/kindly/quickly/briefly/)|(can/could/would/will) you|\
     do you know|does anyone know|do you happen to know|do you have any idea|any idea|\
     (i want/i would like/i need/i like/i have/i am trying) to (know/understand/find out/learn/figure out/see)|\
     (i am/i was) (wondering/curious)|i wonder|let me know|(help me/help me to) (understand/find out/figure out/see)|\
     help me|tell (me/us/)|remind me|teach me|for me|to me|me|in short|briefly|in simple terms|in a nutshell|\
     is it possible to tell|you|give me an idea of|the question is|quickly";
/// Openings that are another one in other words; tried before everything else.
const OPENINGS: &str = "in (what/which) way does=how does|in (what/which) way do=how do|in (what/which) way=how|what way=how|\
     by (what/which) (logic/means/mechanism/method/rule/rules/criteria)=how|how exactly=how|\
     (explain/describe/show/outline) (the way/in what way/the manner)=explain how|\
     in (which/what) (file/folder/directory/module/place/part of the code) (can/do/would/could/should) (i/one/we/you) (find/see/look for) \
     (the definition of/the implementation of/the code for/)=where is|(what/which) (folder/directory) (contains/holds/stores/has/includes)=where is|\
     (in/at) (which/what) (place/spot/location/folder/directory/module/file/files/part/line/package) \
     (in the code/in the codebase/of the code/of the codebase/in the source/in the project/of the project/)=where|\
     (what/which) (place/part/parts/section/piece/area) (of the code/of the codebase/in the code/in the codebase/\
     of the project/of the source/of the program/) (handles/contains)=where|\
     (what/which) (place/part/parts/section/piece) (of the code/of the codebase/in the code/of the project/of the source/)=where|\
     (what/which) code=where|(what/which) place=where|from where=where|\
     (what is/what would be) the (location/path/place/folder/directory/file) (of/for/to/where/in which/that/with/containing)=where is|\
     (what is/what would be) the (location/path)=where is|\
     where (can/do/would/could/should) (i/one/we/you) (find/look for/see/locate/look up) the (code/implementation/place/logic/\
     source/part) (for/of/that/where/which/responsible for/that handles)=where is|\
     where (can/do/would/could/should) (i/one/we/you) (find/look for/see/locate/look up)=where is|\
     where in the (code/codebase/project/repository/repo/source/source code/source tree)=where|\
     where is the (code/logic/implementation/place/part/file/source) (for/of/that/where/which/responsible for/that handles)=where is|\
     where is the code=where is|find where=where|find out where=where|(what/which) (file/files/module/modules) (is/are) \
     responsible for=where is|(what/which) (file/files/module/modules) (contains/contain/has/have/holds/hold/stores/includes)=where is|\
     is it possible to=can i|is there (a/any) (way/possibility) to tell (if/whether)=how to check if|\
     (who is/who are) the (author/authors/creator/creators/writer) of=who wrote|who (created/authored/made)=who wrote|\
     who is the maintainer of=who maintains|what is the value of=what is|\
     show (me/) the (contents/content) of=what contain|what are the contents of=what contain|what is (in/inside/within)=what contain|\
     (what/which) (command/commands/flag/tool/query/steps/function/call) \
     (do i/should i/can i/could i/would i/must i/do you/do we/can you/can we/should we/should one/can one) \
     (use/run/need/need to run/have to run/type/enter/call/issue) (to/for/if i want to/in order to)=how to|\
     (what/which) (command/commands) (will/would/can/could/)=how to|\
     (what is/what would be/what was) (the/a/an/) (right/best/correct/proper/\
     usual/easiest/simplest/) (command/commands/syntax/trick/method/approach/procedure/process/procedure/recipe/one liner/steps) \
     (to/for/of/that)=how to|\
     (what is/what would be/what are/is there/are there/which is/which are/what are some) (the/a/an/any/some/) \
     (best/right/correct/proper/recommended/pythonic/idiomatic/easiest/easy/simplest/simple/quickest/quick/fastest/fast/usual/\
     common/standard/good/preferred/safe/clean/) (way/ways/method/approach/means) (to/of/for/in which to)=how to|\
     (show/give/tell/explain/describe/provide) (me/us/) (the/a/an/) (best/right/correct/proper/easiest/simplest/) \
     (way/ways/steps/method/approach/command/procedure/process) (to/of/for)=how to|\
     (explain/describe/show/demonstrate/tell/outline/walk through/illustrate) (me/us/) how (to/i can/i could/i should/one can/you can/\
     we can/you would/i would/do i/one would)=how to|\
     what (do i/should i/must i/can i/do you/do we/should one/would i/does one) (have to/need to/) (do/run/type/enter/execute) \
     (to/if i want to/in order to/when i want to)=how to|\
     what steps are (needed/required/necessary/involved) (to/for/in)=how to|which steps are (needed/required/necessary) (to/for)=how to|\
     what are the steps (to/for/of/needed to/required to)=how to|the steps (to/for)=how to|\
     what (is/are) (needed/required/necessary) to=how to|what does it take to=how to|what can be done to=how to|\
     what can i do to=how to|what should be done to=how to|what has to be done to=how to|\
     how (would/should/can/could/might/do/does/must/may) (you/i/we/one/people/someone/a user/a developer/developers/programmers) \
     (go about/best/properly/easily/quickly/correctly/actually/)=how to|\
     how (am i/are you/are we) supposed to=how to|how is it possible to=how to|how is one supposed to=how to|\
     i (want/need/would like/wish) to=how to|(best/right/proper/easiest) way to=how to|(a/the) (best/) (way/ways) to=how to|\
     what is the (best/) process (for/of)=how to|(what/how) is the workflow for=how to|\
     how to (go about/best/properly/easily/quickly/correctly)=how to|\
     what (is/was) the (reason/reasons/rationale/motivation/explanation/cause) (for/of/behind/that/why) (having/)=why|what is the reason (for using/we use/you use/i use/people use/one uses/we have)=what is the purpose of|\
     what are the reasons (for/of/behind/that/why)=why|for what reason (does/do/is/are)=why|for (what/which) reason=why|how come=why|\
     what is causing=why|what (causes/caused/could cause/could be causing/might be causing/makes/made/explains)=why|\
     (what is/what was) the reason=why|the reason (for/why)=why|(explain/describe) (to me/) where=where|(explain/describe) (to me/) when=when|explain (to me/) why=why|what leads to=why|\
     (explain/describe/define/clarify/tell me) (to me/) what=what|explain to me=explain|\
     (give/provide/offer/show) (me/us/) (a/an/the/some/) (short/brief/quick/simple/clear/concise/detailed/general/high level/) \
     (explanation/overview/definition/summary/description/introduction/outline/rundown/tour) (of/for/to/about/on)=explain|\
     (explain/describe) the (concept/idea/notion/term/meaning/principle/basics/concepts/word) (of/behind/)=explain|\
     (what is/what are) the (concept/idea/notion/meaning/definition/basic idea/main idea) (of/behind)=what is|\
     what (is/was) meant by=what is|what do (we/you/people/they/developers/programmers/one) mean (by/with/when they say/when they talk about)=what is|\
     what does the (term/word/expression/concept/phrase/abbreviation/acronym)=what does|\
     (what/how) would you (define/describe/explain)=explain|how (is/are/can/do you/would one/do we) (defined/define)=explain|\
     how would you=how to|explain how you would (define/describe)=explain|\
     (define/explain/describe/clarify/summarize/summarise/outline/introduce) (the term/the concept of/the idea of/the notion of/the meaning of/)=explain|\
     (walk me through/talk me through/walk through/run me through/take me through)=explain|\
     (tell me/tell us/tell/) (something/more/) about=explain|what can you (tell me/say) about=explain|what should i know about=explain|\
     what (do/does) (one/you/we) call=what is the name of|\
     what is the (purpose/role/point/job/function/use/responsibility/aim/goal/task) (of/for/behind)=what is the purpose of|\
     what (purpose/role/function/job) (does/do) (it/)=what is the purpose of|\
     (explain/describe/clarify/tell me/) the (purpose/role/point/job/responsibility/use) (of/for)=what is the purpose of|\
     what is the (effect/result/outcome) of=what is the purpose of|(what/which) effect (does/do) (using/passing/setting/running/)=what is the purpose of|\
     (list/enumerate/name/give/show/tell/provide/display) (me/us/) (a list of/the list of/a full list of/all of/all/every/each) \
     (the/of the/) (available/existing/different/various/)=list|(list/enumerate/name/give/show) (me/us/) the \
     (available/existing/different/various)=list|enumerate=list|\
     (what are/what were/which are) (all/) (the/) (available/different/various/existing)=list|(which/what) (different/various)=list|\
     what (is/are) (the number of/the count of/the total number of/the total count of)=how many|\
     (give/tell) (me/) the (number/count/total number) of=how many|\
     (what/which) (happens/occurs/will happen/would happen/would occur/will occur/takes place)=what happens|\
     what is the consequence (of/if/when)=what happens|\
     what is the behavior (when/if)=what happens|what is the behaviour (when/if)=what happens|what goes on (when/if/during/in)=what happens|\
     (what/which) (information/info/data) is (in/found in/contained in/stored in)=what contain|\
     (what/which) (function/functions) (is/are) responsible for=where function|(what/which) (method/methods) (is/are) responsible for=where method|\
     (what/which) (class/classes) (is/are) responsible for=where class|\
     why (do/should/would) (we/you/i/one/people/developers) (use/have)=what is the purpose of|why use=what is the purpose of|\
     (in/under) (which/what) (situations/situation/cases/case/circumstances/conditions/scenarios/scenario)=when|\
     (what/which) (location/folder/directory) (are/is)=where is|(who/what) calls=where is called|(which/what) (function/functions/code/methods/method) (calls/call)=where is called|(what/which) (parameters/arguments/args/params)=which argument|(what are/list/which are) the (parameters/arguments) (of/for/to/that)=which argument of|\
     under (what/which) (license/licence)=which license|(what/which) (sort/kind/type) of=which|\
     how (does/do/is/are) (it/) (different/differ) from=difference between|\
     (what/how) (distinguishes/differentiates/separates/sets apart)=difference between|\
     (what is/what are/explain/describe/tell me/list/) (the/) (main/key/biggest/essential/) (difference/differences/distinction) (between/of)=difference between|\
     in what (way/ways) (does/do/is/are)=how does";
/// Ways to tell at the end how something is asked, and the opening that says the same.
const TAILS: &str = "how is that done=how to|how is this done=how to|how is it done=how to|how do i do (that/this/it)=how to|\
     how does one do that=how to|what is the command=how to|what command=how to|how=how to|how so=how to|\
     how does that work=how does work|definition=explain|explained=explain|explanation=explain|meaning=explain|\
     what is (that/it/this)=what is|where is (that/it/this)=where is|why is (that/it/this)=why|why=why|where=where";
/// Endings that say nothing.
const ENDS: &str = "please|thanks|thank you|exactly|actually|how (do/does) (they/it) differ|how (are/is) (they/it) different|with (a/an/some) (brief/short/simple/) (example/examples)|(is/are/was/were/) used (here/in this project)|and what is it for|internally|under the hood|here|(are/is) there|to me|for me|in (simple/plain/other/a few/short) (words/terms)|in short|\
     briefly|in detail|set to|in use|in a nutshell|in general|generally|by the way|right now|at the moment|currently|anyway|and how|if any|\
     (in/of) (this/the/our/my/your) (code base/source tree/source code/source)|is (that/it/this)|or not|at all|though|\
     step by step|from scratch|and why|again|today";

pub(super) const HOW: &str = "how do i|how do you|how do people|how do we|how can|how could|how would|how should|how to|how might|\
     what is the syntax|what steps";
/// How much of something.
pub(super) const MEASURE: &str = "how long|how often|how fast|how slow|how big|how large|how much|how old|how deep|how far|how complex|\
     how expensive|how frequently|how heavy|how safe|how secure|how reliable|how wide|how high|how well";
pub(super) const COUNT: &str = "how many|what number of|count the|count all|number of|the number of";
pub(super) const WHY: &str = "why";
pub(super) const WHERE: &str = "where|locate|show where|show me where|point me to|find";
pub(super) const WHEN: &str = "when|at what point|at which point|under which circumstances|under what circumstances|\
     under which conditions|under what conditions|in which cases|in what cases";
pub(super) const WHICH: &str =
    "show me the|give me the|tell me the|what are|list|enumerate|name all|name the|show all|show the|which|what were";
pub(super) const VALUE: &str =
    "what is the|what was the|what are the|what are our|what is our|what is my|what is your|what is its";
pub(super) const EXPLAIN: &str = "explain|describe|summarize|summarise|about|overview of|provide";
pub(super) const WHAT: &str = "what is|what does|define|definition of|meaning of|what was|the";
/// After `what` these are no names of things.
pub(super) const WHAT_ELSE: &str = "what does|what do|what did|what can|what will|what would|what happens|what if";
pub(super) const COMPARING: &str = "differs from|difference between|differences between|differ from|different from|vs|versus|distinguishes|\
     differentiate|distinction between";
/// Phrases of several words, and the word that they mean.
const PHRASES: &str = "get rid of=delete|make sure=check|speed up=optimize|(look up/look for/search for/locate)=find|(find out/figure out) =check|\
     (roll back/go back on)=undo|(loop/iterate) (over/through)=iterate|(go through/walk through) (all/each/every/the)=iterate|\
     (set/setting/sets) up=configure|(make/create/take/making/creating) (a/the/) (backup/backups) of=backup|depth first (search/)=dfs|breadth first (search/)=bfs|model view controller=mvc|(environment/env) (variables/variable/vars/var)=envvar|hash (map/maps)=hashmap|hash (table/tables)=hashmap|\
     data base=database|file name=filename|programming language=language|type script=typescript|java script=javascript|node js=nodejs|node.js=nodejs|\
     unit (tests/test/testing)=unit-test|integration (tests/test/testing)=integration-test|\
     thread safe=thread-safe|thread safety=thread-safe|safe for threads=thread-safe|safe (for/under) concurrent use=thread-safe|\
     entry (point/points)=entrypoints|as well as=and|in order to=to|in front of=before|\
     (instead of/rather than)=insteadof|pull (request/requests)=pull-request|merge (request/requests)=merge-request|\
     merge (conflict/conflicts)=merge-conflict|(command line interface/command line)=cli|(command-line)=cli|\
     upper case=uppercase|lower case=lowercase|test (suite/suites)=tests|capital city=capital|\
     most recent=last|most recently=last|latest (commit/commits)=last commit|last committed=last commit|\
     (turn/turning/switch/switching) on=enable|(turn/turning/switch/switching) off=disable|throw away=discard|\
     (deal/deals/dealing/cope/copes) with=handle|dealt with=handled|(take/takes/taking) care of=handle|taken care of=handled|\
     due to=because of|(directory/folder/project) layout=directory structure|\
     (test/see/tell/determine/know/find out/verify/figure out/detect/ensure/confirm/validate) (whether/if)=check if|check whether=check if|\
     object oriented (programming/)=oop|front end=frontend|back end=backend|time out=timeout|e mail=email|e mails=emails|web site=website|\
     lambda (function/functions/expression/expressions)=lambda|\
     (abstract) (class/classes)=abstract-class|from largest to smallest=descending|from smallest to largest=ascending|\
     from (biggest/highest) to (smallest/lowest)=descending|from (lowest) to (highest)=ascending|(in/into) (descending/reverse) order=descending|\
     (in/into) ascending order=ascending|descending order=descending|ascending order=ascending|\
     line by line=linewise|one line at a time=linewise|a line at a time=linewise|\
     (take/takes/taking) place=happen|(taken) place=happened|(make/makes) use of=use|made use of=used|carry out=run|carried out=run|\
     (return/returned) value=return|status code=code|error message=error|in charge of=responsible for|\
     (stand/stands/short) for=standfor|(abbreviation/acronym)=standfor|listen by default=default|improve the performance of=optimize|(take/takes/taking) (so/too) long=slow|(so/too/very/that) slow=slow|\
     test (case/cases)=tests|api (routes/route/endpoints/endpoint)=api endpoint|\
     (that/which) (are/is) (not/never/no longer) (used/in use)=unused|(are/is) (not/never) used=are unused|never used=unused|not in use=unused|\
     (have/has) no tests=are untested|(are/is) not (tested/covered by tests/covered)=are untested|(lack/lacks) tests=are untested|\
     (at the same time/in parallel/simultaneously)=parallel|(see/view/show/display/find) the (differences/difference/changes/diff) between=compare|\
     (combine/combining/merge/merging) (several/multiple/many/two/a few) commits (into one/into a single one/)=squash commit|\
     squash (several/multiple/many) commits (into one)=squash commit|(several/multiple) git commits=git commit|\
     (spin/spinning/bring/fire/boot) up=start|go wrong=fail|(is/are) wrong with=fail|more than one=multiple|a (lot/number) of=many|\
     (as/into) a zip file=zip|(get/gets) rid of=delete|make (a/an/the) (change/changes) to=change|(give/gives/gave) an error=fail|\
     (is/are) not working=fail|(does/do) not work=fail|stop working=fail|\
     get out of=exit|(change/changing) the name of=rename|(written/programmed/coded) in=in|(commit/git) history=commitlog|commit log=commitlog|git log=commitlog|\
     log of commits=commitlog|history of commits=commitlog|\
     (this/the) (tool/software/repo/repository/codebase/code base)=this project|\
     (when/if/once) the (application/app/program/server/project/service) (starts/starts up)=startup|(during/at/on) startup=startup|\
     (make/making) (a/an/) http (request/requests)=send http request|\
     (remove/removing/delete/deleting/drop/eliminate/removal of) (the/any/) (duplicates/duplicate elements/duplicate entries/duplicate items/\
     duplicate values)=dedupe|deduplicate=dedupe|(write/writing) output=print|(listen/listens) on=listen|by default=default|are there any=are there|is there any=is there a|(have/has) any=have|\
     (get/getting/find/determine/see) the number of=count|\
     (this/the current/our/my/your) (repo/repository/codebase/project/app/application/program)=this project|\
     (that is/that are/which is/which are) (currently/)=|(currently) (running)=running|tech debt=technical debt|seg fault=segfault|segmentation (fault/faults)=segfault|\
     object relational (mapper/mapping)=orm|regular (expression/expressions)=regex|application programming interface=api|\
     global interpreter lock=gil|json web token=jwt|json web tokens=jwt|continuous integration=ci|\
     third party (libraries/packages/dependencies/library/crates/modules)=dependencies|external (libraries/packages/dependencies/crates)=dependencies|\
     run (faster/quicker)=faster|key (pair/pairs)=key|(git repository/git repo)=repository|\
     check out=checkout|log in=login|log out=logout|sign in=login|sign out=logout|back up=backup|shut down=shutdown|start up=startup|\
     clean up=cleanup|(write/writing) to=write|white space=whitespace|(pretty) (print/printing/printed)=prettyprint|nicely (format/print)=prettyprint|\
     the same as=equal|memory (leak/leaks)=memory-leak|(hard drive/hard disk)=disk|read me=readme|make file=makefile|docker file=dockerfile|\
     (rely/relies) on=depend on|(relied) on=depended on|(shut) down=shutdown|up to date=current|out of date=outdated|\
     (consist/consists) of=contain|(composed/made up) of=contain|(come/comes/coming) from=from|(have/has) to=must|\
     (name) of the file=filename|(no longer)=not|(a single/only one/just one/exactly one/only a single)=single|\
     (operating system/operating systems)=os|(object oriented)=oop|garbage (collector/collectors/collection)=garbage-collection|\
     access (control) =access-control|(machine learning)=ml|race (condition/conditions)=race-condition|\
     binary (search tree/search trees)=bst|(http/https) (status/) code=http|http status=http";

type Table = HashMap<String, String>;

/// Reads a list once.
fn table(list: &str) -> Table {
    let mut table = Table::new();
    for pair in list.split('|') {
        let (pattern, meaning) = pair.split_once('=').unwrap_or((pair, ""));
        for phrase in expanded(pattern) {
            table.entry(phrase).or_insert_with(|| meaning.trim().to_owned());
        }
    }
    table
}

/// All phrases of a pattern.
fn expanded(pattern: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for part in pattern.split(['(', ')']) {
        let options: Vec<&str> = part.split('/').map(str::trim).collect();
        let join = |head: &String, tail: &str| {
            let blank = if head.is_empty() || tail.is_empty() { "" } else { " " };
            format!("{head}{blank}{tail}")
        };
        found = found.iter().flat_map(|head| options.iter().map(move |tail| join(head, tail))).collect();
    }
    found.retain(|phrase| !phrase.is_empty());
    found
}

macro_rules! tables {
    ($($name:ident = $list:ident),+ $(,)?) => {
        $(pub(super) fn $name() -> &'static Table {
            static TABLE: OnceLock<Table> = OnceLock::new();
            TABLE.get_or_init(|| table($list))
        })+
    };
}

tables![polite = POLITE, openings = OPENINGS, tails = TAILS, ends = ENDS, phrases = PHRASES];

/// The longest phrase of a table at the start of some words: how many words it has, and what it means.
pub(super) fn longest<'t>(table: &'t Table, words: &[&str]) -> Option<(usize, &'t str)> {
    (1..=words.len().min(LONGEST)).rev().find_map(|count| {
        let meaning = table.get(&words.get(..count)?.join(" "))?;
        Some((count, meaning.as_str()))
    })
}

/// The longest phrase of a table at the end of some words.
pub(super) fn longest_at_end<'t>(table: &'t Table, words: &[&str]) -> Option<(usize, &'t str)> {
    (1..=words.len().min(LONGEST)).rev().find_map(|count| {
        let meaning = table.get(&words.get(words.len() - count..)?.join(" "))?;
        Some((count, meaning.as_str()))
    })
}
