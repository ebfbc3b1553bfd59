//! The checks of what is between here and the org: region, credentials, proxy, the API, the login host, the clock.

use crate::client::error_help::connection_help;
use crate::client::wire::WireError;
use crate::client::{ApiError, ApiErrorKind};
use crate::host::org_variables::named;
use crate::host::proxy::{EXCEPT_FORM, Proxy};
use crate::model::moment::Moment;
use crate::model::text;
use crate::ops::doctor::check::{CREDENTIALS, Check};
use crate::ops::doctor::facts::{CredentialsFact, DoctorAnswer, Facts, NamedBy, OrgPlace, Reach};

/// Two clocks that differ by more than this make times in reports and logs misleading.
pub const SKEW_MAX_S: u64 = 60;

/// What is between here and the org.
pub fn checks(facts: &Facts) -> Vec<Check> {
    let place = facts.place.as_ref().ok();
    vec![
        region(facts),
        credentials(&facts.credentials, &facts.suffix),
        proxy(place),
        reached("api", place, place.map(|it| it.endpoints.api_host()), &facts.answers.api),
        login(facts, place),
        token(facts),
        clock(&facts.answers.api),
    ]
}

fn region(facts: &Facts) -> Check {
    const NAME: &str = "region";
    match &facts.place {
        Err(problem) => {
            let check = Check::failed(NAME, problem.message.clone());
            Check { help: problem.help.clone(), ..check }
        }
        Ok(OrgPlace { endpoints, named_by, .. }) => {
            let by = match named_by {
                NamedBy::Sandbox => return Check::good(NAME, "the sandbox on this machine"),
                NamedBy::BaseUrl => "--base-url",
                NamedBy::Variable => &named("GENESYSCLOUD_REGION", &facts.suffix),
                NamedBy::Config => "`org.region` of the config",
            };
            Check::good(NAME, format!("`{}`, by {by}", endpoints.api_host()))
        }
    }
}

fn credentials(fact: &CredentialsFact, suffix: &str) -> Check {
    const NAME: &str = CREDENTIALS;
    let token = named("GENESYSCLOUD_ACCESS_TOKEN", suffix);
    match fact {
        CredentialsFact::Sandbox => Check::good(NAME, "the sandbox's own client"),
        CredentialsFact::Client => {
            let names = "GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET are set";
            Check::good(NAME, named(names, suffix))
        }
        CredentialsFact::Token { client_too: false } => {
            Check::good(NAME, format!("{token} is set; a token cannot be renewed"))
        }
        CredentialsFact::Token { client_too: true } => {
            Check::warning(NAME, format!("{token} is set, so the OAuth client beside it is not used"))
                .help("unset one of them")
        }
        CredentialsFact::Missing(problem) => {
            let check = Check::failed(NAME, problem.message.clone());
            Check { help: problem.help.clone(), ..check }
        }
    }
}

fn proxy(place: Option<&OrgPlace>) -> Check {
    const NAME: &str = "proxy";
    match place {
        None => Check::not_known(NAME, "it depends on where the org is"),
        Some(OrgPlace { endpoints, .. }) if endpoints.is_loopback() => {
            Check::good(NAME, "none: the org is on this machine")
        }
        Some(OrgPlace { proxy: Err(problem), .. }) => {
            let check = Check::failed(NAME, problem.message.clone());
            Check { help: problem.help.clone(), ..check }
        }
        Some(OrgPlace { proxy: Ok(proxy), unread_entries, endpoints, .. }) => {
            let said = match proxy {
                None => "none: no variable names one for this host".to_owned(),
                Some(Proxy { variable, host, targets, .. }) => match targets.as_slice() {
                    [only] if *only != endpoints.api_name() => format!("`{host}`, by {variable}, for `{only}` only"),
                    _ => format!("`{host}`, by {variable}"),
                },
            };
            if unread_entries.is_empty() {
                return Check::good(NAME, said);
            }
            let unread = text::list(unread_entries, "and");
            Check::warning(NAME, format!("{said}; nothing is excepted by {unread}")).help(EXCEPT_FORM)
        }
    }
}

