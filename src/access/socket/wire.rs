//! What goes over the socket: frames of a kind, a length and so many bytes.
//!
//! ```text
//! kind (1 byte)  length (4 bytes, big end first)  payload
//! ```

use crate::access::client::Client;
use crate::words::Said;
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use zeroize::Zeroizing;

/// The version of this protocol. Owner and client are usually the same program; after an update
/// the running owner may be the older one.
pub const VERSION: u32 = 2;

/// Longest payload the owner takes from a client.
pub const FROM_CLIENT: usize = 64 * 1024;

/// Longest payload a client takes from the owner: more than the largest screen takes drawn anew.
pub const FROM_OWNER: usize = 32 * 1024 * 1024;

const HEAD: usize = 5;

/// One frame of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The client begins.
    Hello(Hello),
    /// Bytes: of the keyboard from the client, one whole drawing from the owner.
    Data(Vec<u8>),
    /// The client's window has a new size, columns and rows.
    Resize(u16, u16),
    /// The client has written the last drawing out; the next may come.
    Taken,
    /// The client's terminal came back after a stop: draw everything.
    Continue,
    /// The owner ends.
    Bye(Bye),
    /// The client begins, and wants a command carried out instead of a session.
    Errand(Errand),
    /// The command reads its standard input: the client sends the next piece as [`Frame::Data`].
    Ask,
    /// There is no more of it.
    End,
    /// The command reads or writes a file its words name: the client opens it, with its own user's
    /// rights, and says [`Frame::Taken`] or why not.
    Open(Named),
    /// The next piece of the file that is read.
    Next,
    /// More of the file that is written.
    More(Vec<u8>),
    /// The file that is written is whole and takes its place: [`Frame::Taken`], or why not.
    Finish,
    /// Why the client cannot: what happened, and what to do.
    Trouble(Trouble),
    /// Standard error of the command; its standard output comes as [`Frame::Data`].
    Aside(Vec<u8>),
    /// The command is over, with this exit status.
    Status(u8),
}

/// A command line for the owner to carry out. Files are named as the client would name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// [`VERSION`].
    pub version: u32,
    /// The words after the program's name.
    pub words: Vec<String>,
    /// The folder the client was started in.
    pub folder: String,
    /// The locale that says which language.
    pub language: String,
    /// Its standard output is a terminal.
    pub terminal: bool,
    /// Who asks.
    pub proof: Proof,
    /// The new password they were asked for at their terminal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Chosen>,
}

/// A file as the command's words name it, and what is to be done with it. One at a time is read,
/// and one written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The name.
    pub path: String,
    /// What for.
    pub to: Purpose,
}

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To be read.
    Read,
    /// To be read; nobody else may reach it.
    ReadSecret,
    /// To be made, in the place of one that is there.
    Replace,
    /// To be made, where there is none.
    Make,
}

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What happened.
    pub said: Said,
    /// What to do.
    pub next: Said,
}

/// A password chosen at the client, for an account that gets one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen(pub Zeroizing<String>);

impl std::fmt::Debug for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chosen(..)")
    }
}

/// What proves who asks.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// An account and its password.
    Password(Account),
    /// The recovery key, which stands for the administrator.
    Recovery(Zeroizing<String>),
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Password(account) => account.fmt(f),
            Self::Recovery(_) => f.write_str("Recovery(..)"),
        }
    }
}

/// How a client begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`].
    pub version: u32,
    /// Its terminal.
    pub client: Client,
    /// Who is to be signed in, when they have said so at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
}

/// An account and its password, as typed at the client. They go no further than to another
/// process of the same user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account.
    pub name: String,
    /// Its password.
    pub password: Zeroizing<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How the owner ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bye {
    /// What the person is to read; empty when they left themselves.
    pub said: Said,
    /// Something went wrong: exit status 1.
    pub failed: bool,
}

/// Why a peer is not understood. The connection ends, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// No such kind of frame.
    #[error("unknown frame {0}")]
    Unknown(u8),
    /// The frame says it is longer than a peer may send.
    #[error("a frame of {0} bytes")]
    TooLong(usize),
    /// The payload is not what the kind says.
    #[error("malformed frame {0}")]
    Malformed(u8),
}

