//! The sandbox against the API document's examples.
