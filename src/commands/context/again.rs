//! What this run was given, for the commands that its texts name: they work when they are pasted.

use crate::config::ConfigSource;

/// The arguments of a run, as they are typed.
#[derive(Debug, Clone, Default)]
pub struct Again {
    /// PATH, and which org of it. `None` if no config was read.
    pub config: Option<ConfigSource>,
    /// Which org is spoken to.
    pub target: String,
    /// The folder of reports, if one was typed.
    pub reports: String,
}

/// The commands that texts name without arguments.
const COMMANDS: [&str; 9] = ["plan", "apply", "drift", "pin", "config", "validate", "show", "import", "log"];

/// The org in a command for one of several.
const ANY_ORG: &str = "NAME";

impl Again {
    /// For one of several orgs. Without a name, the command says where one belongs.
    pub fn of_org(&self, name: Option<&str>) -> Again {
        let org = Some(name.unwrap_or(ANY_ORG).to_owned());
        Again { config: self.config.clone().map(|it| ConfigSource { org, ..it }), ..self.clone() }
    }

    /// A command with its arguments.
    pub fn command(&self, command: &str) -> String {
        format!("presencectl {command}{}", self.arguments(command).unwrap_or_default())
    }

    /// `None` for a command that needs a config, if none was read.
    fn arguments(&self, command: &str) -> Option<String> {
        let Again { config, target, reports } = self;
        let of_config = config.as_ref().map(ConfigSource::to_arguments);
        match command {
            "config" => of_config,
            "validate" => config.clone().map(|it| ConfigSource { org: None, ..it }.to_arguments()),
            "show" => Some(of_config.map_or_else(String::new, |it| format!(" --config{it}")) + target),
            "import" => Some(target.clone()),
            "log" => Some(reports.clone()),
            _ => of_config.map(|it| it + target),
        }
    }

    /// Adds the arguments to the commands in a text of ours that have none.
    pub fn named(&self, text: &str) -> String {
        let mut named = text.to_owned();
        for command in COMMANDS {
            if let Some(arguments) = self.arguments(command) {
                let bare = format!("`presencectl {command}`");
                named = named.replace(&bare, &format!("`presencectl {command}{}`", arguments.replace('`', "\\x60")));
            }
        }
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_commands_get_what_was_typed() {
        let config = ConfigSource { path: "a.yaml".into(), org: Some("b".to_owned()), root: None };
        let again = Again { config: Some(config), target: " --sandbox".to_owned(), reports: " dir".to_owned() };
        let text = "`presencectl config` prints, `presencectl plan PATH` and `presencectl drift` show; `presencectl show`, \
                    `presencectl validate`, `presencectl log`";
        assert_eq!(
            again.named(text),
            "`presencectl config a.yaml --org b` prints, `presencectl plan PATH` and `presencectl drift a.yaml --org b \
             --sandbox` show; `presencectl show --config a.yaml --org b --sandbox`, `presencectl validate a.yaml`, \
             `presencectl log dir`"
        );
        assert_eq!(
            Again::default().named("`presencectl config`, `presencectl plan`"),
            "`presencectl config`, `presencectl plan`"
        );
        assert_eq!(again.of_org(None).command("config"), "presencectl config a.yaml --org NAME");
        assert_eq!(again.of_org(Some("c d")).command("plan"), "presencectl plan a.yaml --org 'c d' --sandbox");
    }
}
