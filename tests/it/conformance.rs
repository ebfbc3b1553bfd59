//! One suite of how an org behaves, as the client sees it, over both generations of the API, over real
//! sockets and in process: so that the fast wire stays true to the real one, and one generation to
//! the other.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

use std::sync::Arc;

use presencectl::client::{
    ApiErrorKind, Credentials, Endpoints, HttpWire, Options, Patch, Reader, Session, Wire, WireLimits, WriteError,
    Writer,
};
use presencectl::model::generation::Generation;
use presencectl::model::labels::Labels;
use presencectl::model::names::{DefinitionId, DivisionId, Label, Locale, SYSTEM_PRESENCES, SystemPresence};
use presencectl::model::observed::{Content, Definition, Primary};
use presencectl::sandbox::access::Permissions;
use presencectl::sandbox::org_behavior::{Delete, LocaleKeys, PutLabels, UniqueLabels};
use presencectl::sandbox::{CLIENT_ID, CLIENT_SECRET, OrgBehavior, Sandbox, SandboxConfig, Seed, Server, router};
use serde_json::json;

use crate::in_process::InProcess;
use crate::paper::{labels, presence};

/// An org, and a client of it over one of the two wires.
struct Org {
    session: Session,
    sandbox: Sandbox,
    _server: Option<Server>,
}

#[derive(Debug, Clone, Copy)]
enum Over {
    Sockets,
    InProcess,
}

impl Org {
    async fn new(over: Over, generation: Generation, config: SandboxConfig) -> Org {
        let (sandbox, server, base, wire): (_, _, _, Arc<dyn Wire>) = match over {
            Over::Sockets => {
                let server = Server::start(config).await.unwrap();
                let base = server.url();
                let wire = HttpWire::new(&Endpoints::of_base_url(&base).unwrap(), WireLimits::default());
                (server.sandbox().clone(), Some(server), base, Arc::new(wire))
            }
            Over::InProcess => {
                let sandbox = Sandbox::open(config).unwrap();
                let wire = InProcess::new(router(sandbox.clone()), WireLimits::default());
                (sandbox, None, "http://localhost".to_owned(), Arc::new(wire))
            }
        };
        let credentials = Credentials::Client { id: CLIENT_ID.to_owned(), secret: CLIENT_SECRET.into() };
        let endpoints = Endpoints::of_base_url(&base).unwrap();
        let session = Session::new(endpoints, credentials, wire, Options { seed: 1, ..Options::default() });
        Org { session: session.speaking(generation), sandbox, _server: server }
    }

    fn reader(&self) -> Reader {
        self.session.reader()
    }

    fn writer(&self) -> Writer {
        self.session.writer()
    }

    /// Makes one, and gives it as it was answered.
    async fn make(&self, system_presence: &str, items: &[(&str, &str)]) -> Definition {
        self.writer().create(&presence(system_presence), &self.content(items)).await.unwrap()
    }

    /// The body of a create. The second generation has the division.
    fn content(&self, items: &[(&str, &str)]) -> Content {
        let division = match self.reader().generation() {
            Generation::First => None,
            Generation::Second => Some(DivisionId::all()),
        };
        Content { labels: labels(items), deactivated: false, division }
    }

    async fn patch(&self, id: &DefinitionId, patch: &Patch) -> Result<Definition, WriteError> {
        let fetched = self.reader().definition(id).await.unwrap().unwrap();
        self.writer().update(fetched, patch).await
    }

    async fn get(&self, id: &DefinitionId) -> Option<Definition> {
        self.reader().definition(id).await.unwrap().map(|it| it.definition)
    }

    /// The organisation's own, as the list shows them.
    async fn listed(&self) -> Vec<Definition> {
        let all = self.reader().definitions().await.unwrap();
        all.into_iter().filter(|it| it.primary != Primary::Yes).collect()
    }
}

/// Runs one behaviour over everything.
#[expect(clippy::print_stdout, reason = "shown with a failure: over which of them it failed")]
async fn everywhere(config: &SandboxConfig, behaviour: impl AsyncFn(Org)) {
    for generation in Generation::ALL {
        for over in [Over::InProcess, Over::Sockets] {
            println!("API {generation} over {over:?}");
            behaviour(Org::new(over, generation, config.clone()).await).await;
        }
    }
}

fn behaving(behavior: OrgBehavior) -> SandboxConfig {
    SandboxConfig { behavior, ..SandboxConfig::default() }
}

fn set(items: &[(&str, &str)]) -> Patch {
    Patch { set: labels(items), ..Patch::default() }
}

fn spelt(labels: &Labels) -> Vec<(&str, &str)> {
    labels.iter().map(|(locale, label): (&Locale, &Label)| (locale.as_str(), label.as_str())).collect()
}

