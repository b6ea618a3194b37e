//! Packs and rules in the data folder change nothing until an administrator adopts them.
