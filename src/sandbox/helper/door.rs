//! The one way out of a network of our own: a listening socket, opened inside and handed to who waits outside.

use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SendFlags, SocketType};

use super::super::proxy;

/// Opens the port, sends the socket by standard input, and puts in its place what comes back: what the command is to read
/// from, or nothing.
pub(super) fn open(port: u16, start: bool) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("the way to the network cannot be opened: {error}");
    if start {
        start_loopback().map_err(|error| told(&error))?;
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| told(&error))?;
    let door: OwnedFd = rustix::io::dup(rustix::stdio::stdin()).map_err(|error| told(&error))?;
    proxy::send(&door, Some(&listener)).map_err(|error| told(&error))?;
    let input = match proxy::receive(&door).map_err(|error| told(&error))? {
        Some(input) => input,
        None => std::fs::File::open("/dev/null").map_err(|error| told(&error))?.into(),
    };
    rustix::stdio::dup2_stdin(&input).map_err(|error| told(&error))
}

/// Speaks to the kernel by netlink, whose first protocol is that of routes. Sets the first interface, which is loopback in every network, to be up: what `ip link set lo up` does.
fn start_loopback() -> rustix::io::Result<()> {
    let socket = rustix::net::socket(AddressFamily::NETLINK, SocketType::RAW, None)?;
    let mut message = Vec::with_capacity(32);
    // The head: length, RTM_NEWLINK, NLM_F_REQUEST, number, sender.
    message.extend(32_u32.to_ne_bytes());
    message.extend(16_u16.to_ne_bytes());
    message.extend(1_u16.to_ne_bytes());
    message.extend(1_u32.to_ne_bytes());
    message.extend(0_u32.to_ne_bytes());
    // The link: family, padding, kind, index 1, flag IFF_UP, and that only it changes.
    message.extend([0_u8; 4]);
    message.extend(1_i32.to_ne_bytes());
    message.extend(1_u32.to_ne_bytes());
    message.extend(1_u32.to_ne_bytes());
    rustix::net::send(&socket, &message, SendFlags::empty()).map(drop)
}
