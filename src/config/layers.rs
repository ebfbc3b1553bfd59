//! Merges layers and an org file: later over earlier, the org file last. Each value keeps the place that set it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::config::collector::{Collector, Levels};
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::config::located::{Entries, Located, LocatedField};
use crate::config::redundant;
use crate::config::rule_settings::{self, Level, RuleLevels, RuleLine};
use crate::config::schema::{Definition, Freeze, Limits, Org, Settings, SharedDefinition};
use crate::config::structure::Shape;
use crate::model::names::Locale;
use crate::model::source::Span;
use crate::model::text;

/// The most comparisons for suggestions about mistyped keys, because each search costs the length of the config.
const COMPARISONS_MAX: usize = 200_000;

/// The files of one config. Without an org file, all files form one layer.
pub struct Stack<'a> {
    /// Layers in order. The files of one layer have equal rank.
    pub layers: Vec<Vec<&'a Shape>>,
    pub org: Option<&'a Shape>,
}

/// A definition after merging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedDefinition {
    /// The place of its key in the last file that mentions it.
    pub key: Span,
    /// The place of its first occurrence: the same for all orgs that share a layer.
    pub first: Span,
    /// Its content. Labels are no longer `null`.
    pub body: SharedDefinition,
    /// Something about it is broken.
    pub broken: bool,
    /// The content from the layers below the org file. `None` if no layer has it.
    pub layered: Option<SharedDefinition>,
    /// The locales, in normal form, that some file sets to `null`.
    pub without: BTreeSet<String>,
}

/// One merged config, in the spelling of the files.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// The `org` section.
    pub org: Option<Located<Org>>,
    /// The place of the org file's `overrides`.
    pub overrides: Option<Span>,
    pub settings: Settings,
    pub definitions: BTreeMap<String, ResolvedDefinition>,
    /// Keys that are not managed.
    pub omit: Vec<Located<String>>,
    /// Pins: key and id.
    pub ids: Vec<(Located<String>, Located<String>)>,
    /// Ids that are never changed.
    pub protect: Vec<Located<String>>,
    /// Every change freeze: of the layers in order, then of the org file.
    pub freezes: Vec<Located<Freeze>>,
    /// The place for findings about a missing part.
    pub begin: Option<Span>,
    /// Every part was read. Otherwise nothing is concluded from an absence.
    pub complete: bool,
}

/// Merges one config.
///
/// `whole` is false if some of its files could not be read.
pub fn merge(stack: &Stack<'_>, whole: bool, found: &mut Collector) -> Resolved {
    // Before merging: nothing is concluded from an absence if a part could not be read.
    let mut files = stack.layers.iter().flatten().copied().chain(stack.org);
    let complete = whole && files.all(|it| !it.config.settings.is_broken() && !it.config.definitions.is_broken());
    found.begin_org(Levels::default(), complete);
    let resolved = Resolved { complete, ..Resolved::default() };
    let mut merging = Merging { resolved, managed: HashSet::new(), found };
    merging.settings(stack);
    let locales = merging.resolved.settings.locales.get().into_iter().flatten();
    merging.managed = locales.filter_map(|it| Some(Locale::new(it.value.as_ref()?).normal())).collect();
    let levels = rule_settings::levels(&merging.resolved.settings.rules);
    merging.found.begin_org(levels, complete);
    for layer in &stack.layers {
        merging.layer(layer);
    }
    let inside: Vec<&Shape> = stack.layers.iter().flatten().copied().collect();
    if let Some(org) = stack.org {
        merging.org_file(org);
    } else {
        merging.one_of("ids", &inside, |it| it.config.ids.0.is_some());
        merging.one_of("protect", &inside, |it| it.config.protect.0.is_some());
        for shape in &inside {
            merging.pins(shape);
        }
    }
    let freezes = inside.iter().copied().chain(stack.org).filter_map(|it| it.config.freeze.0.clone());
    merging.resolved.freezes = freezes.collect();
    merging.keys_exist();
    merging.resolved.begin = stack.org.or(inside.first().copied()).and_then(begin);
    merging.resolved
}

