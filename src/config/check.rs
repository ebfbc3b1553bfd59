//! Checks the language rules of a merged config and produces its desired state.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::config::check_labels::{LabelRules, LabelSubject, check_labels, check_locale};
use crate::config::collector::Collector;
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::config::layers::{Resolved, ResolvedDefinition};
use crate::config::located::{Entries, Located, LocatedField};
use crate::config::schema::{Api, Org, Prune as PruneWord};
use crate::config::{check_label_cycles, check_org, check_same};
use crate::model::desired::{
    ACTIVE_DEFINITIONS_MAX, Desired, Limits, Management, OrgIdentity, Places, Prune, Settings, Wanted,
};
use crate::model::division::DivisionName;
use crate::model::generation::{ApiChoice, Generation};
use crate::model::labels::{ByLocale, Scope};
use crate::model::names::{
    DefinitionId, Key, Label, Locale, OrgId, SYSTEM_PRESENCES, SystemPresence, can_be_id, is_guid,
};
use crate::model::region::Region;
use crate::model::slug::slug;
use crate::model::source::Span;
use crate::model::text;

/// The most unknown names that get a suggestion, because each search costs the length of the list.
const SUGGESTIONS_MAX: usize = 50;

/// The desired state of the config, if there is one. Errors go to `found`.
pub fn check(resolved: &Resolved, found: &mut Collector) -> Option<Desired> {
    let mut check = Check::new(resolved, found);
    let org = check.org();
    let settings = check.settings();
    let pins = check.pins();
    let omit: HashMap<&str, Span> =
        resolved.omit.iter().filter_map(|it| Some((it.value.as_deref()?, it.place))).collect();
    let mut definitions = BTreeMap::new();
    let mut labels = LabelRules::new(&settings, &resolved.settings, resolved.complete);
    for (name, definition) in &resolved.definitions {
        let pin = pins.get(name.as_str()).cloned();
        let omitted = omit.get(name.as_str()).copied();
        check.found.about(Some(name));
        let (key, wanted) = check.definition(name, definition, pin, omitted, &mut labels);
        definitions.extend(key.zip(wanted));
    }
    check.found.about(None);
    check.found.extend(labels.finish());
    check.same_labels(&definitions, &settings);
    check.many_definitions(&definitions);
    check_label_cycles::check(&definitions, &settings.default_locale, check.found);
    check_same::check(&definitions, &settings, check.found);
    check.added_in_vain();
    let protect = check.protect();
    let freezes = check_org::freezes(resolved, check.found);
    if resolved.definitions.is_empty() && resolved.complete {
        let finding = Finding::NoDefinitions { prune_delete: settings.prune == Prune::Delete };
        check.found.push(Diagnostic { place: resolved.begin, ..Diagnostic::general(finding) });
    }
    let whole = definitions.len() == resolved.definitions.len() && resolved.complete;
    whole.then_some(Desired { org, settings, definitions, protect, freezes, only: None })
}

struct Check<'a> {
    resolved: &'a Resolved,
    /// `None` if the config's own list is broken. Then no name counts as unknown.
    system_presences: Option<KnownNames>,
    suggestions: usize,
    found: &'a mut Collector,
}

/// The system presences that a config may name.
struct KnownNames {
    in_order: Vec<SystemPresence>,
    all: HashSet<SystemPresence>,
}

