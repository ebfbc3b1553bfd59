//! The plan as a JSON document, format 1, with its own types. It is also the saved plan: `plan/saved.rs` uses the part
//! that bounds an apply.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::freeze::{Freeze, FreezeTime};
use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::output::json::common::{ConfigV1, Document, PlaceV1, TargetV1, place_v1, target_v1};
use crate::output::json::content::{ChangeV1, PeopleV1, RefusalV1, WarningV1, change_v1, refusal_v1, warning_v1};
use crate::plan::change::{Action, Change, Held, InSync, ObsoleteLine, Unmanaged};
use crate::plan::cost::Cost;
use crate::plan::guard::removed_or_renamed;
use crate::plan::origin::{Base, Compared, Comparison};
use crate::plan::{Only, Plan};

/// A plan, `presencectl plan --output json`. All strings are as the org and the files hold them:
/// neutralise them before showing them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schemars(title = "presencectl plan, format 1")]
pub struct PlanV1 {
    /// Always `plan`.
    #[schemars(extend("const" = PlanV1::KIND))]
    pub kind: String,
    /// Always 1.
    #[schemars(extend("const" = PlanV1::VERSION))]
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// The org that was read.
    pub target: TargetV1,
    /// The whole hash of the commit that the config was read from (`--at`); absent if it was read from the disk.
    pub commit: Option<String>,
    /// Which config it was made from. Absent in documents of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<ConfigV1>,
    /// The id of every definition that was seen. `apply --plan` stops when its own client does not see
    /// one of them: it may be in a division that the client cannot see, and what looks new a twin.
    pub seen: Vec<String>,
    /// May it be applied as it is: is nothing refused?
    pub applicable: bool,
    /// The times in which nothing is written to the org; absent without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freezes: Vec<FreezeV1>,
    /// What the run is limited to by `--only`, and what that leaves out.
    pub only: Option<OnlyV1>,
    /// What the change of the config does by itself; absent if it was not asked for.
    pub base: Option<BaseV1>,
    /// How many changes by action.
    pub summary: SummaryV1,
    /// What a whole `apply` of it costs; absent where there is nothing to do, or the plan is refused.
    pub cost: Option<CostV1>,
    /// What would be done, in order.
    pub changes: Vec<ChangeV1>,
    /// Creates that are left out: an earlier run made their objects, and the org's list does not show them yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_visible_yet: Vec<NotVisibleYetV1>,
    /// Creates of `changes` that `apply` waits with: an earlier run may have made their objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_be_made: Vec<MayBeMadeV1>,
    /// Managed definitions that need nothing.
    pub in_step: Vec<InStepV1>,
    /// Active definitions that are not touched.
    pub left_alone: Vec<LeftAloneV1>,
    /// Lines of the config that have done their work for every org that uses them: they may go.
    pub no_longer_needed: Vec<SpentV1>,
    /// Lines of a layer that have done their work for this org, and other orgs may still need them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_longer_needed_here: Vec<SpentV1>,
    /// What a person should look at.
    pub warnings: Vec<WarningV1>,
    /// Why it may not be applied.
    pub refusals: Vec<RefusalV1>,
}

/// A time in which nothing is written to an org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct FreezeV1 {
    /// `now`, `later` or `past`, beside the moment of the run.
    #[schemars(extend("enum" = ["now", "later", "past"]))]
    pub time: String,
    /// When it begins, in UTC; absent if it has begun when it was written.
    pub from: Option<String>,
    /// The first moment after it, in UTC.
    pub until: String,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub place: PlaceV1,
}

/// What the change of the config does by itself, beside what was pending before: `plan --base`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct BaseV1 {
    /// As it was typed.
    pub base: String,
    /// The whole hash of the commit, where it is one.
    pub commit: Option<String>,
    /// When the base's config last changed.
    pub changed_at: Option<String>,
    /// Why nothing could be told apart; then the lists are empty, and changes have no `origin`.
    pub not_told: Option<String>,
    /// What guards the config and is edited by the change: `limits`, `protect`, `omit`, `prune`, `freeze`, `org`.
    pub guards: Vec<String>,
    /// Definitions that leave the config while they stay active.
    pub leaving: Vec<LeavingV1>,
    /// Definitions whose default label changes, and nothing says that they are renamed.
    pub renamed: Vec<RenamedV1>,
    /// What was not looked at and why, in words.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What the base would change and this plan does not.
    pub settled: Vec<ChangeV1>,
}

/// A definition that leaves the config while it stays active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct LeavingV1 {
    /// Its key in the base.
    pub key: String,
    /// Its object.
    pub id: String,
    /// Where it belongs.
    pub system_presence: String,
    /// In words.
    pub message: String,
}

/// A definition whose default label changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct RenamedV1 {
    /// Which definition.
    pub key: String,
    /// Its default label in the base.
    pub before: String,
    /// Its default label now.
    pub after: String,
    /// In words.
    pub message: String,
    /// Lines of YAML that say that it is renamed, ready to paste.
    pub yaml: Vec<String>,
}

