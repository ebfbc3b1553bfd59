//! One odd object in a response: the others are read, and it is reported with its place, its id and what is odd. Also
//! covers responses that are not JSON: the number of attempts, and the error.

use presencectl::client::error::WriteError;
use presencectl::client::policy::ATTEMPTS_MAX;
use presencectl::client::{ApiError, ApiErrorKind, Patch};
use presencectl::model::generation::Generation;
use presencectl::model::names::Locale;
use presencectl::model::observed::{Found, Listed};
use presencectl::model::odd::HALF;

use super::double::{Answer, Double, entity, ok, status};
use super::{id, labels};

/// What a list of these entities is read as.
async fn read(generation: Generation, entities: &[&str]) -> Result<Listed, ApiError> {
    let (all, total) = (entities.join(","), entities.len());
    let org = Double::by(move |request| match request.url.as_str() {
        url if url.contains("deactivated=TRUE") => ok(r#"{"entities":[],"total":0}"#),
        _ => ok(&format!(r#"{{"entities":[{all}],"pageSize":100,"pageNumber":1,"total":{total}}}"#)),
    });
    org.session().speaking(generation).reader().list().await
}

/// An entity with the id `odd` and these fields, as JSON writes them.
fn odd(fields: &str) -> String {
    format!(r#"{{"id":"odd",{fields}}}"#)
}

/// An odd object beside the usual definition, and its description.
async fn told(entity_: &str) -> (Listed, String) {
    let mut told = Vec::new();
    for generation in Generation::ALL {
        let listed = read(generation, &[&entity("a"), entity_]).await.unwrap();
        assert_eq!(listed.definitions.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["a"], "{entity_}");
        let [odd] = listed.odd.as_slice() else { panic!("{entity_}: {:?}", listed.odd) };
        assert!(odd.place.starts_with("entities[1]"), "{odd:?}");
        let words = odd.in_words();
        told.push((listed, words));
    }
    assert_eq!(told[0].1, told[1].1, "both generations");
    told.swap_remove(0)
}

#[tokio::test(start_paused = true)]
async fn one_odd_object_does_not_block_the_rest_and_is_told_with_what_is_odd() {
    let meal = r#""systemPresence":"Meal""#;
    let lunch = r#""languageLabels":{"en_US":"Lunch"}"#;
    let cases = [
        (format!(r#""languageLabels":null,{meal}"#), "`languageLabels` is null, not an object"),
        (meal.to_owned(), "`languageLabels` is missing"),
        (format!(r#""languageLabels":"text",{meal}"#), "`languageLabels` is a text, not an object"),
        (format!(r#""languageLabels":[],{meal}"#), "`languageLabels` is a list, not an object"),
        (format!(r#""languageLabels":{{"de":1}},{meal}"#), "`languageLabels.de` is a number, not a text"),
        (format!(r#""languageLabels":{{"de":{{}}}},{meal}"#), "`languageLabels.de` is an object, not a text"),
        (format!(r#"{lunch},"systemPresence":null"#), "`systemPresence` is null, not a text"),
        (lunch.to_owned(), "`systemPresence` is missing"),
        (format!(r#"{lunch},"systemPresence":5"#), "`systemPresence` is a number, not a text"),
        (format!(r#"{lunch},"systemPresence":" ""#), "`systemPresence` is empty"),
        (format!(r#"{lunch},"systemPresence":"Me\udca5l""#), "`systemPresence` holds a broken character"),
        (format!(r#"{lunch},{meal},"deactivated":"true""#), "`deactivated` is neither true nor false"),
        (format!(r#"{lunch},{meal},"systemPresence":"Busy""#), "`systemPresence` is there more than once"),
        (format!(r#"{meal},"languageLabels":{{"de":"A","de":"B"}}"#), "`languageLabels.de` is there more than once"),
        (
            format!(r#"{meal},"languageLabels":null,"deactivated":1"#),
            "`deactivated` is neither true nor false and `languageLabels` is null, not an object",
        ),
    ];
    for (fields, what) in cases {
        let (listed, words) = told(&odd(&fields)).await;
        assert_eq!(words, what, "{fields}");
        assert_eq!(listed.odd[0].id, Some(id("odd")), "{fields}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_named_is_told_by_its_place() {
    let rest = r#""languageLabels":{"en_US":"Tea"},"systemPresence":"Meal""#;
    for (entity, what) in [
        ("null".to_owned(), "it is null, not an object"),
        (r#""text""#.to_owned(), "it is a text, not an object"),
        ("[]".to_owned(), "it is a list, not an object"),
        ("7".to_owned(), "it is a number, not an object"),
        ("true".to_owned(), "it is true, not an object"),
        (format!("{{{rest}}}"), "`id` is missing"),
        (format!(r#"{{"id":null,{rest}}}"#), "`id` is null, not a text"),
        (format!(r#"{{"id":"",{rest}}}"#), "`id` is empty"),
        (format!(r#"{{"id":7,{rest}}}"#), "`id` is a number, not a text"),
        (format!(r#"{{"id":"a\ud83d",{rest}}}"#), "`id` holds a broken character"),
    ] {
        let (listed, words) = told(&entity).await;
        assert_eq!((words.as_str(), &listed.odd[0].id), (what, &None), "{entity}");
        assert!(listed.odd[0].name().starts_with("the object without a readable id (`entities[1]`"), "{listed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_labels_and_the_system_presence_that_can_be_read_are_kept() {
    let entity = odd(r#""languageLabels":{"en_US":"Lunch","de":5,"fr":"Midi","fr":"Dîner"},"systemPresence":"Meal""#);
    let (listed, words) = told(&entity).await;
    assert_eq!(words, "`languageLabels.fr` is there more than once and `languageLabels.de` is a number, not a text");
    let labels: Vec<String> = listed.odd[0].labels.iter().map(|(locale, label)| format!("{locale} {label}")).collect();
    assert_eq!(labels, ["en_US Lunch", "fr Midi", "fr Dîner"]);
    assert_eq!(listed.odd[0].name(), "`odd` (`entities[1]`, Meal, `Lunch`, `Midi`, `Dîner`)");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_no_reader_takes_spoils_only_its_object() {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let entity = odd(&format!(r#""languageLabels":{{"en_US":"Lunch"}},"systemPresence":"Meal","x":{deep}"#));
    let (listed, words) = told(&entity).await;
    assert!(words.starts_with("a value in it cannot be read (recursion limit exceeded at line 1 column"), "{words}");
    assert_eq!((listed.odd[0].id.clone(), listed.odd[0].labels.len()), (Some(id("odd")), 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_unusual_and_legal_is_read_as_before() {
    let unusual = [
        r#""languageLabels":{"en_US":"Lunch","de":null},"systemPresence":"Meal","deactivated":null"#,
        r#""languageLabels":{},"systemPresence":"Sonst","primary":"yes","type":7"#,
        r#""languageLabels":{"en_US":"Lunch"},"systemPresence":"Meal","extra":{"a":[null,{"a":1,"a":2}]}"#,
        r#""systemPresence":"Meal","languageLabels":{"en_US":"Lunch"},"systemPresence":"Meal""#,
        r#""languageLabels":{"en_US":"🍲 \ud83c\udf72"},"systemPresence":"Meal","modifiedBy":{"id":"u\ud83d"}"#,
    ];
    for fields in unusual {
        let listed = read(Generation::First, &[&odd(fields)]).await.unwrap();
        assert_eq!((listed.definitions.len(), listed.odd.len(), listed.halved.len()), (1, 0, 0), "{fields}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_one_answer_shows_twice_is_odd_with_the_labels_of_both() {
    let tea = entity("b").replace("Lunch", "Tea").replace("Meal", "Break");
    for generation in Generation::ALL {
        let listed = read(generation, &[&entity("a"), &entity("b"), &tea]).await.unwrap();
        assert_eq!(listed.definitions.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["a"]);
        let [odd] = listed.odd.as_slice() else { panic!("{listed:?}") };
        assert_eq!(odd.in_words(), "the org shows it 2 times in one answer (entities[1], entities[2])");
        assert_eq!((odd.id.clone(), odd.system_presence.clone(), odd.labels.len()), (Some(id("b")), None, 2));
        let copies = read(generation, &[&entity("a"), &entity("b"), &entity("b")]).await.unwrap();
        assert_eq!((copies.definitions.len(), copies.odd.len()), (2, 0), "they say the same");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_which_nothing_can_be_read_is_of_another_kind() {
    let all: Vec<String> = (0..10).map(|it| format!(r#"{{"id":"{it}","systemPresence":"Meal"}}"#)).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for generation in Generation::ALL {
        let error = read(generation, &all).await.unwrap_err();
        let what = "none of 10 definitions can be read: `languageLabels` is missing in `entities[0]`";
        assert_eq!(error.kind, ApiErrorKind::BrokenPromise(what.to_owned()));
        assert_eq!(read(generation, &all[1..]).await.unwrap().odd.len(), 9);
    }
}

// A broken character

/// A definition whose labels and fields are these.
fn halved(labels: &str, fields: &str) -> String {
    format!(r#"{{"id":"h","languageLabels":{{{labels}}},"systemPresence":"Meal","primary":false{fields}}}"#)
}

#[tokio::test(start_paused = true)]
async fn half_a_character_reads_as_ufffd_and_is_told_with_its_place() {
    let cases = [
        (halved(r#""en_US":"Lunch \ud83c""#, ""), vec!["en_US"], vec![]),
        (halved(r#""en_US":"Lunch \udf72""#, ""), vec!["en_US"], vec![]),
        (halved(r#""en_US":"\uD83C\uD83C\uDF72","de":"Mittag""#, ""), vec!["en_US"], vec![]),
        (halved(r#""en_US":"Lunch","de":"\ud83cab","fr":"\\ud83c""#, ""), vec!["de"], vec![]),
        (halved(r#""en_US":"Lunch""#, r#","name":"\ud83c""#), vec![], vec!["name"]),
        (halved(r#""en_US":"Lunch""#, r#","more":{"a":["\ud83c"]}"#), vec![], vec!["more"]),
    ];
    for (entity, locales, fields) in cases {
        let listed = read(Generation::First, &[&entity]).await.unwrap();
        let [halved] = listed.halved.as_slice() else { panic!("{entity}: {listed:?}") };
        assert_eq!(halved.labels.iter().map(Locale::as_str).collect::<Vec<_>>(), locales, "{entity}");
        assert_eq!(halved.fields, fields, "{entity}");
        assert_eq!((listed.definitions.len(), listed.odd.len()), (1, 0), "{entity}");
    }
    let listed = read(Generation::First, &[&halved(r#""en_US":"Lunch \ud83c""#, "")]).await.unwrap();
    assert_eq!(listed.definitions[0].labels, labels(&[("en_US", "Lunch \u{FFFD}")]));
    let real = read(Generation::First, &[&halved(r#""en_US":"Lunch \ufffd""#, "")]).await.unwrap();
    assert_eq!((real.definitions, real.halved), (listed.definitions, vec![]), "the org itself may hold U+FFFD");
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_text_are_half_a_character_too() {
    let mut body = br#"{"entities":[{"id":"a","systemPresence":"Meal","languageLabels":{"de":"P"#.to_vec();
    body.extend(b"\xF0\x9F\x8D");
    body.extend(br#"ause"}}],"pageSize":100,"total":1}"#);
    let answer = status(200, "").map(|it| presencectl::client::wire::Response { body, ..it });
    let listed = Double::answering([answer]).session().reader().list().await.unwrap();
    assert_eq!(listed.definitions[0].labels, labels(&[("de", "P\u{FFFD}ause")]));
    assert_eq!(listed.halved[0].places(), "its label in `de`");
}

/// Reads the definition, and writes it with this patch.
async fn put(entity: &str, patch: Patch) -> (Result<(), WriteError>, Vec<String>) {
    let org = Double::answering([ok(entity), ok(entity)]);
    let writer = org.session().writer();
    let current = writer.reader().definition(&id("h")).await.unwrap().unwrap();
    let written = writer.update(current, &patch).await.map(|_| ());
    (written, org.seen().into_iter().filter(|it| it.line.starts_with("PUT")).map(|it| it.body).collect())
}

#[tokio::test(start_paused = true)]
async fn half_a_character_is_never_sent_back() {
    let set = |items: &[(&str, &str)]| Patch { set: labels(items), ..Patch::default() };
    let without = |locale: &str| Patch { remove: vec![Locale::new(locale)], ..Patch::default() };
    let label = halved(r#""en_US":"Lunch \ud83c","de":"Mittag""#, "");
    let refused = [
        (label.clone(), Patch::deactivation(), "its label in `en_US`"),
        (label.clone(), set(&[("de", "Pause")]), "its label in `en_US`"),
        (label.clone(), set(&[("en_US", "Lunch \u{FFFD}")]), "its label in `en_US`"),
        (halved(r#""en_US":"Lunch""#, r#","name":"\ud83c""#), set(&[("en_US", "Tea")]), "`name`"),
        (halved(r#""en_US":"Lunch","x\ud83c":"Y""#, ""), set(&[("x\u{FFFD}", "Z")]), "its label in `x\u{FFFD}`"),
    ];
    for (entity, patch, place) in refused {
        let (written, bodies) = put(&entity, patch).await;
        let Err(WriteError::NotDone(error)) = written else { panic!("{entity}: {written:?}") };
        assert!(matches!(&error.kind, ApiErrorKind::HalfCharacter(it) if it.places() == place), "{error}");
        assert!(error.to_string().contains("was not sent: it would send back a broken character"), "{error}");
        assert_eq!(bodies, Vec::<String>::new());
    }
    for (entity, patch) in [
        (label.clone(), set(&[("en_US", "Lunch")])),
        (label.clone(), set(&[("en-us", "Lunch")])),
        (label, without("en_US")),
        (halved(r#""en_US":"Lunch","x\ud83c":"Y""#, ""), without("x\u{FFFD}")),
        (halved(r#""en_US":"Lunch""#, r#","modifiedBy":{"name":"\ud83c"}"#), set(&[("en_US", "Tea")])),
    ] {
        let (written, bodies) = put(&entity, patch).await;
        assert!(written.is_ok(), "{written:?}");
        assert!(bodies.len() == 1 && !bodies[0].contains(HALF) && !bodies[0].contains("\\ud83c"), "{bodies:?}");
    }
}

// One object that is asked for

#[tokio::test(start_paused = true)]
async fn an_odd_object_that_is_asked_for_is_an_error_that_says_what_is_odd() {
    let odd = r#"{"id":"a","languageLabels":null,"systemPresence":"Meal"}"#;
    let org = Double::answering([ok(odd), ok(odd), ok(odd)]);
    let reader = org.session().reader();
    let error = reader.definition(&id("a")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`GET /api/v2/presencedefinitions/a?localeCode=ALL` was answered with 200, but the object cannot be read \
         completely: \
         `languageLabels` is null, not an object"
    );
    assert!(matches!(reader.find(&id("a")).await.unwrap(), Found::Odd(it) if it.id == Some(id("a"))));
    let (listed, failed) = reader.with_unlisted(Listed::default(), [&id("a")]).await;
    assert_eq!((listed.odd.len(), failed.len()), (1, 0), "a pin that no list shows");
}

// What is no JSON

/// The error, and the number of attempts.
async fn asked(answer: impl Fn() -> Answer + Send + 'static) -> (String, usize) {
    let org = Double::by(move |_| answer());
    let error = org.session().reader().list().await.unwrap_err();
    assert!(matches!(error.kind, ApiErrorKind::BrokenPromise(_)), "{error}");
    (error.to_string(), org.lines().len())
}

#[tokio::test(start_paused = true)]
async fn json_with_one_bad_place_is_final_and_the_place_is_told() {
    let body = "{\"entities\": [\n  {\"id\": nothing}\n], \"total\": 1}";
    let (said, count) = asked(move || ok(body)).await;
    assert_eq!(count, 1);
    let end = "the body is not JSON (expected ident at line 2 column 11): 47 bytes, `application/json`, which begin with \
               `{\"entities\": [\n  {\"id\": nothing}\n], \"total\": 1}`";
    assert!(said.ends_with(end), "{said}");
    for body in ["{\"entities\":[}", "{\"a\":1}}", "{\"a\":\"\u{1}\"}", "{\"a\" 1}", "[1 2]"] {
        assert_eq!(asked(move || ok(body)).await.1, 1, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_in_the_place_of_json_is_asked_for_twice() {
    let page = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head></html>";
    let html = move || {
        status(200, page).map(|it| presencectl::client::wire::Response {
            content_type: Some("text/html; charset=utf-8".to_owned()),
            ..it
        })
    };
    let (said, count) = asked(html).await;
    assert_eq!(count, 2);
    let end = "the body is not JSON: 79 bytes, `text/html; charset=utf-8`, which begin with `<!DOCTYPE html>\n\
               <html><head><title>Sign in to th`";
    assert!(said.contains(end), "{said}");
    assert!(said.ends_with("(after 2 attempts)"), "{said}");
    // One that passes costs nothing.
    let mut first = true;
    let org = Double::by(move |_| if std::mem::take(&mut first) { ok("<html>") } else { ok("[]") });
    org.session().reader().system_presences().await.unwrap();
    // Other troubles between pages count for themselves.
    let org = Double::answering([status(503, ""), ok("<html>"), status(503, ""), ok("[]")]);
    org.session().reader().system_presences().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_is_asked_for_as_often_as_a_lost_one() {
    for (body, words) in [(r#"{"entities":[{"id"#, "it ends too early"), ("", "it is empty")] {
        let (said, count) = asked(move || ok(body)).await;
        assert_eq!(count, ATTEMPTS_MAX as usize);
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_byte_order_mark_is_passed_over() {
    let body = format!("\u{feff}{{\"entities\":[{}],\"pageSize\":100,\"total\":1}}", entity("a"));
    let org = Double::answering([ok(&body), ok(&format!("\u{feff}{}", entity("a"))), ok("\u{feff}[]")]);
    let reader = org.session().reader();
    assert_eq!(reader.list().await.unwrap().definitions.len(), 1);
    assert!(reader.definition(&id("a")).await.unwrap().is_some());
    reader.system_presences().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_name_of_an_org_may_be_cut_as_well() {
    let org = Double::answering([ok(r#"{"id":"o","name":"Acme \ud83c"}"#)]);
    assert_eq!(org.session().reader().organization().await.unwrap().name, "Acme \u{FFFD}");
}
