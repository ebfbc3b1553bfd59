//! The embedded org as a server on a loopback port.
