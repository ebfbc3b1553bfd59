//! Exports the files of a config to a sheet.

use std::collections::{BTreeMap, HashMap};

use crate::config::check_labels::DOCUMENTED_LOCALES;
use crate::model::names::{Label, Locale};
use crate::ops::labels::grid::{LabelSheet, REMOVE, SheetColumn};
use crate::ops::labels::marks::{RowMarks, mark, row_mark};
use crate::ops::labels::rows::{DefinitionRow, Fleet};

/// The selection for a sheet.
#[derive(Debug, Clone, Default)]
pub struct ExportRequest {
    /// The indices of the configs.
    pub configs: Vec<usize>,
    /// Only these locales. Empty means all.
    pub locales: Vec<String>,
    /// Only definitions with a missing label.
    pub missing: bool,
}

/// A sheet, and how many labels are missing in each of its languages. A cell that its layers fill is empty and not
/// missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedSheet {
    pub sheet: LabelSheet,
    pub missing: Vec<(String, usize)>,
}

pub fn sheet(fleet: Fleet<'_>, asked: &ExportRequest) -> ExportedSheet {
    let (locales, is_asked) = (locales(fleet, asked), !asked.locales.is_empty());
    let suggestions = Suggestions::of(fleet);
    let rows: Vec<DefinitionRow> = (fleet.rows(&asked.configs).into_iter())
        // A row without a label in these languages needs no translation.
        .filter(|row| row.is_first || locales.iter().any(|it| shown(row, it).is_some()))
        .filter(|row| !asked.missing || locales.iter().any(|it| fleet.is_missing(row, it, is_asked)))
        .collect();
    let suggested = |row: &DefinitionRow, locale: &str| {
        if fleet.is_missing(row, locale, is_asked) {
            suggestions.best(row.default_label.as_deref()?, locale)
        } else {
            None
        }
    };
    let mut columns = vec![SheetColumn::Key, SheetColumn::SystemPresence, SheetColumn::File, SheetColumn::DefaultLabel];
    for locale in &locales {
        columns.push(SheetColumn::Label(locale.clone()));
        if rows.iter().any(|it| suggested(it, locale).is_some()) {
            columns.push(SheetColumn::Suggestion(locale.clone()));
        }
    }
    columns.push(SheetColumn::Marks);
    let cell = |row: &DefinitionRow, column: &SheetColumn| match column {
        SheetColumn::Key => Some(row.key.clone()),
        SheetColumn::SystemPresence => Some(row.system_presence.clone()),
        SheetColumn::File => Some(row.path.clone()),
        SheetColumn::DefaultLabel => row.default_label.clone(),
        SheetColumn::Label(locale) => shown(row, locale),
        SheetColumn::Suggestion(locale) => suggested(row, locale),
        SheetColumn::Marks => Some(marks(row, &locales).to_text()),
    };
    let is_missing = |row: &DefinitionRow, it: &str| shown(row, it).is_none() && fleet.is_missing(row, it, is_asked);
    let missing = |it: &String| (it.clone(), rows.iter().filter(|row| is_missing(row, it)).count());
    let missing = locales.iter().map(missing).collect();
    let not_empty = |it: Option<String>| it.filter(|it| !it.is_empty());
    let rows = rows.iter().map(|row| columns.iter().map(|it| not_empty(cell(row, it))).collect()).collect();
    ExportedSheet { sheet: LabelSheet { columns, rows }, missing }
}

/// The text of a cell: nothing, a label, or the mark for a removed one.
pub fn shown(row: &DefinitionRow, locale: &str) -> Option<String> {
    let (_, label) = row.label(locale)?;
    Some(label.clone().unwrap_or_else(|| REMOVE.to_owned())).filter(|it| !it.is_empty())
}

fn marks(row: &DefinitionRow, locales: &[String]) -> RowMarks {
    RowMarks {
        row: row_mark(&row.path, &row.key),
        default_label: mark(row.default_label.as_deref().filter(|it| !it.is_empty())),
        labels: locales.iter().map(|it| (it.clone(), mark(shown(row, it).as_deref()))).collect(),
    }
}

/// The requested locales, in the spelling of the files, else of the documentation.
fn locales(fleet: Fleet<'_>, asked: &ExportRequest) -> Vec<String> {
    let known = fleet.locales(&asked.configs);
    if asked.locales.is_empty() {
        return known;
    }
    let spelt = |typed: &String| {
        let meant = Locale::new(typed.as_str());
        let all = known.iter().map(String::as_str).chain(DOCUMENTED_LOCALES);
        all.into_iter().find(|it| Locale::new(*it).same_as(&meant)).unwrap_or(typed).to_owned()
    };
    let mut locales: Vec<String> = asked.locales.iter().map(spelt).collect();
    let mut seen = Vec::new();
    locales.retain(|it| {
        !seen.contains(it) && {
            seen.push(it.clone());
            true
        }
    });
    locales
}

/// The labels in other languages of definitions with one default label, and their frequency.
struct Suggestions(HashMap<(Label, String), BTreeMap<String, usize>>);

impl Suggestions {
    fn of(fleet: Fleet<'_>) -> Suggestions {
        let mut found: HashMap<(Label, String), BTreeMap<String, usize>> = HashMap::new();
        for config in fleet.configs {
            let default = &config.desired.settings.default_locale;
            for wanted in config.desired.definitions.values() {
                let Some(name) = wanted.default_label(default) else { continue };
                for (locale, label) in wanted.labels.iter().filter(|(it, _)| !it.same_as(default)) {
                    let about = (name.clone(), locale.normal());
                    *found.entry(about).or_default().entry(label.to_string()).or_default() += 1;
                }
            }
        }
        Suggestions(found)
    }

    /// The most frequent one. In a tie, the first alphabetically.
    fn best(&self, default_label: &str, locale: &str) -> Option<String> {
        let found = self.0.get(&(Label::new(default_label), Locale::new(locale).normal()))?;
        let most = found.values().max()?;
        found.iter().find(|(_, count)| *count == most).map(|(label, _)| label.clone())
    }
}

/// The documented locales that are a language, each with its name in English and in the language.
const LANGUAGES: [(&str, &str, &str); 23] = [
    ("ar", "arabic", "العربية"),
    ("cs", "czech", "čeština"),
    ("da", "danish", "dansk"),
    ("de", "german", "deutsch"),
    ("en", "english", "english"),
    ("es", "spanish", "español"),
    ("fi", "finnish", "suomi"),
    ("fr", "french", "français"),
    ("he", "hebrew", "עברית"),
    ("hi", "hindi", "हिन्दी"),
    ("it", "italian", "italiano"),
    ("ja", "japanese", "日本語"),
    ("ko", "korean", "한국어"),
    ("nl", "dutch", "nederlands"),
    ("no", "norwegian", "norsk"),
    ("pl", "polish", "polski"),
    ("pt", "portuguese", "português"),
    ("ru", "russian", "русский"),
    ("sv", "swedish", "svenska"),
    ("th", "thai", "ไทย"),
    ("tr", "turkish", "türkçe"),
    ("uk", "ukrainian", "українська"),
    ("zh_CN", "chinese", "中文"),
];

/// The locale of a language's name.
pub fn of_language(name: &str) -> Option<String> {
    let name = name.trim().to_lowercase();
    let found = LANGUAGES.iter().find(|(_, english, own)| name == *english || name == *own);
    found.map(|(locale, ..)| (*locale).to_owned())
}
