//! The people who currently have a definition: `POST /api/v2/analytics/users/activity/query`, which only reads.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::client::error::ApiError;
use crate::client::reader::Reader;
use crate::client::wire::Response;
use crate::client::{operations, shapes};
use crate::model::limits::{ACTIVITY_BYTES_MAX, ACTIVITY_PAGES_MAX};
use crate::model::names::DefinitionId;
use crate::model::usage::{People, Seats};

/// The number of definitions per query. No maximum is documented.
pub const DEFINITIONS_PER_QUERY: usize = 50;

impl Reader {
    /// The number of people with each of these definitions, over all pages. People are counted once by id. The
    /// platform's own totals count queues.
    pub async fn people_on(&self, ids: &BTreeSet<DefinitionId>) -> Result<BTreeMap<DefinitionId, People>, ApiError> {
        let mut all: BTreeMap<DefinitionId, Seats> = ids.iter().map(|it| (it.clone(), Seats::default())).collect();
        let ids: Vec<&DefinitionId> = ids.iter().collect();
        for some in ids.chunks(DEFINITIONS_PER_QUERY) {
            self.seats_on_some(some, &mut all).await?;
        }
        Ok(all.into_iter().map(|(id, seats)| (id, seats.count())).collect())
    }

    /// The people with this definition, over all pages.
    pub async fn seats_on(&self, id: &DefinitionId) -> Result<Seats, ApiError> {
        let mut all = BTreeMap::from([(id.clone(), Seats::default())]);
        self.seats_on_some(&[id], &mut all).await?;
        Ok(all.remove(id).unwrap_or_default())
    }

    async fn seats_on_some(
        &self,
        ids: &[&DefinitionId],
        all: &mut BTreeMap<DefinitionId, Seats>,
    ) -> Result<(), ApiError> {
        let body = query(ids);
        let (mut before, mut bytes): (Vec<u8>, usize) = (Vec::new(), 0);
        let (mut number, mut size) = (1, self.session().page_size());
        while number <= ACTIVITY_PAGES_MAX {
            let operation = operations::user_activity(number, size, body.clone());
            let read = |response: &Response| Ok((shapes::activity(&response.body)?, response.body.clone()));
            let (groups, answer) = match self.session().run(&operation, read).await {
                Ok(read) => read,
                Err(failed) if number == 1 && self.session().takes_smaller_pages(&failed.error, size) => {
                    size = self.session().page_size();
                    continue;
                }
                Err(failed) => return Err(self.session().of_the_collection(failed).error),
            };
            number += 1;
            // The number of pages is not known. The last page is empty or, from a server without pages, equals the one
            // before. The people on it decide nothing: a person in several queues occurs several times, on any page.
            if answer == before || groups.iter().all(|it| it.users.is_empty() && !it.truncated) {
                return Ok(());
            }
            bytes = bytes.saturating_add(answer.len());
            if bytes > ACTIVITY_BYTES_MAX {
                break;
            }
            before = answer;
            for group in groups {
                // A definition that was not requested is ignored.
                let Some(seats) = all.get_mut(&group.definition) else { continue };
                seats.cut |= group.truncated;
                for (user, queue) in group.users {
                    // A person occurs once per queue, and one queue with work is enough.
                    let known = seats.people.entry(user).or_insert(queue);
                    *known = queue.max(*known);
                }
            }
        }
        // A response that exceeds the limit is truncated: "at least".
        for id in ids {
            all.entry((*id).clone()).or_default().cut = true;
        }
        Ok(())
    }
}

/// The body of the query for the people with one of these definitions.
fn query(ids: &[&DefinitionId]) -> Vec<u8> {
    let predicate = |id: &&DefinitionId| {
        json!({
            "type": "dimension",
            "dimension": "organizationPresenceId",
            "operator": "matches",
            "value": id.as_str(),
        })
    };
    let predicates: Vec<_> = ids.iter().map(predicate).collect();
    json!({
        "metrics": [{ "metric": "oMemberQueues", "details": true }],
        "groupBy": ["organizationPresenceId"],
        "filter": { "type": "or", "predicates": predicates },
    })
    .to_string()
    .into_bytes()
}