impl Frame {
    fn kind(&self) -> u8 {
        match self {
            Self::Hello(_) => b'h',
            Self::Data(_) => b'd',
            Self::Resize(..) => b'r',
            Self::Taken => b't',
            Self::Continue => b'c',
            Self::Bye(_) => b'b',
            Self::Errand(_) => b'e',
            Self::Ask => b'a',
            Self::End => b'z',
            Self::Aside(_) => b'x',
            Self::Status(_) => b's',
            Self::Open(_) => b'o',
            Self::Next => b'n',
            Self::More(_) => b'm',
            Self::Finish => b'f',
            Self::Trouble(_) => b'!',
        }
    }

    /// The bytes to send.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // A struct of texts and numbers always has a JSON form.
        let payload = match self {
            Self::Hello(hello) => serde_json::to_vec(hello).unwrap_or_default(),
            Self::Bye(bye) => serde_json::to_vec(bye).unwrap_or_default(),
            Self::Errand(errand) => serde_json::to_vec(errand).unwrap_or_default(),
            Self::Open(named) => serde_json::to_vec(named).unwrap_or_default(),
            Self::Trouble(trouble) => serde_json::to_vec(trouble).unwrap_or_default(),
            Self::Data(bytes) | Self::Aside(bytes) | Self::More(bytes) => {
                return framed(self.kind(), bytes);
            }
            Self::Resize(columns, rows) => [columns.to_be_bytes(), rows.to_be_bytes()].concat(),
            Self::Status(status) => vec![*status],
            Self::Taken | Self::Continue | Self::Ask | Self::End | Self::Next | Self::Finish => {
                Vec::new()
            }
        };
        framed(self.kind(), &payload)
    }

    fn decode(kind: u8, payload: &[u8]) -> Result<Self, WireError> {
        let malformed = WireError::Malformed(kind);
        let frame = match (kind, payload) {
            (b'h', json) => Self::Hello(serde_json::from_slice(json).map_err(|_| malformed)?),
            (b'b', json) => Self::Bye(serde_json::from_slice(json).map_err(|_| malformed)?),
            (b'e', json) => Self::Errand(serde_json::from_slice(json).map_err(|_| malformed)?),
            (b'o', json) => Self::Open(serde_json::from_slice(json).map_err(|_| malformed)?),
            (b'!', json) => Self::Trouble(serde_json::from_slice(json).map_err(|_| malformed)?),
            (b'm', bytes) => Self::More(bytes.to_vec()),
            (b'd', bytes) => Self::Data(bytes.to_vec()),
            (b'x', bytes) => Self::Aside(bytes.to_vec()),
            (b'r', &[a, b, c, d]) => {
                Self::Resize(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
            }
            (b't', []) => Self::Taken,
            (b'c', []) => Self::Continue,
            (b'a', []) => Self::Ask,
            (b'z', []) => Self::End,
            (b'n', []) => Self::Next,
            (b'f', []) => Self::Finish,
            (b's', &[status]) => Self::Status(status),
            (b'r' | b't' | b'c' | b'a' | b'z' | b's' | b'n' | b'f', _) => return Err(malformed),
            _ => return Err(WireError::Unknown(kind)),
        };
        Ok(frame)
    }
}

fn framed(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEAD + payload.len());
    bytes.push(kind);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// Bytes in, frames out, however the bytes are split.
#[derive(Debug)]
pub struct Decoder {
    longest: usize,
    bytes: Vec<u8>,
}

impl Decoder {
    /// A decoder of a peer that may send payloads up to a length.
    #[must_use]
    pub fn new(longest: usize) -> Self {
        Self { longest, bytes: Vec::new() }
    }

    /// Takes bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame.
    ///
    /// # Errors
    /// When the peer is not understood; it stays so.
    pub fn frame(&mut self) -> Result<Option<Frame>, WireError> {
        let Some((&[kind, a, b, c, d], rest)) = self.bytes.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if length > self.longest {
            return Err(WireError::TooLong(length));
        }
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        let frame = Frame::decode(kind, payload)?;
        self.bytes.drain(..HEAD + length);
        Ok(Some(frame))
    }
}

