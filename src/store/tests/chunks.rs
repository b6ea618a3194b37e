//! Records that share a row of the table: found, changed, walked, lost, exchanged.

use super::*;
use crate::store::table::chunks;
use crate::store::table::row::Row;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;

/// What the table's own folder holds, by whether a row is a chunk.
fn rows_of(dir: &Path) -> (usize, usize) {
    let db = sled::Config::new().path(dir.join("records/sled")).open().unwrap();
    let keys: Vec<_> = db.iter().keys().map(Result::unwrap).collect();
    let chunks = keys.iter().filter(|key| chunks::first_of(key).is_some()).count();
    let own = keys.iter().filter(|key| key.len() == 18).count();
    (chunks, own)
}

fn bulk(store: &Store, range: std::ops::Range<u64>) {
    save(store, range.map(|n| put("worker", n, &format!("bulk {n}"))).collect());
}

#[test]
fn what_comes_together_shares_rows_and_is_read_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    bulk(&store, 0..200);
    save(&store, vec![put("worker", 100, "changed"), put("visit", 1, "v")]);
    save(&store, vec![put("worker", 500, "alone")]);
    // Between two that share a row, and behind all.
    save(&store, vec![put("worker", 300, "between")]);
    let seen = NewOp::Seen { kind: "worker".into(), id: id(7), fields: vec!["name".into()] };
    save(&store, vec![draft(vec![seen])]);
    for (n, text) in [(0, "bulk 0"), (63, "bulk 63"), (64, "bulk 64"), (199, "bulk 199")] {
        assert_eq!(text_of(&store, "worker", n).as_deref(), Some(text));
    }
    assert_eq!(text_of(&store, "worker", 100).unwrap(), "changed");
    assert_eq!(text_of(&store, "worker", 300).unwrap(), "between");
    for missing in [200, 299, 301, 499, 501] {
        assert_eq!(text_of(&store, "worker", missing), None, "{missing}");
    }
    assert_eq!(store.history("worker", id(7)).unwrap().len(), 2);
    assert_eq!(store.history("worker", id(100)).unwrap().len(), 2);
    assert_eq!(store.count("worker").unwrap(), 202);
    // Pages meet in the middle of chunks and leave nothing out.
    for limit in [1, 7, 64, 100, 1_000] {
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let page = store.scan("worker", after, limit).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.record.id);
            all.extend(page.into_iter().map(|stored| stored.record.id));
        }
        let ids = (0..200).chain([300, 500]).map(id);
        assert_eq!(all, ids.collect::<Vec<_>>(), "{limit}");
    }
    assert!(store.verify(None).unwrap().ok);
    let before = everything(&store);
    store.close().unwrap();
    // 200 make three chunks of 64 and one of 8; the rest has rows of its own.
    assert_eq!(rows_of(dir.path()), (4, 6));
    let store = unlock(dir.path()).unwrap();
    assert_eq!(everything(&store), before);
    store.compact().unwrap();
    assert_eq!(everything(&store), before);
    assert!(store.verify(None).unwrap().ok);
    save(&store, vec![put("worker", 64, "after compacting")]);
    assert_eq!(text_of(&store, "worker", 64).unwrap(), "after compacting");
    bulk(&store, 600..700);
    assert!(store.verify(None).unwrap().ok);
}

#[test]
fn a_chunk_lost_damaged_or_exchanged_is_found_and_the_table_built_anew() {
    for what in ["lost", "damaged", "exchanged", "own row lost"] {
        let dir = tempfile::tempdir().unwrap();
        let store = create(dir.path());
        bulk(&store, 0..200);
        save(&store, vec![put("worker", 70, "changed")]);
        let before = everything(&store);
        store.close().unwrap();
        let db = sled::Config::new().path(dir.path().join("records/sled")).open().unwrap();
        let keys: Vec<_> = db.iter().keys().map(Result::unwrap).collect();
        let keys: Vec<_> = keys.into_iter().filter(|key| chunks::first_of(key).is_some()).collect();
        let value = db.get(&keys[1]).unwrap().unwrap();
        match what {
            "lost" => drop(db.remove(&keys[1]).unwrap()),
            "damaged" => {
                let mut bytes = value.to_vec();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                db.insert(&keys[1], bytes).unwrap();
            }
            "exchanged" => drop(db.insert(&keys[2], value).unwrap()),
            _ => drop(db.remove(Key::new(1, id(70)).bytes()).unwrap().unwrap()),
        }
        db.flush().unwrap();
        drop(db);
        let store = unlock(dir.path()).unwrap();
        let walk = store.for_each(drop).unwrap();
        assert_eq!(walk.notices.len(), 1, "{what}");
        assert_eq!(everything(&store), before, "{what}");
        assert!(store.verify(None).unwrap().ok, "{what}");
    }
}

#[test]
fn a_power_cut_anywhere_brings_chunks_in_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(&dir.path().join("a"));
    bulk(&store, 0..30);
    store.close().unwrap();
    copy(&dir.path().join("a"), &dir.path().join("b"));
    let store = unlock(&dir.path().join("a")).unwrap();
    bulk(&store, 30..5_000);
    save(&store, vec![put("worker", 1_000, "changed")]);
    let before = everything(&store);
    store.close().unwrap();
    // The table of then with the journal of now.
    let then = dir.path().join("b");
    fs::copy(segment(&dir.path().join("a"), 1), segment(&then, 1)).unwrap();
    let store = unlock(&then).unwrap();
    assert_eq!(everything(&store), before);
    assert!(store.verify(None).unwrap().ok);
}

