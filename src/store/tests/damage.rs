//! Damage at random places: never a panic, never a silently smaller station, and what was damaged
//! is still there afterwards.

use super::*;
use std::collections::BTreeSet;
use std::fs;

/// Places for each kind of damage to each file; for cuts of the journal and of sled more.
const PLACES: u64 = 30;
const CUTS: u64 = 100;
/// Small enough for several segments.
const SEGMENT: u64 = 24_000;

/// The next of a row of numbers that look random and are the same every time (Knuth's MMIX).
pub(super) fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

struct Base {
    dir: PathBuf,
    seed: Seed,
    recovery: String,
    setup: Setup,
    /// What the station holds: text by record.
    all: BTreeMap<String, String>,
    /// The entries that made each record what it is: their sequences.
    touched: BTreeMap<String, Vec<u64>>,
}

/// A station of 240 entries in several segments, closed in order; with a backup of its first part.
fn base(dir: &Path, backup: bool) -> Base {
    let setup = Setup { segment_bytes: SEGMENT, ..setup() };
    let (store, recovery) = Store::create(dir, &station(), &account(), first(), &setup).unwrap();
    let (mut all, mut touched) = (BTreeMap::new(), BTreeMap::<String, Vec<u64>>::new());
    for n in 1..=240u64 {
        let (kind, id) = if n % 3 == 0 { ("visit", n) } else { ("worker", n % 40) };
        let text = format!("第 {n} 次 {}", "字".repeat(usize::try_from(n * 7 % 60).unwrap()));
        let seq = save(&store, vec![put(kind, id, &text)])[0];
        let number = format!("{kind} T-{id}");
        all.insert(number.clone(), text);
        touched.entry(number).or_default().push(seq);
        if n == 150 && backup {
            store.back_up(&store.backup_name(true)).unwrap();
        }
    }
    let seed = store.opened_by().seed().clone();
    store.close().unwrap();
    // sled writes a snapshot when it opens what has grown.
    open_with(dir, &seed, &setup).unwrap().close().unwrap();
    let recovery = recovery.shown();
    Base { dir: dir.to_path_buf(), seed, recovery, setup, all, touched }
}

/// What is in a folder, by hash, without what every opening may write.
fn files(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().unwrap() != "lock" {
            found.insert(path.clone(), hash_of(&path));
        }
    }
    found
}

fn hash_of(path: &Path) -> String {
    blake3::hash(&fs::read(path).unwrap()).to_hex().chars().take(16).collect()
}

enum Harm {
    Flip(u64),
    Zero(u64),
    Cut(u64),
    Gone,
}

impl Harm {
    fn kinds(cuts: u64) -> impl Iterator<Item = fn(u64) -> Self> {
        let flips = (0..PLACES).map(|_| Self::Flip as fn(u64) -> Self);
        let zeros = (0..PLACES).map(|_| Self::Zero as fn(u64) -> Self);
        let cuts = (0..cuts).map(|_| Self::Cut as fn(u64) -> Self);
        flips.chain(zeros).chain(cuts).chain([(|_| Self::Gone) as fn(u64) -> Self])
    }

    /// Damages a file; false when nothing of it is changed by this.
    fn strike(&self, file: &Path) -> bool {
        let mut bytes = fs::read(file).unwrap();
        let before = bytes.clone();
        let length = bytes.len() as u64;
        let place = |at: u64| usize::try_from(at % length.max(1)).unwrap();
        match self {
            _ if bytes.is_empty() => return false,
            Self::Flip(at) => bytes[place(*at)] ^= 1 << (at % 8),
            Self::Zero(at) => {
                let page = place(*at) / 4096 * 4096;
                let end = bytes.len().min(page + 4096);
                bytes[page..end].fill(0);
            }
            Self::Cut(at) => bytes.truncate(place(*at)),
            Self::Gone => {
                fs::remove_file(file).unwrap();
                return true;
            }
        }
        fs::write(file, &bytes).unwrap();
        bytes != before
    }
}

