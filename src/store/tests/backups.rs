//! The backup of the day, the second place, and a restore that takes later entries along.

use super::*;
use chrono::TimeDelta;
use std::fs;

const SECRET: Secret<'static> = Secret::Password { account: ACCOUNT, password: PASSWORD };

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn once_a_day_when_something_changed_and_seven_days_and_four_weeks_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::new(now()));
    let setup = Setup { clock: clock.clone(), ..setup() };
    let store = create_with(dir.path(), &station(), &setup);
    // 2025-06-01 is a Sunday; forty days.
    for day in 0..40 {
        clock.set(now() + TimeDelta::days(day));
        save(&store, vec![put("worker", 1, &format!("day {day}"))]);
        let made = store.back_up_daily().unwrap().unwrap();
        assert_eq!(made.entries, FIRST + day as u64 + 1);
        assert!(store.back_up_daily().unwrap().is_none(), "once a day");
    }
    clock.set(now() + TimeDelta::days(41));
    assert!(store.back_up_daily().unwrap().is_none(), "nothing changed since");
    // The last is Thursday 2025-07-10: its week and the day count of seven reach back to the 4th,
    // then the Sundays of the weeks before.
    let kept: Vec<String> = names(&dir.path().join("backup"))
        .iter()
        .map(|name| name.get(5..13).unwrap().to_string())
        .collect();
    assert_eq!(
        kept,
        [
            "20250622", "20250629", "20250704", "20250705", "20250706", "20250707", "20250708",
            "20250709", "20250710",
        ]
    );
    let report = store.verify(None).unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!(report.backups.len(), 9);
}

#[test]
fn the_second_place_follows_and_its_absence_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let stick = dir.path().join("stick");
    let store = create(&dir.path().join("data"));
    save(&store, vec![put("worker", 1, "a")]);
    store.set_second_place(Some(&stick)).unwrap();
    assert!(store.back_up_daily().is_err(), "the stick is not there");
    let state = store.backups();
    assert!(state.failed.is_some() && state.newest.is_some(), "the one here was made all the same");
    fs::create_dir(&stick).unwrap();
    store.back_up_daily().unwrap();
    let state = store.backups();
    assert!(state.failed.is_none());
    assert_eq!(state.newest_second.unwrap().entries, FIRST + 1);
    // Beside it the head, in the open.
    let [copied, heads] = &names(&stick)[..] else { panic!("{:?}", names(&stick)) };
    assert!(heads.starts_with("heads-0190") && heads.ends_with(".toml"), "{heads}");
    let copied = stick.join(copied);
    assert_eq!(verify_backup(&copied, &SECRET).unwrap().entries, FIRST + 1);
    restored(&copied, &dir.path().join("again"), &SECRET).unwrap();
    assert_eq!(everything(&unlock(&dir.path().join("again")).unwrap()).len(), 1);
    store.set_second_place(None).unwrap();
    assert_eq!(store.backups().second, None);
}

#[test]
fn a_restore_takes_what_was_saved_after_the_backup_from_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = create(&data);
    for n in 1..=20 {
        save(&store, vec![put("worker", n, "before")]);
    }
    let file = dir.path().join("b.yzb");
    store.backup(&file).unwrap();
    for n in 10..=30 {
        save(&store, vec![put("worker", n, "after")]);
    }
    let all = everything(&store);
    let head = store.head();
    store.close().unwrap();
    let journal = data.join("journal");
    let with = |to: &Path| {
        restore(&file, Some(&journal), to, &SECRET, (ACCOUNT, now()), &Progress::default())
    };
    let same_chain = |to: &Path| {
        let report = verify_chain(to, Some(&head.1)).unwrap();
        assert!(report.ok && report.head_found == Some(head.0), "entry by entry: {report:?}");
    };
    let recovered = with(&dir.path().join("whole")).unwrap();
    let entries = FIRST + 41 + 2;
    let found = (recovered.entries, recovered.from_backup, recovered.lost.len());
    assert_eq!(found, (entries, FIRST + 20, 0));
    same_chain(&dir.path().join("whole"));
    assert_eq!(everything(&unlock(&dir.path().join("whole")).unwrap()), all);
    // Damage in the part the backup has does not matter.
    let mut bytes = fs::read(segment(&data, 1)).unwrap();
    bytes[60..900].fill(0);
    fs::write(segment(&data, 1), &bytes).unwrap();
    with(&dir.path().join("harmed")).unwrap();
    same_chain(&dir.path().join("harmed"));
    assert_eq!(everything(&unlock(&dir.path().join("harmed")).unwrap()), all);
    // A restore that was cut off is begun anew in the same folder.
    let cut = dir.path().join("cut");
    fs::create_dir_all(cut.join("journal")).unwrap();
    fs::write(cut.join("restoring"), "").unwrap();
    fs::write(cut.join("journal/00000001.yzj"), "half").unwrap();
    with(&cut).unwrap();
    assert_eq!(everything(&unlock(&cut).unwrap()), all);
    assert!(!cut.join("restoring").exists());
}