/// What a table should be: the last version of each record.
fn model(steps: &[Vec<(u64, u8)>]) -> BTreeMap<u64, String> {
    steps.iter().flatten().map(|(n, text)| (*n, format!("{text}"))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Saves of any records in any order, alone and in bulk, with compaction between.
    #[test]
    fn any_saves_in_any_order_are_what_a_plain_map_would_hold(
        steps in prop::collection::vec(prop::collection::vec((0u64..300, any::<u8>()), 1..120), 1..8),
        compact in prop::sample::Index::arbitrary(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let store = create(dir.path());
        let compact = compact.index(steps.len());
        for (at, step) in steps.iter().enumerate() {
            let drafts = step.iter().map(|(n, text)| put("worker", *n, &format!("{text}"))).collect();
            save(&store, drafts);
            if at == compact {
                store.compact().unwrap();
            }
        }
        let expected = model(&steps);
        for n in 0..300 {
            prop_assert_eq!(text_of(&store, "worker", n), expected.get(&n).cloned());
        }
        let all = store.scan("worker", None, usize::MAX).unwrap();
        prop_assert_eq!(all.len(), expected.len());
        prop_assert!(store.verify(None).unwrap().ok);
    }
}

fn keyed(code: u16, n: u64) -> Key {
    Key::new(code, id(n))
}

/// A table with these records, each list written at once.
fn table_of(lists: &[&[(u16, u64)]]) -> Table {
    let keys = DataKeys::new(vec![seal::DataKey::generate().unwrap()]);
    let table = Table::in_memory(keys);
    lists.iter().for_each(|list| add(&table, list));
    table
}

fn add(table: &Table, list: &[(u16, u64)]) {
    let row = |(code, n): &(u16, u64)| Row {
        key: keyed(*code, *n),
        last_seq: *n + 1,
        plain: n.to_le_bytes().to_vec(),
    };
    let rows: Vec<_> = list.iter().map(row).collect();
    table.write(&tree::Writes::sharing(rows), &mut tree::Applied::default()).unwrap();
}

fn range(code: u16, of: std::ops::Range<u64>) -> Vec<(u16, u64)> {
    of.map(|n| (code, n)).collect()
}

/// What a walk gives, with something done after each page.
fn walked(
    table: &Table,
    code: Option<u16>,
    most: usize,
    mut between: impl FnMut(usize),
) -> Vec<Key> {
    let (mut place, mut page, mut keys) =
        (pages::Reached::default(), pages::Page::default(), vec![]);
    for turn in 0.. {
        assert!(turn < 10_000, "it never ends");
        let more = table.next_page(&mut place, code, most, &mut page).unwrap();
        keys.extend(page.records().map(|record| record.key));
        if !more {
            break;
        }
        between(turn);
    }
    keys
}

#[test]
fn chunks_behind_a_row_of_its_own_do_not_lead_back_to_it() {
    let table = table_of(&[&range(1, 0..64), &[(1, 300)], &range(1, 400..700)]);
    let all: Vec<_> = (0..64).chain([300]).chain(400..700).map(|n| keyed(1, n)).collect();
    for limit in [1, 2, 63, 64, 65, 128, 1_000] {
        assert_eq!(walked(&table, Some(1), limit, |_| ()), all, "{limit}");
        assert_eq!(walked(&table, None, limit, |_| ()), all, "{limit}");
    }
    let mut place = pages::Reached::after(Some(keyed(1, 300)));
    let mut page = pages::Page::default();
    let mut behind = Vec::new();
    while table.next_page(&mut place, Some(1), 1, &mut page).unwrap() {
        behind.extend(page.records().map(|record| record.key));
    }
    behind.extend(page.records().map(|record| record.key));
    assert_eq!(behind, all[65..]);
}

#[test]
fn what_is_written_in_a_kind_that_is_behind_does_not_lead_a_walk_back() {
    let table = table_of(&[&range(1, 0..128)]);
    // Each alone: rows of their own.
    (0..400).for_each(|n| add(&table, &[(2, n)]));
    let mut next = 200;
    let keys = walked(&table, None, 64, |turn| {
        // While it is among the people it meets those that come.
        if turn < 3 {
            return;
        }
        // More chunks than a page takes, of the kind before.
        add(&table, &range(1, next..next + 300));
        next += 300;
    });
    let files: Vec<_> = keys.iter().filter(|key| key.code() == 2).copied().collect();
    assert_eq!(files, (0..400).map(|n| keyed(2, n)).collect::<Vec<_>>(), "each once, in order");
    assert!(keys.is_sorted_by(|one, other| one < other));
}

#[test]
fn a_walk_that_goes_on_in_another_table_leaves_nothing_out() {
    let (all, keys) = (range(1, 0..300), (0..300).map(|n| keyed(1, n)).collect::<Vec<_>>());
    let old = table_of(&[&all]);
    // Other borders: the first chunk of the old one ends in the middle of one of these.
    let new = table_of(&[&[(1, 0)], &all[1..20], &all[20..]]);
    let (mut place, mut page) = (pages::Reached::default(), pages::Page::default());
    assert!(old.next_page(&mut place, None, 64, &mut page).unwrap());
    let mut given: Vec<_> = page.records().map(|record| record.key).collect();
    while new.next_page(&mut place, None, 64, &mut page).unwrap() {
        given.extend(page.records().map(|record| record.key));
    }
    given.extend(page.records().map(|record| record.key));
    assert_eq!(given, keys);
}