fn begin(shape: &Shape) -> Option<Span> {
    shape.sections.get("definitions").or_else(|| shape.sections.get("version")).copied()
}

struct Merging<'a> {
    resolved: Resolved,
    /// The locales of `settings.locales`, in their normal form.
    managed: HashSet<String>,
    found: &'a mut Collector,
}

impl Merging<'_> {
    fn settings(&mut self, stack: &Stack<'_>) {
        let empty = Settings::default();
        let of = |shape: &'_ Shape| shape.config.settings.get().cloned().unwrap_or_default();
        let layers: Vec<Settings> = stack.layers.iter().flatten().map(|it| of(it)).collect();
        let org = stack.org.map_or(empty, of);
        let has_org = stack.org.is_some();
        let mut pick = Pick { has_org, found: self.found };
        let Settings { default_locale, prune, locales, limits, system_presences, api, rules, stages } = &org;
        let limits_of = |settings: &Settings| settings.limits.get().cloned().unwrap_or_default();
        let layer_limits: Vec<Limits> = layers.iter().map(limits_of).collect();
        let org_limits = limits.get().cloned().unwrap_or_default();
        let Limits { removals, label_removals, renames, active_users, orgs } = &org_limits;
        let merged_limits = Limits {
            removals: pick.field("limits.removals", layer_limits.iter().map(|it| &it.removals), removals),
            label_removals: pick.field(
                "limits.labelRemovals",
                layer_limits.iter().map(|it| &it.label_removals),
                label_removals,
            ),
            renames: pick.field("limits.renames", layer_limits.iter().map(|it| &it.renames), renames),
            active_users: pick.field(
                "limits.activeUsers",
                layer_limits.iter().map(|it| &it.active_users),
                active_users,
            ),
            orgs: pick.field("limits.orgs", layer_limits.iter().map(|it| &it.orgs), orgs),
        };
        let place = std::iter::once(limits).chain(layers.iter().map(|it| &it.limits)).find_map(|it| it.0.as_ref());
        self.resolved.settings = Settings {
            default_locale: pick.field("defaultLocale", layers.iter().map(|it| &it.default_locale), default_locale),
            prune: pick.field("prune", layers.iter().map(|it| &it.prune), prune),
            locales: pick.list("locales", layers.iter().map(|it| &it.locales), locales),
            system_presences: pick.list(
                "systemPresences",
                layers.iter().map(|it| &it.system_presences),
                system_presences,
            ),
            api: pick.field("api", layers.iter().map(|it| &it.api), api),
            stages: pick.list("stages", layers.iter().map(|it| &it.stages), stages),
            rules: pick.rules(&layers.iter().map(|it| &it.rules).collect::<Vec<_>>(), rules),
            limits: LocatedField(place.map(|it| Located { place: it.place, value: Some(merged_limits) })),
        };
    }

    /// Lays the files of one layer over the current state. A key may occur once among them.
    fn layer(&mut self, files: &[&Shape]) {
        let mut places: HashMap<&str, Span> = HashMap::new();
        for shape in files {
            for (key, definition) in Entries::of(&shape.config.definitions) {
                let Some(name) = &key.value else { continue };
                if let Some(first) = places.get(name.as_str()) {
                    let finding = Finding::DuplicateDefinition { key: name.clone() };
                    self.found.push(Diagnostic::at(key.place, finding).and(*first, "first given here"));
                    continue;
                }
                places.insert(name, key.place);
                self.lay_over(name, key.place, definition.value.clone());
            }
        }
    }

    fn lay_over(&mut self, name: &str, place: Span, body: Option<SharedDefinition>) {
        match self.resolved.definitions.entry(name.to_owned()) {
            Entry::Vacant(vacant) => {
                let broken = body.is_none();
                let body = body.unwrap_or_default();
                let (layered, without) = (None, BTreeSet::new());
                vacant.insert(ResolvedDefinition { key: place, first: place, body, broken, layered, without });
            }
            Entry::Occupied(below) => {
                let below = below.into_mut();
                below.key = place;
                match body {
                    Some(body) => {
                        let nulls = Entries::of(&body.labels).filter(|(_, label)| label.value == Some(None));
                        below
                            .without
                            .extend(nulls.filter_map(|(it, _)| Some(Locale::new(it.value.as_ref()?).normal())));
                        let mut in_vain = Vec::new();
                        overlay(Arc::make_mut(&mut below.body), Arc::unwrap_or_clone(body), &mut in_vain);
                        // `null` for a locale of `settings.locales` declares that no label is missing there.
                        in_vain.retain(|(locale, _)| !self.managed.contains(&locale.normal()));
                        for (locale, place) in in_vain {
                            let (key, locale) = (name.to_owned(), locale.to_string());
                            self.found.push(Diagnostic::at(place, Finding::RemovesNothing { key, locale }).of(name));
                        }
                    }
                    None => below.broken = true,
                }
            }
        }
    }

    fn org_file(&mut self, org: &Shape) {
        self.resolved.org.clone_from(&org.config.org.0);
        self.resolved.overrides = org.sections.get("overrides").copied();
        let own: HashMap<&String, Span> = Entries::of(&org.config.definitions)
            .filter_map(|(key, _)| Some((key.value.as_ref()?, key.place)))
            .collect();
        // Collected before the overrides, which become the places of what they change.
        let layered: HashMap<&String, Span> =
            own.keys().filter_map(|name| Some((*name, self.resolved.definitions.get(*name)?.key))).collect();
        for definition in self.resolved.definitions.values_mut() {
            definition.layered = Some(Arc::clone(&definition.body));
        }
        let mut compared = 0;
        for (key, body) in Entries::of(&org.config.overrides) {
            let Some(name) = &key.value else { continue };
            if self.resolved.definitions.contains_key(name) {
                let below = self.resolved.definitions.get(name).map(|it| &*it.body);
                let vain = below.zip(body.value.as_deref()).map(|(below, above)| redundant::found(name, below, above));
                self.found.extend(vain.into_iter().flatten());
                self.lay_over(name, key.place, body.value.clone());
            } else {
                self.unknown_key("overrides", key, own.get(name).copied(), &mut compared);
            }
        }
        for (key, definition) in Entries::of(&org.config.definitions) {
            let Some(name) = &key.value else { continue };
            if let Some(layer) = layered.get(name) {
                let finding = Finding::DefinitionExists { key: name.clone() };
                self.found.push(Diagnostic::at(key.place, finding).and(*layer, "the layer's definition"));
            } else {
                self.lay_over(name, key.place, definition.value.clone());
            }
        }
        self.resolved.omit = org.config.omit.get().cloned().unwrap_or_default();
        self.pins(org);
    }

    fn pins(&mut self, shape: &Shape) {
        self.resolved.ids.extend(Entries::of(&shape.config.ids).cloned());
        self.resolved.protect.extend(shape.config.protect.get().into_iter().flatten().cloned());
    }

    fn one_of(&mut self, section: &str, files: &[&Shape], has: impl Fn(&Shape) -> bool) {
        let mut having = files.iter().filter(|shape| has(shape)).filter_map(|shape| shape.sections.get(section));
        let Some(first) = having.next() else { return };
        for second in having {
            let finding = Finding::SecondSection { section: section.to_owned() };
            self.found.push(Diagnostic::at(*second, finding).and(*first, "first given here"));
        }
    }

    fn keys_exist(&mut self) {
        let mut compared = 0;
        let omit: Vec<Located<String>> = self.resolved.omit.clone();
        let ids: Vec<Located<String>> = self.resolved.ids.iter().map(|(key, _)| key.clone()).collect();
        let rules: Vec<Located<String>> =
            rule_settings::lines(&self.resolved.settings.rules).into_iter().filter_map(|it| it.key).collect();
        for (section, keys) in [("omit", omit), ("ids", ids), ("settings.rules", rules)] {
            for key in keys {
                let known = key.value.as_ref().is_none_or(|name| self.resolved.definitions.contains_key(name));
                if !known {
                    self.unknown_key(section, &key, None, &mut compared);
                }
            }
        }
    }

    /// Reports a key that no definition has, with the place of the one that may be meant.
    fn unknown_key(&mut self, section: &str, key: &Located<String>, own: Option<Span>, compared: &mut usize) {
        let name = key.value.clone().unwrap_or_default();
        let mut nearest = None;
        if own.is_none() {
            *compared += self.resolved.definitions.len();
        }
        if own.is_none() && *compared <= COMPARISONS_MAX {
            nearest = text::nearest(&name, self.resolved.definitions.keys().map(String::as_str)).map(str::to_owned);
        }
        let near = nearest.as_ref().and_then(|it| self.resolved.definitions.get(it)).map(|it| it.key);
        let finding = Finding::UnknownKey { section: section.to_owned(), key: name, nearest, own: own.is_some() };
        let mut diagnostic = Diagnostic::at(key.place, finding);
        if let Some(place) = own {
            diagnostic = diagnostic.and(place, "defined here");
        }
        if let Some(place) = near {
            diagnostic = diagnostic.and(place, "the nearest one");
        }
        self.found.push(diagnostic);
    }
}

