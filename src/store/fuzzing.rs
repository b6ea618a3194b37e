//! The door of the fuzz targets (`fuzz/`) into what the store reads: there in tests and with the
//! feature `fuzzing` only.
//!
//! Each function takes any bytes and must come back; what it asserts holds of every input. Random
//! bytes seldom get past a checksum, so the first byte of an input says which of them are put
//! right before the bytes are read.

#![allow(clippy::panic, reason = "a broken promise is what fuzzing looks for")]

use super::copies::backup::{self, BackupReport};
use super::error::StoreError;
use super::files::station::{Anchor, StationInfo};
use super::journal::appending::Journal;
use super::journal::block::{self, Opened};
use super::journal::cover::message;
use super::journal::encoded::Encoded;
use super::journal::frame::{self, ENTRIES, FIRST_OF_BATCH, HEADER, Header, PREFIX, SIGNATURE};
use super::journal::segment::{self, SEGMENT_BYTES};
use super::journal::{envelope, slots};
use super::keys::keyring::Keyring;
use super::keys::seal::{DataKey, NONCE, Purpose};
use super::keys::{DataKeys, Seed, Signer};
use super::progress::Progress;
use blake3::Hash;
use std::cell::OnceCell;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::path::Path;
use tempfile::TempDir;
use uuid::Uuid;

/// Put the checksums right.
const CHECKSUM: u8 = 0b0001;
/// Put hashes, sequences and links of the headers right, and sign them.
const CHAIN: u8 = 0b0010;
/// Give the segment its right head.
const HEAD: u8 = 0b0100;
/// Seal what is in a backup's blocks, so that what is under the seal is read too.
const SEALED: u8 = 0b0100;
/// And compress it before.
const PLAIN: u8 = 0b1000;

/// The journal's node, and the hash the first header is chained to.
pub(super) const ANCHOR: Anchor =
    Anchor { node: Uuid::from_u128(7), genesis: Hash::from_bytes([7; 32]) };

/// The hand that signs everything that is put right.
pub(super) fn hand() -> Signer {
    Seed::from_bytes(&[7; 32]).signer()
}

/// The key of the first epoch.
pub(super) fn key() -> DataKey {
    DataKey::from_bytes(&[7; 32])
}

/// Frames one after the other, then the same bytes as the only segment of a journal.
pub fn journal(input: &[u8]) {
    let Some((how, bytes)) = input.split_first() else { return };
    let mut bytes = bytes.to_vec();
    put_frames_right(&mut bytes, *how);
    let mut rest = bytes.as_slice();
    while let Ok((frame, used)) = frame::decode(rest) {
        let (now, after) = rest.split_at(used);
        let mut again = Vec::new();
        frame.encode(&mut again);
        assert_eq!(again, now, "a frame that was read is written otherwise");
        rest = after;
    }
    in_a_folder(|dir| {
        let file = if how & HEAD == 0 { bytes } else { [&segment::head(1), &*bytes].concat() };
        write(&segment::path(dir, 1), &file);
        opened(dir, file.len());
    });
}

/// What an opening accepts a second opening accepts without a word, and every entry is there.
fn opened(dir: &Path, length: usize) {
    let Ok((first, torn)) = Journal::open(dir, ANCHOR, None, 0, || 0, SEGMENT_BYTES) else {
        return;
    };
    let end = first.reader().end();
    assert_eq!(torn.map_or(0, |torn| torn.bytes) + end.offset, length as u64);
    drop(first);
    let second = Journal::open(dir, ANCHOR, None, 0, || 0, SEGMENT_BYTES);
    let (second, torn) = second.unwrap_or_else(|error| panic!("opened once only: {error}"));
    assert_eq!((second.reader().end(), torn), (end, None));
    // From the last frame, as after a checkpoint.
    let saved = (second.reader().position(), second.reader().keys().as_ref().clone());
    let third = Journal::open(dir, ANCHOR, Some(saved), end.seq, || 0, SEGMENT_BYTES);
    let (third, torn) = third.unwrap_or_else(|error| panic!("not from the checkpoint: {error}"));
    assert_eq!((third.reader().end(), torn), (end, None));
    assert_eq!(third.reader().keys().keys(), second.reader().keys().keys());
    let mut found = 0;
    let frames = third.reader().frames(1, |frame| {
        assert_eq!(frame.header.seq, found + 1);
        found = frame.header.last();
        Ok(ControlFlow::Continue(()))
    });
    assert_eq!((frames, found), (Ok(()), end.seq));
}

