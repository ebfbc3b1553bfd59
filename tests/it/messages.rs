//! The messages of API errors for people: every kind, with what to do.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use presencectl::client::error::{ErrorContext, Permission};
use presencectl::client::policy::RETRY_AFTER_MAX_S;
use presencectl::client::wire::{Method, WireError};
use presencectl::client::{ApiError, ApiErrorKind, Distrust};
use presencectl::model::generation::Generation;
use presencectl::model::names::{DefinitionId, Locale, SystemPresence};
use presencectl::model::odd::{Halved, Odd};
use presencectl::model::problem::Problem;
use presencectl::output::style::Style;
use presencectl::output::text::problem;

const NEEDS: Permission =
    Permission { document: Some("presence:presenceDefinition:view"), today: Some("presence:presenceDefinition:view") };

/// Every kind, and the status that it comes with.
fn kinds() -> Vec<(ApiErrorKind, Option<u16>)> {
    let text = |text: &str| text.to_owned();
    let documented = Permission { document: NEEDS.document, today: None };
    let undocumented = Permission { document: None, today: NEEDS.today };
    let unknown = Permission { document: None, today: None };
    let forbidden = |missing: &[&str], needs| {
        (ApiErrorKind::Forbidden { missing: missing.iter().map(|it| text(it)).collect(), needs }, Some(403))
    };
    let lost = |error| (ApiErrorKind::Connection(error), None);
    let refused = |status, is_signed_in| {
        let (proxy, host) = (text("proxy.corp.test:3128"), text("api.mypurecloud.de"));
        lost(WireError::Proxy { proxy, variable: "HTTPS_PROXY", host, status, is_signed_in })
    };
    let away = |has_address, said: &str| {
        let proxy = text("proxy.corp.test:3128");
        lost(WireError::NoProxy { proxy, variable: "HTTPS_PROXY", has_address, said: text(said) })
    };
    let untrusted = |why, said: &str| lost(WireError::Untrusted { why, said: text(said) });
    vec![
        (ApiErrorKind::Unauthorized { given_token: true }, Some(401)),
        (ApiErrorKind::Unauthorized { given_token: false }, Some(401)),
        (ApiErrorKind::Credentials, Some(400)),
        forbidden(&["presence:presenceDefinition:add", "presence:presenceDefinition:edit"], NEEDS),
        forbidden(&[], NEEDS),
        forbidden(&[], documented),
        forbidden(&[], undocumented),
        forbidden(&[], unknown),
        (ApiErrorKind::RateLimited { retry_after_s: None }, Some(429)),
        (ApiErrorKind::RateLimited { retry_after_s: Some(RETRY_AFTER_MAX_S + 1) }, Some(429)),
        (ApiErrorKind::NotFound { by_the_platform: true }, Some(404)),
        (ApiErrorKind::NotFound { by_the_platform: false }, Some(404)),
        (ApiErrorKind::NotServed(Generation::First), Some(404)),
        (ApiErrorKind::NotServed(Generation::Second), Some(404)),
        (ApiErrorKind::NoneServed, Some(404)),
        (ApiErrorKind::NotOffered, Some(404)),
        (ApiErrorKind::Interrupted, None),
        (ApiErrorKind::Waited, None),
        (ApiErrorKind::Conflict, Some(409)),
        (ApiErrorKind::Invalid, Some(400)),
        (ApiErrorKind::Server { retry_after_s: None }, Some(500)),
        (ApiErrorKind::Server { retry_after_s: Some(RETRY_AFTER_MAX_S + 320) }, Some(503)),
        (ApiErrorKind::Redirected, Some(302)),
        (ApiErrorKind::HoldsSecret, Some(200)),
        (ApiErrorKind::BrokenPromise(text("`entities` is no list")), Some(200)),
        (ApiErrorKind::OddObject(Box::new(odd())), Some(200)),
        (ApiErrorKind::HalfCharacter(Box::new(halved(&["en_US"], &[]))), None),
        (ApiErrorKind::HalfCharacter(Box::new(halved(&[], &["name"]))), None),
        (ApiErrorKind::Unsettled(text("the total went from 7 to 8")), None),
        (ApiErrorKind::Contradictory(text("the org shows `2fa68d50-0000-4000-8000-000000000001` twice")), None),
        (ApiErrorKind::Incomplete(text("the org says that it has 50 definitions, and shows 10")), None),
        (ApiErrorKind::UnusableId(text("../x")), None),
        lost(WireError::NotSent(text("tcp connect error: Connection refused"))),
        away(false, "dns error: no address"),
        away(true, "tcp connect error: Connection refused"),
        refused(503, false),
        refused(407, true),
        refused(407, false),
        refused(403, false),
        refused(400, true),
        lost(WireError::NoHost(text("dns error: no address"))),
        untrusted(Distrust::Expired, "invalid peer certificate: certificate expired: not valid after 1767225600"),
        untrusted(Distrust::NotValidYet, "invalid peer certificate: certificate not valid yet: not before 1893456000"),
        untrusted(Distrust::OtherHost, "invalid peer certificate: certificate not valid for name \"gateway.example\""),
        untrusted(Distrust::UnknownIssuer, "invalid peer certificate: UnknownIssuer"),
        untrusted(Distrust::AuthorityAsServer, "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))"),
        untrusted(Distrust::Other, "invalid peer certificate: BadSignature"),
        lost(WireError::Setup(text("No CA certificates were loaded from the system"))),
        lost(WireError::Setup(text("invalid proxy"))),
        lost(WireError::Lost(text("connection closed before message completed"))),
        lost(WireError::TimedOut { after_ms: 30_000 }),
        lost(WireError::TooLarge { limit_bytes: 16_777_216 }),
    ]
}

