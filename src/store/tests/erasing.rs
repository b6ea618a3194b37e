//! Erasures that were cut short, undone by somebody with the folder, or whose page was lost.

use super::evidence::{forget, frames, given, write_frames};
use super::*;
use crate::record::ERASED;
use crate::store::journal::slots;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;

/// A station from which one entry was erased, at a second administrator's request.
struct Erased {
    work: tempfile::TempDir,
    data: PathBuf,
    /// The folder as it was before.
    before: PathBuf,
    /// The entry.
    victim: u64,
    luo: Signer,
}

fn erased() -> Erased {
    let work = tempfile::tempdir().unwrap();
    let (data, before) = (work.path().join("data"), work.path().join("before"));
    let store = create(&data);
    let luo = store.opened_by().clone();
    let mo = given(&store, "mo", 20, ADMINISTRATOR);
    let victim = save(&store, vec![put("worker", 1, "nobody else's business")])[0];
    save(&store, vec![put("worker", 2, "stays")]);
    let asked = NewEntry { actor: "mo".into(), command: ERASE_REQUEST.into(), ..draft(Vec::new()) };
    let asked = store.submit(&mo, vec![asked]).wait().unwrap()[0];
    copy(&data, &before);
    let last = last(1);
    store.erase(&luo, asked, &[victim], |entry| Some(without_text(entry)), last).unwrap();
    save(&store, vec![put("worker", 3, "later")]);
    store.close().unwrap();
    let report = verify_chain(&data, None).unwrap();
    assert!(report.ok && report.erased == 1, "{report:?}");
    Erased { work, data, before, victim, luo }
}

/// What is saved of a record with the page that erases it.
pub(super) fn last(n: u64) -> NewEntry {
    let gone = Record { state: ERASED.into(), ..record("worker", n, "") };
    NewEntry { command: ERASE.into(), ..draft(vec![NewOp::Put(gone)]) }
}

/// The entry, saying nothing of whom it was about.
pub(super) fn without_text(mut entry: Entry) -> Entry {
    for op in &mut entry.ops {
        if let Op::Put { record, .. } = op {
            record.fields.clear();
        }
    }
    entry
}

/// Puts what was erased back into the journal; the rests that were there.
pub(super) fn put_back(data: &Path, before: &Path) -> BTreeMap<u64, Vec<u8>> {
    let mut now = frames(data);
    let mut rests = BTreeMap::new();
    for (owned, then) in now.iter_mut().zip(frames(before)) {
        assert_eq!(owned.header.hash(), then.header.hash(), "the chain is as it was");
        if owned.body != then.body {
            let slots = slots::slots(&owned.body, owned.header.count).unwrap();
            let slots = (owned.header.seq..).zip(slots).filter(|(_, slot)| slot.was.is_some());
            rests.extend(slots.map(|(seq, slot)| (seq, slot.sealed.to_vec())));
            owned.body = then.body;
        }
    }
    write_frames(data, &now);
    rests
}

/// The file of an erasure under way, as a crash leaves it.
pub(super) fn under_way(data: &Path, rests: BTreeMap<u64, Vec<u8>>) {
    #[derive(Serialize)]
    struct File {
        rests: BTreeMap<u64, Vec<u8>>,
    }
    fs::write(data.join("erasing.bin"), rmp_serde::to_vec(&File { rests }).unwrap()).unwrap();
}

fn says_nothing(erased: &Erased) {
    let store = open_with(&erased.data, erased.luo.seed(), &setup()).unwrap();
    let report = store.verify(None).unwrap();
    assert!(report.ok, "{report:?}");
    let mut texts = Vec::new();
    let all = store.entries(1, |entry| {
        texts.push(format!("{:?}", entry.ops));
        ControlFlow::Continue(())
    });
    all.unwrap();
    assert!(!texts.iter().any(|text| text.contains("business")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("stays")));
    let kept = store.get("worker", id(3)).unwrap().unwrap();
    assert_eq!(kept.record.text("name"), record("worker", 3, "later").text("name"));
}

#[test]
fn an_erasure_cut_short_after_its_page_is_finished_at_the_next_opening() {
    let erased = erased();
    let rests = put_back(&erased.data, &erased.before);
    assert_eq!(rests.keys().copied().collect::<Vec<_>>(), [erased.victim]);
    under_way(&erased.data, rests);
    forget(&erased.data);
    assert!(!verify_chain(&erased.data, None).unwrap().ok, "until it is finished");
    drop(open_with(&erased.data, erased.luo.seed(), &setup()).unwrap());
    assert!(verify_chain(&erased.data, None).unwrap().ok);
    says_nothing(&erased);
}

#[test]
fn what_somebody_put_back_is_taken_out_by_a_repair() {
    for with_backup in [false, true] {
        let erased = erased();
        if with_backup {
            let store = open_with(&erased.data, erased.luo.seed(), &setup()).unwrap();
            store.back_up(&store.backup_name(false)).unwrap();
        }
        put_back(&erased.data, &erased.before);
        forget(&erased.data);
        let report = verify_chain(&erased.data, None).unwrap();
        assert_eq!((report.ok, report.problems[0].seq), (false, Some(erased.victim)));
        let secret = Secret::Password { account: ACCOUNT, password: PASSWORD };
        let healed = heal(&erased.data, &secret, ACCOUNT, &setup()).unwrap().unwrap();
        let row = (erased.victim, erased.victim);
        let lost = if with_backup { Vec::new() } else { vec![row] };
        assert_eq!(healed.journal.lost, lost, "what remained lies in the backup");
        let report = verify_chain(&erased.data, None).unwrap();
        assert_eq!((report.ok, report.erased, report.lost), (true, 1, lost.len() as u64));
        says_nothing(&erased);
        assert!(heal(&erased.data, &secret, ACCOUNT, &setup()).unwrap().is_none());
        drop(erased.work);
    }
}
