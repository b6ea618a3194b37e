//! A verdict on the screen is safe: nothing preselected that the sheet does not say.
