//! Prints a merged config as YAML with the place of each value, for `presencectl config`. Reading it again gives the
//! same config.

use std::fmt::Write as _;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};

use crate::config::layers::{Resolved, ResolvedDefinition};
use crate::config::located::{Entries, Located, LocatedField};
use crate::config::rule_settings::{RuleLevels, RuleSetting};
use crate::config::schema::{Api, Definition, Freeze, Limits, Org, Prune, Settings, VERSION};
use crate::model::source::{Sources, Span};
use crate::model::{desired, freeze, text, yaml};

/// The YAML text of a config, `# file:line` at each value, `# default` where no file sets it.
pub fn resolved_text(resolved: &Resolved, sources: &Sources) -> String {
    page(resolved, Some(sources))
}

/// The YAML text without comments. Two configs with the same content have the same text, however they are spread over
/// files.
pub fn bare_text(resolved: &Resolved) -> String {
    page(resolved, None)
}

fn page(resolved: &Resolved, sources: Option<&Sources>) -> String {
    let mut page = Page { text: String::new(), sources };
    let Resolved { org, overrides: _, settings, definitions, omit, ids, protect, freezes, begin: _, complete: _ } =
        resolved;
    page.line(0, &format!("version: {VERSION}"), None);
    if let Some(Located { place: _, value: Some(Org { name, id, region, stage }) }) = org {
        page.line(0, "org:", None);
        page.text_field(1, "name", name);
        page.text_field(1, "id", id);
        page.text_field(1, "region", region);
        page.text_field(1, "stage", stage);
    }
    page.settings(settings);
    page.line(0, if definitions.is_empty() { "definitions: {}" } else { "definitions:" }, None);
    for (key, ResolvedDefinition { key: place, first: _, body, broken: _, layered: _, without: _ }) in definitions {
        page.line(1, &format!("{}:", yaml::scalar(key)), Some(*place));
        page.definition(body);
    }
    page.list(0, "omit", omit);
    if !ids.is_empty() {
        page.line(0, "ids:", None);
    }
    for (key, id) in ids {
        if let (Some(key), Some(id)) = (&key.value, &id.value.as_ref().map(|raw| (raw, id.place))) {
            page.line(1, &format!("{}: {}", yaml::scalar(key), yaml::scalar(id.0)), Some(id.1));
        }
    }
    page.list(0, "protect", protect);
    page.freezes(freezes);
    page.text
}

struct Page<'a> {
    text: String,
    /// `None` prints no comments.
    sources: Option<&'a Sources>,
}