#[tokio::test]
async fn a_new_org_has_the_ten_primaries_and_knows_their_names() {
    everywhere(&SandboxConfig::default(), async |org| {
        let all = org.reader().definitions().await.unwrap();
        assert_eq!(all.len(), SYSTEM_PRESENCES.len());
        assert!(all.iter().all(|it| it.primary == Primary::Yes && !it.deactivated));
        let mut names: Vec<SystemPresence> = all.into_iter().map(|it| it.system_presence).collect();
        let mut known = org.reader().system_presences().await.unwrap();
        names.sort();
        known.sort();
        assert_eq!(names, known);
    })
    .await;
}

#[tokio::test]
async fn what_is_made_is_read_and_listed_as_it_was_sent() {
    everywhere(&SandboxConfig::default(), async |org| {
        for (system_presence, items) in [
            ("Meal", &[("en_US", "Lunch"), ("de", "Mittag"), ("en-us", "Luncheon")] as &[_]),
            ("On Queue", &[("en_US", "L\u{1b}[31m\u{202e}`|@x\n\"\\"), ("zh_CN", "午餐")]),
        ] {
            let made = org.make(system_presence, items).await;
            assert_eq!((&made.system_presence, made.primary), (&presence(system_presence), Primary::No));
            assert_eq!(made.content(), org.content(items));
            let read = org.get(&made.id).await.unwrap();
            assert_eq!(read, made);
            assert!(org.listed().await.contains(&made));
        }
    })
    .await;
}

#[tokio::test]
async fn a_put_replaces_labels_and_loses_no_field() {
    everywhere(&SandboxConfig::default(), async |org| {
        let made = org.make("Meal", &[("en_US", "Lunch"), ("de", "Mittag")]).await;
        let patch = Patch { remove: vec![Locale::new("de")], ..set(&[("en_US", "Lunch break"), ("fr", "Midi")]) };
        let written = org.patch(&made.id, &patch).await.unwrap();
        assert_eq!(spelt(&written.labels), [("en_US", "Lunch break"), ("fr", "Midi")]);
        assert_eq!(org.get(&made.id).await.unwrap(), written);
    })
    .await;
}

#[tokio::test]
async fn fields_that_nobody_knows_outlast_a_put() {
    let seed = json!({
        "id": "2fa68d50-0000-4000-8000-000000000001",
        "languageLabels": { "en_US": "Lunch" },
        "systemPresence": "Meal",
        "invented": { "deep": [1, 2.5, null] },
    });
    let config =
        SandboxConfig { seed: Seed { definitions: vec![seed], ..Seed::default() }, ..SandboxConfig::default() };
    everywhere(&config, async |org| {
        let id = DefinitionId::new("2fa68d50-0000-4000-8000-000000000001").unwrap();
        org.patch(&id, &set(&[("en_US", "Lunch break")])).await.unwrap();
        let held = org.sandbox.with(|it| it.org.definitions().get(id.as_str()).cloned().unwrap());
        assert_eq!(held.extra.get("invented"), Some(&json!({ "deep": [1, 2.5, null] })));
    })
    .await;
}

