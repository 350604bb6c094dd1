//! The filter of system calls: sockets, and ways around the rest.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};

use super::Order;

/// Calls that are refused whatever their arguments: other processes' memory, mounts and namespaces, keys, the
/// kernel itself, files by handle, and queues that do calls unseen.
const REFUSED: &[c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_open_by_handle_at,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_fanotify_init,
];
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[c_long] = &[libc::SYS_iopl, libc::SYS_ioperm];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[c_long] = &[];
/// Calls of the second table that this processor has besides its own.
#[cfg(target_arch = "x86_64")]
const SECOND_TABLE: Option<c_long> = Some(0x4000_0000);
#[cfg(not(target_arch = "x86_64"))]
const SECOND_TABLE: Option<c_long> = None;
/// Requests to a terminal that type for the person.
const TYPING: [u64; 2] = [0x5412, 0x541c];

/// Applies the filter to this process and all that it starts.
pub(super) fn apply(order: &Order) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("system calls cannot be filtered: {error}");
    let arch: TargetArch = std::env::consts::ARCH.try_into().map_err(|error| told(&error))?;
    // Its flags stand in memory where a filter cannot look; programs fall back to the older call.
    let unseen = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    for (rules, answer) in [(unseen, libc::ENOSYS), (rules(order).map_err(|error| told(&error))?, libc::EPERM)] {
        let refuse = SeccompAction::Errno(answer as u32);
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).map_err(|error| told(&error))?;
        let program: BpfProgram = filter.try_into().map_err(|error: seccompiler::BackendError| told(&error))?;
        apply_filter(&program).map_err(|error| told(&error))?;
    }
    Ok(())
}

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

fn rules(order: &Order) -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = REFUSED.iter().chain(REFUSED_HERE).map(|call| (*call, Vec::new())).collect();
    let typing: Result<Vec<SeccompRule>, _> =
        TYPING.into_iter().map(|request| SeccompRule::new(vec![is(1, SeccompCmpOp::Eq, request)?])).collect();
    rules.insert(libc::SYS_ioctl, typing?);
    let new_user = libc::CLONE_NEWUSER as u64;
    rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![is(0, SeccompCmpOp::MaskedEq(new_user), new_user)?])?]);
    let families = families(order);
    // A filter that names no exception refuses every socket.
    let others: Result<Vec<SeccompCondition>, _> =
        families.iter().map(|family| is(0, SeccompCmpOp::Ne, *family as u64)).collect();
    let sockets = if families.is_empty() { Vec::new() } else { vec![SeccompRule::new(others?)?] };
    rules.insert(libc::SYS_socket, sockets);
    if let Some(second) = SECOND_TABLE {
        let twins: Rules = rules.iter().map(|(call, rules)| (call | second, rules.clone())).collect();
        rules.extend(twins);
    }
    Ok(rules)
}

/// Families of sockets that may be made. A pair of connected sockets is always free.
fn families(order: &Order) -> Vec<i32> {
    let mut families = Vec::new();
    if order.own_network || order.network {
        families.extend([libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK]);
    }
    if order.unix_sockets {
        families.push(libc::AF_UNIX);
    }
    families
}

fn is(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}
