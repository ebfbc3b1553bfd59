//! One test a rule of matching, action and refusal.
