//! What a program that was killed may have left on the machine: a warm process that was stopped at
//! the time, and so could not see its host's end, with its sessions. The next start ends them.
//! (Control groups and work directories are swept where they are made.)

use std::{
    fs,
    os::fd::{FromRawFd, OwnedFd},
    path::Path,
};

/// Ends warm processes whose host is gone; how many.
pub fn end_orphans() -> usize {
    let own = std::process::id();
    // Numbers mean something only in this process's own /proc.
    if field(own, 0) != Some(own.to_string()) {
        return 0;
    }
    let all = fs::read_dir("/proc").into_iter().flatten().filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok());
    all.filter(|pid| is_orphan(*pid) && end(*pid)).count()
}

/// Whether it is a warm process that has another parent than the host it was started by.
fn is_orphan(pid: u32) -> bool {
    let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) else { return false };
    let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
    let [_, b"zygote", host, ..] = words[..] else { return false };
    let link = |pid: u32, name: &str| fs::read_link(format!("/proc/{pid}/{name}")).ok();
    let program = link(pid, "exe");
    let name = program.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let same_space = link(pid, "ns/pid").is_some_and(|space| Some(space) == link(std::process::id(), "ns/pid"));
    name.is_some_and(|name| name.starts_with("polymath-python"))
        && same_space
        && field(pid, 3).is_some_and(|parent| parent.as_bytes() != host)
}

/// A field of /proc/PID/stat: 0 is the number, 2 the state, 3 the parent (proc(5), counted from 0).
pub fn field(pid: u32, index: usize) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses is the process's own choice and may hold anything.
    let (head, rest) = (text.find(" (")?, text.rfind(')')?);
    match index {
        0 => Some(text[..head].to_owned()),
        _ => text[rest + 1..].split_whitespace().nth(index - 2).map(str::to_owned),
    }
}

/// Kills it through a pidfd, after looking once more that it is the one.
fn end(pid: u32) -> bool {
    // SAFETY: plain integers; the kernel makes a new descriptor or an error.
    #[allow(unsafe_code)]
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } as i32;
    if fd < 0 {
        return false;
    }
    // SAFETY: the kernel just made this descriptor.
    #[allow(unsafe_code)]
    let pidfd = unsafe { OwnedFd::from_raw_fd(fd) };
    if !is_orphan(pid) {
        return false;
    }
    tracing::info!("ending a warm Python process ({pid}) whose polymath is gone");
    super::pidfd::signal(std::os::fd::AsFd::as_fd(&pidfd), nix::sys::signal::Signal::SIGKILL);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_this_process_are_read() {
        let own = std::process::id();
        assert_eq!(field(own, 0), Some(own.to_string()));
        assert_eq!(field(own, 3), Some(std::os::unix::process::parent_id().to_string()));
        assert!(!is_orphan(own));
    }
}
