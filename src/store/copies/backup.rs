//! Backup files: the whole journal in one framed, compressed, sealed and checksummed file.
//!
//! ```text
//! magic     8 bytes
//! blocks    u32 length, u32 CRC-32C, u8 kind, u32 index, body; the CRC is over all but itself
//!   manifest  in the open: station file, keyring, time, journal head (no person is named in any),
//!             signed by the station
//!   frames    sealed: LZ4 of [u32 length, flags u8, header 88, signature 64 where there is one, then
//!             for a block: nonce 24, [u32 length, entry in plain, or an erased one as it is]*
//!             for a page: the page]*
//!   end       sealed: head sequence, head hash
//! ```
//! A block of the file is sealed to the manifest's hash, its kind and its index, so none can be
//! exchanged, left out or taken from another file. Entries are compressed before they are sealed;
//! restoring seals each one with the nonce it had, which makes the very bytes again that the chain
//! knows and the signatures cover.

use super::heads::KnownHead;
use crate::record::Instant;
use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk::{hex, unhex};
use crate::store::files::layout::BACKUP_MAGIC;
use crate::store::files::new_file::NewFile;
use crate::store::files::station::StationInfo;
use crate::store::journal::block::{self, Opened};
use crate::store::journal::cover::{Cover, Look};
use crate::store::journal::frame::{self, ENTRIES, Frame, MAX_BODY, PREFIX};
use crate::store::journal::reader::JournalReader;
use crate::store::journal::salvage::Owned;
use crate::store::keys::keyring::{Keyring, Secret, Unlocked};
use crate::store::keys::seal::{NONCE, OVERHEAD, Purpose, Seal};
use crate::store::keys::throttle::Throttle;
use crate::store::keys::{DataKeys, Owner, Register, Signer};
use crate::store::progress::Progress;
use crate::words::Said;
use blake3::Hash;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;

const MANIFEST: u8 = 1;
const FRAMES: u8 = 2;
const END: u8 = 3;
/// Frames are gathered to about this many bytes before they are compressed and sealed.
const BLOCK_BYTES: usize = 1024 * 1024;
/// No block is larger: one frame of the largest size, and what compression may add.
const BLOCK_MAX: usize = BLOCK_BYTES + MAX_BODY + MAX_BODY / 128;
const FORMAT: u32 = 4;
/// Bytes of a frame's length.
const WORD: usize = 4;

/// The part of a backup file that is in the open.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    /// When the backup was made.
    made: Instant,
    /// Sequence and header hash of the last entry in it, where its frame is in the journal, and
    /// in which of the station's lives.
    seq: u64,
    head: String,
    segment: u32,
    offset: u64,
    incarnation: u32,
    /// The epoch whose key the blocks are sealed under.
    epoch: u16,
    /// The files of the data folder that are needed to open it.
    station: String,
    keyring: String,
    /// The station's signature over all of this.
    signature: String,
}

impl Manifest {
    fn message(&self) -> Vec<u8> {
        let Self { format, made, seq, head, segment, offset, incarnation, epoch, .. } = self;
        let fixed = format!(
            "yizhan backup v2 {format} {made} {seq} {head} {segment} {offset} {incarnation} {epoch}"
        );
        let files = [&self.station, &self.keyring].map(|text| blake3::hash(text.as_bytes()));
        let [station, keyring] = files.map(|hash| *hash.as_bytes());
        [fixed.as_bytes(), &station, &keyring].concat()
    }
}

/// What a backup file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackupReport {
    /// Entries of the journal in it.
    pub entries: u64,
    /// Hash of the last entry's header, in hexadecimal.
    pub head: String,
    /// When it was made.
    pub made: Instant,
    /// Size of the file.
    pub bytes: u64,
}

