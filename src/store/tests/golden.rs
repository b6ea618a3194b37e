//! Files of every released format, which are read for ever (`tests/golden/`).

use super::evidence::given;
use super::*;
use crate::record::{MoveMade, PaperState, Row, StoredSheet};
use crate::store::files::layout::KEYRING_FILE;
use rust_decimal::Decimal;
use std::fs;

const SECRET: Secret<'static> = Secret::Password { account: ACCOUNT, password: PASSWORD };

pub(super) fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v4")
}

/// A record with a value of every kind there was in version 4.
fn full() -> Record {
    let mut full = record("hardship_file", 1, "陈志明");
    full.pack = "0f3a".into();
    full.state = "review".into();
    full.revision = 3;
    let row =
        Row { id: 2, fields: BTreeMap::from([("relation".into(), Value::Choice("son".into()))]) };
    let date = chrono::NaiveDate::from_ymd_opt(1968, 2, 29).unwrap();
    full.fields.extend([
        ("integer".to_string(), Value::Integer(-7)),
        ("decimal".into(), Value::Decimal(Decimal::new(4_525, 2))),
        ("money".into(), Value::Money(123_456_789_012)),
        ("date".into(), Value::Date(date)),
        ("instant".into(), Value::Instant(now())),
        ("yes".into(), Value::YesNo(true)),
        ("choice".into(), Value::Choice("deep".into())),
        ("tags".into(), Value::Tags(vec!["illness".into(), "study".into()])),
        ("reference".into(), Value::Reference(id(77))),
        ("table".into(), Value::Table(vec![row])),
        ("papers".into(), Value::Papers(vec![("id_copy".into(), PaperState::NotNeeded)])),
    ]);
    full.moves.push(MoveMade {
        id: "submit".into(),
        from: "draft".into(),
        to: "review".into(),
        by: ACCOUNT.into(),
        at: now(),
        answers: BTreeMap::from([("reason".into(), Value::Text("材料齐全".into()))]),
        sheet: Some(StoredSheet::new("{\"rules\":\"hardship@0f3a\",\"outcome\":\"yes\"}".into())),
        proposed_by: None,
        against: Vec::new(),
        afterwards: false,
    });
    full
}

fn drafts() -> Vec<NewEntry> {
    let note = BTreeMap::from([("rows".to_string(), "12".to_string())]);
    let mut export = draft(vec![NewOp::Note(note)]);
    export.origin = Origin::Ssh("192.0.2.7".into());
    export.reason = Some("月报".into());
    let seen =
        NewOp::Seen { kind: "hardship_file".into(), id: id(1), fields: vec!["identity".into()] };
    let mut seen = draft(vec![seen]);
    seen.origin = Origin::Socket;
    let mut cli = put("worker", 2, "周小雨");
    cli.origin = Origin::Cli;
    vec![draft(vec![NewOp::Put(full())]), seen, export, cli]
}

/// Run once per format version: `cargo test --lib make_golden -- --ignored`.
#[test]
#[ignore = "writes the golden files of a new format version"]
fn make_golden() {
    let to = golden();
    assert!(!to.exists(), "released files are never written again");
    let dir = tempfile::tempdir().unwrap();
    let store = create(&dir.path().join("data"));
    save(&store, drafts());
    // A key that came and went, an epoch, and a branch.
    given(&store, "he", 7, "volunteer");
    disable(&store, &store.opened_by().clone(), 7, vec![put("worker", 3, "冉光辉")]).unwrap();
    let file = dir.path().join("backup.yzb");
    store.backup(&file).unwrap();
    let store = {
        let to = dir.path().join("restored");
        restored(&file, &to, &SECRET).unwrap();
        unlock(&to).unwrap()
    };
    fs::create_dir_all(to.join("journal")).unwrap();
    store.backup(&to.join("backup.yzb")).unwrap();
    fs::write(to.join("record.bin"), encode_record(&full())).unwrap();
    fs::write(to.join("entry.bin"), encode(&store.entry(FIRST + 1).unwrap().unwrap())).unwrap();
    for file in [STATION_FILE, KEYRING_FILE, "journal/00000001.yzj"] {
        fs::copy(store.dir().join(file), to.join(file)).unwrap();
    }
}

fn is_what_was_written(store: &Store, restores: usize) {
    assert_eq!(store.get("hardship_file", id(1)).unwrap().unwrap().record, full());
    let mut entries = Vec::new();
    store
        .entries(FIRST + 1, |entry| {
            entries.push(entry.clone());
            ControlFlow::Continue(())
        })
        .unwrap();
    // Behind them the account, its end, and what each restore tells of itself.
    assert_eq!(entries.len(), 4 + 2 + restores);
    let register = store.register();
    assert_eq!(
        (register.epoch(), register.incarnation()),
        (2, u32::try_from(restores).unwrap() + 1)
    );
    assert_eq!(text_of(store, "worker", 3).unwrap(), "冉光辉");
    for (entry, draft) in entries.iter().zip(drafts()) {
        assert_eq!(
            (entry.time, &entry.actor, &entry.origin),
            (draft.time, &draft.actor, &draft.origin)
        );
        assert_eq!((&entry.command, &entry.reason), (&draft.command, &draft.reason));
    }
    assert!(matches!(&entries[0].ops[..], [Op::Put { record, previous: 0 }] if *record == full()));
    assert!(matches!(&entries[1].ops[..], [Op::Seen { previous, .. }] if *previous == FIRST + 1));
    assert!(matches!(&entries[2].ops[..], [Op::Note(note)] if note["rows"] == "12"));
    assert!(store.verify(None).unwrap().ok);
}

#[test]
fn version_4_values_decode() {
    let record: Record = decode(&fs::read(golden().join("record.bin")).unwrap()).unwrap();
    assert_eq!(record, full());
    let entry: Entry = decode(&fs::read(golden().join("entry.bin")).unwrap()).unwrap();
    assert_eq!(entry.ops, vec![Op::Put { record: full(), previous: 0 }]);
}

#[test]
fn a_version_4_folder_opens() {
    let dir = tempfile::tempdir().unwrap();
    copy(&golden(), dir.path());
    is_what_was_written(&unlock(dir.path()).unwrap(), 1);
}

#[test]
fn a_version_4_backup_restores() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("to");
    restored(&golden().join("backup.yzb"), &to, &SECRET).unwrap();
    is_what_was_written(&unlock(&to).unwrap(), 2);
}