fn odd() -> Odd {
    Odd {
        place: "the answer".to_owned(),
        id: DefinitionId::new("2fa68d50-0000-4000-8000-000000000001"),
        what: vec!["`languageLabels` is null, not an object".to_owned()],
        labels: Vec::new(),
        system_presence: SystemPresence::new("Meal"),
    }
}

fn halved(locales: &[&str], fields: &[&str]) -> Halved {
    Halved {
        id: DefinitionId::new("2fa68d50-0000-4000-8000-000000000001").expect("an id"),
        labels: locales.iter().map(|it| Locale::new(*it)).collect(),
        fields: fields.iter().map(|it| (*it).to_owned()).collect(),
    }
}

/// One name for each variant: a new one does not compile until it is named here.
fn name(kind: &ApiErrorKind) -> &'static str {
    match kind {
        ApiErrorKind::Unauthorized { .. } => "unauthorized",
        ApiErrorKind::Credentials => "credentials",
        ApiErrorKind::Forbidden { .. } => "forbidden",
        ApiErrorKind::RateLimited { .. } => "rate-limited",
        ApiErrorKind::NotFound { .. } => "not-found",
        ApiErrorKind::NotServed(_) => "not-served",
        ApiErrorKind::NoneServed => "none-served",
        ApiErrorKind::NotOffered => "not-offered",
        ApiErrorKind::Interrupted => "interrupted",
        ApiErrorKind::Waited => "waited",
        ApiErrorKind::Conflict => "conflict",
        ApiErrorKind::Invalid => "invalid",
        ApiErrorKind::Server { .. } => "server",
        ApiErrorKind::Redirected => "redirected",
        ApiErrorKind::HoldsSecret => "holds-secret",
        ApiErrorKind::BrokenPromise(_) => "broken-promise",
        ApiErrorKind::OddObject(_) => "odd-object",
        ApiErrorKind::HalfCharacter(_) => "half-character",
        ApiErrorKind::Unsettled(_) => "unsettled",
        ApiErrorKind::Incomplete(_) => "incomplete",
        ApiErrorKind::Contradictory(_) => "contradictory",
        ApiErrorKind::UnusableId(_) => "unusable-id",
        ApiErrorKind::Connection(error) => match error {
            WireError::NotSent(_) => "not-sent",
            WireError::NoProxy { .. } => "no-proxy",
            WireError::Proxy { .. } => "proxy",
            WireError::NoHost(_) => "no-host",
            WireError::Untrusted { why, .. } => match why {
                Distrust::Expired => "expired",
                Distrust::NotValidYet => "not-valid-yet",
                Distrust::OtherHost => "other-host",
                Distrust::UnknownIssuer => "unknown-issuer",
                Distrust::AuthorityAsServer => "authority-as-server",
                Distrust::Other => "untrusted",
            },
            WireError::Setup(_) => "setup",
            WireError::Lost(_) => "lost",
            WireError::TimedOut { .. } => "timed-out",
            WireError::TooLarge { .. } => "too-large",
        },
    }
}

const NAMES: usize = 36;