/// A limit to some definitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct OnlyV1 {
    /// The definitions.
    pub keys: Vec<String>,
    /// What the whole plan would do beside that.
    pub changes: Vec<ChangeV1>,
    /// What refuses the whole plan and has nothing to do with these definitions.
    pub refusals: Vec<RefusalV1>,
}

/// Counts by action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct SummaryV1 {
    /// New definitions.
    pub create: usize,
    /// Deactivated ones brought back.
    pub reactivate: usize,
    /// Changed labels.
    pub update: usize,
    /// Deactivated because another takes their place.
    pub replace: usize,
    /// Deactivated.
    pub deactivate: usize,
    /// Removed by DELETE.
    pub delete: usize,
}

/// What an apply costs, as far as it can be known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct CostV1 {
    /// How many requests it sends, its own planning included, where nothing goes wrong.
    pub requests: u64,
    /// About how many seconds that takes at the pace of the run.
    pub seconds: u64,
}

/// A managed definition that needs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct InStepV1 {
    /// The definition in the config.
    pub key: String,
    /// Its object; absent for a deactivated one that the org does not have.
    pub id: Option<String>,
    /// Where it belongs.
    pub system_presence: String,
    /// Deactivated on both sides.
    pub deactivated: bool,
}

/// An active definition that is not touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct LeftAloneV1 {
    /// Which object.
    pub id: String,
    /// Where it belongs.
    pub system_presence: String,
    /// Its default label, else any.
    pub name: Option<String>,
    /// `not-named`, `omitted`, `protected`, `primary-not-known` or `in-question`.
    #[schemars(extend("enum" = ["not-named", "omitted", "protected", "primary-not-known", "in-question"]))]
    pub why: String,
    /// The definition in the config that it has to do with.
    pub key: Option<String>,
}

/// A create that is left out: an earlier run made its object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct NotVisibleYetV1 {
    /// The definition in the config.
    pub key: String,
    /// Its object.
    pub id: String,
    /// From when on the org's list shows it, in UTC.
    pub again_from: String,
}

/// A create that waits: an earlier run may have made its object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct MayBeMadeV1 {
    /// The definition in the config.
    pub key: String,
    /// Until when `apply` waits for the org's list to show it, in UTC.
    pub until: String,
}

/// A line that may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct SpentV1 {
    /// The definition in the config.
    pub key: String,
    /// The field.
    pub field: String,
    /// Where it stands.
    pub place: Option<PlaceV1>,
    /// The other orgs that use its layer and may still need it; absent if the line may go.
    pub not_known_for: Option<NotKnownForV1>,
}

/// Other orgs that use a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct NotKnownForV1 {
    /// By name; of an org file that cannot be read, its path.
    pub orgs: Vec<String>,
    /// There may be more: not every file could be looked at.
    pub more: bool,
    /// In words.
    pub message: String,
}

impl Document for PlanV1 {
    const KIND: &str = "plan";
    const VERSION: u32 = 1;
}

impl PlanV1 {
    /// The document of a plan.
    pub fn of(plan: &Plan, target: &Target, sources: &Sources) -> PlanV1 {
        let Plan {
            changes,
            in_sync: in_step,
            unmanaged: left_alone,
            obsolete,
            warnings,
            blockers,
            seen,
            usage,
            divisions: _,
            default_locale,
            only,
            cost,
            base,
            held,
            waiting,
            freezes,
        } = plan;
        let (done, done_here): (Vec<&ObsoleteLine>, Vec<&ObsoleteLine>) =
            obsolete.iter().partition(|it| it.not_known.is_none());
        PlanV1 {
            kind: Self::KIND.to_owned(),
            format_version: Self::VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            target: target_v1(target),
            commit: sources.commit.clone(),
            config: None,
            seen: seen.iter().map(ToString::to_string).collect(),
            applicable: blockers.is_empty(),
            freezes: freezes.iter().map(|(it, time)| freeze_v1(it, *time, sources)).collect(),
            only: only.as_ref().map(|it| only_v1(it, sources)),
            base: base.as_ref().map(|it| base_v1(it, sources)),
            summary: summary(changes),
            cost: cost.map(CostV1::from),
            changes: changes
                .iter()
                .map(|it| {
                    let id = removed_or_renamed(&it.step, default_locale);
                    let people = id.and_then(|id| usage.on(id)).map(PeopleV1::from);
                    let origin = base.as_ref().and_then(|base| base.origin(&it.step)).map(|it| it.code().to_owned());
                    ChangeV1 { people, origin, ..change_v1(it, sources) }
                })
                .collect(),
            not_visible_yet: held.iter().filter_map(not_visible_yet_v1).collect(),
            may_be_made: waiting
                .iter()
                .map(|it| MayBeMadeV1 { key: it.key.to_string(), until: it.until.to_string() })
                .collect(),
            in_step: in_step.iter().map(in_step_v1).collect(),
            left_alone: left_alone.iter().map(left_alone_v1).collect(),
            no_longer_needed: done.iter().map(|it| spent_v1(it, sources)).collect(),
            no_longer_needed_here: done_here.iter().map(|it| spent_v1(it, sources)).collect(),
            warnings: warnings.iter().map(warning_v1).collect(),
            refusals: blockers
                .iter()
                .enumerate()
                .map(|(index, it)| {
                    let origin = base.as_ref().and_then(|base| base.origin_of_blocker(index));
                    RefusalV1 { origin: origin.map(|it| it.code().to_owned()), ..refusal_v1(it, sources) }
                })
                .collect(),
        }
    }
}

