//! The findings about a config: facts, and one table of their texts. Each has a stable kebab-case name, a severity, a
//! message and a help text.

use crate::config::finding_words::{InProse as _, MERGE, USUAL, USUAL_PATH, and_more, did_you_mean, some_of, ticked};
use crate::model::text;
use crate::model::yaml::MERGE_KEY;

/// Builds [`Finding`] from the table below, one row a fact: its data, its name, its severity, its
/// message (which says what the fact is) and its help. A row that lacks one does not compile.
macro_rules! findings {
    ($($name:ident { $($field:ident: $kind:ty),* }
        $code:literal, $severity:expr, $message:expr, $help:expr;)+) => {
        /// A fact about a config. Foreign strings in it are raw: anyone who shows it neutralises them.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Finding {
            $($name { $($field: $kind),* },)+
        }

        impl Finding {
            /// Every name there is, in the order of the table.
            pub const CODES: &[&str] = &[$($code),+];

            /// The stable name, for documentation, searching and machines.
            pub fn code(&self) -> &'static str {
                match self { $(Finding::$name { .. } => $code,)+ }
            }

            /// Whether the work stops, where no setting says otherwise.
            pub fn severity(&self) -> Severity {
                match self { $(Finding::$name { $($field),* } => { $(let _ = $field;)* $severity })+ }
            }

            /// What is wrong: lower case, no full stop, values in backticks.
            pub fn message(&self) -> String {
                match self { $(Finding::$name { $($field),* } => {
                    $(let $field = &$field.in_prose(stringify!($field)); let _ = $field;)*
                    $message
                })+ }
            }

            /// What to do about it, where that is known.
            pub fn help(&self) -> Option<String> {
                match self { $(Finding::$name { $($field),* } => {
                    $(let $field = &$field.in_prose(stringify!($field)); let _ = $field;)*
                    $help
                })+ }
            }
        }
    };
}

use Severity::{Error, Warning};

/// What an org can hold, a config with a pin can say: an error without a pin, a warning with one.
fn eased(pinned: bool) -> Severity {
    if pinned { Warning } else { Error }
}

#[expect(clippy::unnecessary_wraps, reason = "the table's column is an option; this is its filled half")]
fn say(help: &str) -> Option<String> {
    Some(help.to_owned())
}

