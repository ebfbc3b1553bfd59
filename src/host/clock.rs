//! The clock that a run is handed: it knows what time it was when the run began, and goes on with
//! tokio, so that a test can pause it and no step of the system's clock can turn it back.

use tokio::time::Instant;

use crate::model::moment::Moment;

#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: Moment,
    at: Instant,
}

impl Clock {
    /// A clock that shows `began` now.
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
