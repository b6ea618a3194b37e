//! The seeds of the fuzz targets that are bound to a format version (`fuzz/seeds/`).

use super::golden::golden;
use super::*;
use crate::store::copies::backup::in_plain;
use crate::store::files::layout::{BACKUP_MAGIC, KEYRING_FILE};
use crate::store::files::station::Anchor;
use crate::store::fuzzing::{ANCHOR, hand, key};
use crate::store::journal::group::{self, Outgoing, What};
use crate::store::journal::{block, slots};
use crate::store::keys::{EpochFrame, REPAIR};
use std::fs;

/// What is put right before a seed is read: see `fuzzing.rs`.
const JOURNAL: u8 = 0b0111;
const BACKUP: u8 = 0b1111;
const SEALED: u8 = 0b0101;

/// The page of a key; 7 is the hand's own.
fn page(owner: Owner, seed: u8, role: Option<&str>) -> Plain {
    let public = Some(Seed::from_bytes(&[seed; 32]).signer().public());
    let role = role.map(str::to_string);
    Plain::Key(KeyFrame { owner, public, role, given: false })
}

fn epoch(number: u16) -> Plain {
    let holders = vec![hand().id()];
    Plain::Epoch(EpochFrame { number, commitment: keyring::commitment(&key()), holders })
}

