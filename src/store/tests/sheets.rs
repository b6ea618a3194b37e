//! Decision sheets: the text once, in the entry that made the move; everything later names it.

use super::*;
use crate::record::{MoveMade, StoredSheet};

/// A sheet of about the size and the repetition of a real one.
fn text(n: usize) -> String {
    let line = |at: usize| format!("{{\"id\":\"line{at}\",\"result\":\"met\",\"n\":{n}}}");
    let lines = (0..300).map(line).collect::<Vec<_>>().join(",");
    format!("{{\"number\":\"\\\"rules\\\":\\\"\",\"rules\":\"hardship@0f3a\",\"lines\":[{lines}]}}")
}

fn made(n: usize, from: &str, to: &str) -> MoveMade {
    MoveMade {
        id: format!("move{n}"),
        from: from.into(),
        to: to.into(),
        by: ACCOUNT.into(),
        at: now(),
        answers: BTreeMap::new(),
        sheet: Some(StoredSheet::new(text(n))),
        proposed_by: None,
        against: Vec::new(),
        afterwards: false,
    }
}

fn sheets(record: &Record) -> Vec<&StoredSheet> {
    record.moves.iter().filter_map(|made| made.sheet.as_ref()).collect()
}

/// A file with one move after another, each upon what can be read of it then.
fn moved(store: &Store, moves: usize, read: impl Fn(&Store) -> Record) -> Vec<u64> {
    let mut seqs = save(store, vec![put("hardship_file", 1, "陈志明")]);
    for n in 0..moves {
        let mut file = read(store);
        let from = std::mem::replace(&mut file.state, format!("state{n}"));
        file.moves.push(made(n, &from, &file.state));
        seqs.extend(save(store, vec![draft(vec![NewOp::Put(file)])]));
    }
    seqs
}

fn kept(store: &Store) -> Record {
    store.get("hardship_file", id(1)).unwrap().unwrap().record
}

#[test]
fn a_text_lies_in_one_entry_and_the_row_stays_small() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let seqs = moved(&store, 9, kept);
    let row = |store: &Store| {
        let key = store.records.key("hardship_file", id(1)).unwrap();
        store.records.with(|table| table.row(&key)).unwrap().unwrap().plain.len()
    };
    assert!(row(&store) < 1_024, "{}", row(&store));
    for (n, seq) in seqs[1..].iter().enumerate() {
        let entry = store.entry(*seq).unwrap().unwrap();
        assert!(encode(&entry).len() < text(n).len() / 4, "packed, and nothing of those before");
        let Op::Put { record, .. } = &entry.ops[0] else { panic!("{entry:?}") };
        let texts: Vec<Option<&str>> = sheets(record).iter().map(|sheet| sheet.text()).collect();
        let (last, before) = texts.split_last().unwrap();
        assert_eq!(*last, Some(text(n).as_str()), "to the letter");
        assert!(before.iter().all(Option::is_none));
    }
    // The names are the hashes of the texts, in the table as built anew from the journal.
    store.queue.rebuild(Some(StoreError::Closed)).wait().unwrap();
    assert!(row(&store) < 1_024);
    let file = kept(&store);
    for (n, sheet) in sheets(&file).into_iter().enumerate() {
        assert_eq!(
            (sheet.hash(), sheet.text()),
            (blake3::hash(text(n).as_bytes()).as_bytes(), None)
        );
        assert_eq!(sheet.rules(), "hardship@0f3a");
    }
    assert!(store.verify(None).unwrap().ok);
}

#[test]
fn a_record_that_waits_to_be_saved_names_what_it_had() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    save(&store, vec![put("hardship_file", 1, "陈志明")]);
    let held = store.together();
    let mut file = kept(&store);
    for n in 0..2 {
        let from = std::mem::replace(&mut file.state, format!("state{n}"));
        file.moves.push(made(n, &from, &file.state));
        drop(submit(&store, vec![draft(vec![NewOp::Put(file)])]));
        file = store.latest("hardship_file", id(1)).unwrap().unwrap().record;
        assert!(sheets(&file)[n].text().is_some(), "not saved yet, so nowhere else");
    }
    drop(held);
    store.flush().unwrap();
    let Some(Entry { ops, .. }) = store.entry(store.head().0).unwrap() else { panic!() };
    let Op::Put { record, .. } = &ops[0] else { panic!() };
    let texts: Vec<bool> = sheets(record).iter().map(|sheet| sheet.text().is_some()).collect();
    assert_eq!(texts, [false, true]);
    assert!(store.verify(None).unwrap().ok);
}

/// A program that was changed could keep a decision and leave out what it rested on.
#[test]
fn a_move_without_the_text_of_its_sheet_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    save(&store, vec![put("hardship_file", 1, "陈志明")]);
    let mut file = kept(&store);
    let mut bare = made(0, &file.state, "on_file");
    bare.sheet.as_mut().unwrap().drop_text();
    file.state = "on_file".into();
    file.moves.push(bare);
    let seq = save(&store, vec![draft(vec![NewOp::Put(file)])])[0];
    let report = store.verify(None).unwrap();
    assert!(report.problems.iter().any(|problem| problem.seq == Some(seq)), "{report:?}");
}
