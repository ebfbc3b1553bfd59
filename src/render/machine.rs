//! Plans and reports as versioned JSON.
