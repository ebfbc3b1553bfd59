//! One suite of the org's behaviour: both generations of the API, over a real socket and in process.

use presencectl::sandbox::org_behavior::{Delete, UniqueLabels};
use presencectl::sandbox::{OrgBehavior, Permissions, Sandbox, SandboxConfig};
use serde_json::{Value, json};

use super::{Answer, Client, DEFINITIONS, LUNCH, NEWER, config, in_process};

/// A way to an org.
enum Door {
    Socket(Box<Client>),
    InProcess(Sandbox),
}

impl Door {
    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        match (self, body) {
            (Self::InProcess(sandbox), body) => in_process(sandbox, method, path, body).await,
            (Self::Socket(client), Some(body)) => client.call(method, path, body).await,
            (Self::Socket(client), None) => client.send(client.request(method, path)).await,
        }
    }
}

/// A generation through a door.
struct Org {
    door: Door,
    path: &'static str,
}

impl Org {
    async fn send(&self, method: &str, id: Option<&str>, body: Option<&Value>) -> Answer {
        let path = id.map_or_else(|| self.path.to_owned(), |id| format!("{}/{id}", self.path));
        self.door.call(method, &path, body).await
    }

    async fn post(&self, body: &Value) -> Answer {
        self.send("POST", None, Some(body)).await
    }

    async fn put(&self, id: &str, body: &Value) -> Answer {
        self.send("PUT", Some(id), Some(body)).await
    }

    async fn one(&self, id: &str) -> Answer {
        self.send("GET", Some(&format!("{id}?localeCode=ALL")), None).await
    }

    /// The default labels of the org's own definitions. Those of deactivated ones have an asterisk.
    async fn labels(&self) -> Vec<String> {
        let queries: &[&str] = match self.path {
            DEFINITIONS => &["deleted=ALL&pageSize=100"],
            _ => &["deactivated=FALSE", "deactivated=TRUE"],
        };
        let mut labels = Vec::new();
        for query in queries {
            let listing = self.door.call("GET", &format!("{}?localeCode=ALL&{query}", self.path), None).await.body;
            for entity in listing["entities"].as_array().unwrap() {
                if entity["primary"] == true || entity["type"] == "System" {
                    continue;
                }
                let mark = if entity["deactivated"] == true { "*" } else { "" };
                labels.push(format!("{}{mark}", entity["languageLabels"]["en_US"].as_str().unwrap()));
            }
        }
        labels.sort();
        labels
    }
}

/// Both generations through both doors, each to an org of its own.
async fn everywhere(config: impl Fn() -> SandboxConfig) -> Vec<Org> {
    let mut orgs = Vec::new();
    for path in [DEFINITIONS, NEWER] {
        orgs.push(Org { door: Door::Socket(Box::new(Client::start(config()).await)), path });
        orgs.push(Org { door: Door::InProcess(Sandbox::open(config()).unwrap()), path });
    }
    orgs
}

fn behaving(behavior: OrgBehavior) -> impl Fn() -> SandboxConfig {
    move || SandboxConfig { behavior, ..config() }
}

fn tea() -> Value {
    json!({ "languageLabels": { "en_US": "Tea", "de": "Tee" }, "systemPresence": "Break" })
}

#[tokio::test]
async fn a_definition_lives() {
    for org in everywhere(config).await {
        let made = org.post(&tea()).await;
        assert_eq!(made.status, 200, "{}", made.body);
        let id = made.body["id"].as_str().unwrap().to_owned();
        assert_eq!(org.one(&id).await.body, made.body);
        assert_eq!(org.labels().await, ["Coaching*", "Lunch", "Tea"]);

        // Read, changed, put back: a field that the org does not know is not stored.
        let mut object = org.one(&id).await.body;
        object["languageLabels"] = json!({ "en_US": "Tea time" });
        object["invented"] = json!({ "deep": [null, 1.5] });
        let put = org.put(&id, &object).await;
        assert_eq!(put.status, 200, "{}", put.body);
        let now = org.one(&id).await.body;
        assert_eq!((&now["languageLabels"], now.get("invented")), (&object["languageLabels"], None));

        for _ in 0..2 {
            let gone = org.send("DELETE", Some(&id), None).await;
            assert_eq!((gone.status, gone.body), (204, Value::Null));
        }
        assert_eq!(org.one(&id).await.body["deactivated"], true);
        assert_eq!(org.labels().await, ["Coaching*", "Lunch", "Tea time*"]);
        assert_eq!(org.put(&id, &tea()).await.body["deactivated"], false);
        assert_eq!(org.labels().await, ["Coaching*", "Lunch", "Tea"]);
    }
}

