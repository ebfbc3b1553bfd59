//! Which presence is meant: by a key, a label or an id, and never by a guess.

use presencectl::model::desired::{Desired, Management};
use presencectl::model::names::{DefinitionId, Label};
use presencectl::model::observed::{Definition, Observed, Primary};
use presencectl::ops::users::resolve::{Presences, ResolvedBy, UnresolvedPresence};

use crate::paper::{desired, id, object, wanted};

fn observed(definitions: Vec<Definition>) -> Observed {
    Observed::new(definitions, None)
}

fn org() -> Observed {
    let own = |definition: Definition| Definition { primary: Primary::Yes, ..definition };
    observed(vec![
        object(1, "Meal", &[("en_US", "Lunch"), ("de", "Mittag")]),
        object(2, "Busy", &[("en_US", "Coaching"), ("de", "Mittag")]),
        Definition { deactivated: true, ..object(3, "Meal", &[("en_US", "Dinner")]) },
        Definition { deactivated: true, ..object(4, "Meal", &[("en_US", "Lunch")]) },
        own(object(5, "On Queue", &[("en_US", "On Queue")])),
        object(6, "Meal", &[("fr", "Midi")]),
    ])
}

fn config() -> Desired {
    let mut gone = wanted("gone", "Meal", &[("en_US", "Dinner")]);
    gone.deactivated = true;
    let mut midi = wanted("midi", "Meal", &[("en_US", "Noon")]);
    midi.pin = Some(id(6));
    desired(vec![
        wanted("lunch", "Meal", &[("en_US", "Lunch")]),
        wanted("new", "Busy", &[("en_US", "Writing")]),
        wanted("Coaching", "Meal", &[("en_US", "Lunch break")]),
        gone,
        midi,
    ])
}

/// The resolved presence, and by what; or the error and its help.
fn meant(config: &Desired, observed: &Observed, typed: &str) -> Result<(ResolvedBy, usize), String> {
    match Presences::new(config, observed).resolve(typed) {
        Ok(meant) => {
            assert_eq!(meant.typed, typed.trim());
            Ok((meant.by, (1..9).find(|it| id(*it) == meant.definition.id).unwrap()))
        }
        Err(wrong) => Err(format!("{}; {}", wrong.message(), wrong.help())),
    }
}

#[test]
fn a_presence_is_found_by_key_label_or_id() {
    let (config, org) = (config(), org());
    let found = |typed: &str| meant(&config, &org, typed).unwrap();
    assert_eq!(found("lunch"), (ResolvedBy::Key, 1));
    assert_eq!(found("midi"), (ResolvedBy::Key, 6), "a pin is the object");
    assert_eq!(found(" Lunch "), (ResolvedBy::Label, 1), "a deactivated twin is in no one's way");
    assert_eq!(found("On Queue"), (ResolvedBy::Label, 5), "one of the platform's own is fine");
    assert_eq!(found("Midi"), (ResolvedBy::Label, 6), "a label in any locale");
    assert_eq!(found("2FA68D50-0000-4000-8000-000000000002"), (ResolvedBy::Id, 2));
}

#[test]
fn eight_characters_of_an_id_are_enough_where_no_other_begins_so() {
    let mut definitions = org().definitions;
    let own = DefinitionId::new("7b1d0c2e-0000-4000-8000-000000000020").unwrap();
    definitions.push(Definition { id: own.clone(), ..object(20, "Busy", &[("en_US", "Writing")]) });
    definitions.push(object(21, "Busy", &[("en_US", "7b1d0c2e-0000")]));
    let (config, org) = (config(), observed(definitions));
    let meant = |typed: &str| Presences::new(&config, &org).resolve(typed);
    let found = meant(" 7B1D0C2E").unwrap();
    assert_eq!((found.by, found.definition.id), (ResolvedBy::Id, own));
    assert!(matches!(meant("7b1d0c2"), Err(UnresolvedPresence::Unknown { .. })), "seven are too few");
    let UnresolvedPresence::Ambiguous { candidates, .. } = meant("2fa68d50").unwrap_err() else {
        panic!("several begin so")
    };
    assert_eq!(candidates.len(), 7);
    let by_label_too = meant("7b1d0c2e-0000").unwrap_err().message();
    assert!(by_label_too.contains("(by its id) or `7b1d0c2e-0000` (Busy"), "{by_label_too}");
}