/// Opens a damaged station and checks what came of it.
fn survives(base: &Base, dir: &Path, what: &str) {
    let before = files(dir);
    match open_with(dir, &base.seed, &base.setup) {
        Ok(store) => {
            assert_eq!(everything_mended(&store), base.all, "{what}");
            assert!(store.verify(None).is_ok(), "{what}");
            let head = store.head().0;
            assert_eq!(save(&store, vec![put("worker", 1, "goes on")]), [head + 1], "{what}");
        }
        Err(error) => {
            assert!(!error.said().is_empty() && !error.next().is_empty(), "{what}: {error:?}");
            assert_eq!(files(dir), before, "{what}: a refusal changes no file");
            if error.is_damage() {
                heals(base, dir, what);
            }
        }
    }
}

/// Everything, whether or not the table had to be built anew on the way.
fn everything_mended(store: &Store) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    store
        .for_each(|stored| {
            let number = format!("{} {}", stored.record.kind, stored.record.number);
            all.insert(number, stored.record.text("name").to_string());
        })
        .unwrap();
    all.remove(&format!("account {ACCOUNT}"));
    all
}

/// Makes a station whole and checks that what it lacks is exactly what it says.
fn heals(base: &Base, dir: &Path, what: &str) {
    let secret = Secret::Password { account: ACCOUNT, password: PASSWORD };
    let damaged = files(&dir.join("journal"));
    let recovery = Secret::Recovery(&base.recovery);
    let (healed, open): (_, &dyn Fn() -> Result<Store, StoreError>) =
        match heal(dir, &secret, ACCOUNT, &base.setup) {
            // Who may open the station is lost: only the recovery key can say it again.
            Err(StoreError::RootLost) => {
                assert_eq!(files(&dir.join("journal")), damaged, "{what}");
                let healed = heal(dir, &recovery, "recovery", &base.setup).unwrap().unwrap();
                assert!(healed.journal.founded, "{what}");
                assert!(unlock_small(dir, &base.setup).is_err(), "{what}: no account opens it");
                (healed, &|| Store::open(dir, &recovery, &base.setup))
            }
            healed => {
                let healed = healed.unwrap().unwrap();
                assert!(!healed.journal.founded, "{what}");
                (healed, &|| open_with(dir, &base.seed, &base.setup))
            }
        };
    for (path, hash) in damaged {
        let kept = dir.join(&healed.kept).join(path.file_name().unwrap());
        assert_eq!(hash_of(&kept), hash, "{what}: the evidence is kept");
    }
    let store = open().unwrap();
    let all = everything_mended(&store);
    let lost: BTreeSet<u64> =
        healed.journal.lost.iter().flat_map(|(first, last)| *first..=*last).collect();
    for (number, text) in &base.all {
        let touched = &base.touched[number];
        let last = touched.last().unwrap();
        if !lost.contains(last) {
            assert_eq!(all.get(number), Some(text), "{what}: {number} is not said to be lost");
        } else if touched.iter().any(|seq| !lost.contains(seq)) {
            assert!(all.contains_key(number), "{what}: {number} has an older version");
        }
    }
    let report = store.verify(None).unwrap();
    assert!(report.ok, "{what}: {report:?}");
}

fn strike_everywhere(base: &Base, file: &str, cuts: u64) {
    let mut seed = file.bytes().map(u64::from).sum();
    let work = tempfile::tempdir().unwrap();
    for (round, kind) in Harm::kinds(cuts).enumerate() {
        let at = next(&mut seed);
        let dir = work.path().join(round.to_string());
        copy(&base.dir, &dir);
        if kind(at).strike(&dir.join(file)) {
            survives(base, &dir, &format!("{file} {round} at {at}"));
        }
        fs::remove_dir_all(&dir).unwrap();
    }
}

