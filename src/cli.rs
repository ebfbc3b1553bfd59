//! What may be typed: clap types, and flags, environment and defaults resolved into settings.