fn put_frames_right(bytes: &mut [u8], how: u8) {
    let mut chain = Chaining::new(ANCHOR);
    let mut rest = bytes;
    while let Ok(size) = frame::size(rest) {
        let Some((now, after)) = rest.split_at_mut_checked(size) else { break };
        if how & CHAIN != 0 {
            let Some((_, framed)) = now.split_at_mut_checked(PREFIX) else { break };
            chain.put_right(framed, |header, body| match header.kind {
                ENTRIES => slots::hash(body, header.count),
                _ => Some(blake3::hash(body)),
            });
        }
        if how & CHECKSUM != 0 {
            let covered = now.get(PREFIX..).unwrap_or_default();
            let crc = crc32c::crc32c_append(crc32c::crc32c(&now[..4]), covered);
            now[4..PREFIX].copy_from_slice(&crc.to_le_bytes());
        }
        rest = after;
    }
}

/// Frames as they follow one another, each chained to the one before.
struct Chaining {
    anchor: Anchor,
    hand: Signer,
    /// The first sequence of the batch.
    first: u64,
    seq: u64,
    previous: Hash,
}

impl Chaining {
    fn new(anchor: Anchor) -> Self {
        Self { anchor, hand: hand(), first: 1, seq: 1, previous: anchor.genesis }
    }

    /// Puts header and signature of a frame right; its bytes begin with the flags. `hash` gives the
    /// hash of its body, where that is one.
    fn put_right(&mut self, framed: &mut [u8], hash: impl FnOnce(&Header, &[u8]) -> Option<Hash>) {
        let Some((flags, rest)) = framed.split_first_mut() else { return };
        let Some((head, rest)) = rest.split_first_chunk_mut::<HEADER>() else { return };
        let signed = *flags & frame::SIGNED != 0;
        let Some((signature, body)) = rest.split_at_mut_checked(if signed { SIGNATURE } else { 0 })
        else {
            return;
        };
        let [_, kind, e0, e1, ..] = *head;
        let count = head[20..].first_chunk::<4>().copied().unwrap_or_default();
        let count = u32::from_le_bytes(count).clamp(1, 1 << 16);
        let (epoch, count) = match kind {
            ENTRIES => (u16::from_le_bytes([e0, e1]).max(1), count),
            _ => (0, 1),
        };
        let Self { seq, previous, .. } = *self;
        let (signer, nothing) = (self.hand.id(), Hash::from_bytes([0; 32]));
        let mut header = Header { kind, epoch, signer, seq, count, previous, body: nothing };
        header.body = hash(&header, body).unwrap_or(nothing);
        head.copy_from_slice(&header.bytes());
        if *flags & FIRST_OF_BATCH != 0 {
            self.first = seq;
        }
        if signed {
            let message = message(self.anchor.node, self.first, &header.hash());
            signature.copy_from_slice(&self.hand.sign(&message));
        }
        (self.seq, self.previous) = (header.last() + 1, header.hash());
    }
}

/// Bytes as a record and as an entry: what can be read is written and read again as the same.
pub fn envelope(bytes: &[u8]) {
    there_and_back(bytes, envelope::encode_record);
    there_and_back(bytes, envelope::encode);
}

fn there_and_back<T: Encoded + PartialEq + Debug>(bytes: &[u8], encode: fn(&T) -> Vec<u8>) {
    let Ok(value) = envelope::decode::<T>(bytes) else { return };
    let written = encode(&value);
    let again: T = envelope::decode(&written).unwrap_or_else(|error| panic!("not read: {error}"));
    assert_eq!(again, value);
    assert_eq!(encode(&again), written);
}

/// Bytes as a backup file of a station whose key is known, and as the files a manifest carries.
pub fn backup(input: &[u8]) {
    let _ = backed_up(input);
    let bytes = input.get(1..).unwrap_or_default();
    // Both are read before anything is known to be the station's own.
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = StationInfo::parse(text);
        let _ = Keyring::from_text(text, Path::new(""));
    }
}

/// What checking the bytes as a backup file gives.
pub(super) fn backed_up(input: &[u8]) -> Result<BackupReport, StoreError> {
    let (how, bytes) = input.split_first().ok_or(StoreError::Closed)?;
    let keys = DataKeys::new(vec![key()]);
    let file = Blocks::read(bytes).put_right(&keys, *how);
    let mut checked = Err(StoreError::Closed);
    in_a_folder(|dir| {
        let path = dir.join("backup.yzb");
        write(&path, &file);
        checked = backup::verify(&path, &keys, &Progress::default());
    });
    if let Ok(report) = &checked {
        assert_eq!(report.bytes, file.len() as u64);
    }
    checked
}

