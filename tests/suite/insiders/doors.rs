//! Files, terminals and connections: nothing is overwritten, hangs, or is lost without a word.
