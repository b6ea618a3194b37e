//! The way to the terminal at the other end of a connection.

use crate::access::desk::{Ended, Gone, Line, Sent};
use crate::access::ending::Ending;
use crate::access::inbox::Inbox;
use crate::terminal::{Capabilities, LeanBackend};
use russh::ChannelId;
use russh::server::Handle;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime;
use tokio::task::JoinHandle;

/// A channel of a connection, as a session's thread uses it.
pub struct SshLine {
    handle: Handle,
    channel: ChannelId,
    runtime: runtime::Handle,
    inbox: Arc<Inbox>,
    caps: Capabilities,
    /// What begins a session, ahead of the first frame.
    opening: Vec<u8>,
    /// The frame that is on its way.
    sending: Option<JoinHandle<()>>,
}

/// How long a client that does not read is given for the goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

impl SshLine {
    pub fn new(
        handle: Handle,
        channel: ChannelId,
        runtime: runtime::Handle,
        inbox: Arc<Inbox>,
        caps: Capabilities,
    ) -> Self {
        let opening = LeanBackend::enter(&caps);
        Self { handle, channel, runtime, inbox, caps, opening, sending: None }
    }

    /// Puts the terminal back, says why the session ended and closes the channel.
    pub fn part(self, Ended { ending, lang, codec }: &Ended) {
        let said = ending.said().map(|said| format!("{}\r\n", said.get(*lang)));
        let mut last = LeanBackend::leave(&self.caps);
        last.extend(codec.encode(said.unwrap_or_default().into_bytes()));
        let status = u32::from(matches!(ending, Ending::Failed | Ending::HungUp));
        let Self { handle, channel, sending, .. } = self;
        let goodbye = async move {
            if let Some(sending) = sending {
                let _ = sending.await;
            }
            let _ = handle.data(channel, last).await;
            close(&handle, channel, status).await;
        };
        let _ = self.runtime.block_on(async { tokio::time::timeout(GOODBYE, goodbye).await });
    }
}

impl Line for SshLine {
    fn send(&mut self, frame: Vec<u8>) -> Result<Sent, Gone> {
        let mut bytes = std::mem::take(&mut self.opening);
        bytes.extend_from_slice(&frame);
        let (handle, channel, inbox) = (self.handle.clone(), self.channel, self.inbox.clone());
        self.sending = Some(self.runtime.spawn(async move {
            match handle.data(channel, bytes).await {
                Ok(()) => inbox.frame_taken(),
                Err(_) => inbox.end(Ending::HungUp),
            }
        }));
        Ok(Sent::OnItsWay)
    }
}

/// Ends a channel in order: status, end of data, close. A client that has gone hears nothing.
pub async fn close(handle: &Handle, channel: ChannelId, status: u32) {
    let _ = handle.exit_status_request(channel, status).await;
    let _ = handle.eof(channel).await;
    let _ = handle.close(channel).await;
}
