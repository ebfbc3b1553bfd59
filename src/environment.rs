//! What a run takes from its environment: where the platform is, and the credentials. Nothing else
//! reads the environment.

use secrecy::SecretString;

/// The variables, read once. Empty ones count as absent, as CI systems set unset secrets to "".
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `GENESYSCLOUD_REGION`: an AWS name or a domain.
    pub region: Option<String>,
    /// `GENESYSCLOUD_OAUTHCLIENT_ID`.
    pub client_id: Option<String>,
    /// `GENESYSCLOUD_OAUTHCLIENT_SECRET`.
    pub client_secret: Option<SecretString>,
    /// `GENESYSCLOUD_ACCESS_TOKEN`.
    pub access_token: Option<SecretString>,
    /// `NO_COLOR` is set.
    pub no_color: bool,
    /// `CI` is set.
    pub ci: bool,
}

impl Environment {
    /// Of this process.
    #[must_use]
    pub fn of_process() -> Environment {
        Environment {
            region: variable("GENESYSCLOUD_REGION"),
            client_id: variable("GENESYSCLOUD_OAUTHCLIENT_ID"),
            client_secret: variable("GENESYSCLOUD_OAUTHCLIENT_SECRET").map(SecretString::from),
            access_token: variable("GENESYSCLOUD_ACCESS_TOKEN").map(SecretString::from),
            no_color: variable("NO_COLOR").is_some(),
            ci: variable("CI").is_some(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one file that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|it| it.trim().to_owned()).filter(|it| !it.is_empty())
}
