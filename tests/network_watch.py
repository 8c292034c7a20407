"""Run a command and write down whom it calls and which files it makes, natively and in every process that it starts.

    python network_watch.py REPORT.json COMMAND...

A seccomp filter hands each call of `connect`, of `socket` for datagrams or raw packets, and of what makes files and
folders to this process, which notes it. Calls to the network fail as if there were none; all else goes on. Python's own
`socket` need not be patched, and libraries written in C are seen. Linux on x86-64 or ARM64, without special rights.

References: seccomp_unotify(2), seccomp(2), socket(2), linux/filter.h.
"""

from __future__ import annotations

import ctypes
import fcntl
import ipaddress
import json
import os
import platform
import select
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# name -> number of the system call, and the audit architecture of linux/audit.h
MACHINES: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {"seccomp": 317, "socket": 41, "connect": 42, "open": 2, "openat": 257, "creat": 85, "mkdir": 83}
        | {"mkdirat": 258, "io_uring_setup": 425},
    ),
    "aarch64": (
        0xC00000B7,
        {"seccomp": 277, "socket": 198, "connect": 203, "openat": 56, "mkdirat": 34, "io_uring_setup": 425},
    ),
}
_NO_NEW_PRIVS, _SET_FILTER, _NEW_LISTENER = 38, 1, 1 << 3
_ALLOW, _NOTIFY, _KILL = 0x7FFF0000, 0x7FC00000, 0x80000000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_RECEIVE, _SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_ANSWER = struct.Struct("=QqiI")
_FLAGS_ARGUMENT = {"open": 1, "openat": 2}
_HERE = -100
"""AT_FDCWD: the path begins in the folder that the process is in."""
_PATH_ARGUMENT = {"open": 0, "openat": 1, "creat": 0, "mkdir": 0, "mkdirat": 1}


def unsupported() -> str:
    """Return why commands cannot be watched here, or nothing."""
    if not sys.platform.startswith("linux") or platform.machine() not in MACHINES:
        return f"there is no seccomp filter for {sys.platform} on {platform.machine()}"
    return ""


def instructions() -> bytes:
    """Return the filter as BPF instructions: (code, jump if true, jump if false, constant)."""
    architecture, numbers = MACHINES[platform.machine()]
    code = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    for name, number in numbers.items():
        if name in _FLAGS_ARGUMENT:  # opening is of interest only where it makes a file
            flags = 16 + 8 * _FLAGS_ARGUMENT[name]
            code += [(_EQUAL, 0, 4, number), (_LOAD, 0, 0, flags), (_ANY_BIT, 0, 1, os.O_CREAT)]
            code += [(_RETURN, 0, 0, _NOTIFY), (_RETURN, 0, 0, _ALLOW)]
        elif name != "seccomp":
            code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _NOTIFY)]
    return b"".join(struct.pack("=HBBI", *one) for one in [*code, (_RETURN, 0, 0, _ALLOW)])


def install() -> int:
    """Put this process and those that it starts behind the filter; return the descriptor of the notifications."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = instructions()
    kept = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("=H6xQ", len(code) // 8, ctypes.addressof(kept))
    number = MACHINES[platform.machine()][1]["seccomp"]
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    listener = libc.syscall(number, _SET_FILTER, _NEW_LISTENER, ctypes.c_char_p(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return int(listener)


def watched(command: Sequence[str]) -> tuple[int, list[dict[str, str]]]:
    """Run a command; return its exit code and what was noted, each with `call` and `what`."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if not child:
        try:
            socket.send_fds(theirs, [b"."], [install()])
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    theirs.close()
    _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    noted = list(_notes(descriptors[0])) if descriptors else []
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not descriptors:
        raise OSError("the system refuses the filter")
    return code, noted


def _notes(listener: int) -> Iterator[dict[str, str]]:
    """Answer notifications until the last process has ended."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    names = {number: name for name, number in MACHINES[platform.machine()][1].items()}
    while not any(event & select.POLLHUP for _, event in poll.poll()):
        buffer = bytearray(_NOTIFICATION.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, buffer)
        except FileNotFoundError:  # the process was ended meanwhile
            continue
        key, process, _, number, _, _, *arguments = _NOTIFICATION.unpack(buffer)
        call = names[number]
        what, network = _describe(call, process, arguments)
        answer = _ANSWER.pack(key, 0, -101 if network else 0, 0 if network else _CONTINUE)  # 101: network unreachable
        if what:
            yield {"call": call, "what": what}
        try:
            fcntl.ioctl(listener, _SEND, bytearray(answer))
        except FileNotFoundError:
            continue


def _describe(call: str, process: int, arguments: Sequence[int]) -> tuple[str, bool]:
    """Return what a call asks for, empty where that is nothing to note, and whether it goes to the network."""
    if call in _PATH_ARGUMENT:
        return _path(call, process, arguments), False
    if call == "socket":
        kinds = {socket.SOCK_DGRAM: "datagrams", socket.SOCK_RAW: "raw packets"}
        kind = kinds.get(arguments[1] & 0xF) if arguments[0] not in {socket.AF_UNIX, socket.AF_NETLINK} else None
        return (f"{kind} of family {arguments[0]}", True) if kind else ("", False)
    if call == "connect":
        return _peer(_memory(process, arguments[1], arguments[2]))
    return call, True


def _peer(address: bytes) -> tuple[str, bool]:
    family = struct.unpack_from("=H", address)[0]
    if family == socket.AF_UNIX:
        return "", False
    port = struct.unpack_from(">H", address, 2)[0]
    host = address[4:8] if family == socket.AF_INET else address[8:24]
    return f"{ipaddress.ip_address(host)} port {port}", True


def _path(call: str, process: int, arguments: Sequence[int]) -> str:
    """Return the absolute path of a file or folder that is made; nothing where it is there already."""
    place = _PATH_ARGUMENT[call]
    raw = b""
    while b"\0" not in raw:
        start = arguments[place] + len(raw)
        raw += _memory(process, start, 4096 - start % 4096)  # never beyond a page, the next may not be there
    folder = ctypes.c_int32(arguments[0]).value if place else _HERE
    base = Path(f"/proc/{process}") / ("cwd" if folder == _HERE else f"fd/{folder}")
    path = os.path.normpath(base.readlink() / os.fsdecode(raw.partition(b"\0")[0]))
    return "" if os.path.lexists(path) else path


def _memory(process: int, start: int, length: int) -> bytes:
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        memory.seek(start)
        return memory.read(length)


def main(report: str, *command: str) -> int:
    """Watch one command, write the report, and return the command's exit code."""
    code, noted = watched(command)
    found: dict[str, Any] = {"exit": code, "noted": noted}
    Path(report).write_text(json.dumps(found), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
