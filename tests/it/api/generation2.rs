//! The second generation of the API: what is sent, and how its three looks become one list.

use std::sync::Arc;

use presencectl::client::{ApiErrorKind, Patch, Reader, WriteError, Writer};
use presencectl::model::generation::Generation;
use presencectl::model::names::{DivisionId, SystemPresence};
use presencectl::model::observed::{Content, Definition, Primary};

use super::double::{Answer, Double, ok, status};
use super::{content, id, labels};

const LIST: &str = "https://api.mypurecloud.de/api/v2/presence/definitions";
const SALES: &str = "11111111-aaaa-4aaa-8aaa-111111111111";

fn reader(org: &Arc<Double>) -> Reader {
    org.session().speaking(Generation::Second).reader()
}

fn writer(org: &Arc<Double>) -> Writer {
    org.session().speaking(Generation::Second).writer()
}

/// A definition as this generation writes it.
fn entity(id: &str, label: &str, deactivated: bool) -> String {
    format!(
        r#"{{"id":"{id}","type":"User","languageLabels":{{"en_US":"{label}"}},"systemPresence":"Meal","divisionId":"*","deactivated":{deactivated},"selfUri":"/api/v2/presence/definitions/{id}"}}"#
    )
}

fn state(entities: &[String]) -> Answer {
    ok(&format!(r#"{{"total":{},"entities":[{}],"selfUri":"/x"}}"#, entities.len(), entities.join(",")))
}

/// Id, label and whether it is deactivated.
fn shown(definitions: &[Definition]) -> Vec<String> {
    let label = |it: &Definition| it.labels.iter().map(|(_, label)| label.to_string()).collect::<String>();
    definitions.iter().map(|it| format!("{} {}{}", it.id, label(it), if it.deactivated { "*" } else { "" })).collect()
}

#[tokio::test(start_paused = true)]
async fn a_list_is_active_deactivated_active_by_id() {
    let org = Double::answering([
        state(&[entity("b", "Lunch", false)]),
        state(&[entity("a", "Tea", true)]),
        state(&[entity("b", "Lunch", false)]),
    ]);
    let definitions = reader(&org).definitions().await.unwrap();
    assert_eq!(shown(&definitions), ["a Tea*", "b Lunch"]);
    assert_eq!(
        org.lines(),
        [
            format!("GET {LIST}?deactivated=FALSE&localeCode=ALL"),
            format!("GET {LIST}?deactivated=TRUE&localeCode=ALL"),
            format!("GET {LIST}?deactivated=FALSE&localeCode=ALL"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_reactivated_between_two_looks_is_not_lost() {
    let tea = |deactivated| entity("a", "Tea", deactivated);
    let lunch = entity("b", "Lunch", false);
    let both = state(&[tea(false), lunch.clone()]);
    let org = Double::answering([
        // Deactivated at the first look, and active again before the second one came to it.
        state(std::slice::from_ref(&lunch)),
        state(&[]),
        both.clone(),
        // The active ones differ, so all three are read again.
        both.clone(),
        state(&[]),
        both,
    ]);
    assert_eq!(shown(&reader(&org).definitions().await.unwrap()), ["a Tea", "b Lunch"]);
}

#[tokio::test(start_paused = true)]
async fn the_latest_sight_of_a_definition_counts() {
    // Deactivated between the first and the second look, and active again before the third.
    let active = state(&[entity("a", "Tea", false)]);
    let org = Double::answering([active.clone(), state(&[entity("a", "Tea", true)]), active]);
    assert_eq!(shown(&reader(&org).definitions().await.unwrap()), ["a Tea"]);
}

#[tokio::test(start_paused = true)]
async fn a_label_that_changes_while_the_list_is_read_costs_nothing() {
    let tea = |label: &str| state(&[entity("a", label, false)]);
    let org = Double::answering([tea("Tea"), state(&[]), tea("Green tea")]);
    assert_eq!(shown(&reader(&org).definitions().await.unwrap()), ["a Green tea"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_never_holds_still_is_an_error() {
    let mut count = 0;
    let org = Double::by(move |_| {
        count += 1;
        state(&[entity(&format!("a{count}"), "Tea", false)])
    });
    let error = reader(&org).definitions().await.unwrap_err();
    let what = "the active definitions were others when they were read again";
    assert_eq!(error.kind, ApiErrorKind::Unsettled(what.to_owned()));
    assert_eq!(org.lines().len(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_total_that_is_none_is_found_out() {
    let org = Double::answering([ok(r#"{"total":2,"entities":[]}"#)]);
    let error = reader(&org).definitions().await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::BrokenPromise("`total` is 2, and 0 came".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_generation_that_is_not_served_is_told_from_a_gateways_page() {
    let gone = r#"{"message":"not there","code":"not.found","status":404}"#;
    let org = Double::answering([status(404, gone), status(410, gone), status(404, "<html>no such page</html>")]);
    for kind in [
        ApiErrorKind::NotServed(Generation::Second),
        ApiErrorKind::NotServed(Generation::Second),
        ApiErrorKind::NotFound { by_the_platform: false },
    ] {
        assert_eq!(reader(&org).definitions().await.unwrap_err().kind, kind);
    }
}

#[tokio::test(start_paused = true)]
async fn type_and_division_are_understood() {
    let of = |more: &str| format!(r#"{{"id":"a","languageLabels":{{}},"systemPresence":"OnQueue"{more}}}"#);
    let bodies = [of(r#","type":"System","divisionId":null"#), of(r#","type":"User","divisionId":"x""#), of("")];
    let org = Double::answering(bodies.map(|it| ok(&it)));
    let mut seen = Vec::new();
    for _ in 0..3 {
        let fetched = reader(&org).definition(&id("a")).await.unwrap().unwrap();
        let Definition { primary, division, modified, .. } = fetched.definition;
        assert_eq!(modified, None, "this generation does not say");
        seen.push((primary, division.unwrap().to_string()));
    }
    let expected = [(Primary::Yes, "*"), (Primary::No, "x"), (Primary::NotKnown, "*")];
    assert_eq!(seen, expected.map(|(primary, division)| (primary, division.to_owned())));
}

#[tokio::test(start_paused = true)]
async fn what_is_made_has_its_division_and_this_generations_spelling() {
    let org = Double::answering([ok(&entity("a", "Lunch", false)), status(410, "")]);
    let on_queue = SystemPresence::new("on queue").unwrap();
    let content = Content { division: DivisionId::new(SALES), ..content(&[("en_US", "Lunch")]) };
    writer(&org).create(&on_queue, &content).await.unwrap();
    assert_eq!(org.lines(), [format!("POST {LIST}")]);
    assert_eq!(
        org.seen()[1].body,
        format!(r#"{{"divisionId":"{SALES}","languageLabels":{{"en_US":"Lunch"}},"systemPresence":"OnQueue"}}"#)
    );
    let WriteError::NotDone(error) = writer(&org).create(&on_queue, &content).await.unwrap_err() else { panic!() };
    assert_eq!(
        error.kind,
        ApiErrorKind::NotServed(Generation::Second),
        "nothing was made, and planning again finds the other"
    );
}

#[tokio::test(start_paused = true)]
async fn a_put_changes_the_division_and_loses_nothing() {
    let read = r#"{"id":"a","type":"User","name":"n","languageLabels":{"en_US":"Lunch"},"systemPresence":"Meal","divisionId":"*","deactivated":false,"invented":1,"selfUri":"/x"}"#;
    let org = Double::answering([ok(read), ok(&entity("a", "Lunch", false)), status(204, "")]);
    let writer = writer(&org);
    let current = writer.reader().definition(&id("a")).await.unwrap().unwrap();
    let before = Content { division: Some(DivisionId::all()), ..content(&[("en_US", "Lunch")]) };
    let after = Content { division: DivisionId::new(SALES), ..before.clone() };
    let patch = Patch::between(&before, &after);
    assert_eq!((&patch.set, patch.deactivated), (&labels(&[]), None));
    writer.update(current, &patch).await.unwrap();
    writer.delete(&id("a")).await.unwrap();
    assert_eq!(
        org.lines(),
        [format!("GET {LIST}/a?localeCode=ALL"), format!("PUT {LIST}/a"), format!("DELETE {LIST}/a")]
    );
    assert_eq!(
        org.seen()[2].body,
        format!(
            r#"{{"deactivated":false,"divisionId":"{SALES}","invented":1,"languageLabels":{{"en_US":"Lunch"}},"name":"n","systemPresence":"Meal","type":"User"}}"#
        )
    );
}

#[tokio::test(start_paused = true)]
async fn divisions_are_read_to_the_last_page() {
    let page = |number: usize| {
        let divisions = [r#"{"id":"2","name":"Sales"}"#, r#"{"id":"1","name":"Home","homeDivision":true}"#];
        ok(&format!(r#"{{"entities":[{}],"pageSize":1,"pageNumber":{number},"total":2}}"#, divisions[number - 1]))
    };
    let org = Double::answering([page(1), page(2)]);
    let divisions = reader(&org).divisions().await.unwrap();
    let shown: Vec<String> = divisions.iter().map(|it| format!("{} {}", it.name, it.id)).collect();
    assert_eq!(shown, ["Home 1", "Sales 2"]);
    let divisions = "https://api.mypurecloud.de/api/v2/authorization/divisions";
    assert_eq!(org.lines(), [1, 2].map(|number| format!("GET {divisions}?pageNumber={number}&pageSize=100")));
}
