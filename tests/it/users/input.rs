//! Which users an input means, and what it wants for each.

use presencectl::model::desired::Desired;
use presencectl::model::observed::Observed;
use presencectl::model::user::UserId;
use presencectl::ops::users::assignments::{Assignments, ForAll, distinct, resolve_all, wanted};
use presencectl::ops::users::input::{self, InputEntry, Mistake};
use presencectl::ops::users::resolve::Presences;
use presencectl::output::csv::csv;
use proptest::prelude::*;

use crate::paper::object;

/// Place, user, presence and message of each entry.
fn read(text: &str) -> Vec<String> {
    let shown = |it: InputEntry| {
        let text = |it: Option<String>| it.map_or_else(|| "-".to_owned(), |it| format!("{it:?}"));
        format!("{} {} {} {}", it.place, it.user, text(it.presence), text(it.message))
    };
    input::read("f", text).unwrap().into_iter().map(shown).collect()
}

fn wrong(mistakes: Vec<Mistake>) -> Vec<String> {
    mistakes.into_iter().map(|it| it.to_string()).collect()
}

#[test]
fn a_first_line_for_excel_says_what_stands_between_cells() {
    assert_eq!(read("sep=;\r\nid;presence\r\nu1;\"Lunch; \"\"late\"\"\" \r\n"), ["f:3 u1 \"Lunch; \\\"late\\\"\" -"]);
    assert_eq!(read("\"SEP=|\"\nid|message\nu1|x, y\n"), ["f:3 u1 - \"x, y\""]);
}

#[test]
fn one_id_a_line() {
    assert_eq!(read("u1\r\n\n  u2  \nu1"), ["f:1 u1 - -", "f:3 u2 - -", "f:4 u1 - -"]);
    assert_eq!(read(""), [""; 0]);
    assert_eq!(read("\"u1\""), ["f:1 u1 - -"]);
}

#[test]
fn a_csv_by_its_header_with_any_of_three_delimiters() {
    for delimiter in [",", ";", "\t"] {
        let text = [
            "Name,\"userId\",Message,presence",
            "Ada,u1,\"a\"\"b, c; d\te\nf\",Lunch",
            "",
            ",u2,,",
            "Ben,u3,'=x,\"'+y\"",
            "Cleo,u4,'z,",
        ]
        .map(|it| {
            it.replace("\"a\"\"b, c; d\te\nf\"", "@").replace(',', delimiter).replace('@', "\"a\"\"b, c; d\te\nf\"")
        })
        .join("\n");
        assert_eq!(
            read(&text),
            ["f:2 u1 \"Lunch\" \"a\\\"b, c; d\\te\\nf\"", "f:5 u2 - -", "f:6 u3 \"+y\" \"=x\"", "f:7 u4 - \"'z\"",]
        );
    }
    assert_eq!(read("id\nu1\n"), ["f:2 u1 - -"]);
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let wrong = |text: &str| self::wrong(input::read("f", text).unwrap_err());
    assert_eq!(
        wrong("u1\nada@example.com\n\nu2,x"),
        ["f:2: `ada@example.com` is not the id of a user", "f:4: `u2,x` is not the id of a user",]
    );
    assert_eq!(
        wrong("id,presence\n,Lunch\nu/1,Lunch\n"),
        ["f:2: `` is not the id of a user", "f:3: `u/1` is not the id of a user",]
    );
    assert_eq!(wrong("name,presence\nAda,Lunch\n"), ["f:1: there is no column `id` or `userId`"]);
    assert_eq!(wrong("id,userId\nu1,u1\n"), ["f:1: there is more than one column for `id`"]);
    assert_eq!(wrong("id,message,Message\nu1,a,b\n"), ["f:1: there is more than one column for `message`"]);
    assert_eq!(
        wrong("id,presence\nu1,Lunch, late\nu2\nu3,\"Lunch, late\"\n"),
        [
            "f:2: 3 cells, and 2 headings: quote a value that holds a `,`",
            "f:3: 1 cell, and 2 headings: an empty cell needs its place: a `,`"
        ]
    );
    assert_eq!(wrong("id\tpresence\nu1\t\tTea\n"), ["f:2: 3 cells, and 2 headings: quote a value that holds a tab"]);
    // A part of an id is none: the org would say that there is no such user.
    assert_eq!(wrong("5a4db0c5\n"), ["f:1: `5a4db0c5` is not the id of a user"]);
    assert_eq!(
        wrong("id,presence\nu1,Tea\nu2,\"Lunch\"x\n"),
        ["f:3: a cell goes on after its closing quote: write a quote within quotes twice"]
    );
    assert_eq!(wrong("sep=;\nname;presence\nAda;Lunch\n"), ["f:2: there is no column `id` or `userId`"]);
    assert_eq!(wrong("id,message\nu1,\"open\nu2,x\n"), ["f:2: a quote in the lines from here on is never closed"]);
    assert_eq!(
        self::wrong(input::arguments(&["-".to_owned(), "u1".to_owned()]).unwrap_err()),
        ["the command line: `-` is not the id of a user"]
    );
}

