//! The client of the platform: `Reader`, `Writer`, and every operation they have.