#[test]
fn a_journal_damaged_anywhere_comes_back_or_says_what_it_lacks() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(&dir.path().join("a"), false);
    assert!(segment(&base.dir, 3).exists(), "the fixture has several segments");
    strike_everywhere(&base, "journal/00000001.yzj", CUTS);
    strike_everywhere(&base, "journal/00000002.yzj", PLACES);
    let last = segment::list(&base.dir.join("journal")).unwrap().pop().unwrap();
    strike_everywhere(&base, &format!("journal/{last:08}.yzj"), PLACES);
}

#[test]
fn a_damaged_page_is_written_again_from_the_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(&dir.path().join("base"));
    let he = evidence::given(&store, "he", 7, "volunteer");
    let own = NewEntry { actor: "he".into(), ..put("worker", 1, "by he") };
    store.submit(&he, vec![own]).wait().unwrap();
    disable(&store, &store.opened_by().clone(), 7, vec![put("worker", 2, "he left")]).unwrap();
    let (seed, head) = (store.opened_by().seed().clone(), store.head());
    store.close().unwrap();
    let secret = Secret::Password { account: ACCOUNT, password: PASSWORD };
    // The last byte of each page's body.
    let (mut ends, mut length) = (Vec::new(), usize::try_from(segment::HEAD).unwrap());
    salvage::pieces(&dir.path().join("base/journal"), |piece| {
        if let salvage::Piece::Frame(frame) = piece {
            let mut bytes = Vec::new();
            frame.encode(&mut bytes);
            length += bytes.len();
            if frame.header.kind != frame::ENTRIES {
                ends.push(length - 1);
            }
        }
        Ok(ControlFlow::Continue(()))
    })
    .unwrap();
    assert_eq!(ends.len(), 4 + 1 + 3);
    for end in ends {
        let to = dir.path().join(end.to_string());
        copy(&dir.path().join("base"), &to);
        Harm::Flip(end as u64).strike(&segment(&to, 1));
        let healed = heal(&to, &secret, ACCOUNT, &setup()).unwrap().unwrap().journal;
        assert_eq!((healed.mended.len(), healed.lost_count(), healed.entered_again), (1, 0, 0));
        let report = verify_chain(&to, Some(&head.1)).unwrap();
        assert!(report.ok && report.head_found == Some(head.0), "{report:?}");
        assert_eq!(open_with(&to, &seed, &setup()).unwrap().register().epoch(), 2);
    }
}

#[test]
fn a_backup_gives_back_what_a_damaged_journal_lacks() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(&dir.path().join("a"), true);
    let secret = Secret::Password { account: ACCOUNT, password: PASSWORD };
    let mut seed = 7;
    for round in 0..PLACES {
        let harmed = dir.path().join(format!("b{round}"));
        copy(&base.dir, &harmed);
        let first = segment(&harmed, 1);
        let kinds = [Harm::Flip, Harm::Zero, Harm::Cut];
        kinds[usize::try_from(round % 3).unwrap()](next(&mut seed)).strike(&first);
        if open_with(&harmed, &base.seed, &base.setup).is_ok() {
            continue;
        }
        let healed = heal(&harmed, &secret, ACCOUNT, &base.setup).unwrap().unwrap();
        assert_eq!(healed.journal.lost, [], "the backup has all of the first segment");
        assert_eq!(healed.journal.from_backup, FIRST + 150);
        let store = open_with(&harmed, &base.seed, &base.setup).unwrap();
        assert_eq!(everything_mended(&store), base.all);
        assert!(store.verify(None).unwrap().ok);
        // Healing what is whole does nothing.
        drop(store);
        assert!(heal(&harmed, &secret, ACCOUNT, &base.setup).unwrap().is_none());
        fs::remove_dir_all(&harmed).unwrap();
    }
}