/// Writes a backup of everything up to the journal's present end, reads it back, and only then
/// gives it its name.
pub(in crate::store) fn write(
    path: &Path,
    journal: &JournalReader,
    (keys, hand): (&DataKeys, &Signer),
    (station, keyring): (&StationInfo, &Keyring),
    made: Instant,
    progress: &Progress,
) -> Result<BackupReport, StoreError> {
    let end = journal.end();
    let mut manifest = Manifest {
        format: FORMAT,
        made,
        seq: end.seq,
        head: hex(end.hash.as_bytes()),
        segment: end.last.0,
        offset: end.last.1,
        incarnation: journal.keys().incarnation(),
        epoch: keyring.epoch(),
        station: station.text()?,
        keyring: keyring.text()?,
        signature: String::new(),
    };
    manifest.signature = hex(&hand.sign(&manifest.message()));
    let epoch = manifest.epoch;
    let manifest =
        toml::to_string(&manifest).map_err(|error| bad(Said::same(error.to_string())))?;
    let mut file = NewFile::backup(path)?;
    progress.begin(Said::fixed("备份", "Backing up"), end.seq);
    let written = write_blocks(
        (&mut file, path),
        manifest.as_bytes(),
        journal,
        (keys, epoch),
        end.seq,
        progress,
    )
    .and_then(|()| verify(&file.beside(), keys, progress));
    progress.end();
    match written {
        Ok(report) if report.entries == end.seq => {
            file.finish()?;
            Ok(report)
        }
        other => {
            Err(other.err().unwrap_or_else(|| bad(Said::fixed("缺少条目", "entries are missing"))))
        }
    }
}

