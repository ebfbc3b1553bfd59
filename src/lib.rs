//! Genesys Cloud presence definitions as code.
//!
//! ```text
//!  YAML ──config──▶ Desired ─┐                        ┌─▶ render: human · json
//!                            ├─ plan (pure) ─▶ Plan ──┤
//!  org ◀─wire─ api ─▶ Observed┘        ▲              └─▶ apply ─▶ Events ─▶ Report ─▶ render
//!         │                            └── plan::document (the saved plan is the JSON document)
//!         └── sandbox: axum routes over sandbox::org, a state machine with scripted faults
//! ```

pub mod api;
pub mod apply;
pub mod cli;
pub mod commands;
pub mod config;
pub mod diagnostic;
pub mod plan;
pub mod sandbox;
pub mod text;

/// The domain's words: names, labels, what is desired and what was observed.
pub mod model {
    pub mod desired;
    pub mod labels;
    pub mod names;
    pub mod observed;
    pub mod region;
}

/// Views of plans, reports and findings. Nothing is decided here.
pub mod render {
    pub mod findings;
    pub mod human;
    pub mod machine;
}
