//! User presences: the request of each operation in the API document, and the use of its response.

use presencectl::client::user_operations::{BULK_PUT_USERS_MAX, BULK_READ_USERS_MAX};
use presencectl::client::{ApiError, ApiErrorKind, WriteError};
use presencectl::model::names::{DefinitionId, SystemPresence};
use presencectl::model::user::{OutOfOffice, PresenceSource, UserId, UserPresence, WantedPresence};

use super::double::{Double, lost, not_sent, ok, status, throttled};

const BASE: &str = "https://api.mypurecloud.de/api/v2/users";

fn user(raw: &str) -> UserId {
    UserId::new(raw).unwrap()
}

fn registered() -> PresenceSource {
    PresenceSource::named("src-1").unwrap()
}

fn wish(definition: &str, message: Option<&str>, primary: bool) -> WantedPresence {
    WantedPresence { definition: DefinitionId::new(definition).unwrap(), message: message.map(str::to_owned), primary }
}

/// A user who is on something, as the platform writes it.
fn on(user: &str, definition: &str) -> String {
    format!(
        r#"{{"id":"{user}","source":"PURECLOUD","primary":true,"presenceDefinition":{{"id":"{definition}","systemPresence":"Meal","selfUri":"/x"}},"message":"back at one","modifiedDate":"2026-11-24T16:00:00.000Z","invented":[1],"selfUri":"/y"}}"#
    )
}

fn message(error: &ApiError) -> String {
    format!("{error}; {}", error.help())
}

#[tokio::test(start_paused = true)]
async fn every_operation_on_users_is_sent_as_the_document_says() {
    let org = Double::answering([
        ok(&on("u1", "lunch")),
        ok(r#"{"id":"u1","name":"Ada","presences":[],"selfUri":"/z"}"#),
        ok(&on("u1", "lunch")),
        ok("[]"),
        ok("[]"),
        ok(&on("u1", "lunch")),
        ok(&on("u1", "lunch")),
        ok("[]"),
        ok("[]"),
    ]);
    let writer = org.session().user_writer();
    let reader = writer.reader();
    let (ada, ben) = (user("u1"), user("u2"));
    for source in [PresenceSource::Platform, PresenceSource::Teams, registered()] {
        reader.presence(&ada, &source).await.unwrap();
    }
    reader.presences(&[&ada, &ben], &PresenceSource::Platform).await.unwrap();
    reader.presences(&[&ada], &registered()).await.unwrap();
    writer.set(&ada, &PresenceSource::Platform, &wish("lunch", None, false)).await.unwrap();
    writer.set(&ada, &registered(), &wish("lunch", Some(""), true)).await.unwrap();
    let (one, other) = (wish("lunch", Some("x\"y"), false), wish("tea", None, false));
    writer.set_many(&[(&ada, &one), (&ben, &other)], &PresenceSource::Platform).await.unwrap();
    writer.set_many(&[(&ada, &one)], &registered()).await.unwrap();

    assert_eq!(
        org.lines(),
        [
            format!("GET {BASE}/u1/presences/purecloud"),
            format!("GET {BASE}/u1/presences/microsoftteams"),
            format!("GET {BASE}/u1/presences/src-1"),
            format!("GET {BASE}/presences/purecloud/bulk?id=u1%2Cu2"),
            format!("GET {BASE}/presences/src-1/bulk?id=u1"),
            format!("PATCH {BASE}/u1/presences/purecloud"),
            format!("PATCH {BASE}/u1/presences/src-1"),
            format!("PUT {BASE}/presences/bulk"),
            format!("PUT {BASE}/presences/bulk"),
        ]
    );
    let bodies: Vec<String> = org.seen().into_iter().skip(6).map(|it| it.body).collect();
    assert_eq!(
        bodies,
        [
            r#"{"presenceDefinition":{"id":"lunch"}}"#,
            r#"{"presenceDefinition":{"id":"lunch"},"message":"","primary":true}"#,
            r#"[{"presenceDefinition":{"id":"lunch"},"message":"x\"y","id":"u1"},{"presenceDefinition":{"id":"tea"},"id":"u2"}]"#,
            r#"[{"presenceDefinition":{"id":"lunch"},"message":"x\"y","id":"u1","sourceId":"src-1"}]"#,
        ]
        .map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap().to_string())
    );
    assert_eq!((BULK_READ_USERS_MAX, BULK_PUT_USERS_MAX), (50, 50));
}