fn write_blocks(
    (file, path): (&mut NewFile, &Path),
    manifest: &[u8],
    journal: &JournalReader,
    (keys, epoch): (&DataKeys, u16),
    upto: u64,
    progress: &Progress,
) -> Result<(), StoreError> {
    let seal = keys.seal_of(epoch, Purpose::Backup).ok_or(StoreError::OldKeyring)?;
    let mut out = Blocks { file, path, seal, id: blake3::hash(manifest), index: 0 };
    out.file.write_all(BACKUP_MAGIC).map_err(io(Doing::Writing, path))?;
    out.block(MANIFEST, manifest)?;
    let mut plain = Vec::new();
    let mut head = None;
    if upto > 0 {
        journal.frames(1, |frame| {
            in_plain(frame, keys, &mut plain)?;
            if plain.len() >= BLOCK_BYTES {
                out.sealed(FRAMES, &plain)?;
                plain.clear();
                progress.at(frame.header.seq);
            }
            head = Some(frame.header.hash());
            let more = frame.header.last() < upto;
            Ok(if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
    }
    if !plain.is_empty() {
        out.sealed(FRAMES, &plain)?;
    }
    let mut last = upto.to_le_bytes().to_vec();
    last.extend_from_slice(head.map_or([0; 32], |head| *head.as_bytes()).as_slice());
    out.sealed(END, &last)?;
    out.file.sync().map_err(io(Doing::Syncing, path))
}

/// Appends a frame with its entries opened.
pub(in crate::store) fn in_plain(
    frame: &Frame<'_>,
    keys: &DataKeys,
    plain: &mut Vec<u8>,
) -> Result<(), StoreError> {
    let mut body = Vec::new();
    if frame.header.kind == ENTRIES && !frame.lost() {
        body.extend_from_slice(frame.body.get(..NONCE).unwrap_or_default());
        for opened in block::open(keys, frame, frame.header.seq)? {
            opened?.1.write(&mut body);
        }
    } else {
        body.extend_from_slice(frame.body);
    }
    // As the journal has it, but for the checksum, which belongs to other bytes.
    let mut bytes = Vec::new();
    Frame { body: &body, ..frame.clone() }.encode(&mut bytes);
    let bytes = bytes.get(PREFIX..).unwrap_or_default();
    plain.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    plain.extend_from_slice(bytes);
    Ok(())
}

/// The writing side of a backup file.
struct Blocks<'a> {
    file: &'a mut NewFile,
    path: &'a Path,
    seal: Seal,
    id: Hash,
    index: u32,
}

impl Blocks<'_> {
    fn sealed(&mut self, kind: u8, plain: &[u8]) -> Result<(), StoreError> {
        let packed = lz4_flex::block::compress_prepend_size(plain);
        let body = self.seal.seal(&place(&self.id, kind, self.index), &packed)?;
        self.block(kind, &body)
    }

    fn block(&mut self, kind: u8, body: &[u8]) -> Result<(), StoreError> {
        let length = u32::try_from(body.len())
            .map_err(|_| bad(Said::fixed("数据块过大", "a block is too large")))?;
        let head = block_head(length, kind, self.index);
        let crc = crc32c::crc32c_append(crc32c::crc32c(&head), body).to_le_bytes();
        for bytes in [&head[..4], &crc, &head[4..], body] {
            self.file.write_all(bytes).map_err(io(Doing::Writing, self.path))?;
        }
        self.index += 1;
        Ok(())
    }
}

fn block_head(length: u32, kind: u8, index: u32) -> [u8; 9] {
    let mut head = [0; 9];
    head[..4].copy_from_slice(&length.to_le_bytes());
    head[4] = kind;
    head[5..].copy_from_slice(&index.to_le_bytes());
    head
}

fn place(id: &Hash, kind: u8, index: u32) -> Vec<u8> {
    let mut place = id.as_bytes().to_vec();
    place.push(kind);
    place.extend_from_slice(&index.to_le_bytes());
    place
}

/// The reading side of a backup file.
pub(in crate::store) struct BackupFile {
    file: BufReader<File>,
    index: u32,
    bytes: u64,
    manifest: Manifest,
    id: Hash,
}

impl BackupFile {
    /// Opens a file and reads what is in the open: nothing is known yet of the rest.
    pub(in crate::store) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(io(Doing::Reading, path))?;
        let bytes = file.metadata().map_err(io(Doing::Reading, path))?.len();
        let mut file = BufReader::with_capacity(256 * 1024, file);
        let mut magic = [0; 8];
        read(&mut file, &mut magic)?;
        if magic != *BACKUP_MAGIC {
            return Err(bad(Said::fixed("不是本程序的备份", "not a backup of this program")));
        }
        let (kind, body) = next(&mut file, 0)?;
        let text = std::str::from_utf8(&body).ok().filter(|_| kind == MANIFEST);
        let text = text.ok_or_else(|| bad(Said::fixed("缺少清单", "no manifest")))?;
        let manifest: Manifest =
            toml::from_str(text).map_err(|error| bad(Said::same(error.message())))?;
        if manifest.format != FORMAT {
            return Err(StoreError::OtherFormat { found: manifest.format, ours: FORMAT });
        }
        Ok(Self { file, index: 1, bytes, id: blake3::hash(&body), manifest })
    }

    /// The last entry in it.
    pub(in crate::store) fn seq(&self) -> u64 {
        self.manifest.seq
    }

    /// What is in it, as it says itself.
    pub(in crate::store) fn report(&self) -> BackupReport {
        let Manifest { made, seq, head, .. } = &self.manifest;
        BackupReport { entries: *seq, head: head.clone(), made: *made, bytes: self.bytes }
    }

    /// The head of the journal it ends with, known outside.
    pub(in crate::store) fn head(&self) -> Option<KnownHead> {
        let Manifest { made, seq, segment, offset, incarnation, .. } = self.manifest;
        let hash = Hash::from_hex(&self.manifest.head).ok()?;
        Some(KnownHead { incarnation, seq, hash, place: (segment, offset), made })
    }

    /// The station it is of.
    pub(in crate::store) fn station(&self) -> Result<StationInfo, StoreError> {
        StationInfo::parse(&self.manifest.station)
    }

    /// The keyring of its day, to be kept in `dir`.
    pub(in crate::store) fn keyring(&self, dir: &Path) -> Result<Keyring, StoreError> {
        Keyring::from_text(&self.manifest.keyring, dir)
    }

    /// Its keyring, and what the secret opens of it.
    pub(in crate::store) fn unlock(
        &self,
        secret: &Secret<'_>,
    ) -> Result<(Keyring, Unlocked), StoreError> {
        let keyring = self.keyring(Path::new(""))?;
        // A file can be copied, so counting attempts at it would slow nobody down.
        let unlocked = keyring.open(secret, &mut Throttle::forgetful(), self.manifest.made)?;
        Ok((keyring, unlocked))
    }

    /// Whether the station signed what is in the open, with a key it has or had.
    pub(in crate::store) fn is_signed(&self, register: &Register) -> bool {
        let signature = unhex(&self.manifest.signature).and_then(|bytes| bytes.try_into().ok());
        let message = self.manifest.message();
        signature.is_some_and(|signature| {
            let mut own = register.keys().iter().filter(|key| key.owner == Owner::Station);
            own.any(|key| key.public.signed(&message, &signature))
        })
    }

    /// Reads every block through, which needs no key: checksums, order, and that it has an end.
    pub(in crate::store) fn blocks(mut self) -> Result<(), StoreError> {
        loop {
            let (kind, _) = next(&mut self.file, self.index)?;
            self.index += 1;
            if kind == END {
                let ends = self.file.read(&mut [0]).is_ok_and(|read| read == 0);
                let odd = || bad(Said::fixed("结尾不符", "it does not end where it should"));
                return if ends { Ok(()) } else { Err(odd()) };
            }
        }
    }

    /// Gives every frame as it was, chain and hashes checked.
    pub(in crate::store) fn entries(
        mut self,
        keys: &DataKeys,
        mut each: impl FnMut(&Frame<'_>) -> Result<(), StoreError>,
    ) -> Result<BackupReport, StoreError> {
        let seal = keys.seal_of(self.manifest.epoch, Purpose::Backup);
        let seal = seal.ok_or(StoreError::OldKeyring)?;
        let mut head = self.station()?.genesis();
        let mut seq = 0;
        loop {
            let (kind, body) = next(&mut self.file, self.index)?;
            let packed = seal.open(&place(&self.id, kind, self.index), &body);
            let packed = packed
                .ok_or_else(|| bad(Said::fixed("有数据块打不开", "a block does not open")))?;
            let plain = unpack(&packed)?;
            self.index += 1;
            if kind == END {
                return self.finish(&plain, seq, head);
            }
            let mut rest = plain.as_slice();
            while !rest.is_empty() {
                let owned = frame_of(&mut rest, keys)
                    .ok_or_else(|| bad(Said::fixed("有条目不完整", "an entry is not whole")))?;
                let header = owned.header;
                if header.seq != seq + 1 || header.previous != head {
                    return Err(bad(Said::fixed("链条中断", "the chain is broken")));
                }
                (seq, head) = (header.last(), header.hash());
                each(&owned.frame())?;
            }
        }
    }

    fn finish(mut self, plain: &[u8], seq: u64, head: Hash) -> Result<BackupReport, StoreError> {
        let mut expected = seq.to_le_bytes().to_vec();
        let last = if seq == 0 { [0; 32] } else { *head.as_bytes() };
        expected.extend_from_slice(&last);
        let manifest = self.manifest.seq == seq && self.manifest.head == hex(head.as_bytes());
        let ends = self.file.read(&mut [0]).is_ok_and(|read| read == 0);
        if plain != expected || !manifest || !ends {
            return Err(bad(Said::fixed("结尾不符", "it does not end where it should")));
        }
        let Manifest { made, head, .. } = self.manifest;
        Ok(BackupReport { entries: seq, head, made, bytes: self.bytes })
    }
}

/// Takes one frame off a block and seals its entries as they were.
fn frame_of(rest: &mut &[u8], keys: &DataKeys) -> Option<Owned> {
    let (length, after) = rest.split_first_chunk::<WORD>()?;
    let (bytes, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *rest = after;
    let placed = [&[0; PREFIX], bytes].concat();
    let mut owned = Owned::of(&frame::view(&placed).ok()?);
    if owned.header.kind == ENTRIES && !owned.frame().lost() {
        let (of_block, mut entries) = owned.body.split_first_chunk::<NONCE>()?;
        let mut opened = Vec::new();
        for _ in 0..owned.header.count {
            opened.push(Opened::read(&mut entries)?);
        }
        if !entries.is_empty() {
            return None;
        }
        owned.body = block::seal_again(keys, &owned.header, *of_block, &opened).ok()?;
    }
    owned.frame().is_whole().then_some(owned)
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let (size, rest) = lz4_flex::block::uncompressed_size(packed)
        .map_err(|error| bad(Said::same(error.to_string())))?;
    if size > BLOCK_MAX {
        return Err(bad(Said::fixed("数据块过大", "a block is too large")));
    }
    lz4_flex::block::decompress(rest, size).map_err(|error| bad(Said::same(error.to_string())))
}

/// Reads one block and checks that it is the one that belongs here.
fn next(file: &mut impl Read, index: u32) -> Result<(u8, Vec<u8>), StoreError> {
    let mut bytes = [0; 13];
    read(file, &mut bytes)?;
    let [l0, l1, l2, l3, c0, c1, c2, c3, kind, ..] = bytes;
    let length = u32::from_le_bytes([l0, l1, l2, l3]);
    if length as usize > BLOCK_MAX + OVERHEAD {
        return Err(bad(Said::fixed("数据块长度不可能", "a block of impossible length")));
    }
    let mut body = vec![0; length as usize];
    read(file, &mut body)?;
    let head = block_head(length, kind, index);
    let crc = crc32c::crc32c_append(crc32c::crc32c(&head), &body);
    if crc == u32::from_le_bytes([c0, c1, c2, c3]) && head[5..] == bytes[9..] {
        Ok((kind, body))
    } else {
        Err(bad(Said::fixed("校验不符", "a checksum differs")))
    }
}

fn read(file: &mut impl Read, bytes: &mut [u8]) -> Result<(), StoreError> {
    file.read_exact(bytes).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => bad(Said::fixed("文件被截短", "cut short")),
        _ => io(Doing::Reading, Path::new("backup"))(error),
    })
}

fn bad(detail: Said) -> StoreError {
    StoreError::Backup(detail)
}

/// Reads a backup file through and checks everything in it.
pub(in crate::store) fn verify(
    path: &Path,
    keys: &DataKeys,
    progress: &Progress,
) -> Result<BackupReport, StoreError> {
    let backup = BackupFile::open(path)?;
    let node = backup.station()?.node;
    progress.begin(Said::fixed("核对备份", "Checking the backup"), backup.seq());
    let (mut cover, mut register) = (Cover::new(node, Look::Quick), Register::default());
    let done = backup.entries(keys, |frame| {
        progress.at(frame.header.seq);
        let taken = cover.frame(frame, &frame.header.hash(), &mut register);
        taken.map_err(|why| bad(why.said()))
    });
    progress.end();
    done
}

/// Reads a backup file through and checks everything in it, with a secret of the station it is of.
///
/// # Errors
/// [`StoreError::Backup`] saying what is wrong, [`StoreError::Keyring`] for a wrong secret.
pub fn verify_backup(file: &Path, secret: &Secret<'_>) -> Result<BackupReport, StoreError> {
    let (_, unlocked) = BackupFile::open(file)?.unlock(secret)?;
    verify(file, &unlocked.data_keys(), &Progress::default())
}