/// Picks one setting from the files.
struct Pick<'a> {
    has_org: bool,
    found: &'a mut Collector,
}

impl Pick<'_> {
    fn field<'v, T: Clone + PartialEq + 'v>(
        &mut self,
        name: &str,
        layers: impl Iterator<Item = &'v LocatedField<T>>,
        org: &LocatedField<T>,
    ) -> LocatedField<T> {
        self.choose(name, layers, org, PartialEq::eq)
    }

    /// Each line separately: a level for all definitions or for one.
    fn rules(
        &mut self,
        layers: &[&LocatedField<RuleLevels>],
        org: &LocatedField<RuleLevels>,
    ) -> LocatedField<RuleLevels> {
        type Levels = HashMap<(String, Option<String>), LocatedField<Level>>;
        let Some(place) = std::iter::once(&org).chain(layers).find_map(|it| Some(it.0.as_ref()?.place)) else {
            return LocatedField(None);
        };
        let lines_of = |field: &LocatedField<RuleLevels>| rule_settings::lines(field);
        let levels_of = |field: &LocatedField<RuleLevels>| -> Levels {
            lines_of(field).into_iter().map(|it| (it.name(), it.level)).collect()
        };
        let layered: Vec<Levels> = layers.iter().map(|it| levels_of(it)).collect();
        let own = levels_of(org);
        let (mut seen, mut merged) = (HashSet::new(), Vec::new());
        for line in layers.iter().flat_map(|it| lines_of(it)).chain(lines_of(org)) {
            if seen.insert(line.name()) {
                let nothing = LocatedField(None);
                let below = layered.iter().map(|it| it.get(&line.name()).unwrap_or(&nothing));
                let level = self.field(&line.path(), below, own.get(&line.name()).unwrap_or(&nothing));
                merged.push(RuleLine { level, ..line });
            }
        }
        rule_settings::from_lines(&merged, place)
    }

    fn list<'v>(
        &mut self,
        name: &str,
        layers: impl Iterator<Item = &'v LocatedField<Vec<Located<String>>>>,
        org: &LocatedField<Vec<Located<String>>>,
    ) -> LocatedField<Vec<Located<String>>> {
        self.choose(name, layers, org, |a, b| a.iter().map(|it| &it.value).eq(b.iter().map(|it| &it.value)))
    }

    fn choose<'v, T: Clone + 'v>(
        &mut self,
        name: &str,
        layers: impl Iterator<Item = &'v LocatedField<T>>,
        org: &LocatedField<T>,
        same: impl Fn(&T, &T) -> bool,
    ) -> LocatedField<T> {
        if org.0.is_some() {
            return org.clone();
        }
        let mut chosen = LocatedField(None);
        let mut first: Option<(T, Span)> = None;
        for field in layers.filter(|it| it.0.is_some()) {
            chosen = field.clone();
            match (field.with_place(), &first) {
                (Some((value, place)), Some((before, earlier))) if !same(value, before) => {
                    let finding = Finding::ConflictingSetting { setting: name.to_owned(), org_file: self.has_org };
                    self.found.push(Diagnostic::at(place, finding).and(*earlier, "set otherwise here"));
                }
                (Some((value, place)), None) => first = Some((value.clone(), place)),
                (Some(_), Some(_)) | (None, _) => {}
            }
        }
        chosen
    }
}

