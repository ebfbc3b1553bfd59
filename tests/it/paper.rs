//! Configs and orgs built in code. For planning rules there is the [`World`], where both are in sync until the test
//! changes one side. For everything else, there are single definitions and objects, and steps that are executed as on
//! the platform.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;
use std::path::Path;

use presencectl::commands::context::reports::ReportFolder;
use presencectl::model::desired::{Desired, Limits, Management, Places, Prune, Settings, Wanted};
use presencectl::model::division::{DivisionName, Divisions};
use presencectl::model::generation::{ApiChoice, Generation};
use presencectl::model::labels::{ByLocale, Labels, Scope};
use presencectl::model::moment::Moment;
use presencectl::model::names::{DefinitionId, Key, Label, Locale, OrgId, SYSTEM_PRESENCES, SystemPresence};
use presencectl::model::observed::{Definition, Observed, Organization, Primary, Target};
use presencectl::model::source::{Sources, Span};
use presencectl::ops::identity::Identity;
use presencectl::ops::plan_org::PlanRequest;
use presencectl::output;
use presencectl::output::style::Style;
use presencectl::plan::change::Step;
use presencectl::plan::evidence::Evidence;
use presencectl::plan::{Plan, plan, plan_by};

/// The id that tests know as number `n`.
pub(crate) fn id(n: usize) -> DefinitionId {
    DefinitionId::new(&format!("2fa68d50-0000-4000-8000-{n:012}")).unwrap()
}

pub(crate) fn presence(name: &str) -> SystemPresence {
    SystemPresence::new(name).unwrap()
}

pub(crate) fn labels(items: &[(&str, &str)]) -> Labels {
    items.iter().map(|(locale, label)| (Locale::new(*locale), Label::new(*label))).collect()
}

/// A place that no test looks at.
pub(crate) fn nowhere() -> Span {
    let mut sources = Sources::new();
    Span { file: sources.add(Path::new("presence.yaml"), String::new()), start: 0, end: 0 }
}

/// The file that [`nowhere`] is in.
pub(crate) fn page() -> Sources {
    let mut sources = Sources::new();
    sources.add(Path::new("presence.yaml"), String::new());
    sources
}

/// The org that every world speaks to.
pub(crate) fn target() -> Target {
    let id = OrgId::new("22222222-bbbb-4bbb-8bbb-222222222222").unwrap();
    Target {
        org: Some(Organization { id, name: "Acme Prod".to_owned() }),
        sandbox: false,
        generation: Generation::First,
    }
}

/// A managed, active definition with nothing special.
pub(crate) fn wanted(key: &str, system_presence: &str, items: &[(&str, &str)]) -> Wanted {
    Wanted {
        key: Key::new(key).unwrap(),
        system_presence: presence(system_presence),
        labels: labels(items),
        deactivated: false,
        previous_labels: Vec::new(),
        new: false,
        replaces: None,
        division: None,
        pin: None,
        management: Management::Managed,
        places: Places {
            key: nowhere(),
            first: nowhere(),
            system_presence: nowhere(),
            labels: ByLocale::default(),
            deactivated: None,
            previous_labels: Vec::new(),
            new: None,
            replaces: None,
            division: None,
            pin: None,
            omit: None,
            layered: None,
        },
    }
}

/// The request of a plan with only a config: for any org, without reports and history.
pub(crate) fn asked(desired: &Desired, limits: Limits, api: ApiChoice) -> PlanRequest<'_> {
    let identity =
        Identity { meant: None, name: None, must_be_known: true, unless_sandbox: None, others: BTreeMap::new() };
    let (folder, now) = (&ReportFolder::None, Moment::default());
    PlanRequest { desired, limits, identity, api, usage: false, sandbox: false, earlier: None, folder, now }
}

pub(crate) fn desired(definitions: Vec<Wanted>) -> Desired {
    Desired {
        org: None,
        settings: Settings::default(),
        definitions: definitions.into_iter().map(|it| (it.key.clone(), it)).collect(),
        protect: BTreeMap::new(),
        freezes: Vec::new(),
        only: None,
    }
}