#[tokio::test]
async fn what_makes_no_definition_is_refused() {
    for org in everywhere(config).await {
        let labels = json!({ "en_US": "x" });
        for (body, told) in [
            (json!([]), "the body is not an object"),
            (json!({ "systemPresence": "Meal" }), "languageLabels is required"),
            (json!({ "languageLabels": {}, "systemPresence": "Meal" }), "languageLabels must not be empty"),
            (json!({ "languageLabels": labels }), "systemPresence is required"),
        ] {
            let answer = org.post(&body).await;
            assert_eq!((answer.status, answer.body["message"].as_str()), (400, Some(told)), "{}", org.path);
        }
        let siesta = org.post(&json!({ "languageLabels": labels, "systemPresence": "Siesta" })).await;
        assert_eq!((siesta.status, siesta.body["code"].as_str()), (400, Some("invalid.value")));
        let moved = org.put(LUNCH, &json!({ "languageLabels": labels, "systemPresence": "Busy" })).await;
        let told = Some("systemPresence cannot be changed; it is Meal");
        assert_eq!((moved.status, moved.body["message"].as_str()), (400, told));
        for (method, body) in [("GET", None), ("PUT", Some(tea())), ("DELETE", None)] {
            assert_eq!(org.send(method, Some("nowhere"), body.as_ref()).await.status, 404, "{method} {}", org.path);
        }
        assert_eq!(org.send("PATCH", Some(LUNCH), Some(&tea())).await.status, 405);
        assert_eq!(org.labels().await, ["Coaching*", "Lunch"]);
    }
}

#[tokio::test]
async fn a_label_that_is_taken_is_a_conflict() {
    let behavior =
        OrgBehavior { unique_labels: UniqueLabels::AmongAll, conflict_status: 400, ..OrgBehavior::default() };
    for org in everywhere(behaving(behavior)).await {
        // The first generation's status is not known; the second one's is.
        let expected = if org.path == DEFINITIONS { 400 } else { 409 };
        let twin = json!({ "languageLabels": { "en_US": "Other", "de": "Mittag" }, "systemPresence": "Busy" });
        let refused = org.post(&twin).await;
        let told = Some("The label [Mittag] is already used for the language [de].");
        assert_eq!((refused.status, refused.body["message"].as_str()), (expected, told));
        let id = org.post(&tea()).await.body["id"].as_str().unwrap().to_owned();
        let coaching = json!({ "languageLabels": { "en_US": "Coaching" }, "systemPresence": "Break" });
        assert_eq!(org.put(&id, &coaching).await.status, expected);
    }
}

#[tokio::test]
async fn behaviors_are_the_orgs_and_not_the_generations() {
    let behavior =
        OrgBehavior { active_max: Some(1), delete: Delete::Removes, primary_status: 403, ..OrgBehavior::default() };
    for org in everywhere(behaving(behavior)).await {
        let meal = json!({ "languageLabels": { "en_US": "Second" }, "systemPresence": "Meal" });
        let refused = org.post(&meal).await;
        assert_eq!((refused.status, refused.body["limit"]["value"].as_u64()), (400, Some(1)));
        assert_eq!(org.send("DELETE", Some(super::AVAILABLE), None).await.status, 403);
        assert_eq!(org.send("DELETE", Some(LUNCH), None).await.status, 204);
        assert_eq!(org.one(LUNCH).await.status, 404);
        assert_eq!(org.labels().await, ["Coaching*"]);
    }
}

#[tokio::test]
async fn who_may_nothing_is_told_what_is_missing() {
    let nothing = || SandboxConfig { permissions: Permissions::Only(std::collections::BTreeSet::new()), ..config() };
    for org in everywhere(nothing).await {
        for (method, id, body) in
            [("POST", None, Some(tea())), ("PUT", Some(LUNCH), Some(tea())), ("DELETE", Some(LUNCH), None)]
        {
            let answer = org.send(method, id, body.as_ref()).await;
            assert_eq!(answer.status, 403, "{method} {}", org.path);
            let missing = answer.body["messageParams"]["permissions"].as_str().unwrap().to_owned();
            assert!(missing.starts_with("[presence:presenceDefinition:"), "{missing}");
        }
    }
}
