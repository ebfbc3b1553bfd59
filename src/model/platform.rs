//! The numbers that are assumed about the platform, each with its source.

use std::num::NonZeroU32;

/// The requested page size. No documented maximum exists (docs/platform.md, "Lists").
pub const PAGE_SIZE: usize = 100;
/// The smallest page size, for an org that refuses more: the platform's own default.
pub const PAGE_SIZE_MIN: usize = 25;
/// The default limit of requests in any 60 s: the platform's allowance for one OAuth client (docs/platform.md, "Rate
/// limits").
pub const REQUESTS_PER_MINUTE_DEFAULT: NonZeroU32 = NonZeroU32::new(300).expect("300 is not zero");
/// The window of the allowance.
pub const WINDOW_MS: u64 = 60_000;
/// How long a list may lag behind a write. It is not documented. CX as Code waits 15 s for a new object and 30 s for a
/// removal (docs/platform.md, "Lists", "Deleting"). This is twice the longer time.
pub const LIST_LAG_MS: u64 = 60_000;
/// How long another run waits for an object that a create of this run may have made and no list shows.
/// Within a run, each wait costs a minute, so [`LIST_LAG_MS`] is short. A duplicate can never be fully removed, so this
/// one is long.
pub const NEXT_RUN_LAG_MS: u64 = 300_000;
/// The tolerance of a rate window. The platform counts arrivals and presencectl counts starts. The first request of a
/// window may travel longer (TLS) than the first one after it.
pub const WINDOW_SLACK_MS: u64 = 500;