/// Lays `above` over `below`: labels by locale, every other field as a whole. A `null` without an effect goes to
/// `in_vain`.
fn overlay(
    below: &mut Definition<Option<String>>,
    above: Definition<Option<String>>,
    in_vain: &mut Vec<(Locale, Span)>,
) {
    fn replace<T>(below: &mut LocatedField<T>, above: LocatedField<T>) {
        if above.0.is_some() {
            *below = above;
        }
    }
    let Definition { system_presence, labels, deactivated, previous_labels, new, replaces, division } = above;
    replace(&mut below.system_presence, system_presence);
    replace(&mut below.deactivated, deactivated);
    replace(&mut below.previous_labels, previous_labels);
    replace(&mut below.new, new);
    replace(&mut below.replaces, replaces);
    replace(&mut below.division, division);
    match (&mut below.labels.0, labels.0) {
        (_, None) => {}
        (Some(Located { value: Some(below), .. }), Some(Located { value: Some(above), .. })) => {
            overlay_labels(below, above, in_vain);
        }
        // If one side is broken, so is the result: nothing is concluded from what it lacks.
        (Some(below), Some(_)) => below.value = None,
        (none @ None, Some(above)) => {
            let place = above.place;
            let mut labels = Entries::default();
            match above.value {
                Some(above) => {
                    overlay_labels(&mut labels, above, in_vain);
                    *none = Some(Located { place, value: Some(labels) });
                }
                None => *none = Some(Located { place, value: None }),
            }
        }
    }
}