#[test]
fn a_table_damaged_anywhere_comes_back_whole() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(&dir.path().join("a"), false);
    let sled = base.dir.join("records/sled");
    for entry in fs::read_dir(&sled).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            let cuts = if name == "db" { CUTS } else { PLACES / 3 };
            strike_everywhere(&base, &format!("records/sled/{name}"), cuts);
        }
    }
    for file in ["records/format", "records.toml"] {
        strike_everywhere(&base, file, PLACES / 3);
    }
}

#[test]
fn a_damaged_table_is_kept_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(&dir.path().join("a"), false);
    let db = base.dir.join("records/sled/db");
    Harm::Cut(700).strike(&db);
    let damaged = hash_of(&db);
    let store = open_with(&base.dir, &base.seed, &base.setup).unwrap();
    assert_eq!(store.notices().len(), 1);
    assert_eq!(everything_mended(&store), base.all);
    assert_eq!(hash_of(&base.dir.join("records.aside-1/sled/db")), damaged, "not a byte written");
    assert!(fs::read_to_string(base.dir.join("records.aside-1/damaged")).is_ok());
}

#[test]
fn damaged_snapshots_are_done_without() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(&dir.path().join("a"), false);
    let sled = base.dir.join("records/sled");
    let snapshots = || {
        let names = fs::read_dir(&sled).unwrap().map(|entry| entry.unwrap().path());
        names.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("snap."))
    };
    let snapshot = snapshots().next().expect("sled has made a snapshot");
    let mut bytes = fs::read(&snapshot).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    fs::write(&snapshot, &bytes).unwrap();
    let damaged = hash_of(&snapshot);
    let store = open_with(&base.dir, &base.seed, &base.setup).unwrap();
    let notices = store.notices();
    assert_eq!(notices.len(), 1);
    assert!(notices[0].zh.contains("快照"), "{notices:?}");
    assert_eq!(everything_mended(&store), base.all);
    let kept = base.dir.join("records.aside-1/sled").join(snapshot.file_name().unwrap());
    assert_eq!(hash_of(&kept), damaged);
}

#[test]
fn the_other_files_damaged_are_named_or_done_without() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(&dir.path().join("a"), true);
    for file in ["station.toml", "keyring.toml"] {
        strike_everywhere(&base, file, PLACES / 3);
    }
    let backup = fs::read_dir(base.dir.join("backup")).unwrap().next().unwrap().unwrap().path();
    let name = format!("backup/{}", backup.file_name().unwrap().to_str().unwrap());
    strike_everywhere(&base, &name, PLACES / 3);
    // A damaged backup is told by a check, with the key and without.
    Harm::Flip(12_345).strike(&backup);
    let report = verify_chain(&base.dir, None).unwrap();
    assert!(!report.ok && report.backups[0].problem.is_some(), "{report:?}");
}

#[test]
fn files_of_another_station_are_not_taken_for_ours() {
    let dir = tempfile::tempdir().unwrap();
    let ours = base(&dir.path().join("ours"), true);
    let theirs = dir.path().join("theirs");
    let other = StationInfo { node: uuid::Uuid::from_u128(77), ..station() };
    let setup = Setup { segment_bytes: SEGMENT, ..setup() };
    let store = create_with(&theirs, &other, &setup);
    for n in 0..300 {
        save(&store, vec![put("worker", n, &"theirs".repeat(30))]);
    }
    store.back_up(&store.backup_name(true)).unwrap();
    store.close().unwrap();
    let things = [
        "journal",
        "journal/00000001.yzj",
        "journal/00000002.yzj",
        "records",
        "records.toml",
        "keyring.toml",
        "station.toml",
        "backup",
    ];
    for thing in things {
        let mixed = dir.path().join("mixed");
        copy(&ours.dir, &mixed);
        if theirs.join(thing).is_dir() {
            fs::remove_dir_all(mixed.join(thing)).unwrap();
            copy(&theirs.join(thing), &mixed.join(thing));
        } else {
            fs::copy(theirs.join(thing), mixed.join(thing)).unwrap();
        }
        let before = files(&mixed);
        match unlock_small(&mixed, &setup) {
            Ok(store) => assert_eq!(everything_mended(&store), ours.all, "{thing}"),
            Err(error) => {
                assert!(!error.said().is_empty() && !error.next().is_empty(), "{thing}");
                assert_eq!(files(&mixed), before, "{thing}: a refusal changes no file");
                let foreign = matches!(
                    error,
                    StoreError::Broken(_) | StoreError::OtherKey | StoreError::Keyring(_)
                );
                assert!(foreign, "{thing}: {error:?}");
            }
        }
        fs::remove_dir_all(&mixed).unwrap();
    }
}

