//! The precedence of flags and variables, for every argument that clap knows.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;

use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory as _};
use insta::assert_snapshot;
use presencectl::cli::typed::{HOLDING, Typed};
use presencectl::cli::{Cli as Parsed, variables};

use super::driver::Cli;
use super::{LUNCH, commands};

fn root() -> Command {
    let mut root = Parsed::command();
    root.build();
    root
}

/// The line of a command with these typed besides.
fn line(root: &Command, command: &str, typed: &[&Arg]) -> Typed {
    let words = format!("presencectl {command}");
    let words = words.split_whitespace().map(str::to_owned).chain(typed.iter().map(|it| as_typed(it)));
    Typed::read(root, &words.map(OsString::from).collect::<Vec<_>>())
}

fn as_typed(arg: &Arg) -> String {
    match arg.get_long() {
        Some(long) if arg.get_action().takes_values() => format!("--{long}=1"),
        Some(long) => format!("--{long}"),
        None => "1".to_owned(),
    }
}

/// Clap's judgement of these arguments alone: it accepts any value, and requires no argument that every run needs.
fn judged(command: &Command, typed: &[&Arg]) -> Result<(), clap::Error> {
    let taking_all =
        |it: Arg| if it.get_action().takes_values() { it.value_parser(ValueParser::os_string()) } else { it };
    let lenient = command.clone().no_binary_name(true).mut_args(|it| taking_all(it.required(false)));
    let judged = lenient.try_get_matches_from(typed.iter().map(|it| as_typed(it))).map(|_| ());
    // Beside any flag, the path of a config may be missing, and so may the argument before it.
    let is_path = |error: &clap::Error| match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(missing)) => missing.iter().all(|it| it.starts_with('<')),
        _ => false,
    };
    judged.or_else(|error| if is_path(&error) { Ok(()) } else { Err(error) })
}

fn variables_of(args: &[&Arg]) -> BTreeMap<String, String> {
    args.iter().filter_map(|it| Some((variables::of(it.get_long()?)?, "1".to_owned()))).collect()
}

fn defined<'a>(root: &'a Command, command: &str) -> &'a Command {
    command.split(' ').fold(root, |it, word| it.find_subcommand(word).expect("a command"))
}

/// The effect of variables beside typed flags.
fn outcome(root: &Command, command: &str, typed: &[&Arg], set: &[&Arg]) -> String {
    let set = variables_of(set);
    match line(root, command, typed).variables_beside(root, &set) {
        Err(it) => format!("error: {}", it.message),
        Ok(counted) if counted.is_empty() => "no variable counts".to_owned(),
        Ok(counted) => format!("{} counts", counted.into_keys().collect::<Vec<_>>().join(" and ")),
    }
}

#[test]
fn of_all_that_exclude_each_other_what_is_typed_counts_or_the_variable_is_named() {
    let root = root();
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for command in commands() {
        let args: Vec<&Arg> = defined(&root, &command).get_arguments().filter(|it| it.get_id() != "help").collect();
        for (index, one) in args.iter().enumerate() {
            for other in &args[index + 1..] {
                let Err(error) = judged(defined(&root, &command), &[one, other]) else { continue };
                if error.kind() != ErrorKind::ArgumentConflict {
                    continue;
                }
                let mut text = format!("{one} and {other}\n");
                for (typed, set) in [(one, other), (other, one)] {
                    if set.get_long().is_some() {
                        let outcome = outcome(&root, &command, &[typed], &[set]);
                        writeln!(text, "  {typed} is typed: {outcome}").expect("text");
                    }
                }
                if one.get_long().is_some() && other.get_long().is_some() {
                    writeln!(text, "  both are set: {}", outcome(&root, &command, &[], &[one, other])).expect("text");
                }
                told.entry(text).or_default().insert(command.clone());
            }
        }
    }
    let table: Vec<String> = told
        .iter()
        .map(|(text, commands)| format!("{text}  ({})", commands.iter().cloned().collect::<Vec<_>>().join(", ")))
        .collect();
    assert_snapshot!("excluding", table.join("\n"));
}

