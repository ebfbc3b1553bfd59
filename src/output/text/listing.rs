//! The content of an org, for people and spreadsheets.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Label, Locale, SystemPresence};
use crate::model::observed::{Definition, Target};
use crate::model::odd::{Halved, Odd};
use crate::model::text;
use crate::ops::show::listing::{FoundBy, Listing, ListingRow, SystemPresences};
use crate::output::csv::{csv, records};
use crate::output::style::Style;
use crate::output::summary::{org_lines, target_lines};
use crate::output::table::{self, TableColumn, short_ids};

/// Shown if the org has no value.
const NOT_KNOWN: &str = "not known";

/// The most locales of a definition in a line of the table.
const LOCALES_SHOWN_MAX: usize = 4;

/// A table of everything, or all details of what a name matched.
pub fn human(listing: &Listing, target: &Target, style: Style) -> String {
    let mut shown = target_lines(target) + "\n\n";
    let count = text::count(listing.rows.len(), "definition");
    match listing.found_by {
        None => {
            shown.push_str(&definitions(listing, style));
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "\n{count}.");
            let halved = listing.rows.iter().filter_map(|it| it.halved.as_ref());
            let halved: String = halved.map(|it| half_character(it, style)).collect();
            if !halved.is_empty() {
                let _ = write!(shown, "\n{halved}");
            }
        }
        Some(found_by) => {
            let by = match found_by {
                FoundBy::Key => "its key",
                FoundBy::Id => "its id",
                FoundBy::Label => "a label",
            };
            let _ = writeln!(shown, "Found by {by}: {count}");
            shown.extend(listing.rows.iter().map(|it| details(it, listing, style)));
        }
    }
    shown.push_str(&odd(&listing.odd, style));
    shown
}

/// The objects that cannot be read in full.
fn odd(all: &[Odd], style: Style) -> String {
    if all.is_empty() {
        return String::new();
    }
    let count = text::count(all.len(), "object");
    let mut shown = format!("\n{}: {count}\n", style.doubtful("Cannot be read whole"));
    for odd in all {
        let (name, what) = (odd.name(), odd.in_words());
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  {}: {}", text::terminal(&name), text::terminal(&what));
        for (locale, label) in &odd.labels {
            let locale = text::terminal(locale.as_str());
            let _ = writeln!(shown, "    {locale}: {}", text::quoted(label.as_str()));
        }
    }
    shown
}

fn half_character(halved: &Halved, style: Style) -> String {
    let (id, places) = (text::ticked(&halved.id), halved.places());
    let words = format!("{id} holds a broken character, shown as U+FFFD: {places}");
    format!("{}: {}\n", style.doubtful("warning"), text::terminal(&words))
}

