//! Who is on a definition now: `POST /api/v2/analytics/users/activity/query`, which only reads.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::client::error::ApiError;
use crate::client::operations;
use crate::client::reader::Reader;
use crate::client::shapes;
use crate::client::wire::Response;
use crate::model::limits::{ACTIVITY_BYTES_MAX, ACTIVITY_PAGES_MAX};
use crate::model::names::DefinitionId;
use crate::model::usage::{People, Seats};

/// How many definitions one query asks about; no document names a maximum.
pub const DEFINITIONS_PER_QUERY: usize = 50;

impl Reader {
    /// How many people are on each of these definitions now, all pages. People are counted once each, by
    /// their ids; the platform's own numbers in the answer count queues.
    pub async fn people_on(&self, ids: &BTreeSet<DefinitionId>) -> Result<BTreeMap<DefinitionId, People>, ApiError> {
        let mut all: BTreeMap<DefinitionId, Seats> = ids.iter().map(|it| (it.clone(), Seats::default())).collect();
        let ids: Vec<&DefinitionId> = ids.iter().collect();
        for some in ids.chunks(DEFINITIONS_PER_QUERY) {
            self.seats_on_some(some, &mut all).await?;
        }
        Ok(all.into_iter().map(|(id, seats)| (id, seats.count())).collect())
    }

    /// Who is on this definition now, all pages.
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
            // No answer says how many pages there are: the last one is empty, or, from a server that knows no
            // pages, the same as the one before. Whom it names decides nothing: a person who is in several
            // queues comes several times, on any page.
            if answer == before || groups.iter().all(|it| it.users.is_empty() && !it.truncated) {
                return Ok(());
            }
            bytes = bytes.saturating_add(answer.len());
            if bytes > ACTIVITY_BYTES_MAX {
                break;
            }
            before = answer;
            for group in groups {
                // What was not asked about is another person's answer.
                let Some(seats) = all.get_mut(&group.definition) else { continue };
                seats.cut |= group.truncated;
                for (user, queue) in group.users {
                    // A person comes once for each of their queues, and one that gives work is enough.
                    let known = seats.people.entry(user).or_insert(queue);
                    *known = queue.max(*known);
                }
            }
        }
        // An answer that goes on beyond what is read is cut: "at least".
        for id in ids {
            all.entry((*id).clone()).or_default().cut = true;
        }
        Ok(())
    }
}

/// The body of the query: who is on one of these, each by its id.
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
