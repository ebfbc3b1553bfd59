//! Checks that writes of the first generation of the API do not remove divisions, which it does not show. It reads them
//! through the second generation before and after, if possible.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::client::Reader;
use crate::client::error::ApiErrorKind;
use crate::model::generation::Generation;
use crate::model::names::{DefinitionId, DivisionId};
use crate::model::problem::Problem;
use crate::ops::apply::report::{Outcome, ReportRow};
use crate::ops::apply::verify::VERIFY_DELAYS_MS;
use crate::plan::change::Step;
use crate::plan::cost::is_put;
use crate::plan::difference::{Difference, Standing, standing};

/// The divisions of the objects before they are written.
#[derive(Debug, Default)]
pub struct DivisionCheck {
    /// Only objects with a single division. The others have none to lose.
    before: BTreeMap<DefinitionId, DivisionId>,
    unread: Option<Problem>,
}

impl DivisionCheck {
    /// Reads the divisions if the first generation writes an object by PUT. It costs one list, for any number of
    /// objects.
    pub async fn before(reader: &Reader, steps: &[Step]) -> DivisionCheck {
        let mut check = DivisionCheck::default();
        let ids: Vec<&DefinitionId> = steps.iter().filter(|it| is_put(it.action())).filter_map(Step::id).collect();
        if reader.generation() == Generation::Second || ids.is_empty() {
            return check;
        }
        match reader.speaking(Generation::Second).definitions().await {
            Ok(definitions) => {
                let one = definitions.into_iter().filter(|it| ids.contains(&&it.id)).filter_map(|it| {
                    let division = it.division.filter(|division| !division.is_all())?;
                    Some((it.id, division))
                });
                check.before = one.collect();
            }
            // An org that does not serve it has no divisions for definitions.
            Err(error) if error.kind == ApiErrorKind::NotServed(Generation::Second) => {}
            Err(error) => check.unread = Some(Problem::from(&error)),
        }
        check
    }

    /// Reads them again, and corrects the rows of written objects that lost theirs. A list that does not show a write
    /// yet is no evidence. Returns why they are not known, if so.
    pub async fn after(self, reader: &Reader, steps: &[Step], rows: &mut [ReportRow]) -> Option<Problem> {
        let DivisionCheck { before, unread } = self;
        let written =
            |(_, row): &(&Step, &mut ReportRow)| matches!(row.outcome, Outcome::Done | Outcome::NotVisibleYet(_));
        let mut rows: Vec<(&DivisionId, &Step, &mut ReportRow)> = steps
            .iter()
            .zip(rows)
            .filter(written)
            .filter_map(|(step, row)| Some((before.get(row.id.as_ref()?)?, step, row)))
            .collect();
        if rows.is_empty() {
            return unread;
        }
        for delay_ms in VERIFY_DELAYS_MS {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            let definitions = match reader.speaking(Generation::Second).definitions().await {
                Ok(definitions) => definitions,
                Err(error) => return Some(Problem::from(&error)),
            };
            rows.retain_mut(|(division, step, row)| {
                let found = definitions.iter().find(|it| Some(&it.id) == row.id.as_ref());
                let Some(found) = found.filter(|it| standing(step, it) == Standing::AsAfter) else { return true };
                if found.division.as_ref() != Some(*division) {
                    let lost =
                        Difference::Division { expected: Some((*division).clone()), found: found.division.clone() };
                    row.outcome = Outcome::Differs(vec![lost]);
                }
                false
            });
            // An object that no list showed within a minute was already waited for.
            if rows.iter().all(|(_, _, row)| row.outcome != Outcome::Done) {
                break;
            }
        }
        (!rows.is_empty()).then(|| {
            Problem::new("the list of API v2 does not show yet what was written")
                .help("look again later: `presencectl show` with `--api v2` shows divisions")
        })
    }
}