fn definitions(listing: &Listing, style: Style) -> String {
    let column = |of: fn(&ListingRow) -> &str| listing.rows.iter().map(of).collect::<Vec<&str>>();
    let odd: Vec<&str> = listing.odd.iter().filter_map(|it| it.id.as_ref()).map(DefinitionId::as_str).collect();
    let ids = short_ids(&column(|it| it.definition.id.as_str()), &odd);
    let by = short_ids(&column(|it| it.changed_by().unwrap_or_default()), &[]);
    let rows: Vec<(&ListingRow, (&str, &str))> = listing.rows.iter().zip(ids.into_iter().zip(by)).collect();
    // A column that may have right-to-left text is followed by one that starts with a letter, so that a terminal with
    // bidi support keeps the columns in order.
    let columns: [TableColumn<'_, (&ListingRow, (&str, &str))>; 9] = [
        ("KEY", &|(row, _)| row.key.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("SYSTEM", &|(row, _)| row.definition.system_presence.to_string()),
        ("LABEL", &|(row, _)| name(&row.definition, &listing.default_locale)),
        ("STATE", &|(row, _)| row.state().to_owned()),
        ("LOCALES", &|(row, _)| locales(&row.definition, &listing.default_locale)),
        ("ID", &|(_, (id, _))| (*id).to_owned()),
        ("CHANGED", &|(row, _)| row.changed_at().map_or("", day).to_owned()),
        ("BY", &|(_, (_, by))| (*by).to_owned()),
        ("DIVISION", &|(row, _)| division(row, listing).unwrap_or_default().to_owned()),
    ];
    table::rows(if listing.with_keys { &columns } else { &columns[1..] }, &rows, style)
}

/// The date of a time in the platform's form. Any other text stays.
fn day(time: &str) -> &str {
    let day = time.split_once('T').map(|(day, _)| day);
    day.filter(|_| Moment::read(time).is_some()).unwrap_or(time)
}

/// The default label, or another one with its locale.
fn name(definition: &Definition, default_locale: &Locale) -> String {
    if let Some(label) = definition.default_label(default_locale) {
        return bare(label);
    }
    match definition.labels.iter().next() {
        Some((locale, label)) => format!("{} ({locale})", bare(label)),
        None => "-".to_owned(),
    }
}

/// A label, in quotes only if it would be invisible without them.
fn bare(label: &Label) -> String {
    let raw = text::shortened(label.nfc());
    if raw.trim() == raw && !raw.is_empty() { raw.into_owned() } else { format!("\"{raw}\"") }
}

/// The default locale first, then the number of further ones.
fn locales(definition: &Definition, default_locale: &Locale) -> String {
    let mut locales: Vec<&Locale> = definition.labels.iter().map(|(locale, _)| locale).collect();
    locales.sort_by_key(|it| !it.same_as(default_locale));
    let mut shown: Vec<String> = locales.iter().take(LOCALES_SHOWN_MAX).map(ToString::to_string).collect();
    if locales.len() > LOCALES_SHOWN_MAX {
        shown.push(format!("+{}", locales.len() - LOCALES_SHOWN_MAX));
    }
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

fn division<'a>(row: &'a ListingRow, listing: &'a Listing) -> Option<&'a str> {
    let id = row.definition.division.as_ref()?;
    Some(listing.divisions.name(id).filter(|_| !id.is_all()).unwrap_or(id.as_str()))
}

fn details(row: &ListingRow, listing: &Listing, style: Style) -> String {
    let ListingRow { key, definition, halved } = row;
    let mut shown = format!("\n{}\n", style.bold(text::terminal(&name(definition, &listing.default_locale)).as_str()));
    let mut line = |what: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  {what:<17}{}", text::terminal(value));
    };
    if let Some(key) = key {
        line("key:", key.as_str());
    }
    line("id:", definition.id.as_str());
    line("system presence:", definition.system_presence.as_str());
    line("state:", row.state());
    line("division:", division(row, listing).unwrap_or(NOT_KNOWN));
    line("changed:", row.changed_at().unwrap_or(NOT_KNOWN));
    line("changed by:", row.changed_by().unwrap_or(NOT_KNOWN));
    shown.push_str(if definition.labels.is_empty() { "  labels:          none\n" } else { "  labels:\n" });
    let shown_locale = |locale: &Locale| text::terminal(locale.as_str());
    let width = |it: &Locale| console::measure_text_width(shown_locale(it).as_str());
    let widest = definition.labels.iter().map(|(locale, _)| width(locale)).max().unwrap_or_default();
    for (locale, label) in definition.labels.iter() {
        let padding = " ".repeat(widest - width(locale));
        let _ = writeln!(shown, "    {}: {padding}{}", shown_locale(locale), text::quoted(label.as_str()));
    }
    shown.extend(halved.iter().map(|it| format!("  {}", half_character(it, style))));
    shown
}

/// One row per definition, one column per locale.
pub fn definitions_csv(listing: &Listing) -> String {
    let used = listing.rows.iter().flat_map(|it| it.definition.labels.iter().map(|(locale, _)| locale));
    let used = used.chain(listing.odd.iter().flat_map(|it| it.labels.iter().map(|(locale, _)| locale)));
    let mut locales: Vec<&Locale> = used.collect::<BTreeSet<_>>().into_iter().collect();
    locales.sort_by_key(|it| !it.same_as(&listing.default_locale));
    let fixed = ["systemPresence", "state", "id", "changedAt", "changedBy", "division"];
    let key = listing.with_keys.then_some("key");
    let mut headings: Vec<String> = key.into_iter().chain(fixed).map(str::to_owned).collect();
    headings.extend(locales.iter().map(|it| format!("labels.{it}")));
    let mut rows: Vec<Vec<String>> = listing
        .rows
        .iter()
        .map(|row| {
            let ListingRow { key, definition, halved: _ } = row;
            let key = listing.with_keys.then(|| key.as_ref().map_or_else(String::new, ToString::to_string));
            let division = match &definition.division {
                None => NOT_KNOWN,
                Some(id) => listing.divisions.name(id).unwrap_or(id.as_str()),
            };
            let fixed = [
                definition.system_presence.as_str(),
                row.state(),
                definition.id.as_str(),
                row.changed_at().unwrap_or(NOT_KNOWN),
                row.changed_by().unwrap_or(NOT_KNOWN),
                division,
            ];
            let label = |locale: &&Locale| {
                let exact = definition.labels.iter().find(|(it, _)| it == locale);
                exact.map_or_else(String::new, |(_, label)| label.as_str().to_owned())
            };
            key.into_iter().chain(fixed.map(str::to_owned)).chain(locales.iter().map(label)).collect()
        })
        .collect();
    rows.extend(listing.odd.iter().map(|odd| {
        let key = listing.with_keys.then(String::new);
        let fixed = [
            odd.system_presence.as_ref().map_or(NOT_KNOWN, SystemPresence::as_str).to_owned(),
            format!("cannot be read completely: {}", odd.in_words()),
            odd.id.as_ref().map_or(NOT_KNOWN, DefinitionId::as_str).to_owned(),
        ];
        let fixed = fixed.into_iter().chain([NOT_KNOWN; 3].map(str::to_owned));
        let label = |locale: &&Locale| {
            let found = odd.labels.iter().find(|(it, _)| it == *locale);
            found.map_or_else(String::new, |(_, label)| label.as_str().to_owned())
        };
        key.into_iter().chain(fixed).chain(locales.iter().map(label)).collect()
    }));
    csv(&headings, &rows)
}

/// The system presences of an org, and their spelling in a config.
pub fn system_presences(it: &SystemPresences, style: Style) -> String {
    let SystemPresences { org, sandbox, names } = it;
    let columns: [TableColumn<'_, SystemPresence>; 2] = [
        ("SYSTEM PRESENCE", &ToString::to_string),
        ("IN A CONFIG", &|it| {
            let standard = it.standard().map(str::to_owned);
            standard.unwrap_or_else(|| format!("{it}, with settings.systemPresences"))
        }),
    ];
    format!("{}\n\n{}", org_lines(org.as_ref(), *sandbox), table::rows(&columns, names, style))
}

/// The system presences of an org, one per row.
pub fn system_presences_csv(it: &SystemPresences) -> String {
    let columns: [TableColumn<'_, SystemPresence>; 2] =
        [("name", &ToString::to_string), ("standard", &|it| it.standard().unwrap_or_default().to_owned())];
    records(&columns, &it.names)
}
