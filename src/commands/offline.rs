//! The commands that ask no org: `validate`, `config` and `schema`.

use crate::cli::{ConfigArgs, Format, SchemaArgs, SchemaOf, ValidateArgs};
use crate::commands::outputs::Outputs;
use crate::commands::shell::{Failure, Shell};
use crate::config::{self, Config};
use crate::diagnostic::Severity;
use crate::exit::Exit;
use crate::render::machine;
use crate::text;

/// `presencectl validate`.
pub fn validate(args: &ValidateArgs, shell: &mut Shell<'_>) -> Exit {
    let checked = config::load_all(&args.path, args.root.as_deref());
    let failed = checked.diagnostics.iter().any(|it| it.finding.severity() == Severity::Error);
    if failed {
        return shell.fail(&Failure::Findings(checked.sources, checked.diagnostics));
    }
    shell.show_findings(&checked.diagnostics, &checked.sources);
    let definitions = checked.configs.iter().map(|it| it.desired.definitions.len()).sum();
    let orgs = match checked.configs.len() {
        0 | 1 => String::new(),
        several => format!(" for {several} orgs"),
    };
    shell.terminal.out(&format!("Valid: {}{orgs}.\n", text::count(definitions, "definition")));
    Exit::Success
}

/// `presencectl config`.
pub fn show(args: &ConfigArgs, shell: &mut Shell<'_>) -> Exit {
    match shell.load(args, &mut Outputs::<Format>::on_stdout()) {
        Ok((Config { resolved, .. }, sources)) => {
            let text = config::resolved_text(&resolved, &sources);
            shell.terminal.out(&text);
            Exit::Success
        }
        Err(failure) => shell.fail(&failure),
    }
}

/// `presencectl schema`.
pub fn schema(args: SchemaArgs, shell: &mut Shell<'_>) -> Exit {
    let schema = match args.of {
        SchemaOf::Config => machine::pretty(&config::json_schema()),
        SchemaOf::Plan => machine::plan_schema(),
        SchemaOf::Report => machine::report_schema(),
        SchemaOf::Definitions => machine::definitions_schema(),
        SchemaOf::SystemPresences => machine::system_presences_schema(),
        SchemaOf::Error => machine::error_schema(),
        SchemaOf::Users => machine::users_schema(),
        SchemaOf::UserReport => machine::user_report_schema(),
        SchemaOf::Retirement => machine::retirement_schema(),
        SchemaOf::Log => machine::log_schema(),
    };
    shell.terminal.out(&schema);
    Exit::Success
}