impl Page<'_> {
    fn line(&mut self, depth: usize, content: &str, place: Option<Span>) {
        let comment = place.zip(self.sources).map_or_else(String::new, |(span, sources)| {
            let place = sources.place(span);
            format!(" # {}:{}", path(place.path), place.line.get())
        });
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{:width$}{content}{comment}", "", width = depth * 2);
    }

    fn settings(&mut self, settings: &Settings) {
        let Settings { default_locale, prune, locales, limits, system_presences, api, rules, stages } = settings;
        let defaults = desired::Settings::default();
        self.line(0, "settings:", None);
        self.or_default(1, "defaultLocale", default_locale, defaults.default_locale.as_str(), |it| yaml::scalar(it));
        self.or_default(1, "prune", prune, "keep", |it| match it {
            Prune::Keep => "keep".to_owned(),
            Prune::Delete => "delete".to_owned(),
        });
        self.or_default(1, "api", api, "auto", |it| match it {
            Api::Auto => "auto".to_owned(),
            Api::V1 => "v1".to_owned(),
            Api::V2 => "v2".to_owned(),
        });
        if let Some(items) = locales.get() {
            self.list(1, "locales", items);
        }
        self.line(1, "limits:", None);
        let limits = limits.get().cloned().unwrap_or_default();
        let Limits { removals, label_removals, renames, active_users, orgs } = &limits;
        let standard = desired::Limits::default();
        self.or_default(2, "removals", removals, &standard.removals.to_string(), u32::to_string);
        self.or_default(2, "labelRemovals", label_removals, &standard.label_removals.to_string(), u32::to_string);
        self.or_default(2, "renames", renames, &standard.renames.to_string(), u32::to_string);
        if let Some((value, place)) = active_users.with_place() {
            self.line(2, &format!("activeUsers: {value}"), Some(place));
        }
        if let Some((value, place)) = orgs.with_place() {
            self.line(2, &format!("orgs: {value}"), Some(place));
        }
        if let Some(items) = system_presences.get() {
            self.list(1, "systemPresences", items);
        }
        if let Some(items) = stages.get() {
            self.list(1, "stages", items);
        }
        self.rules(rules);
    }

    /// A file has one freeze. Further ones are printed as comments, so that none is lost.
    fn freezes(&mut self, freezes: &[Located<Freeze>]) {
        let longest = freezes.iter().rev().max_by_key(|it| Some(freeze::end(it.value.as_ref()?.until.get()?)));
        let Some(longest) = longest else { return };
        for other in freezes.iter().filter(|it| it.place != longest.place) {
            let Some(Freeze { from, until, reason }) = &other.value else { continue };
            let fields = [("from", from), ("until", until), ("reason", reason)];
            let fields =
                fields.into_iter().filter_map(|(name, it)| Some(format!("{name}: {}", yaml::scalar(it.get()?))));
            self.line(0, &format!("# freeze: {{ {} }}", fields.collect::<Vec<_>>().join(", ")), None);
        }
        if let Some(Freeze { from, until, reason }) = &longest.value {
            self.line(0, "freeze:", None);
            self.text_field(1, "from", from);
            self.text_field(1, "until", until);
            self.text_field(1, "reason", reason);
        }
    }

    fn rules(&mut self, field: &LocatedField<RuleLevels>) {
        let Some(RuleLevels(entries)) = field.get().filter(|it| !it.0.0.is_empty()) else { return };
        self.line(1, "rules:", None);
        for (name, setting) in &entries.0 {
            let name = name.value.as_deref().unwrap_or_default();
            match &setting.value {
                None => {}
                Some(RuleSetting::Level(level)) => {
                    self.line(2, &format!("{name}: {}", level.name()), Some(setting.place));
                }
                Some(RuleSetting::Each { level, keys }) => {
                    self.line(2, &format!("{name}:"), None);
                    if let Some((level, place)) = level.with_place() {
                        self.line(3, &format!("level: {}", level.name()), Some(place));
                    }
                    if keys.get().is_some() {
                        self.line(3, "keys:", None);
                    }
                    for (key, level) in Entries::of(keys) {
                        if let (Some(key), Some(value)) = (&key.value, &level.value) {
                            let line = format!("{}: {}", yaml::scalar(key), value.name());
                            self.line(4, &line, Some(level.place));
                        }
                    }
                }
            }
        }
    }

    fn or_default<T>(
        &mut self,
        depth: usize,
        name: &str,
        field: &LocatedField<T>,
        default: &str,
        show: impl Fn(&T) -> String,
    ) {
        if let Some((value, place)) = field.with_place() {
            return self.line(depth, &format!("{name}: {}", show(value)), Some(place));
        }
        let comment = if self.sources.is_some() { " # default" } else { "" };
        self.line(depth, &format!("{name}: {default}{comment}"), None);
    }

    fn text_field(&mut self, depth: usize, name: &str, field: &LocatedField<String>) {
        if let Some((value, place)) = field.with_place() {
            self.line(depth, &format!("{name}: {}", yaml::scalar(value)), Some(place));
        }
    }

    fn bool_field(&mut self, name: &str, field: &LocatedField<bool>) {
        if let Some((value, place)) = field.with_place() {
            self.line(2, &format!("{name}: {value}"), Some(place));
        }
    }

    fn list(&mut self, depth: usize, name: &str, items: &[Located<String>]) {
        if items.is_empty() {
            return;
        }
        self.line(depth, &format!("{name}:"), None);
        for item in items {
            if let Some(value) = &item.value {
                self.line(depth + 1, &format!("- {}", yaml::scalar(value)), Some(item.place));
            }
        }
    }

    fn definition(&mut self, body: &Definition<Option<String>>) {
        let Definition { system_presence, labels, deactivated, previous_labels, new, replaces, division } = body;
        self.text_field(2, "systemPresence", system_presence);
        if labels.get().is_some_and(|it| !it.0.is_empty()) {
            self.line(2, "labels:", None);
        }
        for (locale, label) in Entries::of(labels) {
            if let (Some(locale), Some(Some(value))) = (&locale.value, &label.value) {
                self.line(3, &format!("{}: {}", yaml::scalar(locale), yaml::scalar(value)), Some(label.place));
            }
        }
        self.bool_field("deactivated", deactivated);
        if let Some(items) = previous_labels.get() {
            self.list(2, "previousLabels", items);
        }
        self.bool_field("new", new);
        self.text_field(2, "replaces", replaces);
        self.text_field(2, "division", division);
    }
}

fn path(path: &Path) -> text::Shown {
    text::terminal(&path.display().to_string())
}

/// `sha256:` and 64 hexadecimal digits: the hash of the output of `presencectl config`, without comments.
pub fn digest_of(resolved: &Resolved) -> String {
    let mut text = "sha256:".to_owned();
    for byte in digest(&SHA256, bare_text(resolved).as_bytes()).as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
