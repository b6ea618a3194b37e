//! Nobody decides alone, and what is decided is not rewritten.