fn unlock_small(dir: &Path, setup: &Setup) -> Result<Store, StoreError> {
    Store::unlock(dir, ACCOUNT, PASSWORD, setup)
}

#[test]
fn a_table_that_breaks_at_work_is_built_anew_while_reading_and_saving_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(&dir.path().join("a"), false);
    let store = open_with(&base.dir, &base.seed, &base.setup).unwrap();
    let db = base.dir.join("records/sled/db");
    let length = fs::metadata(&db).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&db).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &vec![0; length as usize], 0).unwrap();
    let mut refused = 0;
    for n in 1..40 {
        match store.get("worker", id(n)) {
            Ok(found) => assert!(found.is_some(), "worker {n} is there or cannot be read"),
            Err(error) => {
                refused += 1;
                assert!(!error.said().is_empty() && !error.next().is_empty());
            }
        }
        if refused == 1 {
            // A new record needs nothing of the broken table's.
            save(&store, vec![put("hardship_file", n, "saved meanwhile")]);
            assert_eq!(text_of(&store, "hardship_file", n).unwrap(), "saved meanwhile");
        }
    }
    let mut all = base.all.clone();
    let found = everything_mended(&store);
    all.extend(
        found
            .iter()
            .filter(|(_, text)| *text == "saved meanwhile")
            .map(|(number, text)| (number.clone(), text.clone())),
    );
    assert_eq!(found, all);
    if refused > 0 {
        assert_eq!(store.notices().len(), 1);
        assert!(base.dir.join("records.aside-1/damaged").exists());
    }
    assert_eq!(store.trouble(), None);
    assert!(store.verify(None).unwrap().ok);
}

#[test]
fn what_a_change_of_tables_leaves_behind_is_cleared_away() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(&dir.path().join("a"), false);
    // A copy that was not finished.
    copy(&base.dir.join("records"), &base.dir.join("records-1"));
    fs::remove_file(base.dir.join("records-1/sled/db")).unwrap();
    let store = open_with(&base.dir, &base.seed, &base.setup).unwrap();
    assert_eq!((store.notices(), everything(&store)), (Vec::new(), base.all.clone()));
    assert!(!base.dir.join("records-1").exists());
    // A compaction, and the old table still there because nobody had time to take it away.
    let before = dir.path().join("before");
    drop(store);
    copy(&base.dir.join("records"), &before);
    let store = open_with(&base.dir, &base.seed, &base.setup).unwrap();
    let (_, after) = store.compact().unwrap();
    assert!(after > 0);
    assert_eq!(everything(&store), base.all);
    drop(store);
    assert!(!base.dir.join("records").exists());
    // In folders of their own: a sled that was closed may still write a snapshot where it was.
    for (name, damaged) in [("unmarked", false), ("marked", true)] {
        let then = dir.path().join(name);
        copy(&base.dir, &then);
        copy(&before, &then.join("records"));
        if damaged {
            fs::write(then.join("records/damaged"), "x").unwrap();
        }
        let store = open_with(&then, &base.seed, &base.setup).unwrap();
        assert_eq!((store.notices(), everything(&store)), (Vec::new(), base.all.clone()));
        assert!(!then.join("records").exists() && then.join("records-1").exists());
        assert_eq!(then.join("records.aside-1").exists(), damaged, "what was damaged is kept");
    }
}

