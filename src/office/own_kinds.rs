//! The kinds the office keeps its own records under, beside those of packs.

/// Accounts.
pub(super) const ACCOUNT: &str = "account";
/// Files of packs that were adopted.
pub(super) const ADOPTED: &str = "adopted";
/// Rules as they were when a record was handed in; the number is the version.
pub(super) const RULES: &str = "rules";
/// Requests to erase a person; the number is the person's.
pub(super) const ERASURE: &str = "erasure";
/// The second place of backups, of which there is one record; the journal calls its naming so too.
pub(super) const PLACE: &str = "backup-place";
/// Notes of merges; the number is that of the record that is gone.
pub(super) const MERGE: &str = "merge";

/// The key numbers of the office's own kinds; packs use smaller ones.
const ACCOUNT_CODE: u16 = 60_000;
/// Kinds that come with no program are numbered from here on, by their names: the store has to be
/// open, and brought up to the journal, before the packs in it that describe them can be read.
const FIRST_OWN: u16 = 30_000;

/// The kinds the office keeps its own records under, with their key numbers; packs have smaller ones.
pub(super) const OF_THE_HOUSE: [(&str, u16); 6] = [
    (ACCOUNT, ACCOUNT_CODE),
    (ADOPTED, 60_001),
    (RULES, 60_002),
    (ERASURE, 60_003),
    (PLACE, 60_004),
    (MERGE, 60_005),
];

/// The key number of a kind that does not come with the program.
pub(super) fn code_of(kind: &str) -> u16 {
    let of_the_house = OF_THE_HOUSE.iter().find(|(house, _)| *house == kind);
    of_the_house.map_or_else(
        || {
            let [first, second, ..] = *blake3::hash(kind.as_bytes()).as_bytes();
            FIRST_OWN + u16::from_le_bytes([first, second]) % (ACCOUNT_CODE - FIRST_OWN)
        },
        |(_, code)| *code,
    )
}

/// Whether the office keeps its own records under this kind: no pack may have one of the name.
pub(super) fn is_of_the_house(kind: &str) -> bool {
    OF_THE_HOUSE.iter().any(|(house, _)| *house == kind)
}