impl<'a> Check<'a> {
    fn new(resolved: &'a Resolved, found: &'a mut Collector) -> Check<'a> {
        let own = &resolved.settings.system_presences;
        let whole = !own.is_broken() && own.get().into_iter().flatten().all(|it| it.value.is_some());
        let standard = SYSTEM_PRESENCES.into_iter().filter_map(SystemPresence::new);
        let added = own.get().into_iter().flatten().filter_map(|it| SystemPresence::new(it.value.as_deref()?));
        let known = (whole && resolved.complete).then(|| {
            let in_order: Vec<SystemPresence> = standard.chain(added).collect();
            KnownNames { all: in_order.iter().cloned().collect(), in_order }
        });
        Check { resolved, system_presences: known, suggestions: 0, found }
    }

    fn tell(&mut self, place: Span, finding: Finding) {
        self.found.push(Diagnostic::at(place, finding));
    }

    fn org(&mut self) -> Option<OrgIdentity> {
        let Located { place, value } = self.resolved.org.as_ref()?;
        let Org { name, id, region, stage } = value.as_ref()?;
        if let Some((name, place)) = name.with_place()
            && (name.trim().is_empty() || name.trim() != name || name.chars().any(text::is_hidden))
        {
            self.tell(place, Finding::InvalidOrgName { name: name.clone() });
        }
        Some(OrgIdentity {
            name: name.get().cloned().unwrap_or_default(),
            id: id.with_place().and_then(|(raw, place)| self.id(raw, place)).and_then(|id| OrgId::new(&id)),
            region: region.get().and_then(|name| Region::by_name(name)),
            stage: check_org::stage(self.resolved, self.found, name.get(), stage, *place),
            place: *place,
            overrides: self.resolved.overrides,
        })
    }

    fn settings(&mut self) -> Settings {
        let given = &self.resolved.settings;
        let defaults = Settings::default();
        let default_locale = match given.default_locale.with_place() {
            Some((raw, place)) => {
                self.found.extend(check_locale(raw, place, false));
                Locale::new(raw)
            }
            None => defaults.default_locale,
        };
        let limits = given.limits.get().cloned().unwrap_or_default();
        Settings {
            default_locale: default_locale.clone(),
            prune: match given.prune.get() {
                Some(PruneWord::Delete) => Prune::Delete,
                Some(PruneWord::Keep) | None => Prune::Keep,
            },
            limits: Limits {
                removals: limits.removals.get().copied().unwrap_or(defaults.limits.removals),
                label_removals: limits.label_removals.get().copied().unwrap_or(defaults.limits.label_removals),
                renames: limits.renames.get().copied().unwrap_or(defaults.limits.renames),
                active_users: limits.active_users.get().copied(),
            },
            scope: self.scope(&default_locale),
            system_presences: self.added_system_presences(),
            api: match given.api.get() {
                Some(Api::V1) => ApiChoice::Only(Generation::First),
                Some(Api::V2) => ApiChoice::Only(Generation::Second),
                Some(Api::Auto) | None => ApiChoice::Auto,
            },
            orgs_max: limits.orgs.get().copied(),
            stages: given.stages.get().into_iter().flatten().filter_map(|it| it.value.clone()).collect(),
        }
    }

    fn scope(&mut self, default_locale: &Locale) -> Scope {
        let given = &self.resolved.settings;
        let Some((items, list)) = given.locales.with_place() else { return Scope::All };
        let mut seen: HashMap<String, (Locale, Span)> = HashMap::new();
        let mut locales = Vec::new();
        for item in items {
            let Some(raw) = &item.value else { continue };
            let locale = Locale::new(raw);
            self.found.extend(check_locale(raw, item.place, false));
            if let Some((other, first)) = seen.get(&locale.normal()) {
                let finding = Finding::DuplicateLocale { locale: raw.clone(), other: other.to_string(), pinned: false };
                self.found.push(Diagnostic::at(item.place, finding).and(*first, "first given here"));
                continue;
            }
            seen.insert(locale.normal(), (locale.clone(), item.place));
            locales.push(locale);
        }
        let whole = items.iter().all(|it| it.value.is_some()) && !given.default_locale.is_broken();
        if whole && self.resolved.complete && !seen.contains_key(&default_locale.normal()) {
            let place = given.default_locale.with_place().map_or(list, |(_, place)| place);
            self.tell(place, Finding::DefaultLocaleOutside { locale: default_locale.to_string() });
        }
        Scope::Only(locales)
    }

    fn added_system_presences(&mut self) -> Vec<SystemPresence> {
        let mut added = Vec::new();
        for item in self.resolved.settings.system_presences.get().into_iter().flatten() {
            let Some(raw) = &item.value else { continue };
            match SystemPresence::new(raw) {
                Some(name) if !raw.chars().any(char::is_control) => added.push(name),
                _ => self.tell(
                    item.place,
                    Finding::UnknownSystemPresence {
                        name: raw.clone(),
                        nearest: None,
                        known: SYSTEM_PRESENCES.map(str::to_owned).to_vec(),
                    },
                ),
            }
        }
        added
    }

    fn id(&mut self, raw: &str, place: Span) -> Option<String> {
        let trimmed = raw.trim();
        if !can_be_id(trimmed) {
            self.tell(place, Finding::InvalidId { id: raw.to_owned() });
            return None;
        }
        if !is_guid(trimmed) {
            self.tell(place, Finding::UnusualId { id: raw.to_owned() });
        }
        Some(trimmed.to_owned())
    }

    fn pins(&mut self) -> HashMap<&'a str, (Option<DefinitionId>, Span)> {
        let resolved = self.resolved;
        let mut taken: HashMap<DefinitionId, (&str, Span)> = HashMap::new();
        let mut pins = HashMap::new();
        for (key, id) in &resolved.ids {
            let Some(name) = key.value.as_deref() else { continue };
            let found = id.value.as_deref().and_then(|raw| self.id(raw, id.place));
            let found = found.and_then(|raw| DefinitionId::new(&raw));
            if let Some(found) = &found {
                if let Some((other, first)) = taken.get(found) {
                    let finding = Finding::DuplicatePin {
                        key: name.to_owned(),
                        other: (*other).to_owned(),
                        id: found.to_string(),
                    };
                    self.found.push(Diagnostic::at(id.place, finding).and(*first, "pinned here as well"));
                } else {
                    taken.insert(found.clone(), (name, id.place));
                }
            }
            // A broken pin still counts as a pin. Otherwise its absence would cause misleading findings.
            pins.insert(name, (found, id.place));
        }
        pins
    }

    fn protect(&mut self) -> BTreeMap<DefinitionId, Span> {
        let mut protect = BTreeMap::new();
        for item in &self.resolved.protect {
            let id = item.value.as_deref().and_then(|raw| self.id(raw, item.place));
            if let Some(id) = id.and_then(|raw| DefinitionId::new(&raw)) {
                protect.entry(id).or_insert(item.place);
            }
        }
        protect
    }

    fn definition(
        &mut self,
        name: &str,
        definition: &ResolvedDefinition,
        pin: Option<(Option<DefinitionId>, Span)>,
        omit: Option<Span>,
        labels: &mut LabelRules,
    ) -> (Option<Key>, Option<Wanted>) {
        let ResolvedDefinition { key: key_place, first, body, broken, layered, without } = definition;
        let key = Key::new(name);
        if key.is_none() {
            let suggestion = slug(name).filter(|it| it != name && Key::new(it).is_some());
            self.tell(*key_place, Finding::InvalidKey { key: name.to_owned(), suggestion });
        }
        if *broken {
            return (key, None);
        }
        let pinned = pin.is_some();
        let system_presence = self.named_system_presence(&body.system_presence);
        if body.system_presence.0.is_none() && self.resolved.complete {
            self.tell(*key_place, Finding::MissingSystemPresence { key: name.to_owned() });
        }
        let replaces = self.named_system_presence(&body.replaces);
        if let (Some((own, _)), Some((other, place))) = (&system_presence, &replaces)
            && own == other
        {
            self.tell(*place, Finding::ReplacesItself { name: other.to_string() });
        }
        let deactivated = body.deactivated.get().copied().unwrap_or(false);
        let compared = !deactivated && !body.deactivated.is_broken() && omit.is_none();
        let subject = LabelSubject { name, key: *key_place, first: *first, pinned, compared, without };
        let read = check_labels(subject, &body.labels, labels, self.found);
        let previous = self.previous_labels(&body.previous_labels, read.default_label.as_ref(), pinned);
        self.contradictions(definition);
        if deactivated {
            self.idle(definition);
        }
        if let Some(omit) = omit {
            self.omitted_in_vain(name, omit, &read.places, labels);
        }
        let division = self.division(&body.division);
        let (pin, pin_place) = pin.map_or((None, None), |(id, place)| (id, Some(place)));
        let wanted = key.clone().zip(system_presence).map(|(key, (system_presence, sp_place))| Wanted {
            key,
            system_presence,
            labels: read.labels,
            deactivated,
            new: body.new.get().copied().unwrap_or(false),
            replaces: replaces.as_ref().map(|(name, _)| name.clone()),
            division: division.as_ref().map(|(name, _)| name.clone()),
            pin,
            management: if omit.is_some() { Management::Omitted } else { Management::Managed },
            places: Places {
                key: *key_place,
                first: *first,
                system_presence: sp_place,
                labels: read.places,
                deactivated: body.deactivated.with_place().map(|(_, place)| place),
                previous_labels: previous.iter().map(|(_, place)| *place).collect(),
                new: body.new.with_place().map(|(_, place)| place),
                replaces: replaces.map(|(_, place)| place),
                division: division.map(|(_, place)| place),
                pin: pin_place,
                omit,
                layered: layered.as_ref().map(|below| {
                    let locales = Entries::of(&below.labels).filter_map(|(locale, _)| locale.value.as_deref());
                    locales.map(|it| labels.shared(it)).collect()
                }),
            },
            previous_labels: previous.into_iter().map(|(label, _)| label).collect(),
        });
        (key, wanted)
    }

    fn division(&mut self, field: &LocatedField<String>) -> Option<(DivisionName, Span)> {
        let (raw, place) = field.with_place()?;
        let name = DivisionName::new(raw).filter(|_| !raw.chars().any(text::is_hidden));
        if name.is_none() {
            self.tell(place, Finding::InvalidDivision { division: raw.clone() });
        }
        name.map(|name| (name, place))
    }

    fn named_system_presence(&mut self, field: &LocatedField<String>) -> Option<(SystemPresence, Span)> {
        let (raw, place) = field.with_place()?;
        let name = SystemPresence::new(raw);
        let Some(known) = &self.system_presences else { return name.map(|name| (name, place)) };
        if let Some(name) = name
            && known.all.contains(&name)
        {
            return Some((name, place));
        }
        self.suggestions += 1;
        let suggest = self.suggestions <= SUGGESTIONS_MAX;
        let names = || known.in_order.iter().map(SystemPresence::as_str);
        let nearest = if suggest { text::nearest(raw, names()).map(str::to_owned) } else { None };
        let known = names().take(SUGGESTIONS_MAX).map(str::to_owned).collect();
        self.tell(place, Finding::UnknownSystemPresence { name: raw.clone(), nearest, known });
        None
    }

    fn previous_labels(
        &mut self,
        field: &LocatedField<Vec<Located<String>>>,
        current: Option<&Label>,
        pinned: bool,
    ) -> Vec<(Label, Span)> {
        let mut labels = Vec::new();
        for item in field.get().into_iter().flatten() {
            let Some(raw) = &item.value else { continue };
            let label = Label::new(raw);
            let what = || format!("label {raw} of `previousLabels`", raw = text::ticked(raw));
            if raw.trim().is_empty() {
                let what = "label of `previousLabels`".to_owned();
                self.tell(item.place, Finding::EmptyLabel { what, pinned });
            } else if let Some(character) = text::control_or_override(raw) {
                let line_break = text::control_or_override(&raw.replace('\n', "")).is_none();
                self.tell(item.place, Finding::LabelCharacters { what: what(), character, line_break, pinned });
            } else if current == Some(&label) {
                self.tell(item.place, Finding::PreviousLabelIsCurrent { label: raw.clone() });
            }
            labels.push((label, item.place));
        }
        labels
    }

    /// `new: true` declares that there was nothing before. These fields declare the opposite.
    fn contradictions(&mut self, definition: &ResolvedDefinition) {
        let body = &definition.body;
        let Some((true, place)) = body.new.with_place() else { return };
        let previous = body.previous_labels.with_place().filter(|(items, _)| !items.is_empty()).map(|(_, place)| place);
        let replaces = body.replaces.with_place().map(|(_, place)| place);
        for (other, beside) in [("previousLabels", previous), ("replaces", replaces)] {
            if let Some(beside) = beside {
                let finding = Finding::Contradiction { other: other.to_owned() };
                self.found.push(Diagnostic::at(place, finding).and(beside, "the contrary is said here"));
            }
        }
    }

    /// Finds settings about the creation of a deactivated definition.
    fn idle(&mut self, definition: &ResolvedDefinition) {
        let body = &definition.body;
        let new = body.new.with_place().filter(|(new, _)| **new).map(|(_, place)| place);
        let replaces = body.replaces.with_place().map(|(_, place)| place);
        for (field, place) in [("new", new), ("replaces", replaces)] {
            let why = "nothing is made of a definition with `deactivated: true`".to_owned();
            let finding = Finding::NoEffect { what: text::ticked(field), why };
            self.found.extend(place.map(|place| Diagnostic::at(place, finding)));
        }
    }

    /// Labels that the omitting file itself gives to an omitted definition have no effect. Only the default label does:
    /// it identifies the definition.
    fn omitted_in_vain(&mut self, key: &str, omit: Span, labels: &ByLocale<Span>, rules: &LabelRules) {
        for (locale, place) in labels.iter() {
            if place.file == omit.file && !rules.is_default(locale) {
                let what = format!("the label for {}", text::ticked(locale));
                self.tell(*place, Finding::NoEffect { what, why: format!("`{key}` is omitted here") });
            }
        }
    }

    /// Two definitions with the same system presence and default label look the same to every reader.
    fn same_labels(&mut self, definitions: &BTreeMap<Key, Wanted>, settings: &Settings) {
        let mut first: HashMap<(&SystemPresence, &Label), &Wanted> = HashMap::new();
        for wanted in in_file_order(definitions) {
            let Some(label) = wanted.default_label(&settings.default_locale) else { continue };
            if label.as_str().trim().is_empty() {
                continue;
            }
            let Some(other) = first.get(&(&wanted.system_presence, label)) else {
                first.insert((&wanted.system_presence, label), wanted);
                continue;
            };
            let eased = wanted.places.pin.is_some() || other.places.pin.is_some();
            let finding = Finding::DuplicateLabel {
                key: wanted.key.to_string(),
                other: other.key.to_string(),
                system_presence: wanted.system_presence.to_string(),
                label: label.to_string(),
                pinned: eased,
            };
            let place = |it: &Wanted| label_place(it, &settings.default_locale);
            let told = Diagnostic::at(place(wanted), finding).of(wanted.key.as_str());
            self.found.push(told.and(place(other), "the same label here"));
            if other.places.pin.is_some() && wanted.places.pin.is_none() {
                // From here on, others must differ from the one without a pin.
                first.insert((&wanted.system_presence, label), wanted);
            }
        }
    }

    /// Added system presences that the platform has anyway.
    fn added_in_vain(&mut self) {
        for item in self.resolved.settings.system_presences.get().into_iter().flatten() {
            let Some(name) = item.value.as_deref().and_then(SystemPresence::new) else { continue };
            if SYSTEM_PRESENCES.into_iter().filter_map(SystemPresence::new).any(|it| it == name) {
                let what = format!("{} in `settings.systemPresences`", text::ticked(name));
                self.tell(item.place, Finding::NoEffect { what, why: "it is one of the platform's ten".to_owned() });
            }
        }
    }

    fn many_definitions(&mut self, definitions: &BTreeMap<Key, Wanted>) {
        let mut active: BTreeMap<&SystemPresence, Vec<&Wanted>> = BTreeMap::new();
        let asked = |it: &&Wanted| !it.deactivated && it.management == Management::Managed;
        for wanted in in_file_order(definitions).into_iter().filter(asked) {
            active.entry(&wanted.system_presence).or_default().push(wanted);
        }
        for (name, wanted) in active {
            if let Some(over) = wanted.get(ACTIVE_DEFINITIONS_MAX) {
                let finding = Finding::ManyDefinitions {
                    system_presence: name.to_string(),
                    count: wanted.len(),
                    limit: ACTIVE_DEFINITIONS_MAX,
                };
                self.found.push(Diagnostic::at(over.places.system_presence, finding));
            }
        }
    }
}

fn in_file_order(definitions: &BTreeMap<Key, Wanted>) -> Vec<&Wanted> {
    let mut ordered: Vec<&Wanted> = definitions.values().collect();
    ordered.sort_by_key(|it| it.places.key);
    ordered
}

fn label_place(wanted: &Wanted, default_locale: &Locale) -> Span {
    let labels = &wanted.places.labels;
    let exact = labels.get(default_locale);
    let similar = || labels.iter().find(|(locale, _)| locale.same_as(default_locale)).map(|(_, place)| place);
    exact.or_else(similar).copied().unwrap_or(wanted.places.key)
}