/// An organisation's own, active.
pub(crate) fn object(number: usize, system_presence: &str, items: &[(&str, &str)]) -> Definition {
    Definition {
        id: id(number),
        system_presence: presence(system_presence),
        labels: labels(items),
        deactivated: false,
        primary: Primary::No,
        division: None,
        modified: None,
    }
}

/// The org after these steps, if the platform executes them as requested.
pub(crate) fn carry_out<'a>(observed: &Observed, steps: impl IntoIterator<Item = &'a Step>) -> Observed {
    let mut definitions = observed.definitions.clone();
    let mut next = 0xF000_0000_usize;
    for step in steps {
        let after = step.after();
        match step {
            Step::Create(create) => {
                while definitions.iter().any(|it| it.id == id(next)) {
                    next += 1;
                }
                let (labels, division) = (after.labels, after.division);
                definitions.push(Definition { labels, division, ..object(next, create.system_presence.as_str(), &[]) });
            }
            Step::Update(edit) | Step::Reactivate(edit) => {
                let object = definitions.iter_mut().find(|it| it.id == edit.id).unwrap();
                let unmanaged = object.labels.iter().filter(|(locale, _)| !edit.scope.covers(locale));
                object.labels = unmanaged.chain(after.labels.iter()).map(|(a, b)| (a.clone(), b.clone())).collect();
                object.deactivated = false;
                object.division = after.division.or(object.division.take());
            }
            Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => {
                let object = definitions.iter_mut().find(|it| it.id == removal.id).unwrap();
                object.labels = after.labels;
                object.deactivated = true;
            }
        }
    }
    Observed::new(definitions, observed.system_presences.clone())
        .seen_through(observed.generation, observed.divisions.clone())
}

/// One definition of a world's config, as a test writes it.
#[derive(Debug, Clone)]
pub(crate) struct Want {
    key: String,
    presence: String,
    labels: Vec<(String, String)>,
    deactivated: bool,
    previous_labels: Vec<String>,
    new: bool,
    replaces: Option<String>,
    division: Option<String>,
    pin: Option<DefinitionId>,
    omitted: bool,
}

/// A definition with its key, system presence and default label.
pub(crate) fn want(key: &str, presence: &str, label: &str) -> Want {
    Want {
        key: key.to_owned(),
        presence: presence.to_owned(),
        labels: vec![("en_US".to_owned(), label.to_owned())],
        deactivated: false,
        previous_labels: Vec::new(),
        new: false,
        replaces: None,
        division: None,
        pin: None,
        omitted: false,
    }
}

impl Want {
    /// One more label, or another one for a locale that it has.
    pub(crate) fn label(mut self, locale: &str, label: &str) -> Want {
        self.labels.retain(|(it, _)| it != locale);
        self.labels.push((locale.to_owned(), label.to_owned()));
        self
    }

    pub(crate) fn without_label(mut self, locale: &str) -> Want {
        self.labels.retain(|(it, _)| it != locale);
        self
    }

    pub(crate) fn deactivated(mut self) -> Want {
        self.deactivated = true;
        self
    }

    pub(crate) fn previously(mut self, label: &str) -> Want {
        self.previous_labels.push(label.to_owned());
        self
    }

    pub(crate) fn said_to_be_new(mut self) -> Want {
        self.new = true;
        self
    }

    pub(crate) fn replaces(mut self, presence: &str) -> Want {
        self.replaces = Some(presence.to_owned());
        self
    }

    pub(crate) fn division(mut self, division: &str) -> Want {
        self.division = Some(division.to_owned());
        self
    }

    pub(crate) fn pinned(mut self, id: DefinitionId) -> Want {
        self.pin = Some(id);
        self
    }

    pub(crate) fn omitted(mut self) -> Want {
        self.omitted = true;
        self
    }
}

/// A config and an org.
#[derive(Debug, Clone)]
pub(crate) struct World {
    wants: BTreeMap<String, Want>,
    protect: Vec<DefinitionId>,
    pub(crate) settings: Settings,
    pub(crate) observed: Vec<Definition>,
    pub(crate) system_presences: Option<Vec<SystemPresence>>,
    pub(crate) generation: Generation,
    pub(crate) divisions: Divisions,
}

