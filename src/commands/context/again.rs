//! What this run was given, for the commands that its texts name: they work when they are pasted.

/// The arguments of a run, as they are typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Again {
    /// PATH, and which org of it. `None` if no config was read.
    pub config: Option<String>,
    /// Which org is spoken to.
    pub target: String,
    /// The folder of reports, if one was typed.
    pub reports: String,
}

/// Commands of a config and an org.
const OF_BOTH: [&str; 4] = ["plan", "apply", "drift", "pin"];

/// Commands of a config alone.
const OF_CONFIG: [&str; 2] = ["config", "validate"];

/// Commands of an org alone.
const OF_TARGET: [&str; 2] = ["show", "import"];

impl Again {
    /// Adds the arguments to the commands in a text of ours that have none.
    pub fn named(&self, text: &str) -> String {
        let Again { config, target, reports } = self;
        let mut named = text.to_owned();
        let mut complete = |commands: &[&str], arguments: &str| {
            for command in commands {
                let bare = format!("`presencectl {command}`");
                named = named.replace(&bare, &format!("`presencectl {command}{}`", arguments.replace('`', "\\x60")));
            }
        };
        if let Some(config) = config {
            complete(&OF_BOTH, &format!("{config}{target}"));
            complete(&OF_CONFIG, config);
        }
        complete(&OF_TARGET, target);
        complete(&["log"], reports);
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_commands_get_what_was_typed() {
        let again = Again {
            config: Some(" a.yaml --org b".to_owned()),
            target: " --sandbox".to_owned(),
            reports: " dir".to_owned(),
        };
        let text = "`presencectl config` prints, `presencectl plan PATH` and `presencectl drift` show; `presencectl show`, `presencectl log`";
        assert_eq!(
            again.named(text),
            "`presencectl config a.yaml --org b` prints, `presencectl plan PATH` and `presencectl drift a.yaml --org b \
             --sandbox` show; `presencectl show --sandbox`, `presencectl log dir`"
        );
        assert_eq!(Again::default().named(text), text);
    }
}