#[test]
fn what_may_be_meant_twice_is_an_error_with_the_candidates() {
    let (config, org) = (config(), org());
    let wrong = |typed: &str| meant(&config, &org, typed).unwrap_err();
    assert_eq!(
        wrong("Mittag"),
        "`Mittag` may mean `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001) (by its label) or `Coaching` (Busy, \
         2fa68d50-0000-4000-8000-000000000002) (by its label); give the id of the one that you mean"
    );
    // A key of the config and a label of something else: neither is taken for the other.
    let mut config = config.clone();
    config.definitions.values_mut().find(|it| it.key.as_str() == "Coaching").unwrap().pin = Some(id(6));
    config.definitions.retain(|key, _| key.as_str() != "midi");
    let wrong = meant(&config, &org, "Coaching").unwrap_err();
    assert!(wrong.contains("`Midi` (Meal, 2fa68d50-0000-4000-8000-000000000006) (by its key)"), "{wrong}");
    assert!(wrong.contains("`Coaching` (Busy, 2fa68d50-0000-4000-8000-000000000002) (by its label)"), "{wrong}");
}

#[test]
fn a_key_is_a_key_even_where_something_else_is_called_so() {
    assert_eq!(
        meant(&config(), &org(), "Coaching").unwrap_err(),
        "`Coaching` is a key of the config, and the org has nothing for it yet; `presencectl apply` makes it"
    );
    assert_eq!(meant(&Desired::nothing(), &org(), "Coaching"), Ok((ResolvedBy::Label, 2)), "without the config");
}

#[test]
fn nobody_is_sent_where_nobody_can_go() {
    let (config, org) = (config(), org());
    for typed in ["gone", "Dinner", "2fa68d50-0000-4000-8000-000000000003"] {
        assert_eq!(
            meant(&config, &org, typed).unwrap_err(),
            format!(
                "`{typed}` is `Dinner` (Meal, 2fa68d50-0000-4000-8000-000000000003), which is deactivated: no one can \
                 go on it; reactivate it first, or name another"
            )
        );
    }
    // The id of a deactivated one is meant, although another has its label.
    assert!(meant(&config, &org, id(4).as_str()).unwrap_err().contains("which is deactivated"));
}

#[test]
fn what_is_not_there_is_said_with_what_is_near() {
    let (config, org) = (config(), org());
    let wrong = |config: &Desired, typed: &str| meant(config, &org, typed).unwrap_err();
    assert_eq!(
        wrong(&config, "lunhc"),
        "the org has no presence `lunhc`; did you mean `Lunch`? Labels are compared letter by letter"
    );
    assert_eq!(
        wrong(&Desired::nothing(), "Unicorn"),
        "the org has no presence `Unicorn`; name it by its label or its id; for a key of a config give --config PATH as well"
    );
    assert_eq!(
        wrong(&config, "Unicorn"),
        "the org has no presence `Unicorn`; name it by a key of the config, by its label or by its id"
    );
    assert_eq!(meant(&config, &org, "").unwrap_err().split(';').next(), Some("the org has no presence ``"));
    assert_eq!(
        wrong(&config, "new"),
        "`new` is a key of the config, and the org has nothing for it yet; `presencectl apply` makes it"
    );
}

#[test]
fn a_key_with_an_open_question_is_no_answer() {
    let twins = observed(vec![object(1, "Meal", &[("en_US", "Lunch")]), object(2, "Meal", &[("en_US", "Lunch")])]);
    assert_eq!(
        meant(&config(), &twins, "lunch").unwrap_err(),
        "`lunch` is a key of the config, and the plan has a question about it; `presencectl plan` says which, \
         and how to answer it"
    );
    // A plan leaves every candidate of an omitted definition unmanaged. Here it is ambiguous.
    let mut config = config();
    config.definitions.values_mut().find(|it| it.key.as_str() == "lunch").unwrap().management = Management::Omitted;
    let wrong = Presences::new(&config, &twins).resolve("lunch").unwrap_err();
    let UnresolvedPresence::Ambiguous { candidates, .. } = wrong else { panic!("{wrong:?}") };
    assert_eq!(
        candidates.iter().map(|(by, it)| (*by, it.id.clone())).collect::<Vec<_>>(),
        [(ResolvedBy::Key, id(1)), (ResolvedBy::Key, id(2))]
    );
    assert_eq!(candidates[0].1.label, Some(Label::new("Lunch")));
}