#[test]
fn a_variable_whose_flag_needs_another_counts_only_beside_that_one() {
    let root = root();
    let mut seen = Vec::new();
    for command in commands() {
        let defined = defined(&root, &command);
        for arg in defined.get_arguments().filter(|it| it.get_long().and_then(variables::of).is_some()) {
            let Err(error) = judged(defined, &[arg]) else {
                let counts = outcome(&root, &command, &[], &[arg]);
                assert!(counts.ends_with(" counts") && !counts.starts_with("no "), "{command}: {arg}: {counts}");
                continue;
            };
            let Some(ContextValue::Strings(needed)) = error.get(ContextKind::InvalidArg) else { panic!("{error}") };
            assert_eq!(outcome(&root, &command, &[], &[arg]), "no variable counts", "{command}: {arg}");
            let needed: Vec<&String> = needed.iter().filter(|it| *it != "<PATH>").collect();
            let partners: Vec<&Arg> = defined.get_arguments().filter(|it| needed.contains(&&it.to_string())).collect();
            assert_eq!(partners.len(), needed.len());
            let counts = format!("{} counts", variables_of(&[arg]).into_keys().collect::<String>());
            assert_eq!(outcome(&root, &command, &partners, &[arg]), counts, "{command}: {arg}");
            let both = [&[arg], partners.as_slice()].concat();
            assert_eq!(outcome(&root, &command, &[], &both).matches("PRESENCECTL_").count(), both.len());
            seen.push(format!("{command} {arg}"));
        }
    }
    assert!(seen.iter().any(|it| it == "undo --root <DIR>"), "{seen:?}");
    assert!(seen.iter().any(|it| it == "plan --sandbox-seed <FILE>"), "{seen:?}");
    // One that counts for nothing brings no other with it.
    let show = defined(&root, "show");
    let arg = |long: &str| show.get_arguments().find(|it| it.get_long() == Some(long)).expect("a flag");
    let counted = outcome(&root, "show", &[arg("default-locale")], &[arg("config"), arg("org"), arg("root")]);
    assert_eq!(counted, "no variable counts");
}

#[test]
fn a_variable_that_holds_a_run_back_never_gives_way() {
    let root = root();
    for (long, _) in HOLDING {
        let of_any = commands()
            .iter()
            .any(|command| defined(&root, command).get_arguments().any(|it| it.get_long() == Some(long)));
        assert!(of_any && variables::of(long).is_some(), "{long} is a flag");
    }
    // A command of its own, since today none of ours excludes the others.
    let command = |long: &'static str| {
        let mut root = Command::new("presencectl").subcommand(
            Command::new("go")
                .arg(Arg::new("held").long(long).conflicts_with("other"))
                .arg(Arg::new("other").long("other")),
        );
        root.build();
        root
    };
    for (long, how) in HOLDING {
        let root = command(long);
        let go = defined(&root, "go");
        let arg = |id: &str| go.get_arguments().find(|it| it.get_id() == id).expect("a flag");
        let set = variables_of(&[arg("held")]);
        let refused = line(&root, "go", &[arg("other")]).variables_beside(&root, &set);
        let help = refused.expect_err("it is held back").help.unwrap_or_default();
        assert!(help.contains(how), "{help}");
        let both = variables_of(&[arg("held"), arg("other")]);
        assert!(line(&root, "go", &[]).variables_beside(&root, &both).is_err(), "{long}");
    }
    let root = command("quiet");
    let arg = |id: &str| defined(&root, "go").get_arguments().find(|it| it.get_id() == id).expect("a flag");
    assert_eq!(outcome(&root, "go", &[arg("other")], &[arg("held")]), "no variable counts");
}