impl World {
    /// An org that equals the config, with ids in the given order, from one. A pinned definition has the id of its pin.
    pub(crate) fn in_step(wants: impl IntoIterator<Item = Want>) -> World {
        let mut world = World::empty();
        for want in wants {
            let made = world.org().add(&want.presence, &[]);
            let definition = world.org().0.iter_mut().find(|it| it.id == made).unwrap();
            definition.labels =
                want.labels.iter().map(|(a, b)| (Locale::new(a.clone()), Label::new(b.clone()))).collect();
            definition.deactivated = want.deactivated;
            if let Some(pin) = &want.pin {
                definition.id = pin.clone();
            }
            world.config(want);
        }
        world
    }

    /// Both sides are empty.
    pub(crate) fn empty() -> World {
        World {
            wants: BTreeMap::new(),
            protect: Vec::new(),
            settings: Settings::default(),
            observed: Vec::new(),
            system_presences: Some(SYSTEM_PRESENCES.map(presence).to_vec()),
            generation: Generation::First,
            divisions: Divisions::NotAsked,
        }
    }

    /// Sets one definition of the config.
    pub(crate) fn config(&mut self, want: Want) -> &mut World {
        self.wants.insert(want.key.clone(), want);
        self
    }

    /// Takes one definition out of the config.
    pub(crate) fn forget(&mut self, key: &str) -> &mut World {
        self.wants.remove(key).unwrap();
        self
    }

    /// Every definition of the config.
    pub(crate) fn wants(&self) -> impl Iterator<Item = &Want> {
        self.wants.values()
    }

    pub(crate) fn protect(&mut self, id: DefinitionId) -> &mut World {
        self.protect.push(id);
        self
    }

    pub(crate) fn prune(&mut self) -> &mut World {
        self.settings.prune = Prune::Delete;
        self
    }

    pub(crate) fn limits(&mut self, removals: u32, label_removals: u32, renames: u32) -> &mut World {
        self.settings.limits = Limits { removals, label_removals, renames, active_users: None };
        self
    }

    pub(crate) fn locales(&mut self, locales: &[&str]) -> &mut World {
        self.settings.scope = Scope::Only(locales.iter().map(|it| Locale::new(*it)).collect());
        self
    }

    /// The other side.
    pub(crate) fn org(&mut self) -> Org<'_> {
        Org(&mut self.observed)
    }

    /// The config as it would be read from a file.
    pub(crate) fn desired(&self) -> (Desired, Sources) {
        let mut file = File::default();
        file.line(0, "definitions:");
        let mut definitions: Vec<Wanted> = self.wants.values().map(|it| file.wanted(it)).collect();
        file.line(0, "ids:");
        for (wanted, want) in definitions.iter_mut().zip(self.wants.values()) {
            wanted.places.pin = want.pin.as_ref().map(|it| file.line(2, &format!("{}: {it}", want.key)));
            wanted.pin.clone_from(&want.pin);
        }
        let omitted: Vec<&str> = self.wants.values().filter(|it| it.omitted).map(|it| it.key.as_str()).collect();
        let omit = file.line(0, &format!("omit: [{}]", omitted.join(", ")));
        for wanted in definitions.iter_mut().filter(|it| it.management == Management::Omitted) {
            wanted.places.omit = Some(omit);
        }
        file.line(0, "protect:");
        let protect = self.protect.iter().map(|it| (it.clone(), file.line(2, &format!("- {it}")))).collect();
        (Desired { settings: self.settings.clone(), protect, ..desired(definitions) }, file.read())
    }

    pub(crate) fn observed(&self) -> Observed {
        Observed::new(self.observed.clone(), self.system_presences.clone())
            .seen_through(self.generation, self.divisions.clone())
    }

    pub(crate) fn planned(&self) -> (Plan, Sources) {
        let (desired, sources) = self.desired();
        (plan(&desired, &self.observed(), &desired.settings.limits), sources)
    }

    /// The same with evidence from earlier states.
    pub(crate) fn planned_by(&self, evidence: &Evidence) -> (Plan, Sources) {
        let (desired, sources) = self.desired();
        (plan_by(&desired, &self.observed(), &desired.settings.limits, evidence), sources)
    }

    /// What a person sees of that.
    pub(crate) fn plan_by(&self, evidence: &Evidence) -> String {
        World::shown(self.planned_by(evidence))
    }

    /// What a person sees, without the line that names the org.
    pub(crate) fn plan(&self) -> String {
        World::shown(self.planned())
    }

    fn shown((plan, sources): (Plan, Sources)) -> String {
        let shown = output::text::plan(&plan, &target(), &sources, Style::PLAIN);
        let (_, rest) = shown.split_once("\n\n").unwrap();
        rest.to_owned()
    }
}