#[tokio::test(start_paused = true)]
async fn a_presence_is_read_with_what_we_do_not_know_passed_over() {
    let odd =
        r#"{"presenceDefinition":{"id":"LUNCH","systemPresence":"BRAND_NEW","more":{}},"message":null,"surprise":1}"#;
    let org = Double::answering([ok(&on("u1", "lunch")), ok(odd), ok(r#"{"presenceDefinition":{"id":"gone"}}"#)]);
    let reader = org.session().user_reader();
    let read = async || reader.presence(&user("u1"), &PresenceSource::Platform).await.unwrap().unwrap();
    let expected = UserPresence {
        definition: DefinitionId::new("lunch").unwrap(),
        system_presence: SystemPresence::new("Meal"),
        message: Some("back at one".to_owned()),
        since: Some("2026-11-24T16:00:00.000Z".to_owned()),
        primary: Some(true),
        out_of_office: Vec::new(),
    };
    assert_eq!(read().await, expected);
    let odd = read().await;
    assert_eq!(odd.system_presence.unwrap().as_str(), "BRAND_NEW");
    assert_eq!((odd.message, odd.since, odd.primary), (None, None, None));
    assert_eq!(read().await.system_presence, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_promised_of_a_presence_is_insisted_on() {
    let cases = [
        ("[]", "the answer is not an object"),
        ("{}", "`presenceDefinition` is missing"),
        (r#"{"presenceDefinition":{}}"#, "`id` is missing in `presenceDefinition`"),
        (r#"{"presenceDefinition":{"id":" "}}"#, "`id` is empty in `presenceDefinition`"),
        (r#"{"presenceDefinition":{"id":1}}"#, "`id` is of another kind in `presenceDefinition`"),
        (r#"{"presenceDefinition":{"id":"a"},"message":1}"#, "`message` is of another kind"),
        (r#"{"presenceDefinition":{"id":"a"},"primary":"yes"}"#, "`primary` is of another kind"),
    ];
    for (body, what) in cases {
        let org = Double::answering([ok(body)]);
        let error = org.session().user_reader().presence(&user("u1"), &PresenceSource::Platform).await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::BrokenPromise(what.to_owned()), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_broken_entry_says_nothing_of_the_others() {
    let (ada, ben, cleo) = (user("u1"), user("u2"), user("u3"));
    let broken = r#"{"id":"p-2","userId":"u2","presenceDefinition":null}"#;
    let named = on("p-1", "lunch").replace(r#""id":"p-1""#, r#""id":"p-1","userId":"u1""#);
    let org = Double::answering([ok(&format!("[{broken},{named}]")), ok(&format!("[{broken},7]"))]);
    let reader = org.session().user_reader();
    let answered = reader.presences(&[&ada, &ben, &cleo], &PresenceSource::Platform).await.unwrap();
    assert_eq!(answered[&ada].as_ref().unwrap().definition.as_str(), "lunch");
    assert_eq!(
        answered[&ben].as_ref().unwrap_err().to_string(),
        "`GET /api/v2/users/presences/purecloud/bulk` was answered with 200, but not as the API \
         promises: `presenceDefinition` is missing in `[0]`"
    );
    assert!(!answered.contains_key(&cleo), "whom the answer passes over is not in it");
    // An entry without a user spoils the whole response.
    let error = reader.presences(&[&ada], &PresenceSource::Platform).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::BrokenPromise("`[1]` is not an object".to_owned()));
    assert_eq!(error.about.path, "/api/v2/users/presences/purecloud/bulk", "without the ids");
}

#[tokio::test(start_paused = true)]
async fn teams_is_read_with_its_times_out_of_office() {
    let expanded = format!(
        r#"{{"id":"u1","name":"Ada","presences":[{},{{}}],"outOfOffices":[{{"active":true,"startDate":"a","endDate":"b"}},
            {{"active":false,"startDate":"c","endDate":"d","indefinite":true}},7],"selfUri":"/z"}}"#,
        on("u1", "lunch")
    );
    let org =
        Double::answering([ok(&expanded), ok(r#"{"presences":[]}"#), ok(r#"{"id":"u1"}"#), ok(r#"{"presences":[1]}"#)]);
    let reader = org.session().user_reader();
    let read = async || reader.presence(&user("u1"), &PresenceSource::Teams).await;
    let seen = read().await.unwrap().unwrap();
    assert_eq!(seen.definition.as_str(), "lunch");
    let text = |it: &str| Some(it.to_owned());
    assert_eq!(
        seen.out_of_office,
        [
            OutOfOffice { active: Some(true), from: text("a"), to: text("b") },
            OutOfOffice { active: Some(false), from: text("c"), to: None },
        ]
    );
    assert_eq!(read().await.unwrap(), None);
    for what in ["`presences` is missing", "`presences[0]` is not an object"] {
        assert_eq!(read().await.unwrap_err().kind, ApiErrorKind::BrokenPromise(what.to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_404_of_the_platforms_own_means_nobody() {
    let not_found = r#"{"code":"not.found","status":404}"#;
    let org = Double::answering([status(404, not_found), status(404, "<html>"), status(410, r#"{"code":"gone"}"#)]);
    let reader = org.session().user_reader();
    let read = async || reader.presence(&user("u1"), &PresenceSource::Teams).await;
    assert_eq!(read().await.unwrap(), None);
    assert_eq!(read().await.unwrap_err().kind, ApiErrorKind::NotFound { by_the_platform: false });
    let gone = read().await.unwrap_err();
    assert_eq!((gone.kind, gone.about.status), (ApiErrorKind::NotFound { by_the_platform: true }, Some(410)));
}

#[tokio::test(start_paused = true)]
async fn a_presence_is_sent_again_only_when_it_certainly_was_not_set() {
    let wish = wish("lunch", None, false);
    for answer in [lost(), status(500, "{}"), status(502, "<html>"), ok("<html>"), ok("{}")] {
        let org = Double::answering([answer.clone(), answer]);
        let writer = org.session().user_writer();
        let one = writer.set(&user("u1"), &PresenceSource::Platform, &wish).await.unwrap_err();
        assert!(matches!(one, WriteError::Unclear(_)), "{one}");
        let many = writer.set_many(&[(&user("u1"), &wish)], &PresenceSource::Platform).await.unwrap_err();
        assert!(matches!(many, WriteError::Unclear(_)), "{many}");
        assert_eq!(org.lines().len(), 2);
    }
    let org = Double::answering([not_sent(), throttled(Some(7)), status(401, "{}"), ok(&on("u1", "lunch"))]);
    let set = org.session().user_writer().set(&user("u1"), &PresenceSource::Platform, &wish).await.unwrap();
    assert_eq!(set.definition, wish.definition);
    assert_eq!((org.lines().len(), org.token_requests()), (4, 2));
    for refusal in [400, 403, 404, 409, 413, 422] {
        let org = Double::answering([status(refusal, "{}")]);
        let error = org.session().user_writer().set(&user("u1"), &PresenceSource::Platform, &wish).await.unwrap_err();
        assert!(matches!(error, WriteError::NotDone(_)), "{refusal}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_403_names_the_permission_of_the_document_and_of_today() {
    let forbidden = || status(403, r#"{"code":"missing.permissions"}"#);
    let org = Double::answering([forbidden(), forbidden(), forbidden(), forbidden()]);
    let writer = org.session().user_writer();
    let reader = writer.reader();
    let (ada, wish) = (user("u1"), wish("lunch", None, false));
    let one = writer.set(&ada, &PresenceSource::Platform, &wish).await.unwrap_err();
    let many = writer.set_many(&[(&ada, &wish)], &PresenceSource::Platform).await.unwrap_err();
    let teams = reader.presence(&ada, &PresenceSource::Teams).await.unwrap_err();
    let own = reader.presence(&ada, &PresenceSource::Platform).await.unwrap_err();
    let head = |line: &str| format!("`{line}` was answered with 403 `missing.permissions`; ");
    let give = "give a role of the OAuth client the permission";
    assert_eq!(
        message(one.cause()),
        format!(
            "{}{give} `presence:userPresence:edit` (the API document asks for none here, the platform does today)",
            head("PATCH /api/v2/users/u1/presences/purecloud")
        )
    );
    assert_eq!(
        message(many.cause()),
        format!("{}{give} `presence:userPresence:edit`", head("PUT /api/v2/users/presences/bulk"))
    );
    assert_eq!(
        message(&teams),
        format!(
            "{}{give} `integration:microsoftTeams:view` and `integrations:integration:view`",
            head("GET /api/v2/users/u1/presences/microsoftteams")
        )
    );
    assert_eq!(
        message(&own),
        format!(
            "{}no permission is documented for this: look at the scopes of the OAuth client",
            head("GET /api/v2/users/u1/presences/purecloud")
        )
    );
}
