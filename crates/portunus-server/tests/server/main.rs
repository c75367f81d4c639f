//! The server over real connections of the loopback interface. It knows nothing of how the server is made.

mod attacks;
mod client;
mod requests;
