//! What is masked stays masked, and what people typed is shown, never obeyed.
