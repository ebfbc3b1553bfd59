//! The formats of results, as they are typed: `--output FORMAT[=FILE]`.

use std::path::PathBuf;
use std::str::FromStr;

/// A format and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output<F = Format> {
    /// Which view.
    pub format: F,
    /// None: standard output.
    pub file: Option<PathBuf>,
}

/// The views of one kind of result.
pub trait View: Copy + PartialEq + 'static {
    /// For people.
    const HUMAN: Self;
    /// All of them, by the names that are typed.
    const NAMED: &'static [(&'static str, Self)];
    /// What is written when there is no result.
    fn on_failure(self) -> OnFailure;
    /// A view that says less, for a file that has little room left.
    fn shorter(self) -> Option<Self> {
        None
    }
}

/// What a view shows of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The words.
    Words,
    /// The document of an error.
    Document,
    /// Nothing, so that an empty file is not taken for a result.
    Nothing,
    /// The words as Markdown, a comment in the place of this one.
    Comment,
    /// The same as the summary of a step.
    Summary,
    /// The words, as a page of HTML.
    Page,
    /// The words, at the lines that they are about.
    Annotations,
}

/// The views of a plan, a report or a drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// For machines; also the saved plan.
    Json,
    /// For reviewers, as a comment on a pull request or merge request, or an issue.
    Markdown,
    /// The same as the summary of a step, which holds more.
    Summary,
    /// For reviewers, as a page.
    Html,
    /// Annotations of GitHub Actions, at the lines of the config.
    Github,
}

impl View for Format {
    const HUMAN: Format = Format::Human;
    const NAMED: &'static [(&'static str, Format)] = &[
        ("human", Format::Human),
        ("json", Format::Json),
        ("markdown", Format::Markdown),
        ("summary", Format::Summary),
        ("html", Format::Html),
        ("github", Format::Github),
    ];

    fn on_failure(self) -> OnFailure {
        match self {
            Format::Human => OnFailure::Words,
            Format::Json => OnFailure::Document,
            Format::Markdown => OnFailure::Comment,
            Format::Summary => OnFailure::Summary,
            Format::Html => OnFailure::Page,
            Format::Github => OnFailure::Annotations,
        }
    }

    fn shorter(self) -> Option<Format> {
        (self == Format::Summary).then_some(Format::Markdown)
    }
}

/// The views of a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiagnosisFormat {
    /// For people.
    Human,
    /// For machines.
    Json,
}

impl View for DiagnosisFormat {
    const HUMAN: DiagnosisFormat = DiagnosisFormat::Human;
    const NAMED: &'static [(&'static str, DiagnosisFormat)] =
        &[("human", DiagnosisFormat::Human), ("json", DiagnosisFormat::Json)];

    fn on_failure(self) -> OnFailure {
        match self {
            DiagnosisFormat::Human => OnFailure::Words,
            DiagnosisFormat::Json => OnFailure::Document,
        }
    }
}

/// The views of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// For people.
    Human,
    /// For machines.
    Json,
    /// For spreadsheets.
    Csv,
}

impl View for TableFormat {
    const HUMAN: TableFormat = TableFormat::Human;
    const NAMED: &'static [(&'static str, TableFormat)] =
        &[("human", TableFormat::Human), ("json", TableFormat::Json), ("csv", TableFormat::Csv)];

    fn on_failure(self) -> OnFailure {
        match self {
            TableFormat::Human => OnFailure::Words,
            TableFormat::Json => OnFailure::Document,
            TableFormat::Csv => OnFailure::Nothing,
        }
    }
}

/// The views of an import with names from a Terraform state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportFormat {
    /// For people.
    Human,
    /// The `removed` blocks.
    Terraform,
}

impl View for ImportFormat {
    const HUMAN: ImportFormat = ImportFormat::Human;
    const NAMED: &'static [(&'static str, ImportFormat)] =
        &[("human", ImportFormat::Human), ("terraform", ImportFormat::Terraform)];

    fn on_failure(self) -> OnFailure {
        match self {
            ImportFormat::Human => OnFailure::Words,
            ImportFormat::Terraform => OnFailure::Nothing,
        }
    }
}