findings! {
    // Files.
    Unreadable { path: String, cause: String, nearest: Option<String> }
        "unreadable", Error, format!("`{path}` cannot be read: {cause}"),
        match nearest {
            Some(nearest) if path == USUAL_PATH => Some(format!("{USUAL}; did you mean `{nearest}`?")),
            None if path == USUAL_PATH => Some(format!("{USUAL}: type the path of your config, or make one with `presencectl init`")),
            nearest => did_you_mean(nearest.as_ref()),
        };
    TooLarge { what: String, limit: String }
        "too-large", Error, format!("{what} is larger than {limit}"),
        say("split the config over several files or lines");
    NoFiles { path: String }
        "no-files", Error, format!("there is no `.yaml` or `.yml` file in `{path}`"),
        say("give the folder of a config, or make one with `presencectl init`; hidden files and folders are skipped");
    NotUtf8 { byte: usize, other: Option<&'static str> }
        "not-utf8", Error,
        match other {
            Some(other) => format!("the file is {other}, not UTF-8"),
            None => format!("byte {byte} of the file is not UTF-8"),
        },
        say(if *other == Some("UTF-16") { "save the file as UTF-8; `>` in Windows PowerShell writes UTF-16, `import --out FILE` does not" }
            else { "save the file as UTF-8" });
    ConflictMarker { count: usize }
        "conflict-marker", Error,
        format!("this line is a conflict marker of Git{}", and_more(*count, "line")),
        say("keep the lines of one side, and remove those that begin with `<<<<<<<`, `|||||||`, `=======` or `>>>>>>>`");
    ControlCharacter { character: String, count: usize }
        "control-character", Error,
        format!("the file holds the control character {character}{}", and_more(*count, "place")),
        say("remove it; in quoted text it can be written as an escape such as `\"\\x07\"`");
    TabIndentation { count: usize }
        "tab-indentation", Error,
        format!("a tab is used for indentation{}", and_more(*count, "line")),
        say("indent with spaces, as YAML demands");
    EmptyFile { }
        "empty-file", Error, "the file is empty".to_owned(),
        say("begin with `version: 1`, or remove the file");
    Syntax { problem: String, advice: Option<String> }
        "syntax", Error, format!("this is not valid YAML: {problem}"), advice.clone();
    SeveralDocuments { }
        "several-documents", Error, "a second YAML document begins in this file".to_owned(),
        say("one file is one document: put the second one into a file of its own");
    TooDeep { limit: usize }
        "too-deep", Error, format!("the nesting is deeper than {limit} levels"), None;
    TooManyValues { limit: usize }
        "too-many-values", Error, format!("the config holds more than {limit} keys and values"), None;
    TooManyInAll { what: &'static str, limit: usize, several: bool }
        "too-many-in-all", Error,
        if *several { format!("this org and those before it have more than {limit} {what} together") }
        else { format!("the config has more than {limit} {what}") },
        if *several { say("give the path of one org file, or of a folder with fewer of them") }
        else { say("split the config into several orgs, or remove what no org needs") };
    Alias { name: String, count: usize }
        "alias", Error,
        format!("`{name}` is an alias; aliases are not read{}", and_more(*count, "place")),
        say("write the value out; what several files share goes into a layer");
    YamlTag { tag: String }
        "yaml-tag", Error, format!("`{tag}` is a YAML tag; tags are not read"),
        say("remove the tag; quote what should be text");
    ComplexKey { }
        "complex-key", Error, "a key must be text, not a list, a mapping or an alias".to_owned(), None;
    CutByComment { comment: String }
        "cut-by-comment", Warning, format!("`{comment}` is a comment, not a part of the value"),
        say(if comment == "#" { "quote the value if it belongs to it; else remove it" }
            else { "quote the value if it belongs to it; if it is a comment, write a space after the `#`" });
    TypographicQuotes { }
        "typographic-quotes", Warning, "typographic quotes do not quote in YAML: write `\"`".to_owned(),
        say("if they belong to the text, write `\"` around them too");
    BooleanWord { word: String, value: bool, count: usize }
        "boolean-word", Warning,
        format!("`{word}` is not in quotes, and many readers of YAML take it for `{value}`{}", and_more(*count, "place")),
        Some(format!("write `\"{word}\"`: presencectl reads it as text, other programs that read the file may not"));
    DuplicateKey { key: String }
        "duplicate-key", Error, format!("the key `{key}` is given twice"), say("keep one of the two");
    ForeignFile { path: String }
        "foreign-file", Error, format!("`{path}` is not a presencectl config"),
        say("a config begins with `version: 1`; keep other YAML files elsewhere, or in a hidden folder");

    // Structure.
    UnsupportedVersion { given: Option<String>, other: bool, foreign: bool }
        "unsupported-version", Error,
        match given {
            Some(given) => format!("the config's version is {given}; this presencectl reads version 1"),
            None => "`version` is missing; this presencectl reads version 1".to_owned(),
        },
        say(match (other, foreign) {
            (false, _) => "write `version: 1`",
            (true, false) => "another release of presencectl may read it",
            (true, true) => "another release of presencectl may read it; if it is another program's file, \
                keep it elsewhere, or in a hidden folder",
        });
    OtherVersionRequired { required: String, version: &'static str }
        "other-version-required", Error,
        format!("this file is for presencectl `{required}`, and this is presencectl {version}"),
        say("run a version that it allows, or change `requires` after reading what changed between them");
    InvalidRequires { required: String, why: String }
        "invalid-requires", Error, format!("`{required}` is no range of versions ({why})"),
        say("write one as `requires: \">=0.1, <0.2\"`");
    UnknownField { field: String, nearest: Option<String>, known: Vec<String> }
        "unknown-field", Error, format!("there is no field `{field}` here"),
        match nearest {
            Some(nearest) => did_you_mean(Some(nearest)),
            None if field == MERGE_KEY => say(MERGE),
            None => text::unseen_in_name(field).or_else(|| Some(format!("the fields here are {}", ticked(known, "and")))),
        };
    WrongType { what: String, expected: String, given: String, advice: Option<String> }
        "wrong-type", Error, format!("{what} must be {expected}, not {given}"), advice.clone();
    MissingField { field: String }
        "missing-field", Error, format!("the field `{field}` is missing"), None;
    InvalidValue { what: String, found: String, allowed: Vec<String>, nearest: Option<String> }
        "invalid-value", Error, format!("{what} cannot be `{found}`"),
        match nearest {
            Some(nearest) => did_you_mean(Some(nearest)),
            None => Some(format!("it is one of {}", ticked(allowed, "and"))),
        };
    UnknownRule { name: String, nearest: Option<String> }
        "unknown-rule", Error, format!("there is no rule `{name}`"),
        match nearest {
            Some(nearest) => did_you_mean(Some(nearest)),
            None => say("`presencectl explain` lists all rules"),
        };
    FixedRule { name: String, error: bool }
        "fixed-rule", Error,
        if *error { format!("`{name}` cannot be switched off: it makes a plan impossible or dangerous") }
        else { format!("`{name}` cannot be set: it is about files, and not about one org's config") },
        say("remove the line; `presencectl explain` lists the rules that may be set");
    NumberRange { what: String, found: String }
        "number-range", Error, format!("{what} cannot be {found}"),
        say("write a whole number from 0 to 4294967295");
    EmptyList { what: String }
        "empty-list", Error, format!("{what} may not be an empty list"),
        say("remove the line, or name at least one");

    // Org files, layers, the root.
    OrgNeeded { names: Vec<String> }
        "org-needed", Error, format!("there are several org files here: {}", ticked(names, "and")),
        say("choose one with `--org NAME`; `plan`, `drift`, `pin` and `doctor` also take `--all-orgs`");
    UnknownOrg { name: String, known: Vec<String>, nearest: Option<String>, deleted: Option<String>, commit: String }
        "unknown-org", Error, match deleted {
            Some(file) => format!("the org file of `{name}` was deleted: `{commit}` has it as `{file}`"),
            None => format!("there is no org file with the name `{name}`"),
        },
        match (deleted, nearest, known.is_empty()) {
            (Some(_), _, _) => Some(format!("an org without a file is no longer managed, and keeps what it has; \
                `git restore --source {commit} -- FILE` brings the file back")),
            (None, Some(nearest), _) => did_you_mean(Some(nearest)),
            (None, None, false) => Some(format!("the orgs are {}", ticked(known, "and"))),
            (None, None, true) => say("an org file has a section `org: { name: … }`; there is none here"),
        };
    NoOrgChosen { what: String, nearest: Option<String>, known: Vec<String> }
        "no-org-chosen", Error, what.clone(),
        match (nearest, known.is_empty()) {
            (Some(nearest), _) => did_you_mean(Some(nearest)),
            (None, false) => Some(format!("known are {}", ticked(known, "and"))),
            (None, true) => None,
        };
    MisplacedSection { section: String, layer: bool }
        "misplaced-section", Error, format!("`{section}` is allowed in org files only"),
        if *layer { say("this file is a layer; move the section to the org file that uses it") }
        else { say("a file becomes an org file by a section `org: { name: … }`") };
    UnknownStage { org: String, stage: Option<String>, nearest: Option<String>, known: Vec<String> }
        "unknown-stage", Error, match stage {
            Some(stage) => format!("`{org}` is of the stage `{stage}`, which `settings.stages` does not name"),
            None => format!("`{org}` has no stage, and `settings.stages` names some"),
        },
        match (stage, nearest) {
            (Some(_), Some(nearest)) => did_you_mean(Some(nearest)),
            (Some(_), None) => Some(format!("the stages are {}", ticked(known, "and"))),
            (None, _) => Some(format!("write one into its `org` section: `stage:` with {}", ticked(known, "or"))),
        };
    InvalidFreeze { time: Option<String>, order: bool }
        "invalid-freeze", Error,
        match time {
            Some(time) if *order => format!("this freeze begins at `{time}`, which is not before its end"),
            Some(time) => format!("`{time}` is no date and no time"),
            None => "this freeze has an empty reason".to_owned(),
        },
        say(if time.is_none() { "write why nothing may change: people read it when the freeze stops them" }
            else { "write a date such as `2026-12-24`, which is the whole day in UTC, or a time such as `2026-12-24T18:00:00Z`" });
    SecondSection { section: String }
        "second-section", Error, format!("`{section}` is in two files of one config"),
        say("keep it in one of them");
    MissingLayer { path: String, cause: String, backslash: bool, nearest: Option<String> }
        "missing-layer", Error, format!("the layer `{path}` cannot be read: {cause}"),
        did_you_mean(nearest.as_ref()).or_else(|| say(if *backslash { "write `/` between folders, on every system" }
            else { "paths in `use` start from the folder of the org file" }));
    OutsideRoot { path: String, root: Option<String> }
        "outside-root", Error,
        match root {
            Some(root) => format!("`{path}` is outside of the root `{root}`"),
            None => format!("`{path}` is a link, and no folder above it holds `.git`"),
        },
        say(match root {
            Some(_) => "everything that a config reads lies below one root; `--root DIR` names another",
            None => "give the path that the link leads to, or the folder that holds everything with `--root DIR`",
        });
    Circle { path: String, link: bool }
        "circle", Error,
        if *link { format!("`{path}` is a link to a folder that it is in") }
        else { format!("`{path}` leads back to this org file") },
        say(if *link { "remove the link" } else { "keep org files and the layers that they use in separate folders" });
    OrgFileAsLayer { path: String }
        "org-file-as-layer", Error, format!("`{path}` is an org file and cannot be a layer"),
        say("move what both orgs share to a file without `org`, and use that");
    UsedTwice { path: String, count: usize }
        "used-twice", Error,
        match count {
            0 | 1 => format!("`{path}` is used twice"),
            more => format!("`{path}` and {} are used twice", text::count(more - 1, "more file")),
        },
        say("keep one of the two");
    DuplicateOrgName { name: String, other: String }
        "duplicate-org-name", Error,
        if name == other { format!("two org files have the name `{name}`") }
        else { format!("the orgs `{other}` and `{name}` have the same name except for its case") },
        (name != other).then(|| "GitHub's environments ignore case, so both would get the same credentials: rename one".to_owned());
    DuplicateOrgId { id: String }
        "duplicate-org-id", Error, format!("two org files have the id `{id}`"),
        say("two configs for one org would undo each other's changes");
    UnusedLayer { path: String }
        "unused-layer", Warning, format!("no org file uses `{path}`"),
        say("name it in `use`, or remove it");
    EmbeddedRepository { path: String }
        "embedded-repository", Warning,
        format!("`{path}` looks like a Git repository: it holds `HEAD` and what Git keeps beside it"),
        say("remove these files: Git obeys the `config` beside them, which can start programs");
    InvalidOrgName { name: String }
        "invalid-org-name", Error, format!("`{name}` cannot be the name of an org"),
        say("write a name that can be typed after `--org`, such as `acme-prod`");

    InvalidDivision { division: String }
        "invalid-division", Error, format!("`{division}` cannot be a division"),
        say("write the name of a division of the org, its id, or \"*\" for all of them");

    // Merging.
    DuplicateDefinition { key: String }
        "duplicate-definition", Error, format!("the definition `{key}` is in two files"),
        say("keep one of the two, or give one another key");
    DefinitionExists { key: String }
        "definition-exists", Error, format!("a layer has the definition `{key}` already"),
        say("an org file changes it under `overrides`");
    UnknownKey { section: String, key: String, nearest: Option<String>, own: bool }
        "unknown-key", Error, if *own { format!("`{section}` names `{key}`, which no layer has") }
        else { format!("`{section}` names `{key}`, but there is no such definition") },
        if *own { say("this file defines it: change it there") } else { did_you_mean(nearest.as_ref()) };
    ConflictingSetting { setting: String, org_file: bool }
        "conflicting-setting", Error, format!("two files set `{setting}` differently"),
        if *org_file { say("set it in the org file, which decides") } else { say("keep one of the two") };
    RemovesNothing { key: String, locale: String }
        "removes-nothing", Warning,
        format!("`{key}` inherits no label in `{locale}` that could be removed"), say("remove the line");

    // Meaning.
    NoDefinitions { prune_delete: bool }
        "no-definitions", Warning, "the config names no definition".to_owned(),
        if *prune_delete { say("with `prune: delete` a plan of it is refused: it would remove everything") }
        else { None };
    InvalidKey { key: String, suggestion: Option<String> }
        "invalid-key", Error, format!("`{key}` cannot be the key of a definition"),
        text::unseen_in_name(key).or_else(|| {
            let rule = "a key begins with a letter or digit, and has only letters, digits, `_`, `-` and `.`, at most 100 in all";
            Some(suggestion.as_ref().map_or_else(|| rule.to_owned(), |key| format!("write `{key}`: {rule}")))
        });
    MissingSystemPresence { key: String }
        "missing-system-presence", Error, format!("`{key}` has no `systemPresence`"),
        say("name the one that it belongs to, such as `systemPresence: Break`");
    UnknownSystemPresence { name: String, nearest: Option<String>, known: Vec<String> }
        "unknown-system-presence", Error, format!("`{name}` is not a system presence"),
        match nearest {
            Some(nearest) => did_you_mean(Some(nearest)),
            None => Some(format!("the system presences are {}; `settings.systemPresences` adds more", ticked(known, "and"))),
        };
    MissingDefaultLabel { key: String, locale: String, pinned: bool }
        "missing-default-label", eased(*pinned), format!("`{key}` has no label for the default locale `{locale}`"),
        Some(if *pinned { "only its pin says which definition it is".to_owned() }
            else { format!("add `{locale}: …` to its `labels`: this label finds the definition in the org") });
    NoLabel { key: String }
        "no-label", Warning, format!("`{key}` is active and has no label at all"),
        say("the platform requires one: a plan that would leave it without any is refused");
    DuplicateLabel { key: String, other: String, system_presence: String, label: String, pinned: bool }
        "duplicate-label", eased(*pinned),
        format!("`{key}` and `{other}` have the same default label `{label}` under `{system_presence}`"),
        say("agents cannot distinguish them: change one of the labels, or remove one definition");
    EmptyLabel { what: String, pinned: bool }
        "empty-label", eased(*pinned), format!("the {what} is empty"), None;
    LabelCharacters { what: String, character: String, line_break: bool, pinned: bool }
        "label-characters", eased(*pinned),
        if *line_break { format!("the {what} contains a line break") }
        else { format!("the {what} contains {character}") },
        say(if *line_break { "a label is one line: write it behind its locale, or after `>-`: text after `>` or `|` ends with a line break" }
            else { "control and bidirectional-override characters make a label read as another one" });
    OuterSpace { what: String }
        "outer-space", Warning, format!("the {what} begins or ends with a space"),
        say("remove it: it cannot be seen, and it makes this another label");
    InvisibleCharacters { what: String, character: String }
        "invisible-characters", Warning, format!("the {what} contains {character}, which cannot be seen"),
        say("type the label anew: with such a character it is another label than it seems to be");
    MixedScripts { what: String, word: String, scripts: Vec<String>, letter: String }
        "mixed-scripts", Warning,
        format!("the {what} mixes letters in one word: {} in `{word}`", text::list(scripts, "and")),
        Some(format!("{letter}: type the word again in one alphabet"));
    PlaceholderLabel { what: String, placeholder: String }
        "placeholder-label", Warning, format!("the {what} contains the placeholder `{placeholder}`"),
        say("presencectl replaces nothing in labels: write the label here, or fill the file in before it is read");
    LongLabel { what: String, length: usize, limit: usize }
        "long-label", Warning, format!("the {what} has {length} characters; the platform documents {limit}"), None;
    InvalidLocale { locale: String, pinned: bool }
        "invalid-locale", eased(*pinned), format!("`{locale}` cannot be a locale"),
        if locale == MERGE_KEY {
            say(MERGE)
        } else if locale.eq_ignore_ascii_case("false") {
            say("if this was `no` (Norwegian), another tool has read it as YAML 1.1 and written it back: write `\"no\"`")
        } else {
            text::unseen_in_name(locale).or_else(|| say("a locale is a word such as `de` or `pt_BR`"))
        };
    DuplicateLocale { locale: String, other: String, pinned: bool }
        "duplicate-locale", eased(*pinned), format!("`{locale}` and `{other}` are one locale"), say("keep one of the two");
    UnknownLocale { locale: String, nearest: Option<String>, managed: bool, listed: bool, count: usize }
        "unknown-locale", Warning,
        if *listed { format!("`{locale}` is not a documented locale, and no label is in it") }
        else { format!("`{locale}` is not a documented locale{}", and_more(*count, "place")) },
        match nearest {
            Some(nearest) if *listed => Some(format!("did you mean `{nearest}`? Otherwise remove it until there is a label")),
            None if *listed => say("remove it until there is a label in it"),
            Some(nearest) if *managed => Some(format!("`settings.locales` spells it `{nearest}`")),
            Some(nearest) => Some(format!("did you mean `{nearest}`? Otherwise name it in `settings.locales`")),
            None => say("if the org has it, name it in `settings.locales`"),
        };
    DefaultLocaleOutside { locale: String }
        "default-locale-outside", Error, format!("the default locale `{locale}` is not in `settings.locales`"),
        say("add it there, or set `settings.defaultLocale` to one of them");
    LabelOutsideLocales { locale: String, count: usize }
        "label-outside-locales", Warning,
        format!("`{locale}` is not in `settings.locales`: the label is neither written nor removed{}",
            and_more(*count, "place")),
        say("add the locale there, or remove the label here");
    MissingLabel { key: String, locales: Vec<String>, count: usize }
        "missing-label", Warning,
        format!("`{key}` has no label for {} of `settings.locales`", some_of(locales, *count)), None;
    SameAsDefault { key: String, locales: Vec<String>, count: usize, label: String }
        "same-as-default", Warning,
        format!("`{key}` has its default label `{label}` in {} as well", some_of(locales, *count)),
        Some(format!("translate it; if the word is the same there, add to `settings.rules`: \
            `same-as-default: {{ keys: {{ {key}: off }} }}`"));
    SameLabel { key: String, other: String, locale: String, label: String }
        "same-label", Warning, format!("`{key}` and `{other}` have the same label in `{locale}`: `{label}`"),
        say("agents who read this language cannot distinguish them, and the org may refuse it: change one of the labels");
    LookAlikeLabel { key: String, other: String, locale: String, labels: Vec<String>, difference: String }
        "look-alike-label", Warning,
        format!("`{key}` and `{other}` have labels for `{locale}` that look alike, {}", ticked(labels, "and")),
        Some(format!("{difference}: a reader cannot distinguish them; type one again, or give it another label"));
    NoEffect { what: String, why: String }
        "no-effect", Warning, format!("{what} has no effect: {why}"), say("remove it");
    PreviousLabelIsCurrent { label: String }
        "previous-label-is-current", Warning, format!("`{label}` is the current label, not a previous one"),
        say("remove it from `previousLabels`");
    CircularLabels { keys: Vec<String>, count: usize }
        "circular-labels", Error, format!("the labels of {} are swapped in a circle", some_of(keys, *count)),
        say("pin them all in `ids`, so that it is clear which is which, or make the change in two pull requests");
    ReplacesKept { key: String, other: String }
        "replaces-kept", Error, format!("`{key}` takes the place of `{other}`, which stays active"),
        say("remove the other one, or write `deactivated: true` there; or remove `replaces`");
    ReplacesItself { name: String }
        "replaces-itself", Error, format!("`replaces` names the definition's own system presence `{name}`"),
        say("`replaces` names the system presence under which it is today");
    Contradiction { other: String }
        "contradiction", Error, format!("`new: true` contradicts `{other}`"),
        say("keep the one that is true: a new definition, or one that goes on from an old one");
    InvalidId { id: String }
        "invalid-id", Error, format!("`{id}` cannot be an id"),
        say("copy it from the org: it looks like `2fa68d50-0000-4000-8000-000000000001`");
    UnusualId { id: String }
        "unusual-id", Warning, format!("`{id}` does not look like an id of the platform"),
        say("those look like `2fa68d50-0000-4000-8000-000000000001`");
    DuplicatePin { key: String, other: String, id: String }
        "duplicate-pin", Error, format!("`{key}` and `{other}` are pinned to one id, `{id}`"), None;
    ManyDefinitions { system_presence: String, count: usize, limit: usize }
        "many-definitions", Warning,
        format!("{count} active definitions under `{system_presence}`; the platform documents {limit}"), None;
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The work stops.
    Error,
    /// The work goes on; a person should look.
    Warning,
}

impl Finding {
    /// The fact without what differs between the orgs that share the file it is about: how often
    /// each has it, which names each adds, whether it has a pin. Equal ones at one place are one
    /// mistake.
    pub fn mistake(&self) -> Finding {
        let mut mistake = self.clone();
        match &mut mistake {
            Finding::UnknownLocale { count, .. }
            | Finding::LabelOutsideLocales { count, .. }
            | Finding::ManyDefinitions { count, .. } => *count = 0,
            Finding::MissingLabel { locales, count, .. } | Finding::SameAsDefault { locales, count, .. } => {
                locales.clear();
                *count = 0;
            }
            Finding::UnknownSystemPresence { nearest, known, .. } => {
                *nearest = None;
                known.clear();
            }
            Finding::MissingDefaultLabel { pinned, .. }
            | Finding::DuplicateLabel { pinned, .. }
            | Finding::EmptyLabel { pinned, .. }
            | Finding::LabelCharacters { pinned, .. }
            | Finding::InvalidLocale { pinned, .. }
            | Finding::DuplicateLocale { pinned, .. } => *pinned = false,
            _ => {}
        }
        mistake
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backtick_in_a_name_ends_no_code() {
        let name = || "a` www.``evil".to_owned();
        let shown = "`a\\x60 www.\\x60\\x60evil`";
        let unknown = Finding::UnknownRule { name: name(), nearest: Some(name()) };
        assert_eq!(unknown.message(), format!("there is no rule {shown}"));
        assert_eq!(unknown.help(), Some(format!("did you mean {shown}?")));
        let needed = Finding::OrgNeeded { names: vec![name(), "b".to_owned()] };
        assert_eq!(needed.message(), format!("there are several org files here: {shown} and `b`"));
        // A sentence fragment has its own backticks.
        let empty = Finding::EmptyLabel { what: format!("label for {}", text::ticked("d`e")), pinned: false };
        assert_eq!(empty.message(), "the label for `d\\x60e` is empty");
    }
}