/// An org, to be changed by hand. Definitions are found by any of their labels.
pub(crate) struct Org<'a>(&'a mut Vec<Definition>);

impl Org<'_> {
    /// One more active definition, with the next id.
    pub(crate) fn add(&mut self, system_presence: &str, items: &[(&str, &str)]) -> DefinitionId {
        let free = |it: &DefinitionId| self.0.iter().all(|has| has.id != *it);
        let id = (self.0.len() + 1..1_000_000).map(id).find(free).unwrap();
        self.0.push(Definition { id: id.clone(), ..object(0, system_presence, items) });
        id
    }

    pub(crate) fn find(&mut self, label: &str) -> &mut Definition {
        let label = Label::new(label);
        self.0.iter_mut().find(|it| it.labels.iter().any(|(_, its)| *its == label)).unwrap()
    }

    pub(crate) fn deactivate(&mut self, label: &str) {
        self.find(label).deactivated = true;
    }

    pub(crate) fn label(&mut self, label: &str, locale: &str, becomes: &str) {
        self.find(label).labels.insert(Locale::new(locale), Label::new(becomes));
    }

    pub(crate) fn unlabel(&mut self, label: &str, locale: &str) {
        self.find(label).labels.remove(&Locale::new(locale));
    }

    pub(crate) fn primary(&mut self, label: &str, primary: Primary) {
        self.find(label).primary = primary;
    }

    pub(crate) fn remove(&mut self, label: &str) {
        let id = self.find(label).id.clone();
        self.0.retain(|it| it.id != id);
    }
}

/// A file that is built line by line and records places.
#[derive(Default)]
struct File {
    text: String,
}

impl File {
    /// Adds a line and returns the place of its content.
    fn line(&mut self, indent: usize, text: &str) -> Span {
        self.text.push_str(&" ".repeat(indent));
        let start = u32::try_from(self.text.len()).unwrap();
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).unwrap();
        self.text.push('\n');
        Span { start, end, ..nowhere() }
    }

    fn wanted(&mut self, want: &Want) -> Wanted {
        let key = self.line(2, &format!("{}:", want.key));
        let system_presence = self.line(4, &format!("systemPresence: {}", want.presence));
        let each = |(locale, label): &(String, String)| {
            let place = self.line(6, &format!("{locale}: {label}"));
            (Locale::new(locale.clone()), Label::new(label.clone()), place)
        };
        let placed: Vec<(Locale, Label, Span)> = want.labels.iter().map(each).collect();
        let deactivated = want.deactivated.then(|| self.line(4, "deactivated: true"));
        let previous_labels = want.previous_labels.iter().map(|it| self.line(4, it)).collect();
        let new = want.new.then(|| self.line(4, "new: true"));
        let replaces = want.replaces.as_ref().map(|it| self.line(4, &format!("replaces: {it}")));
        let division = want.division.as_ref().map(|it| self.line(4, &format!("division: {it}")));
        Wanted {
            labels: placed.iter().map(|(locale, label, _)| (locale.clone(), label.clone())).collect(),
            deactivated: want.deactivated,
            previous_labels: want.previous_labels.iter().map(|it| Label::new(it.clone())).collect(),
            new: want.new,
            replaces: want.replaces.as_deref().map(presence),
            division: want.division.as_deref().and_then(DivisionName::new),
            management: if want.omitted { Management::Omitted } else { Management::Managed },
            places: Places {
                key,
                first: key,
                system_presence,
                labels: placed.into_iter().map(|(locale, _, place)| (locale, place)).collect(),
                deactivated,
                previous_labels,
                new,
                replaces,
                division,
                pin: None,
                omit: None,
                layered: None,
            },
            ..wanted(&want.key, &want.presence, &[])
        }
    }

    fn read(self) -> Sources {
        let mut sources = Sources::new();
        sources.add(Path::new("presence.yaml"), self.text);
        sources
    }
}
