//! Scripted faults: rules in order, the first that matches decides what becomes of a request. No IO.

use serde::{Deserialize, Serialize};

use crate::model::limits::SANDBOX_RULES_MAX;

/// The longest delay that a rule may ask for.
pub const DELAY_MS_MAX: u64 = 600_000;

/// A script as people write it: `{"faults": [ … ]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with the list `faults`")]
pub struct FaultDocument {
    /// The rules, in the order in which they are tried.
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

/// One rule: which requests it is for, and what becomes of them. Absent conditions match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a rule, which is an object")]
pub struct FaultRule {
    /// The method, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path, or its beginning when this ends with `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The number of the request, counted from 1 since the rules were set; control requests do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<u64>,
    /// How many matching requests pass before the rule begins.
    #[serde(skip_serializing_if = "is_zero")]
    pub skip: u64,
    /// For how many requests it then holds; absent is for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The `Retry-After` of that answer, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
    /// The code in that answer's body; absent is the usual one of the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The message in that answer's body; absent is a plain one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<Cut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Spoil>,
    /// Answers with status 200 and this, byte for byte, as `application/json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether the org carries the request out although its answer is replaced. Absent is no for
    /// `status` and yes for `body` and `text`; for `drop` the word says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled: Option<bool>,
    /// The answer, or the cut, comes this much later. The request itself is handled at once, so that a
    /// client which stops waiting has lost an answer, not a write.
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
    /// The request is never handled.
    BeforeWrite,
    /// The request is handled and its answer is lost.
    AfterWrite,
}

/// How an answer's body is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spoil {
    /// It ends in the middle, and so does the connection.
    Truncated,
    /// Status 200 and a page of HTML, as a proxy sends it.
    Html,
}

/// What the script says about one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultVerdict {
    pub handled: bool,
    pub answer: FaultAnswer,
    /// How much later, in milliseconds.
    pub delay_ms: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FaultAnswer {
    #[default]
    Own,
    Status {
        status: u16,
        /// Seconds for `Retry-After`.
        retry_after_seconds: Option<u64>,
        code: Option<String>,
        message: Option<String>,
    },
    /// Nothing: the connection is cut before the write.
    DroppedBefore,
    /// Nothing: the connection is cut after the write.
    DroppedAfter,
    Truncated,
    /// A page of HTML under status 200.
    Html,
    /// This text under status 200.
    Text(String),
}

#[derive(Debug, Clone, Default)]
pub struct FaultScript {
    rules: Vec<(FaultRule, u64)>,
    request_count: u64,
}

impl FaultScript {
    /// Takes rules that [`check`] found good, with all counters at nought.
    pub fn new(rules: Vec<FaultRule>) -> Result<Self, String> {
        check(&rules)?;
        Ok(Self { rules: rules.into_iter().map(|rule| (rule, 0)).collect(), request_count: 0 })
    }

    pub fn document(&self) -> FaultDocument {
        FaultDocument { faults: self.rules.iter().map(|(rule, _)| rule.clone()).collect() }
    }

    /// Counts a request and says what becomes of it. A rule counts the matching requests that no earlier
    /// rule took.
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
        // Anyone who means requests to the org does not mean the token, without which there are none.
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

/// Whether the rules can be told apart from a mistake.
pub fn check(rules: &[FaultRule]) -> Result<(), String> {
    if rules.len() > SANDBOX_RULES_MAX {
        return Err(format!("{} rules are more than {SANDBOX_RULES_MAX}", rules.len()));
    }
    match rules.iter().enumerate().find_map(|(index, rule)| rule.problem().map(|problem| (index + 1, problem))) {
        Some((number, problem)) => Err(format!("rule {number}: {problem}")),
        None => Ok(()),
    }
}
