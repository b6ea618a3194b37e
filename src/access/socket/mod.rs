//! The local socket: other terminals of this machine.
//!
//! | file | holds |
//! | --- | --- |
//! | [`place`] | where the socket of a data folder lies, and who may use it |
//! | [`wire`] | the frames that go over it |
//! | [`owner`] | the side that has the folder and runs the sessions |
//! | [`attach`] | the side that has a terminal: a pipe that knows nothing of sessions |
//! | [`errand`] | a command carried out by the owner for another process |

pub mod attach;
pub mod errand;
pub mod owner;
pub mod place;
pub mod wire;

pub use owner::Door;
pub use place::Places;
