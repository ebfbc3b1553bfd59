//! The client against an org in process and over sockets.
