//! The help for an API error, and the error as a problem for display.

use crate::client::endpoints::is_this_machine;
use crate::client::error::{ApiError, ApiErrorKind, Permission};
use crate::client::policy::RETRY_AFTER_MAX_S;
use crate::client::wire::{Method, WireError};
use crate::model::problem::Problem;
use crate::model::text;

impl ApiError {
    /// What to do, in one sentence.
    pub fn help(&self) -> String {
        let help = self.help_of_kind();
        let is_refusal = matches!(
            self.kind,
            ApiErrorKind::Unauthorized { .. } | ApiErrorKind::Forbidden { .. } | ApiErrorKind::Credentials
        );
        if is_refusal && !self.about.is_by_the_platform() {
            return format!(
                "nothing in the answer shows that it is the platform's: a gateway or firewall before it may have refused \
                 this. If the platform did: {help}"
            );
        }
        help
    }

    fn help_of_kind(&self) -> String {
        match &self.kind {
            ApiErrorKind::Unauthorized { given_token: true } => {
                "the org does not accept the token in GENESYSCLOUD_ACCESS_TOKEN: it has expired, was revoked, is incomplete, or \
                 belongs to another region. A given token cannot be renewed: set a new one, or set \
                 GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET"
                    .to_owned()
            }
            ApiErrorKind::Unauthorized { given_token: false } => {
                "a new token was refused as well: check whether the OAuth client still exists and is active".to_owned()
            }
            ApiErrorKind::Credentials => "check GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, that \
                                          the client's grant type is client credentials, and that it belongs to this \
                                          region"
                .to_owned(),
            ApiErrorKind::Forbidden { missing, needs } => forbidden(missing, *needs),
            ApiErrorKind::RateLimited { retry_after_s } => rate_limited(*retry_after_s),
            ApiErrorKind::NotFound { by_the_platform: true } => {
                "it was deleted, belongs to another org, or to a division that these credentials cannot see".to_owned()
            }
            ApiErrorKind::NotFound { by_the_platform: false } => {
                "this does not look like the platform's own answer: look at the region or at --base-url".to_owned()
            }
            ApiErrorKind::NotServed(_) => {
                "run it again: with `--api auto`, presencectl takes the generation that the org serves now".to_owned()
            }
            ApiErrorKind::NoneServed => "check the region or --base-url: presence definitions are not served there".to_owned(),
            ApiErrorKind::NotOffered => "the org, or a gateway before it, does not offer this operation".to_owned(),
            ApiErrorKind::Conflict if self.about.method != Method::Get => "it conflicts with something in the org, often an equal label: run `plan` again".to_owned(),
            ApiErrorKind::Conflict | ApiErrorKind::Invalid if self.about.message.is_some() => {
                "the platform refuses this request: its message says why".to_owned()
            }
            ApiErrorKind::Conflict | ApiErrorKind::Invalid => {
                format!("this request is refused, and the answer does not say why: look at the region or at --base-url{}", self.report())
            }
            ApiErrorKind::Server { retry_after_s: Some(asked_s) } if *asked_s > RETRY_AFTER_MAX_S => asked_to_wait(*asked_s),
            ApiErrorKind::Server { .. } if self.about.correlation_id.is_some() => {
                "the platform had a problem of its own: run it again later; the correlation id is what its support asks for"
                    .to_owned()
            }
            ApiErrorKind::Server { .. } => "the platform, or a gateway before it, had a problem of its own: run it again later".to_owned(),
            // No proxy is asked there.
            ApiErrorKind::Connection(WireError::NotSent(_) | WireError::NoHost(_)) if is_this_machine(&self.about.host) => {
                "check --base-url, and that a server listens there on this machine".to_owned()
            }
            ApiErrorKind::Connection(error) => connection_help(error),
            ApiErrorKind::Redirected => {
                "credentials are never sent to an address that a server names: give the final one with --base-url".to_owned()
            }
            ApiErrorKind::Interrupted | ApiErrorKind::Waited => "run it again: nothing is lost by that".to_owned(),
            ApiErrorKind::BrokenPromise(_) => format!("look at the region or at --base-url{}", self.report()),
            ApiErrorKind::OddObject(_) if self.about.correlation_id.is_some() => {
                "repair it in the org's admin page, or report this with the correlation id".to_owned()
            }
            ApiErrorKind::OddObject(_) => "repair it in the org's admin page".to_owned(),
            ApiErrorKind::HalfCharacter(halved) if halved.fields.is_empty() => {
                "write the whole label into the config, or in the org's admin page".to_owned()
            }
            ApiErrorKind::HalfCharacter(_) => "write the whole text in the org's admin page, or by another client".to_owned(),
            ApiErrorKind::HoldsSecret => {
                "the server that answers here repeats what it is sent, which the platform never does: check the \
                 region, --base-url and the proxy, and make a new secret for the OAuth client"
                    .to_owned()
            }
            ApiErrorKind::Unsettled(_) => {
                "someone is changing definitions now, or the answers come from servers that do not agree yet: run it again in \
                 a minute"
                    .to_owned()
            },
            ApiErrorKind::Incomplete(_) => {
                "these credentials may not see all of them, or a gateway answers from its memory".to_owned()
            }
            ApiErrorKind::Contradictory(_) => {
                "the list contradicts itself, so it is not used: look at the gateways between here and the platform, then ask \
                 Genesys"
                    .to_owned()
            }
            ApiErrorKind::UnusableId(_) => "ids are the platform's, such as 2fa68d50-0000-4000-8000-000000000001".to_owned(),
        }
    }

