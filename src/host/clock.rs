//! The clock of a run: the start time, continued with tokio. Tests can pause it, and changes of the system's clock do
//! not affect it.

use tokio::time::Instant;

use crate::model::moment::Moment;

#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: Moment,
    at: Instant,
}

impl Clock {
    /// A clock that starts at `began`.
    pub fn starting(began: Moment) -> Clock {
        Clock { began, at: Instant::now() }
    }

    pub fn began(&self) -> Moment {
        self.began
    }

    pub fn now(&self) -> Moment {
        self.began.plus_ms(u64::try_from(self.at.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}
