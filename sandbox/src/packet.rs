//! One JSON value a packet over a Unix socket, with file descriptors beside it. Used by both ends
//! of the control and status sockets; never for anything user code can write to.

use crate::wire::MAX_PACKET;
use nix::{
    cmsg_space,
    sys::socket::{
        AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixAddr, recvmsg, sendmsg,
        socketpair,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io::{self, IoSlice, IoSliceMut},
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
};

/// Most descriptors that travel with one packet.
const MAX_FDS: usize = 8;

/// A connected pair of sequenced-packet sockets, closed on exec.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?)
}

/// Sends one value with `fds` beside it; a peer that is gone is an error, not a signal.
pub fn send<T: Serialize>(socket: BorrowedFd, value: &T, fds: &[RawFd]) -> io::Result<()> {
    let data = serde_json::to_vec(value)?;
    if data.len() > MAX_PACKET {
        return Err(io::Error::other(format!("a packet of {} bytes is over the limit of {MAX_PACKET}", data.len())));
    }
    let rights = [ControlMessage::ScmRights(fds)];
    let rights = if fds.is_empty() { &rights[..0] } else { &rights[..] };
    sendmsg::<UnixAddr>(socket.as_raw_fd(), &[IoSlice::new(&data)], rights, MsgFlags::MSG_NOSIGNAL, None)?;
    Ok(())
}

/// Receives one value and its descriptors; `None` when the peer closed its end.
pub fn receive<T: DeserializeOwned>(socket: BorrowedFd) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut data = vec![0; MAX_PACKET];
    let mut space = cmsg_space!([RawFd; MAX_FDS]);
    let mut parts = [IoSliceMut::new(&mut data)];
    let message = loop {
        match recvmsg::<UnixAddr>(socket.as_raw_fd(), &mut parts, Some(&mut space), MsgFlags::MSG_CMSG_CLOEXEC) {
            Err(nix::Error::EINTR) => continue,
            other => break other?,
        }
    };
    let mut fds = Vec::new();
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(raw) = part {
            // SAFETY: the kernel just made these descriptors for this process; nobody else owns them.
            #[allow(unsafe_code)]
            fds.extend(raw.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }));
        }
    }
    let length = message.bytes;
    if length == 0 {
        return Ok(None);
    }
    Ok(Some((serde_json::from_slice(&data[..length])?, fds)))
}