fn freeze_v1(freeze: &Freeze, time: FreezeTime, sources: &Sources) -> FreezeV1 {
    let Freeze { start, end, reason, place } = freeze;
    let time = match time {
        FreezeTime::Now => "now",
        FreezeTime::Later => "later",
        FreezeTime::Past => "past",
    };
    FreezeV1 {
        time: time.to_owned(),
        from: start.map(|it| it.to_string()),
        until: end.to_string(),
        reason: reason.clone(),
        place: place_v1(*place, sources),
    }
}

fn not_visible_yet_v1(held: &Held) -> Option<NotVisibleYetV1> {
    let key = held.change.step.key()?.to_string();
    Some(NotVisibleYetV1 { key, id: held.id.to_string(), again_from: held.until.to_string() })
}

fn base_v1(base: &Base, sources: &Sources) -> BaseV1 {
    let Base { against, comparison } = base;
    let (nothing, not_told) = (Compared::default(), base.not_told());
    let compared = match comparison {
        Comparison::Made(compared) => compared,
        Comparison::NotMade(_) => &nothing,
    };
    let Compared { origins: _, guards, leaving, renamed, default_locales: _, resolved, blockers: _, reports_read: _ } =
        compared;
    BaseV1 {
        base: against.typed.clone(),
        commit: against.commit.clone(),
        changed_at: against.changed_at.map(|it| it.to_string()),
        not_told,
        guards: guards.iter().map(|it| it.field().to_owned()).collect(),
        leaving: leaving
            .iter()
            .map(|it| LeavingV1 {
                key: it.key.to_string(),
                id: it.id.to_string(),
                system_presence: it.system_presence.to_string(),
                message: it.message(),
            })
            .collect(),
        renamed: renamed
            .iter()
            .map(|it| RenamedV1 {
                key: it.key.to_string(),
                before: it.before.nfc().to_owned(),
                after: it.after.nfc().to_owned(),
                message: it.message(),
                yaml: it.answer().lines,
            })
            .collect(),
        notes: base.not_looked_at(),
        settled: resolved.iter().map(|it| change_v1(it, sources)).collect(),
    }
}

fn only_v1(only: &Only, sources: &Sources) -> OnlyV1 {
    let Only { keys, changes, blockers } = only;
    OnlyV1 {
        keys: keys.iter().map(ToString::to_string).collect(),
        changes: changes.iter().map(|it| change_v1(it, sources)).collect(),
        refusals: blockers.iter().map(|it| refusal_v1(it, sources)).collect(),
    }
}

fn summary(changes: &[Change]) -> SummaryV1 {
    let mut summary = SummaryV1::default();
    for change in changes {
        match change.step.action() {
            Action::Create => summary.create += 1,
            Action::Reactivate => summary.reactivate += 1,
            Action::Update => summary.update += 1,
            Action::Supersede => summary.replace += 1,
            Action::Deactivate => summary.deactivate += 1,
            Action::Delete => summary.delete += 1,
        }
    }
    summary
}

impl From<Cost> for CostV1 {
    fn from(cost: Cost) -> CostV1 {
        let Cost { requests, time } = cost;
        CostV1 { requests, seconds: u64::try_from(time.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX) }
    }
}

fn in_step_v1(it: &InSync) -> InStepV1 {
    let InSync { key, system_presence, id, matched: _, deactivated } = it;
    InStepV1 {
        key: key.to_string(),
        id: id.as_ref().map(ToString::to_string),
        system_presence: system_presence.to_string(),
        deactivated: *deactivated,
    }
}

fn left_alone_v1(it: &Unmanaged) -> LeftAloneV1 {
    let Unmanaged { id, system_presence, name, why } = it;
    LeftAloneV1 {
        id: id.to_string(),
        system_presence: system_presence.to_string(),
        name: name.as_ref().map(ToString::to_string),
        why: why.code().to_owned(),
        key: why.key().map(ToString::to_string),
    }
}

fn spent_v1(it: &ObsoleteLine, sources: &Sources) -> SpentV1 {
    let ObsoleteLine { key, line, place, not_known } = it;
    SpentV1 {
        key: key.to_string(),
        field: line.field().to_owned(),
        place: place.map(|span| place_v1(span, sources)),
        not_known_for: not_known.as_ref().map(|it| NotKnownForV1 {
            orgs: it.orgs.clone(),
            more: it.more,
            message: it.in_words(),
        }),
    }
}