#[test]
fn saving_goes_on_while_a_table_is_compacted() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(&dir.path().join("a"), false);
    let setup = Setup { compact_above: 1, ..base.setup.clone() };
    let store = open_with(&base.dir, &base.seed, &setup).unwrap();
    let mut all = base.all.clone();
    std::thread::scope(|scope| {
        let compacting = scope.spawn(|| store.compact());
        for n in 1..=200u64 {
            save(&store, vec![put("worker", n % 50, &format!("while {n}"))]);
            all.insert(format!("worker T-{}", n % 50), format!("while {n}"));
        }
        compacting.join().unwrap().unwrap();
    });
    assert_eq!(everything(&store), all);
    // By itself too, once the files are far beyond the rows.
    assert!(store.verify(None).unwrap().ok);
    for n in 1..=30 {
        save(&store, vec![put("visit", n, "again")]);
        store.flush().unwrap();
    }
    store.compact().unwrap();
    assert!(store.verify(None).unwrap().ok);
}

#[test]
fn a_rebuilding_cut_off_goes_on_at_the_next_opening() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(&dir.path().join("a"), false);
    // Half of it is there, as a crash would leave it.
    let half = dir.path().join("half");
    copy(&base.dir, &half);
    let keys = Keyring::load(&base.dir).unwrap().with_seed(&base.seed).unwrap().data_keys();
    {
        let table = Table::create(&half.join("records-1"), keys).unwrap();
        let store = open_with(&base.dir, &base.seed, &base.setup).unwrap();
        let mut applied = tree::Applied::default();
        let mut entries = Vec::new();
        store
            .entries(1, |entry| {
                entries.push(entry.clone());
                if entries.len() < 100 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
            .unwrap();
        let (codes, links) = (&base.setup.codes, applying::Links::AsTheyAre);
        let applied = &mut applied;
        let target = applying::Target { table: &table, codes, applied, changed: None, links };
        applying::apply(target, &entries).unwrap();
        table.sync().unwrap();
    }
    fs::write(half.join("records/damaged"), "x").unwrap();
    let store = open_with(&half, &base.seed, &base.setup).unwrap();
    assert_eq!(store.notices().len(), 1);
    assert_eq!(everything(&store), base.all);
    assert!(half.join("records-1").exists() && half.join("records.aside-1").exists());
}

#[test]
fn a_backup_with_more_than_the_journal_stops_the_opening_and_brings_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(&dir.path().join("a"), true);
    // The journal of another day was put back: it ends before the backup does.
    for number in segment::list(&base.dir.join("journal")).unwrap().into_iter().skip(1) {
        fs::remove_file(segment(&base.dir, number)).unwrap();
    }
    fs::remove_file(base.dir.join("records.toml")).unwrap();
    fs::remove_dir_all(base.dir.join("records")).unwrap();
    let error = open_with(&base.dir, &base.seed, &base.setup).err().unwrap();
    let StoreError::Broken(broken) = &error else { panic!("{error:?}") };
    assert!(matches!(broken.cause, StoreError::JournalShort { known, .. } if known == FIRST + 150));
    assert!(broken.since.is_some());
    assert!(error.next().zh.contains("yizhan rebuild") && error.next().zh.contains("auto-"));
    let secret = Secret::Password { account: ACCOUNT, password: PASSWORD };
    let healed = heal(&base.dir, &secret, ACCOUNT, &base.setup).unwrap().unwrap();
    let entries = FIRST + 150 + 2;
    assert_eq!((healed.journal.entries, healed.journal.from_backup), (entries, FIRST + 150));
    let store = open_with(&base.dir, &base.seed, &base.setup).unwrap();
    assert_eq!(store.head().0, entries);
}