/// Two batches with a page of every kind and blocks of entries, chained from `anchor`; gives their
/// frames, and the end.
fn two_batches(anchor: Anchor, mut each: impl FnMut(&frame::Frame<'_>)) -> (u64, Hash) {
    let keys = DataKeys::new(vec![key()]);
    let branch = Branch {
        incarnation: 2,
        from: 3,
        given_up: vec![GivenUp { seq: 9, hash: [3; 32] }],
        lost: vec![(2, 2)],
        vouched: vec![(4, 5)],
        why: REPAIR.into(),
    };
    let erase = Erase { request: 4, entries: vec![Erased { seq: 5, rest: [5; 32] }] };
    let first = [page(Owner::Recovery, 7, None), page(Owner::Station, 8, None), epoch(1)];
    let second =
        [page(owner(1), 9, Some(ADMINISTRATOR)), Plain::Branch(branch), Plain::Erase(erase)];
    let mut end = (0, anchor.genesis);
    for pages in [first, second] {
        let draft = |n| {
            let NewEntry { time, actor, origin, command, reason, .. } = draft(vec![]);
            let ops = vec![Op::Put { record: record("worker", n, "x"), previous: 0 }];
            Entry { seq: end.0 + 3 + n, time, actor, origin, command, ops, reason }
        };
        let encoded: Vec<Vec<u8>> = (1..=2).map(|n| encode(&draft(n))).collect();
        let mut batch: Vec<Outgoing<'_>> = pages
            .iter()
            .map(|page| Outgoing { signer: hand(), more: true, what: What::Page(page) })
            .collect();
        let what = What::Entries(1, encoded.iter().map(Vec::as_slice).collect());
        batch.push(Outgoing { signer: hand(), more: false, what });
        let mut now = end;
        group::frames(anchor.node, end, &keys, &batch, |frame, hash| {
            each(frame);
            now = (frame.header.last(), *hash);
            Ok(())
        })
        .unwrap();
        end = now;
    }
    end
}

fn put_seed(target: &str, name: &str, how: u8, parts: &[&[u8]]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    fs::write(folder.join(name), [&[how], &*parts.concat()].concat()).unwrap();
}

/// A block of a backup file; its checksum and index are put right.
fn of_backup(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [&length, [0; 4].as_slice(), &[kind], &[0; 4], body].concat()
}

/// Run once per format version: `cargo test --lib make_seeds -- --ignored`, after `make_golden`.
#[test]
#[ignore = "writes the seeds of a new format version"]
fn make_seeds() {
    let (mut frames, mut ends) = (Vec::new(), Vec::new());
    let end = two_batches(ANCHOR, |frame| {
        frame.encode(&mut frames);
        ends.push(frames.len());
    });
    let dir = tempfile::tempdir().unwrap();
    fs::write(segment::path(dir.path(), 1), [&segment::head(1), &*frames].concat()).unwrap();
    let opened = appending::Journal::open(dir.path(), ANCHOR, None, 0, || 0, 1 << 20).unwrap();
    assert_eq!((opened.0.reader().end().seq, opened.1), (end.0, None));
    assert_eq!(opened.0.reader().keys().incarnation(), 2);
    put_seed("journal", "pages-and-blocks", JOURNAL, &[&frames]);
    put_seed("journal", "one-and-a-torn-one", JOURNAL, &[&frames[..ends[6]]]);
    let golden_journal = fs::read(golden().join("journal/00000001.yzj")).unwrap();
    put_seed("journal", "golden-as-it-is", 0, &[&golden_journal]);
    // A block that lost an entry: what it says of it, and a rest.
    let sealed = [vec![1; 40], vec![2; 40]];
    let body = block::of_sealed([7; 24], &sealed);
    let (kind, signer, previous) = (frame::ENTRIES, hand().id(), ANCHOR.genesis);
    let hash = slots::hash(&body, 2).unwrap();
    let header = frame::Header { kind, epoch: 1, signer, seq: 1, count: 2, previous, body: hash };
    let rests = BTreeMap::from([(1, Vec::new()), (2, vec![3; 9])]);
    let body = block::without(&header, &body, &rests).unwrap();
    let mut erased = frames[..ends[2]].to_vec();
    frame::Frame { flags: 0, header, signature: Some([0; 64]), body: &body }.encode(&mut erased);
    put_seed("journal", "erased", JOURNAL, &[&erased]);

    let (station, keys) = (station(), DataKeys::new(vec![key()]));
    let mut plain = Vec::new();
    let (seq, hash) = two_batches(station.anchor(), |frame| {
        in_plain(frame, &keys, &mut plain).unwrap();
    });
    let keyring = fs::read_to_string(golden().join(KEYRING_FILE)).unwrap();
    let text = station.text().unwrap();
    let mut manifest = toml::toml! {
        format = 4
        made = "2025-06-01T01:00:00Z"
        segment = 1
        offset = 20
        incarnation = 2
        epoch = 1
        signature = ""
    };
    let (seq_here, head) = (i64::try_from(seq).unwrap(), hash.to_hex().to_string());
    manifest.insert("seq".into(), seq_here.into());
    manifest.insert("head".into(), head.into());
    manifest.insert("station".into(), text.clone().into());
    manifest.insert("keyring".into(), keyring.clone().into());
    let manifest = of_backup(1, manifest.to_string().as_bytes());
    let end = [seq.to_le_bytes().as_slice(), hash.as_bytes()].concat();
    let packed = |bytes: &[u8]| lz4_flex::compress_prepend_size(bytes);
    let magic = BACKUP_MAGIC.as_slice();
    let (chained, last) = (of_backup(2, &plain), of_backup(3, &end));
    put_seed("backup", "plain-chained", BACKUP, &[magic, &manifest, &chained, &last]);
    let (sealed, last) = (of_backup(2, &packed(&plain)), of_backup(3, &packed(&end)));
    put_seed("backup", "sealed-lz4", SEALED, &[magic, &manifest, &sealed, &last]);
    put_seed("backup", "empty", BACKUP, &[magic, &manifest, &of_backup(3, &[])]);
    let whole = fs::read(golden().join("backup.yzb")).unwrap();
    put_seed("backup", "golden", 0, &[&whole]);
    put_seed("backup", "keyring", 0, &[keyring.as_bytes()]);
    put_seed("backup", "station", 0, &[text.as_bytes()]);
    // Not passed over at the door: read to their ends.
    for name in ["plain-chained", "sealed-lz4"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/backup");
        let seed = fs::read(folder.join(name)).unwrap();
        assert_eq!(fuzzing::backed_up(&seed).map(|report| report.entries), Ok(seq), "{name}");
    }
}

/// A little of what fuzzing does, each time.
#[test]
fn changed_seeds_are_survived() {
    let mut random = 11;
    for name in ["journal", "backup"] {
        let target = if name == "journal" { fuzzing::journal } else { fuzzing::backup };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
        for entry in fs::read_dir(folder).unwrap() {
            let seed = fs::read(entry.unwrap().path()).unwrap();
            for _ in 0..60 {
                let mut bytes = seed.clone();
                for _ in 0..=damage::next(&mut random) % 3 {
                    let at = damage::next(&mut random) % (bytes.len() as u64 - 1) + 1;
                    let bit = 1 << (damage::next(&mut random) % 8);
                    bytes[usize::try_from(at).unwrap()] ^= bit;
                }
                target(&bytes);
            }
        }
    }
}