/// The next frame that comes, or nothing at the end.
pub fn next_frame(mut stream: &UnixStream, decoder: &mut Decoder) -> io::Result<Option<Frame>> {
    let mut buffer = [0; 4096];
    loop {
        if let Some(frame) = decoder.frame().map_err(io::Error::other)? {
            return Ok(Some(frame));
        }
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(None),
            Ok(n) => decoder.feed(buffer.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;
    use proptest::prelude::*;

    fn any_client() -> impl Strategy<Value = Client> {
        let texts = (".{0,9}", ".{0,9}", ".{0,9}", ".{0,9}");
        (any::<u16>(), any::<u16>(), texts, any::<bool>(), any::<bool>()).prop_map(
            |(columns, rows, (term, locale, colorterm, home), no_color, zh)| Client {
                columns,
                rows,
                term,
                locale,
                colorterm,
                no_color,
                lang: if zh { Lang::Zh } else { Lang::En },
                home,
            },
        )
    }

    fn any_frame() -> impl Strategy<Value = Frame> {
        prop_oneof![
            (any::<u32>(), any_client(), proptest::option::of(".{0,9}")).prop_map(
                |(version, client, name)| {
                    let account = name.map(|name| Account {
                        password: Zeroizing::new(format!("{name}'s")),
                        name,
                    });
                    Frame::Hello(Hello { version, client, account })
                }
            ),
            proptest::collection::vec(any::<u8>(), 0..300).prop_map(Frame::Data),
            (any::<u16>(), any::<u16>()).prop_map(|(columns, rows)| Frame::Resize(columns, rows)),
            proptest::collection::vec(any::<u8>(), 0..300).prop_map(Frame::Aside),
            any::<u8>().prop_map(Frame::Status),
            (proptest::collection::vec(".{0,9}", 0..5), ".{0,9}", ".{0,9}", any::<bool>())
                .prop_map(|(words, folder, secret, terminal)| {
                    let secret = Zeroizing::new(secret);
                    let chosen = terminal.then(|| Chosen(secret.clone()));
                    let proof = if terminal {
                        Proof::Recovery(secret)
                    } else {
                        Proof::Password(Account { name: folder.clone(), password: secret })
                    };
                    let language = folder.clone();
                    let version = VERSION;
                    Frame::Errand(Errand {
                        version,
                        words,
                        folder,
                        language,
                        terminal,
                        proof,
                        chosen,
                    })
                }),
            Just(Frame::Taken),
            Just(Frame::Next),
            Just(Frame::Finish),
            proptest::collection::vec(any::<u8>(), 0..300).prop_map(Frame::More),
            (".{0,9}", 0..4_usize).prop_map(|(path, to)| {
                let to = [Purpose::Read, Purpose::ReadSecret, Purpose::Replace, Purpose::Make][to];
                Frame::Open(Named { path, to })
            }),
            (".{0,9}", ".{0,9}").prop_map(|(said, next)| {
                Frame::Trouble(Trouble { said: Said::same(said), next: Said::same(next) })
            }),
            Just(Frame::Continue),
            Just(Frame::Ask),
            Just(Frame::End),
            (".*", ".*", any::<bool>())
                .prop_map(|(zh, en, failed)| Frame::Bye(Bye { said: Said::new(zh, en), failed })),
        ]
    }

    fn decoded(chunks: &[&[u8]], longest: usize) -> (Vec<Frame>, Option<WireError>) {
        let mut decoder = Decoder::new(longest);
        let mut frames = Vec::new();
        for chunk in chunks {
            decoder.feed(chunk);
            loop {
                match decoder.frame() {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => break,
                    Err(error) => return (frames, Some(error)),
                }
            }
        }
        (frames, None)
    }

    proptest! {
        #[test]
        fn frames_survive_any_split(
            frames in proptest::collection::vec(any_frame(), 0..6),
            size in 1_usize..40,
        ) {
            let bytes: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
            let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
            prop_assert_eq!(decoded(&chunks, FROM_OWNER), (frames, None));
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            decoded(&[&bytes], FROM_CLIENT);
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_description() {
        assert_eq!(Frame::Data(b"a\x1b".to_vec()).encode(), b"d\0\0\0\x02a\x1b");
        assert_eq!(Frame::Resize(80, 24).encode(), b"r\0\0\0\x04\0\x50\0\x18");
        assert_eq!(Frame::Taken.encode(), b"t\0\0\0\0");
    }

    #[test]
    fn what_is_not_understood_says_so() {
        let error = |bytes: &[u8]| decoded(&[bytes], FROM_CLIENT).1;
        assert_eq!(error(b"?\0\0\0\0"), Some(WireError::Unknown(b'?')));
        assert_eq!(error(b"d\0\x01\0\x01"), Some(WireError::TooLong(65_537)));
        assert_eq!(error(b"r\0\0\0\x01a"), Some(WireError::Malformed(b'r')));
        assert_eq!(error(b"h\0\0\0\x02{}"), Some(WireError::Malformed(b'h')));
        assert_eq!(error(b"d\0\0\0\x05abc"), None, "the rest may still come");
    }
}
