//! Every fault that one answer can have, by name, for tests that play each at each request.

use presencectl::sandbox::FaultRule;
use presencectl::sandbox::faults::{Cut, Spoil};

/// Each once, for one request.
pub(crate) fn every_fault() -> Vec<(String, FaultRule)> {
    let status = |status| FaultRule { status: Some(status), ..FaultRule::default() };
    let fault = |name: &str, rule: FaultRule| (name.to_owned(), rule);
    let mut all = vec![
        fault("429", FaultRule { retry_after_seconds: Some(7), ..status(429) }),
        fault("429 for hours", FaultRule { retry_after_seconds: Some(7_200), ..status(429) }),
        fault("drop before", FaultRule { drop: Some(Cut::BeforeWrite), ..FaultRule::default() }),
        fault("drop after", FaultRule { drop: Some(Cut::AfterWrite), ..FaultRule::default() }),
        fault("truncated", FaultRule { body: Some(Spoil::Truncated), ..FaultRule::default() }),
        fault("timed out", FaultRule { delay_ms: 40_000, ..FaultRule::default() }),
    ];
    all.extend([400, 401, 403, 404, 409, 410, 413].map(|it| fault(&it.to_string(), status(it))));
    for handled in [false, true] {
        let html = FaultRule { body: Some(Spoil::Html), handled: Some(handled), ..FaultRule::default() };
        all.push(fault(&format!("html, carried out: {handled}"), html));
        for number in [408, 500, 502, 503, 504] {
            let rule = FaultRule { handled: Some(handled), ..status(number) };
            all.push(fault(&format!("{number}, carried out: {handled}"), rule));
        }
    }
    all
}