#[test]
fn every_error_of_the_api_says_what_to_do() {
    let kinds = kinds();
    assert_eq!(kinds.iter().map(|(kind, _)| name(kind)).collect::<BTreeSet<_>>().len(), NAMES);
    let shown: Vec<String> = kinds
        .into_iter()
        .map(|(kind, status)| {
            let host = "api.mypurecloud.de".to_owned();
            let mut about = ErrorContext::new(Method::Get, host, "/api/v2/presencedefinitions?pageNumber=1".to_owned());
            about.status = status;
            let name = name(&kind);
            let error = ApiError { kind, about: Box::new(about) };
            format!("{name}\n{}", problem::human(&Problem::from(error), Style::PLAIN))
        })
        .collect();
    assert_snapshot!(shown.join("\n"));
}

#[test]
fn help_follows_what_the_answer_holds() {
    let help = |kind: ApiErrorKind, method, sign: Option<&str>, message: Option<&str>| {
        let about =
            ErrorContext::new(method, "api.mypurecloud.de".to_owned(), "/api/v2/presencedefinitions".to_owned());
        let about =
            ErrorContext { correlation_id: sign.map(str::to_owned), message: message.map(str::to_owned), ..about };
        ApiError { kind, about: Box::new(about) }.help()
    };
    let forbidden = || ApiErrorKind::Forbidden { missing: Vec::new(), needs: NEEDS };
    for kind in [forbidden(), ApiErrorKind::Unauthorized { given_token: true }, ApiErrorKind::Credentials] {
        assert!(help(kind.clone(), Method::Get, None, None).contains("a gateway or firewall"), "{kind:?}");
        assert!(!help(kind.clone(), Method::Get, Some("0e2f-41"), None).contains("gateway"), "{kind:?}");
        assert!(!help(kind.clone(), Method::Get, None, Some("no")).contains("gateway"), "{kind:?}");
    }
    for kind in [
        ApiErrorKind::BrokenPromise("`entities` is no list".to_owned()),
        ApiErrorKind::Server { retry_after_s: None },
        ApiErrorKind::OddObject(Box::new(odd())),
        ApiErrorKind::Invalid,
    ] {
        assert!(help(kind.clone(), Method::Get, Some("0e2f-41"), None).contains("the correlation id"), "{kind:?}");
        assert!(!help(kind.clone(), Method::Get, None, None).contains("with the correlation id"), "{kind:?}");
        assert!(!help(kind, Method::Get, None, None).contains("support asks for"), "nothing to give it");
    }
    let conflict = |method, message| help(ApiErrorKind::Conflict, method, Some("0e2f-41"), message);
    assert!(conflict(Method::Put, None).contains("an equal label"));
    assert!(!conflict(Method::Get, Some("busy")).contains("label"), "a read stands against no label");
    assert!(conflict(Method::Get, Some("busy")).contains("its message says why"));
    assert!(conflict(Method::Get, None).contains("does not say why"));
}

#[test]
fn what_the_platform_said_stands_in_the_error() {
    let mut about =
        ErrorContext::new(Method::Post, "api.mypurecloud.de".to_owned(), "/api/v2/presencedefinitions".to_owned());
    about.status = Some(400);
    about.code = Some("bad.request".to_owned());
    about.message = Some("The \u{1b}[31mlabel\u{202E} is too long".to_owned());
    about.params = vec![("languageLabels".to_owned(), "too.long".to_owned())];
    about.correlation_id = Some("0e2f-41".to_owned());
    about.attempts = 3;
    let error = ApiError { kind: ApiErrorKind::Invalid, about: Box::new(about) };
    assert_eq!(
        problem::human(&Problem::from(error), Style::PLAIN),
        "error: `POST /api/v2/presencedefinitions` was answered with 400 `bad.request`: The \\x1B[31mlabel\\u202E is \
         too long [languageLabels: too.long] (after 3 attempts)\n  help: the platform refuses this request: its message \
         says why\n  correlation id: 0e2f-41\n"
    );
}

#[test]
fn on_this_machine_no_proxy_is_suggested() {
    for host in ["127.0.0.1:8080", "localhost:1", "[::1]:8080", "localhost", "127.8.0.1"] {
        for error in [WireError::NotSent("refused".to_owned()), WireError::NoHost("not found".to_owned())] {
            let about = ErrorContext::new(Method::Get, host.to_owned(), "/".to_owned());
            let help = ApiError { kind: ApiErrorKind::Connection(error), about: Box::new(about) }.help();
            assert!(!help.contains("HTTPS_PROXY") && help.contains("--base-url"), "{host}: {help}");
        }
    }
    let about = ErrorContext::new(Method::Get, "127.0.0.1.example.com".to_owned(), "/".to_owned());
    let error =
        ApiError { kind: ApiErrorKind::Connection(WireError::NotSent("refused".to_owned())), about: Box::new(about) };
    assert!(error.help().contains("HTTPS_PROXY"), "{}", error.help());
}