proptest! {
    /// `user set --users` reads the output of `user get -o csv`, even with formulas.
    #[test]
    fn what_our_own_csv_keeps_from_calculating_is_read_back(message in "[-=+@;,'\" a1]{1,10}") {
        let headings = ["id", "presence", "message"].map(str::to_owned);
        let message = message.trim();
        let text = csv(&headings, &[vec!["u1".to_owned(), "Lunch".to_owned(), message.to_owned()]]);
        let entries = input::read("f", &text).unwrap();
        prop_assert_eq!(entries.len(), 1);
        prop_assert_eq!(entries[0].message.as_deref().unwrap_or_default(), message, "{}", text);
        // A program that splits at semicolons finds no formula either.
        for cell in text.lines().nth(1).unwrap().split(';').skip(1) {
            prop_assert!(!cell.trim_start_matches([' ', '"']).starts_with(['=', '+', '-', '@']), "{}", text);
        }
    }
}

#[test]
fn a_user_is_meant_once_however_often_it_stands_there() {
    let entries = || input::read("f", "id,presence\nu2,Lunch\nu1,Tea\nu2,Lunch\nU1,Tea\nu1,Tea\n").unwrap();
    assert_eq!(distinct(entries()).iter().map(UserId::as_str).collect::<Vec<_>>(), ["u2", "u1", "U1"]);
    let all = wanted(entries(), &ForAll::default()).unwrap();
    assert_eq!(
        all.iter().map(|it| (it.user.as_str(), it.presence.as_str())).collect::<Vec<_>>(),
        [("u2", "Lunch"), ("u1", "Tea"), ("U1", "Tea")]
    );
}

#[test]
fn two_answers_for_one_user_are_a_mistake() {
    let for_all = |presence: Option<&str>, message: Option<&str>| ForAll {
        presence: presence.map(str::to_owned),
        message: message.map(str::to_owned),
    };
    let wanted = |text: &str, for_all: &ForAll| wanted(input::read("f", text).unwrap(), for_all).map_err(wrong);
    assert_eq!(
        wanted("id,presence\nu1,Lunch\nu1,Tea\nu2,Lunch\nu2,\n", &ForAll::default()),
        Err(vec![
            "f:3: `u1` is in f:2 already, with something else".to_owned(),
            "f:5: no presence is named: give --presence, or fill the column `presence`".to_owned(),
        ])
    );
    assert_eq!(
        wanted("id,presence,message\nu1,Lunch,\nu2,,x\nu3,Tea,y\n", &for_all(Some("Tea"), Some("x"))),
        Err(vec![
            "f:2: the column `presence` says `Lunch`, and --presence says `Tea`".to_owned(),
            "f:4: the column `message` says `y`, and --message says `x`".to_owned(),
        ])
    );
    let filled = wanted("id,presence\nu1,\nu2,Tea\n", &for_all(Some("Tea"), Some(""))).unwrap();
    assert!(filled.iter().all(|it| it.presence == "Tea" && it.message.as_deref() == Some("")));
}

#[test]
fn every_presence_that_is_not_found_is_told_once() {
    let observed = Observed::new(vec![object(1, "Meal", &[("en_US", "Lunch")])], None);
    let desired = Desired::nothing();
    let presences = Presences::new(&desired, &observed);
    let wanted = |text: &str| wanted(input::read("f", text).unwrap(), &ForAll::default()).unwrap();
    let some = wanted("id,presence\nu1,Lunch\nu2,Unicorn\nu3,Unicorn\nu4,Griffin\n");
    assert_eq!(resolve_all(&some, &presences, false).unwrap_err().len(), 2);
    let some = wanted("id,presence,message\nu1,Lunch,a\nu2,Lunch,\n");
    let Assignments { resolved, users } = resolve_all(&some, &presences, true).unwrap();
    assert_eq!((resolved.len(), users.len()), (1, 2));
    assert!(users.iter().all(|(_, it)| it.primary && it.definition == resolved[0].definition.id));
    assert_eq!((users[0].1.message.as_deref(), users[1].1.message.as_deref()), (Some("a"), None));
}
