//! Scripted faults: the first matching rule decides what happens to a request. No IO.

use serde::{Deserialize, Serialize};

use crate::model::limits::SANDBOX_RULES_MAX;

/// The longest delay of a rule.
pub const DELAY_MS_MAX: u64 = 600_000;

/// A script: `{"faults": [ … ]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with the list `faults`")]
pub struct FaultDocument {
    /// The rules, in the order of matching.
    pub faults: Vec<FaultRule>,
}

impl FaultDocument {
    /// Reads a script from JSON and checks its rules.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let document: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        check(&document.faults)?;
        Ok(document)
    }
}

/// One rule: its requests, and their fault. An absent condition matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a rule, which is an object")]
pub struct FaultRule {
    /// The method, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path, or its prefix if this ends with `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The number of the request, from 1 since the rules were set. Control requests do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<u64>,
    /// The number of matching requests before the rule starts.
    #[serde(skip_serializing_if = "is_zero")]
    pub skip: u64,
    /// The number of requests that it then applies to. Absent means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The `Retry-After` of the response, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
    /// The code in the body of the response. Absent means the usual one of the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The message in the body of the response. Absent means a default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<Cut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Spoil>,
    /// Responds with status 200 and exactly these bytes, as `application/json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Does the org execute the request although its response is replaced? The default is no for `status` and yes for
    /// `body` and `text`. For `drop`, the value defines it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled: Option<bool>,
    /// Delays the response, or the cut. The request itself is executed at once, so a client that stops waiting has lost
    /// a response, not a write.
    #[serde(skip_serializing_if = "is_zero")]
    pub delay_ms: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// The request is not executed.
    BeforeWrite,
    /// The request is executed, and its response is lost.
    AfterWrite,
}

/// How the body of a response is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spoil {
    /// It ends in the middle, and so does the connection.
    Truncated,
    /// Status 200 and an HTML page, as a proxy sends it.
    Html,
}

/// The fault of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultVerdict {
    pub handled: bool,
    pub answer: FaultAnswer,
    /// The delay in milliseconds.
    pub delay_ms: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FaultAnswer {
    #[default]
    Own,
    Status {
        status: u16,
        /// The value of `Retry-After`.
        retry_after_seconds: Option<u64>,
        code: Option<String>,
        message: Option<String>,
    },
    /// The connection is cut before the write.
    DroppedBefore,
    /// The connection is cut after the write.
    DroppedAfter,
    Truncated,
    /// An HTML page with status 200.
    Html,
    /// This text with status 200.
    Text(String),
}

#[derive(Debug, Clone, Default)]
pub struct FaultScript {
    rules: Vec<(FaultRule, u64)>,
    request_count: u64,
}

impl FaultScript {
    /// Accepts checked rules, with all counters at zero.
    pub fn new(rules: Vec<FaultRule>) -> Result<Self, String> {
        check(&rules)?;
        Ok(Self { rules: rules.into_iter().map(|rule| (rule, 0)).collect(), request_count: 0 })
    }

    pub fn document(&self) -> FaultDocument {
        FaultDocument { faults: self.rules.iter().map(|(rule, _)| rule.clone()).collect() }
    }

    /// Counts a request and decides its fault. A rule counts the matching requests that no earlier rule took.
    pub fn judge(&mut self, method: &str, path: &str) -> FaultVerdict {
        self.request_count += 1;
        let number = self.request_count;
        for (rule, reached) in &mut self.rules {
            if !rule.matches(method, path, number) {
                continue;
            }
            *reached += 1;
            let position = *reached;
            let end = rule.times.map_or(u64::MAX, |times| rule.skip.saturating_add(times));
            if position > rule.skip && position <= end {
                return rule.verdict();
            }
        }
        FaultVerdict { handled: true, ..FaultVerdict::default() }
    }
}

impl FaultRule {
    fn matches(&self, method: &str, path: &str, number: u64) -> bool {
        let path_matches = self.path.as_deref().is_none_or(|wanted| match wanted.strip_suffix('*') {
            Some(beginning) => path.starts_with(beginning),
            None => path == wanted,
        });
        // A rule about requests to the org does not include the token request, without which there are no others.
        let means_token = self.path.is_some() || self.request.is_some() || path != "/oauth/token";
        path_matches
            && means_token
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.request.is_none_or(|wanted| wanted == number)
    }

    fn verdict(&self) -> FaultVerdict {
        let answer = match (self.status, self.drop, self.body) {
            (None, None, None) if let Some(text) = &self.text => FaultAnswer::Text(text.clone()),
            (Some(status), _, _) => FaultAnswer::Status {
                status,
                retry_after_seconds: self.retry_after_seconds,
                code: self.code.clone(),
                message: self.message.clone(),
            },
            (None, Some(Cut::BeforeWrite), _) => FaultAnswer::DroppedBefore,
            (None, Some(Cut::AfterWrite), _) => FaultAnswer::DroppedAfter,
            (None, None, Some(Spoil::Truncated)) => FaultAnswer::Truncated,
            (None, None, Some(Spoil::Html)) => FaultAnswer::Html,
            (None, None, None) => FaultAnswer::Own,
        };
        let handled = match answer {
            FaultAnswer::Status { .. } => self.handled.unwrap_or(false),
            FaultAnswer::DroppedBefore => false,
            FaultAnswer::Html | FaultAnswer::Text(_) => self.handled.unwrap_or(true),
            FaultAnswer::Own | FaultAnswer::DroppedAfter | FaultAnswer::Truncated => true,
        };
        FaultVerdict { handled, answer, delay_ms: self.delay_ms }
    }

    fn problem(&self) -> Option<String> {
        let kinds = [self.status.is_some(), self.drop.is_some(), self.body.is_some(), self.text.is_some()];
        let kind_count = kinds.into_iter().filter(|it| *it).count();
        if kind_count > 1 {
            return Some("only one of `status`, `drop`, `body` and `text` can be given".to_owned());
        }
        if kind_count == 0 && self.delay_ms == 0 {
            return Some("one of `status`, `drop`, `body`, `text` and `delay_ms` must be given".to_owned());
        }
        if let Some(status) = self.status.filter(|it| !(200..=598).contains(it)) {
            return Some(format!("`status` is {status}; it must lie between 200 and 598"));
        }
        let answer_only = self.retry_after_seconds.is_some() || self.code.is_some() || self.message.is_some();
        if answer_only && self.status.is_none() {
            return Some("`retry_after_seconds`, `code` and `message` need a `status`".to_owned());
        }
        let may_be_handled = self.status.is_some() || self.text.is_some() || self.body == Some(Spoil::Html);
        if self.handled.is_some() && !may_be_handled {
            return Some("`handled` can be given with `status`, `text` and `body: html` only".to_owned());
        }
        if self.request == Some(0) {
            return Some("`request` counts from 1".to_owned());
        }
        (self.delay_ms > DELAY_MS_MAX).then(|| format!("`delay_ms` is over {DELAY_MS_MAX}"))
    }
}

/// Are the rules consistent?
pub fn check(rules: &[FaultRule]) -> Result<(), String> {
    if rules.len() > SANDBOX_RULES_MAX {
        return Err(format!("{} rules are more than {SANDBOX_RULES_MAX}", rules.len()));
    }
    match rules.iter().enumerate().find_map(|(index, rule)| rule.problem().map(|problem| (index + 1, problem))) {
        Some((number, problem)) => Err(format!("rule {number}: {problem}")),
        None => Ok(()),
    }
}
