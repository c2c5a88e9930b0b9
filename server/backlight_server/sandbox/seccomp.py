"""The system calls a program may not make, as a BPF program assembled here.

bubblewrap loads it (`--seccomp FD`) after everything is set up. The list refuses what has no place
in a training loop and has been a way out of a sandbox elsewhere: other namespaces, mounts,
tracing, kernel keys, BPF, io_uring, modules. `socket()` is left for AF_UNIX alone: network
namespaces do not confine AF_VSOCK on most kernels. Any machine but the two below is killed at its
first call.
"""

from __future__ import annotations

import errno
import struct

# Instruction codes, from linux/bpf_common.h; results, from linux/seccomp.h.
LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, ERRNO, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000

# Offsets in struct seccomp_data; arguments are 64 bits, both machines are little endian.
NUMBER, ARCHITECTURE = 0, 4


def argument(index: int) -> int:
    """Return the offset of the low half of a call's argument."""
    return 16 + 8 * index


AF_UNIX = 1
NAMESPACES = 0x7E020080  # CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}
X32 = 0x40000000
TERMINAL_INJECTION = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX

#: name of the machine -> its AUDIT_ARCH.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

#: call -> its number on (x86_64, aarch64); None where the machine has no such call.
REFUSED: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "syslog": (103, 116),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "lookup_dcookie": (212, 18),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
}

#: Calls looked at more closely: clone, clone3, socket, ioctl.
CLONE, CLONE3, SOCKET, IOCTL = (56, 220), (435, 435), (41, 198), (16, 29)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _refuse(error: int) -> bytes:
    return _instruction(RETURN, ERRNO | error)


def assemble(machine: str) -> bytes:
    """Return the filter for a machine as `os.uname().machine` names it.

    Raises KeyError for a machine without a table.
    """
    architecture = ARCHITECTURES[machine]
    column = list(ARCHITECTURES).index(machine)
    allow, refuse = _instruction(RETURN, ALLOW), _refuse(errno.EPERM)

    code = [
        _instruction(LOAD, ARCHITECTURE),
        _instruction(JUMP_EQUAL, architecture, 1, 0),
        _instruction(RETURN, KILL_PROCESS),
        _instruction(LOAD, NUMBER),
    ]
    if machine == "x86_64":  # the x32 calls are the same calls under other numbers
        code += [_instruction(JUMP_GREATER_EQUAL, X32, 0, 1), _refuse(errno.ENOSYS)]
    for numbers in REFUSED.values():
        number = numbers[column]
        if number is not None:
            code += [_instruction(JUMP_EQUAL, number, 0, 1), refuse]
    # The flags of clone3 lie in memory, where a filter cannot read: libc falls back on clone.
    code += [_instruction(JUMP_EQUAL, CLONE3[column], 0, 1), _refuse(errno.ENOSYS)]
    code += [
        _instruction(JUMP_EQUAL, CLONE[column], 0, 4),
        _instruction(LOAD, argument(0)),
        _instruction(JUMP_SET, NAMESPACES, 0, 1),
        refuse,
        allow,
    ]
    code += [
        _instruction(JUMP_EQUAL, SOCKET[column], 0, 4),
        _instruction(LOAD, argument(0)),
        _instruction(JUMP_EQUAL, AF_UNIX, 1, 0),
        refuse,
        allow,
    ]
    first, second = TERMINAL_INJECTION
    code += [
        _instruction(JUMP_EQUAL, IOCTL[column], 0, 4),
        _instruction(LOAD, argument(1)),
        _instruction(JUMP_EQUAL, first, 1, 0),
        _instruction(JUMP_EQUAL, second, 0, 1),
        refuse,
    ]
    return b"".join([*code, allow])
