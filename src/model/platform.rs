//! What is taken of the platform: numbers, each with its source.

use std::num::NonZeroU32;

/// The definitions per page that are asked for; no document names a maximum (docs/platform.md, "Lists").
pub const PAGE_SIZE: usize = 100;
/// The fewest, where an org refuses more: the platform's own default.
pub const PAGE_SIZE_MIN: usize = 25;
/// How many requests a run sends in any 60 s where no one says otherwise: the platform's allowance for
/// one OAuth client (docs/platform.md, "Rate limits").
pub const REQUESTS_PER_MINUTE_DEFAULT: NonZeroU32 = NonZeroU32::new(300).expect("300 is not zero");
/// The window that the allowance is counted in.
pub const WINDOW_MS: u64 = 60_000;
/// How long the platform's lists may lag behind a write. No document says: CX as Code waits 15 s for
/// what is new to be listed, and 30 s for a removal (docs/platform.md, "Lists", "Deleting"). This is
/// twice the longer one.
pub const LIST_LAG_MS: u64 = 60_000;
/// How long another run waits for what a create of this one may have made and no list shows. Waiting within a run costs
/// everyone a minute, so [`LIST_LAG_MS`] is short; a second definition can never be removed, so this is not.
pub const NEXT_RUN_LAG_MS: u64 = 300_000;
/// The platform counts arrivals and the tool counts starts; the first request of a window may have
/// travelled longer (TLS) than the one that follows the window, by this much.
pub const WINDOW_SLACK_MS: u64 = 500;