#[test]
fn what_is_typed_counts_first_also_where_flags_exclude_each_other() {
    let run = |variables: &[(&str, &str)], line: &str| {
        let cli = Cli::new().file("lunch.yaml", LUNCH);
        variables.iter().fold(cli, |cli, (name, value)| cli.variable(name, value)).run(line)
    };
    for (set, typed) in [
        (&[("PRESENCECTL_CA_CERT", "x")] as &[_], "plan lunch.yaml --sandbox"),
        (&[("PRESENCECTL_BASE_URL", "x")], "plan lunch.yaml --sandbox"),
        (&[("PRESENCECTL_SYSTEM", "1")], "show Meal --sandbox"),
        (&[("PRESENCECTL_DEFAULT_LOCALE", "de")], "show --config lunch.yaml --sandbox"),
        (&[("PRESENCECTL_ORG", "x"), ("PRESENCECTL_ROOT", "y"), ("PRESENCECTL_SPLIT", "1")], "show --sandbox"),
        (&[("PRESENCECTL_SPLIT", "1")], "import --sandbox"),
    ] {
        assert_eq!(run(set, typed), run(&[], typed), "{set:?} {typed}");
    }
    let (sandbox, url) = (("PRESENCECTL_SANDBOX", "1"), ("PRESENCECTL_BASE_URL", "https://x"));
    run(&[sandbox], "plan lunch.yaml --base-url https://x").complains(
        1,
        "error: PRESENCECTL_SANDBOX is set, and `--base-url <URL>` excludes it\n  help: the variable keeps a run from \
         every real org, so it is not ignored: leave out `--base-url <URL>`, or unset the variable for this run: \
         `PRESENCECTL_SANDBOX= presencectl …`\n",
    );
    run(&[sandbox, url], "plan lunch.yaml").complains(
        1,
        "error: PRESENCECTL_SANDBOX and PRESENCECTL_BASE_URL are set, and they exclude each other\n  help: take one of \
         them away; for this run alone: `PRESENCECTL_BASE_URL= presencectl …`\n",
    );
    assert_eq!(
        run(&[sandbox, url], "plan --help"),
        run(&[], "plan --help"),
        "help is for the person who made the mistake"
    );
    let off = run(&[("PRESENCECTL_SANDBOX", "off"), ("PRESENCECTL_DEFAULT_LOCALE", "de")], "plan lunch.yaml --sandbox");
    assert_eq!(off.code, Some(0), "{}", off.shown());
}

#[test]
fn an_error_of_a_variables_value_names_the_variable() {
    let run = |variable: &str, value: &str, line: &str| {
        Cli::new().file("lunch.yaml", LUNCH).variable(variable, value).run(line)
    };
    for (variable, value, line, what) in [
        ("PRESENCECTL_SANDBOX", "perhaps", "plan lunch.yaml", "value was not a boolean"),
        ("PRESENCECTL_VERBOSE", "x", "validate lunch.yaml", "a number, `true` or `false` stands here"),
        (
            "PRESENCECTL_OUTPUT",
            "html=x.html",
            "validate lunch.yaml",
            "the formats are `human`, `sarif`, `gitlab` and `github`",
        ),
        ("PRESENCECTL_REQUESTS_PER_MINUTE", "1", "plan lunch.yaml", "a whole number from 2 to 4294967295 stands here"),
    ] {
        run(variable, value, line).complains(
            1,
            &format!(
                "error: invalid value '{value}' for '{variable}': {what}\n\nFor more information, try '--help'.\n"
            ),
        );
    }
    // What clap takes and we do not.
    let ran = run("PRESENCECTL_BASE_URL", "ftp://x", "plan lunch.yaml -o json");
    assert!(ran.stderr.starts_with("error: PRESENCECTL_BASE_URL: "), "{}", ran.shown());
    assert!(ran.stdout.contains("\"message\": \"PRESENCECTL_BASE_URL: "), "{}", ran.shown());
    let ran = run("PRESENCECTL_BASE_URL", "ftp://y", "plan lunch.yaml --base-url ftp://x");
    assert!(ran.stderr.starts_with("error: --base-url: "), "{}", ran.shown());
    let typed = run("PRESENCECTL_OUTPUT", "html=x.html", "validate lunch.yaml -o json");
    assert!(typed.stderr.contains("invalid value 'json' for '--output <FORMAT[=FILE]>'"), "{}", typed.stderr);
    for (value, lines) in [("true", 2), ("1", 2), ("0", 1), ("false", 1)] {
        let ran = run("PRESENCECTL_VERBOSE", value, "validate lunch.yaml");
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert_eq!((ran.stdout + &ran.stderr).lines().count(), lines, "{value}");
    }
}