/// The blocks of a backup file as `backup.rs` lays them out, and what comes after the last.
struct Blocks<'a> {
    magic: &'a [u8],
    blocks: Vec<(u8, Vec<u8>)>,
    rest: &'a [u8],
}

/// Bytes before a block's body: length, checksum, kind, index.
const BLOCK_HEAD: usize = 4 + 4 + 1 + 4;
const END: u8 = 3;

impl<'a> Blocks<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let (magic, mut rest) = bytes.split_at(bytes.len().min(8));
        let mut blocks = Vec::new();
        while let Some((head, after)) = rest.split_first_chunk::<BLOCK_HEAD>() {
            let [l0, l1, l2, l3, _, _, _, _, kind, ..] = *head;
            let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
            let Some((body, after)) = after.split_at_checked(length) else { break };
            blocks.push((kind, body.to_vec()));
            rest = after;
        }
        Self { magic, blocks, rest }
    }

    fn put_right(mut self, keys: &DataKeys, how: u8) -> Vec<u8> {
        if how & CHAIN != 0 {
            self.chain(keys);
        }
        let mut out = self.magic.to_vec();
        let id = self.blocks.first().map(|(_, manifest)| blake3::hash(manifest));
        let seal = key().seal(Purpose::Backup);
        for (index, (kind, mut body)) in (0u32..).zip(self.blocks) {
            if let Some(id) = id.filter(|_| how & SEALED != 0 && index > 0) {
                let place = [id.as_bytes(), [kind].as_slice(), &index.to_le_bytes()].concat();
                let packed =
                    if how & PLAIN == 0 { body } else { lz4_flex::compress_prepend_size(&body) };
                body = seal.seal_with(&[7; NONCE], &place, &packed).unwrap_or_default();
            }
            let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
            let named = [[kind].as_slice(), &index.to_le_bytes()].concat();
            let mut crc = crc32c::crc32c_append(crc32c::crc32c(&length), &named);
            crc = crc32c::crc32c_append(crc, &body);
            let crc = if how & CHECKSUM == 0 { 0 } else { crc };
            out.extend([&length, &crc.to_le_bytes(), &*named, &body].concat());
        }
        out.extend(self.rest);
        out
    }

    /// Chains the frames, and tells the manifest and the end how many entries there are.
    fn chain(&mut self, keys: &DataKeys) {
        let Some(((_, manifest), sealed)) = self.blocks.split_first_mut() else { return };
        let text = std::str::from_utf8(manifest).unwrap_or_default();
        let Ok(mut table) = text.parse::<toml::Table>() else { return };
        let station = table.get("station").and_then(|station| station.as_str());
        let Some(Ok(station)) = station.map(StationInfo::parse) else { return };
        let mut chain = Chaining::new(station.anchor());
        for (kind, body) in sealed {
            let mut rest = body.as_mut_slice();
            if *kind == END {
                let seq = chain.seq - 1;
                let last = if seq == 0 { [0; 32] } else { *chain.previous.as_bytes() };
                *body = [seq.to_le_bytes().as_slice(), &last].concat();
                continue;
            }
            while let Some((length, after)) = rest.split_first_chunk_mut::<4>() {
                let length = u32::from_le_bytes(*length) as usize;
                let Some((framed, after)) = after.split_at_mut_checked(length) else { break };
                chain.put_right(framed, |header, body| match header.kind {
                    ENTRIES => sealed_hash(keys, header, body),
                    _ => Some(blake3::hash(body)),
                });
                rest = after;
            }
        }
        let last = i64::try_from(chain.seq - 1).unwrap_or(i64::MAX);
        table.insert("seq".into(), last.into());
        table.insert("head".into(), chain.previous.to_hex().to_string().into());
        table.insert("epoch".into(), 1.into());
        *manifest = table.to_string().into_bytes();
    }
}

/// The hash of a block whose entries are in plain, as a backup has them.
fn sealed_hash(keys: &DataKeys, header: &Header, body: &[u8]) -> Option<Hash> {
    let (of_block, mut rest) = body.split_first_chunk::<NONCE>()?;
    let entries: Option<Vec<Opened>> = (0..header.count).map(|_| Opened::read(&mut rest)).collect();
    let sealed = block::seal_again(keys, header, *of_block, &entries?).ok()?;
    slots::hash(&sealed, header.count)
}

/// One folder for all inputs of a thread.
fn in_a_folder(work: impl FnOnce(&Path)) {
    thread_local! { static FOLDER: OnceCell<TempDir> = const { OnceCell::new() } }
    FOLDER.with(|folder| {
        let made = || tempfile::tempdir().unwrap_or_else(|error| panic!("no folder: {error}"));
        work(folder.get_or_init(made).path());
    });
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
