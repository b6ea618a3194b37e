//! From a key to an action, by the place the person is at.

use super::action::{ACTIONS, Action, Place};
use crate::terminal::{Key, KeyCode, Mods};

/// The action a key stands for at `place`.
///
/// Where nothing is being typed, a committed full-width or Chinese character that folds to a key
/// (`ｎ`, `？`) acts as that key, so that everything works with the input method switched on.
#[must_use]
pub fn action(key: Key, place: Place) -> Option<Action> {
    let name = key.folded().to_string();
    ACTIONS
        .iter()
        .find(|row| row.places.contains(&place) && row.keys.contains(&name.as_str()))
        .map(|row| row.action)
}

/// True for a key that writes something into a field.
#[must_use]
pub fn types_text(key: Key) -> bool {
    let in_line = key.mods == Mods::CTRL;
    match key.code {
        // As in a shell: to the ends, and delete to them.
        KeyCode::Char('a' | 'e' | 'u' | 'k' | 'w') if in_line => true,
        KeyCode::Left | KeyCode::Right | KeyCode::Backspace if in_line => true,
        KeyCode::Char(_) => !key.mods.contains(Mods::CTRL) && !key.mods.contains(Mods::ALT),
        KeyCode::Backspace
        | KeyCode::Delete
        | KeyCode::Left
        | KeyCode::Right
        | KeyCode::Home
        | KeyCode::End => key.mods.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings_at_one_place() {
        for (at, row) in ACTIONS.iter().enumerate() {
            for other in ACTIONS.iter().skip(at + 1) {
                for place in row.places.iter().filter(|place| other.places.contains(place)) {
                    for key in row.keys {
                        assert!(
                            !other.keys.contains(key),
                            "{key} is both {} and {} at {place:?}",
                            row.name,
                            other.name
                        );
                    }
                }
            }
        }
    }

    /// What packs may give their moves means nothing else on the page of a record.
    #[test]
    fn keys_of_moves_are_free_on_a_page() {
        for key in crate::program::MOVE_KEYS {
            let pressed: Key = key.to_string().parse().unwrap();
            for place in [Place::Page, Place::Review] {
                let taken = action(pressed, place);
                let own = matches!(taken, Some(Action::Approve | Action::Return | Action::Decline));
                assert!(taken.is_none() || own, "{key} is {taken:?} at {place:?}");
            }
        }
    }

    #[test]
    fn every_key_in_the_table_can_be_pressed() {
        for key in ACTIONS.iter().flat_map(|row| row.keys) {
            let parsed: Key = key.parse().unwrap_or_else(|_| panic!("{key} is no key"));
            assert_eq!(parsed.to_string(), **key);
        }
    }

    #[test]
    fn full_width_letters_act_as_keys() {
        let key = Key::plain(KeyCode::Char('ｎ'));
        assert_eq!(action(key, Place::List), Some(Action::New));
        let key = Key::plain(KeyCode::Char('？'));
        assert_eq!(action(key, Place::List), Some(Action::Help));
    }

    #[test]
    fn every_action_has_a_name_of_its_own() {
        for (at, row) in ACTIONS.iter().enumerate() {
            assert!(ACTIONS.iter().skip(at + 1).all(|other| other.name != row.name));
            assert!(!row.title.zh.is_empty() && !row.title.en.is_empty());
        }
    }
}