fn reached(name: &'static str, place: Option<&OrgPlace>, host: Option<String>, reach: &Reach) -> Check {
    let (Some(place), Some(host)) = (place, host) else {
        return Check::not_known(name, "no region is set");
    };
    let proxy = place.proxy.as_ref().ok().and_then(Option::as_ref).filter(|it| it.leads_to(&host));
    let by_proxy = proxy.map(|it| format!("look at {}", it.variable));
    let through = proxy.map_or_else(String::new, |it| format!(" through the proxy `{}`", it.host));
    let is_here = place.endpoints.is_loopback();
    let at_region = || {
        if is_here {
            "check whether anything listens there"
        } else {
            "look at the region or --base-url, and at the network"
        }
    };
    match reach {
        Reach::NotTried => Check::not_known(name, format!("`{host}` was not asked")),
        Reach::NoSuchName { name: wanted } => {
            let check = Check::failed(name, format!("DNS: the name `{wanted}` is not found"));
            let or_proxy = "check the region or --base-url, and whether this network needs HTTPS_PROXY";
            check.help(by_proxy.unwrap_or_else(|| if is_here { at_region() } else { or_proxy }.to_owned()))
        }
        Reach::Failed(WireError::NotSent(why) | WireError::NoHost(why)) => {
            let check = Check::failed(name, format!("no connection to `{host}`{through}: {why}"));
            check.help(by_proxy.map_or_else(
                || if is_here { at_region().to_owned() } else { format!("{}: does it need HTTPS_PROXY?", at_region()) },
                |it| format!("{it}, and whether the proxy lets `{host}` pass"),
            ))
        }
        Reach::Failed(error @ WireError::Untrusted { why, .. }) => {
            Check::failed(name, format!("TLS: `{host}`{through}: {error}")).help(why.help())
        }
        Reach::Failed(error @ WireError::NoProxy { .. }) => {
            Check::failed(name, error.to_string()).help(connection_help(error))
        }
        Reach::Failed(error @ WireError::Proxy { .. }) => {
            Check::failed(name, format!("no connection to `{host}`: {error}")).help(connection_help(error))
        }
        Reach::Failed(error @ WireError::Setup(_)) => {
            Check::failed(name, error.to_string()).help("look at the proxy and certificate settings in the environment")
        }
        Reach::Failed(error @ (WireError::Lost(_) | WireError::TimedOut { .. } | WireError::TooLarge { .. })) => {
            let check = Check::failed(name, format!("`{host}`{through}: {error}"));
            check.help(by_proxy.unwrap_or_else(|| at_region().to_owned()))
        }
        Reach::Answered { status, .. } if *status >= 500 => {
            Check::warning(name, format!("`{host}`{through} answers with {status}"))
                .help("the platform, or a gateway before it, has a problem: run it again later")
        }
        Reach::Answered { .. } => Check::good(name, format!("`{host}` answers{through}")),
    }
}

fn login(facts: &Facts, place: Option<&OrgPlace>) -> Check {
    const NAME: &str = "login";
    if matches!(facts.credentials, CredentialsFact::Token { .. }) {
        return Check::good(NAME, "not needed: a token is given");
    }
    reached(NAME, place, place.map(|it| it.endpoints.login_host()), &facts.answers.login)
}

fn token(facts: &Facts) -> Check {
    const NAME: &str = "token";
    let refused = |error: &ApiError| {
        let check = Check::failed(NAME, error.to_string()).help(error.help());
        Check { correlation_id: error.about.correlation_id.clone(), ..check }
    };
    match (&facts.answers.org, &facts.credentials) {
        (DoctorAnswer::NotAsked, _) => Check::not_known(NAME, "none was asked for"),
        (DoctorAnswer::Refused(error), _)
            if matches!(error.kind, ApiErrorKind::Credentials | ApiErrorKind::Unauthorized { .. })
                || error.about.path.ends_with("/oauth/token") =>
        {
            refused(error)
        }
        (DoctorAnswer::Refused(error), _) if matches!(error.kind, ApiErrorKind::Connection(_)) => {
            Check::not_known(NAME, "the org's answer was lost")
        }
        (DoctorAnswer::Given(_) | DoctorAnswer::Refused(_), CredentialsFact::Token { .. }) => {
            Check::good(NAME, "it is accepted")
        }
        (DoctorAnswer::Given(_) | DoctorAnswer::Refused(_), _) => Check::good(NAME, "issued and accepted"),
    }
}