    /// Where to report it if the address is right. Without a correlation id, the platform cannot look it up.
    fn report(&self) -> &'static str {
        match self.about.correlation_id {
            Some(_) => "; if they are right, report this with the correlation id",
            None => {
                "; if they are right, check what is between here and the platform: the answer has no correlation id"
            }
        }
    }
}

fn forbidden(missing: &[String], needs: Permission) -> String {
    let ask = |permission: &str| format!("give a role of the OAuth client the permission {permission}");
    let Permission { document, today } = needs;
    let named: Vec<String> = missing.iter().map(text::ticked).collect();
    match (named.is_empty(), today, document) {
        (false, _, _) if named.len() > 1 => {
            format!("give a role of the OAuth client the permissions {}", text::list(&named, "and"))
        }
        (false, _, _) => ask(&text::list(&named, "and")),
        (true, Some(today), Some(_)) => ask(&format!("`{today}`")),
        (true, Some(today), None) => {
            format!("{} (the API document asks for none here, the platform does today)", ask(&format!("`{today}`")))
        }
        (true, None, Some(document)) => ask(&format!("`{document}`")),
        (true, None, None) => "no permission is documented for this: look at the scopes of the OAuth client".to_owned(),
    }
}

fn asked_to_wait(asked_s: u64) -> String {
    format!(
        "the platform asks to wait {asked_s} s, which is longer than the {RETRY_AFTER_MAX_S} s that a run waits: run it again \
         then"
    )
}

fn rate_limited(retry_after_s: Option<u64>) -> String {
    match retry_after_s {
        Some(asked_s) if asked_s > RETRY_AFTER_MAX_S => asked_to_wait(asked_s),
        Some(_) | None => {
            "something else uses up the allowance of this OAuth client: run it again later, or use a client of its own \
             and --requests-per-minute"
                .to_owned()
        }
    }
}

/// The help for an exchange without a response.
pub fn connection_help(error: &WireError) -> String {
    match error {
        WireError::Proxy { variable, host, status, is_signed_in, .. } => return proxy_help(variable, host, *status, *is_signed_in),
        WireError::NoProxy { proxy, variable, has_address, .. } => {
            let what = if *has_address { "whether that proxy runs and lets this machine in" } else { "that name" };
            return format!("check {what}: {variable} sends this run through `{proxy}`");
        }
        WireError::NotSent(_) | WireError::NoHost(_) => "look at the region or --base-url, the network and HTTPS_PROXY",
        WireError::Untrusted { why, .. } => why.help(),
        WireError::Setup(why) if why.contains("CA certificates") => {
            "this machine has no CA certificates: install the package `ca-certificates`, or set SSL_CERT_FILE to a bundle"
        }
        WireError::Setup(_) => "look at the proxy and certificate settings in the environment, and at the access token",
        WireError::Lost(_) | WireError::TimedOut { .. } => "run it again",
        WireError::TooLarge { .. } => "this does not look like the platform's own answer: look at the region or --base-url",
    }
    .to_owned()
}

fn proxy_help(variable: &str, host: &str, status: u16, is_signed_in: bool) -> String {
    const FORM: &str = "`http://USER:PASSWORD@HOST:PORT`, percent-encoded";
    match (status, is_signed_in) {
        (407, true) => format!(
            "the proxy does not accept the user and password in {variable}, or does not take a password in this way (Basic): \
             correct them ({FORM}), or ask who runs the proxy"
        ),
        (407, false) => format!("the proxy wants a user and a password: write {variable} as {FORM}"),
        (502..=504, _) => format!(
            "the proxy in {variable} cannot reach `{host}` now: run it again later, or ask who runs the proxy whether it knows \
             that host"
        ),
        (403, _) => format!("the proxy does not let you reach `{host}`: ask who runs it to allow that host"),
        (_, _) => {
            format!("the proxy opens no way to `{host}`: check that {variable} names an HTTP proxy that allows CONNECT")
        }
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Problem {
        Problem::from(&error)
    }
}

impl From<&ApiError> for Problem {
    fn from(error: &ApiError) -> Problem {
        let correlation_id = error.about.correlation_id.clone();
        Problem {
            message: error.to_string(),
            help: Some(error.help()),
            correlation_id,
            platform_terms: platform_terms(error),
            is_freeze: false,
            is_declined: false,
        }
    }
}

fn platform_terms(error: &ApiError) -> Vec<String> {
    if !matches!(error.kind, ApiErrorKind::Conflict | ApiErrorKind::Invalid) {
        return Vec::new();
    }
    let about = &error.about;
    let params = about.params.iter().flat_map(|(name, value)| [name, value]);
    about.message.iter().chain(params).cloned().collect()
}
