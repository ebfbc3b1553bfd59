//! Whether divisions outlast what is written by the first generation of the API, which does not speak
//! of them: looked at through the second one, before and after, where that can be read.

use std::collections::BTreeMap;

use crate::api::Reader;
use crate::api::error::Kind;
use crate::apply::report::{Outcome, Row};
use crate::cause::Cause;
use crate::model::generation::Generation;
use crate::model::names::{DefinitionId, DivisionId};
use crate::plan::change::Step;
use crate::plan::cost::is_put;
use crate::plan::difference::Difference;

/// The divisions of what is going to be written, before that.
#[derive(Debug, Default)]
pub struct Divided {
    /// Only of objects that belong to one division; the others have none to lose.
    before: BTreeMap<DefinitionId, DivisionId>,
    unread: Option<Cause>,
}

impl Divided {
    /// Reads them, where something is to be written by a PUT of the first generation. That costs one list
    /// and nothing an object.
    pub async fn before(reader: &Reader, steps: &[Step]) -> Divided {
        let mut divided = Divided::default();
        let ids: Vec<&DefinitionId> = steps.iter().filter(|it| is_put(it.action())).filter_map(Step::id).collect();
        if reader.generation() == Generation::Second || ids.is_empty() {
            return divided;
        }
        match reader.speaking(Generation::Second).definitions().await {
            Ok(definitions) => {
                let one = definitions.into_iter().filter(|it| ids.contains(&&it.id)).filter_map(|it| {
                    let division = it.division.filter(|division| !division.is_all())?;
                    Some((it.id, division))
                });
                divided.before = one.collect();
            }
            // An org that does not serve it has no divisions for definitions.
            Err(error) if error.kind == Kind::NotServed(Generation::Second) => {}
            Err(error) => divided.unread = Some(Cause::from(&error)),
        }
        divided
    }

    /// Reads them again and corrects the rows of objects that were written and lost theirs. Gives why
    /// they could not be read, where they could not.
    pub async fn after(self, reader: &Reader, rows: &mut [Row]) -> Option<Cause> {
        let Divided { before, unread } = self;
        let written = |row: &&mut Row| matches!(row.outcome, Outcome::Done | Outcome::NotVisibleYet);
        let mut rows: Vec<(&DivisionId, &mut Row)> =
            rows.iter_mut().filter(written).filter_map(|row| Some((before.get(row.id.as_ref()?)?, row))).collect();
        if rows.is_empty() {
            return unread;
        }
        let definitions = match reader.speaking(Generation::Second).definitions().await {
            Ok(definitions) => definitions,
            Err(error) => return Some(Cause::from(&error)),
        };
        for (division, row) in &mut rows {
            let found = definitions.iter().find(|it| Some(&it.id) == row.id.as_ref());
            let found = found.and_then(|it| it.division.clone());
            if found.as_ref() != Some(*division) {
                let lost = Difference::Division { expected: Some((*division).clone()), found };
                row.outcome = Outcome::Differs(vec![lost]);
            }
        }
        None
    }
}