#[tokio::test]
async fn a_put_deactivates_and_brings_back() {
    everywhere(&SandboxConfig::default(), async |org| {
        let made = org.make("Busy", &[("en_US", "Coaching")]).await;
        let gone = org.patch(&made.id, &Patch::deactivation()).await.unwrap();
        assert!(gone.deactivated && org.listed().await[0].deactivated, "the list shows deactivated ones too");
        let back = Patch { deactivated: Some(false), ..Patch::default() };
        let back = org.patch(&made.id, &back).await.unwrap();
        assert_eq!(back.content(), made.content());
        assert_eq!(org.listed().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_delete_deactivates_and_may_be_repeated() {
    everywhere(&SandboxConfig::default(), async |org| {
        let made = org.make("Busy", &[("en_US", "Coaching")]).await;
        for _ in 0..2 {
            org.writer().delete(&made.id).await.unwrap();
            assert!(org.get(&made.id).await.unwrap().deactivated);
        }
        assert_eq!(org.listed().await.len(), 1);
    })
    .await;
    everywhere(&behaving(OrgBehavior { delete: Delete::Removes, ..OrgBehavior::default() }), async |org| {
        let made = org.make("Busy", &[("en_US", "Coaching")]).await;
        org.writer().delete(&made.id).await.unwrap();
        assert_eq!((org.get(&made.id).await, org.listed().await.len()), (None, 0));
        let WriteError::NotDone(error) = org.writer().delete(&made.id).await.unwrap_err() else { panic!() };
        assert_eq!(error.kind, ApiErrorKind::NotFound { by_the_platform: true });
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    everywhere(&SandboxConfig::default(), async |org| {
        let nobody = DefinitionId::new("2fa68d50-0000-4000-8000-00000000dead").unwrap();
        assert_eq!(org.get(&nobody).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let only_view = Permissions::Only(["presence:presenceDefinition:view".to_owned()].into());
    let config = SandboxConfig { permissions: only_view, ..SandboxConfig::default() };
    everywhere(&config, async |org| {
        let missing = |error: WriteError| match error {
            WriteError::NotDone(error) => match error.kind {
                ApiErrorKind::Forbidden { missing, .. } => missing.join(" "),
                other => panic!("{other:?}"),
            },
            WriteError::Unclear(error) => panic!("{error:?}"),
        };
        let primary = org.reader().definitions().await.unwrap()[0].id.clone();
        let made = org.writer().create(&presence("Meal"), &org.content(&[("en_US", "Lunch")])).await;
        assert_eq!(missing(made.unwrap_err()), "presence:presenceDefinition:add");
        let put = org.patch(&primary, &set(&[("en_US", "Mine")])).await;
        assert_eq!(missing(put.unwrap_err()), "presence:presenceDefinition:edit");
        let deleted = missing(org.writer().delete(&primary).await.unwrap_err());
        assert!(deleted.starts_with("presence:presenceDefinition:delete"), "{deleted}");
    })
    .await;
}

#[tokio::test]
async fn the_platforms_own_are_never_changed() {
    for primary_status in [400, 403, 409] {
        everywhere(&behaving(OrgBehavior { primary_status, ..OrgBehavior::default() }), async |org| {
            let primary = org.reader().definitions().await.unwrap()[0].clone();
            let put = org.patch(&primary.id, &set(&[("en_US", "Mine")])).await.unwrap_err();
            assert_eq!(put.cause().about.status, Some(primary_status));
            let deleted = org.writer().delete(&primary.id).await.unwrap_err();
            assert_eq!(deleted.cause().about.status, Some(primary_status));
            assert_eq!(org.get(&primary.id).await.unwrap(), primary);
        })
        .await;
    }
}

#[tokio::test]
async fn an_org_of_unique_labels_refuses_an_equal_one() {
    let unique = OrgBehavior { unique_labels: UniqueLabels::AmongAll, ..OrgBehavior::default() };
    everywhere(&behaving(unique), async |org| {
        let lunch = org.make("Meal", &[("en_US", "Lunch")]).await;
        let again = org.writer().create(&presence("Meal"), &org.content(&[("en_US", "Lunch")])).await;
        assert_eq!(again.unwrap_err().cause().kind, ApiErrorKind::Conflict);
        let tea = org.make("Break", &[("en_US", "Tea")]).await;
        let put = org.patch(&tea.id, &set(&[("en_US", "Lunch")])).await;
        assert_eq!(put.unwrap_err().cause().kind, ApiErrorKind::Conflict);
        assert_eq!(org.listed().await.len(), 2);
        assert_eq!(org.get(&lunch.id).await.unwrap(), lunch);
    })
    .await;
}

#[tokio::test]
async fn an_org_may_merge_labels_and_spell_locales_its_own_way() {
    everywhere(&behaving(OrgBehavior { put_labels: PutLabels::Merged, ..OrgBehavior::default() }), async |org| {
        let made = org.make("Meal", &[("en_US", "Lunch"), ("de", "Mittag")]).await;
        let patch = Patch { remove: vec![Locale::new("de")], ..Patch::default() };
        let written = org.patch(&made.id, &patch).await.unwrap();
        assert_eq!(spelt(&written.labels), [("de", "Mittag"), ("en_US", "Lunch")]);
    })
    .await;
    everywhere(&behaving(OrgBehavior { locale_keys: LocaleKeys::Normalised, ..OrgBehavior::default() }), async |org| {
        let made = org.make("Meal", &[("en-us", "Lunch")]).await;
        assert_eq!(spelt(&made.labels), [("en_US", "Lunch")]);
    })
    .await;
}

#[tokio::test]
async fn three_hundred_definitions_are_read_whole() {
    let definitions = (0..290).map(|number| {
        json!({
            "id": format!("2fa68d50-0000-4000-8000-{number:012}"),
            "languageLabels": { "en_US": format!("Label {number}") },
            "systemPresence": "Busy",
            "deactivated": number % 3 == 0,
        })
    });
    let config = SandboxConfig {
        seed: Seed { definitions: definitions.collect(), ..Seed::default() },
        ..SandboxConfig::default()
    };
    everywhere(&config, async |org| {
        let listed = org.listed().await;
        assert_eq!((listed.len(), listed.iter().filter(|it| it.deactivated).count()), (290, 97));
        assert!(listed.is_sorted_by_key(|it| it.id.clone()));
    })
    .await;
}