fn clock(reach: &Reach) -> Check {
    const NAME: &str = "clock";
    let Reach::Answered { date: Some(date), at, .. } = reach else {
        return Check::not_known(NAME, "no answer of the API says what time it is");
    };
    let Skew { seconds, ours_is } = skew(*date, *at);
    if seconds <= SKEW_MAX_S {
        return Check::good(NAME, format!("within {SKEW_MAX_S} s of the server's"));
    }
    Check::warning(NAME, format!("this machine's clock is {seconds} s {ours_is} the server's"))
        .help("set it by NTP: times in reports would be wrong, and certificates may look expired")
}

struct Skew {
    seconds: u64,
    ours_is: &'static str,
}

fn skew(theirs: Moment, ours: Moment) -> Skew {
    Skew {
        seconds: theirs.unix_ms().abs_diff(ours.unix_ms()) / 1_000,
        ours_is: if ours > theirs { "ahead of" } else { "behind" },
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::client::{Distrust, Endpoints};
    use crate::host::proxy::Proxies;

    fn said(proxy: Option<&str>, reach: &Reach) -> String {
        let endpoints = Endpoints::of_domain("mypurecloud.de").unwrap();
        let url = [endpoints.api("/", &[])];
        let proxies = Proxies::of(&|name| proxy.filter(|_| name == "HTTPS_PROXY").map(OsString::from));
        let proxy = Ok(proxies.of_urls(&url).unwrap());
        let place = OrgPlace { endpoints, named_by: NamedBy::Variable, proxy, unread_entries: Vec::new() };
        let Check { health, said, help, .. } = reached("api", Some(&place), Some(place.endpoints.api_host()), reach);
        format!("{}: {said} | {}", health.words(), help.unwrap_or_default())
    }

    #[test]
    fn dns_tls_proxy_and_silence_are_told_apart() {
        let unknown = |name: &str| Reach::NoSuchName { name: name.to_owned() };
        assert_eq!(
            said(None, &unknown("api.mypurecloud.de")),
            "failed: DNS: the name `api.mypurecloud.de` is not found | check the region or --base-url, and whether \
             this network needs HTTPS_PROXY"
        );
        assert_eq!(
            said(Some("corp:3128"), &unknown("corp")),
            "failed: DNS: the name `corp` is not found | look at HTTPS_PROXY"
        );
        let refused = Reach::Failed(WireError::NotSent("refused".to_owned()));
        assert_eq!(
            said(None, &refused),
            "failed: no connection to `api.mypurecloud.de`: refused | look at the region or --base-url, and at the network: \
             does it need HTTPS_PROXY?"
        );
        assert_eq!(
            said(Some("corp:3128"), &refused),
            "failed: no connection to `api.mypurecloud.de` through the proxy `corp:3128`: refused | look at HTTPS_PROXY, and \
             whether the proxy lets `api.mypurecloud.de` pass"
        );
        assert_eq!(
            said(
                None,
                &Reach::Failed(WireError::Untrusted {
                    why: Distrust::UnknownIssuer,
                    said: "unknown issuer".to_owned()
                })
            ),
            "failed: TLS: `api.mypurecloud.de`: the server's certificate is not trusted: unknown issuer | a proxy between \
             here and the platform may decrypt the traffic: add the root certificate that signed this one to this machine's \
             store, or to the file that you give with --ca-cert"
        );
        assert_eq!(
            said(None, &Reach::Failed(WireError::TimedOut { after_ms: 30_000 })),
            "failed: `api.mypurecloud.de`: no answer within 30000 ms | look at the region or --base-url, and at the network"
        );
        let answered = |status| Reach::Answered { status, date: None, at: Moment::default() };
        assert_eq!(said(None, &answered(401)), "ok: `api.mypurecloud.de` answers | ");
        assert_eq!(
            said(None, &answered(503)),
            "warning: `api.mypurecloud.de` answers with 503 | the platform, or a gateway before it, has a problem: run it \
             again later"
        );
    }

    #[test]
    fn a_minute_is_no_skew() {
        let clock = |ours_s: u64| {
            let at = Moment::from_unix_ms(ours_s * 1_000);
            clock(&Reach::Answered { status: 200, date: Some(Moment::from_unix_ms(100_000)), at }).said
        };
        assert_eq!(clock(160), "within 60 s of the server's");
        assert_eq!(clock(161), "this machine's clock is 61 s ahead of the server's");
        assert_eq!(clock(39), "this machine's clock is 61 s behind the server's");
    }
}