/// A label replaces the one of the same locale, the same spelling first. A pinned definition may have two spellings of
/// one locale. `null` removes a label.
fn overlay_labels(
    below: &mut Entries<Option<String>>,
    above: Entries<Option<String>>,
    in_vain: &mut Vec<(Locale, Span)>,
) {
    type Slot = Option<(Located<String>, Located<Option<String>>)>;
    let spelling = |locale: &Located<String>| locale.value.clone().unwrap_or_default();
    let normal = |locale: &Located<String>| Locale::new(spelling(locale)).normal();

    let mut slots: Vec<Slot> = std::mem::take(&mut below.0).into_iter().map(Some).collect();
    let mut exact: HashMap<String, usize> = HashMap::new();
    let mut similar: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, (locale, _)) in slots.iter().flatten().enumerate() {
        exact.insert(spelling(locale), index);
        similar.entry(normal(locale)).or_default().push(index);
    }
    // Exact spellings are matched first, so that two similar ones never compete for one slot.
    let claimed: HashSet<usize> =
        above.0.iter().filter_map(|(locale, _)| exact.get(&spelling(locale)).copied()).collect();
    for (locale, label) in above.0 {
        let index = exact.get(&spelling(&locale)).copied().or_else(|| {
            let similar = similar.get_mut(&normal(&locale))?;
            std::iter::from_fn(|| similar.pop()).find(|it| !claimed.contains(it))
        });
        let removes = label.value == Some(None);
        match (index, removes) {
            (Some(index), true) => slots[index] = None,
            (Some(index), false) => slots[index] = Some((locale, label)),
            (None, false) => slots.push(Some((locale, label))),
            (None, true) => in_vain.push((Locale::new(spelling(&locale)), locale.place)),
        }
    }
    below.0 = slots.into_iter().flatten().collect();
}