/// The views of labels for translators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelsFormat {
    /// For people: how much there is, and what is missing.
    Human,
    /// A workbook of Excel.
    Xlsx,
    /// For any spreadsheet.
    Csv,
}

impl View for LabelsFormat {
    const HUMAN: LabelsFormat = LabelsFormat::Human;
    const NAMED: &'static [(&'static str, LabelsFormat)] =
        &[("human", LabelsFormat::Human), ("xlsx", LabelsFormat::Xlsx), ("csv", LabelsFormat::Csv)];

    fn on_failure(self) -> OnFailure {
        match self {
            LabelsFormat::Human => OnFailure::Words,
            LabelsFormat::Xlsx | LabelsFormat::Csv => OnFailure::Nothing,
        }
    }
}

/// The views of findings. What they show of a failure is made by the command: each has a form for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingsFormat {
    /// For people.
    Human,
    /// SARIF 2.1.0.
    Sarif,
    /// GitLab's code quality report.
    Gitlab,
    /// Annotations of GitHub Actions, at the lines of the config.
    Github,
}

impl View for FindingsFormat {
    const HUMAN: FindingsFormat = FindingsFormat::Human;
    const NAMED: &'static [(&'static str, FindingsFormat)] = &[
        ("human", FindingsFormat::Human),
        ("sarif", FindingsFormat::Sarif),
        ("gitlab", FindingsFormat::Gitlab),
        ("github", FindingsFormat::Github),
    ];

    fn on_failure(self) -> OnFailure {
        match self {
            FindingsFormat::Human => OnFailure::Words,
            FindingsFormat::Sarif | FindingsFormat::Gitlab => OnFailure::Nothing,
            FindingsFormat::Github => OnFailure::Annotations,
        }
    }
}

/// The views of the orgs of a config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrgsFormat {
    /// For people.
    Human,
    /// A name a line.
    Lines,
    /// For machines.
    Json,
    /// For spreadsheets.
    Csv,
    /// For reviewers, as a comment.
    Markdown,
    /// A matrix of GitHub Actions: one line of JSON.
    GithubMatrix,
    /// A matrix of GitLab CI: YAML for a child pipeline.
    Gitlab,
}

impl View for OrgsFormat {
    const HUMAN: OrgsFormat = OrgsFormat::Human;
    const NAMED: &'static [(&'static str, OrgsFormat)] = &[
        ("human", OrgsFormat::Human),
        ("text", OrgsFormat::Human),
        ("lines", OrgsFormat::Lines),
        ("json", OrgsFormat::Json),
        ("csv", OrgsFormat::Csv),
        ("markdown", OrgsFormat::Markdown),
        ("github-matrix", OrgsFormat::GithubMatrix),
        ("gitlab", OrgsFormat::Gitlab),
    ];

    fn on_failure(self) -> OnFailure {
        match self {
            OrgsFormat::Human => OnFailure::Words,
            OrgsFormat::Json => OnFailure::Document,
            OrgsFormat::Markdown => OnFailure::Comment,
            OrgsFormat::Lines | OrgsFormat::Csv | OrgsFormat::GithubMatrix | OrgsFormat::Gitlab => OnFailure::Nothing,
        }
    }
}

impl<F: View> FromStr for Output<F> {
    type Err = String;

    fn from_str(typed: &str) -> Result<Output<F>, String> {
        let (format, file) = match typed.split_once('=') {
            Some((_, "")) => return Err("after `=` stands the name of a file".to_owned()),
            // As elsewhere, `-` is the stream; a file of this name is `./-`.
            Some((format, "-")) => (format, None),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (typed, None),
        };
        let known = F::NAMED.iter().find(|(name, _)| *name == format);
        let Some((_, format)) = known else {
            let names: Vec<String> = F::NAMED.iter().map(|(name, _)| format!("`{name}`")).collect();
            let (last, rest) = names.split_last().ok_or("there are no formats")?;
            return Err(format!("the formats are {} and {last}", rest.join(", ")));
        };
        Ok(Output { format: *format, file })
    }
}
