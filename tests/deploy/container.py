"""Starts one process as a container of a pod: container.py SPECIFICATION, a JSON file with
  root      the folder that is its root, mounted read-only unless `writable` is true
  mounts    [[source, path under the root, "ro" or "rw"], ...]
  network   the pid whose network it shares, or null for that of this process
  uid, gid, groups
  command   what to run
All capabilities are dropped and no new privileges are possible, as the manifests say. The system
calls are not filtered: a runtime does that. Needs root, and ends as the command does."""

import ctypes
import json
import os
import sys

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
SIGKILL = 9

_libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    if getattr(_libc, function)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{function}{arguments}: {os.strerror(code)}")


def mount(source, target, flags):
    call("mount", source.encode(), target.encode(), None, ctypes.c_ulong(flags), None)


def bind(source, target, read_only):
    mount(source, target, MS_BIND | MS_REC)
    if read_only:
        mount(source, target, MS_BIND | MS_REMOUNT | MS_RDONLY)


def enter_network(pid):
    descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    call("setns", descriptor, CLONE_NEWNET)
    os.close(descriptor)


def build_root(root, mounts, writable):
    call("unshare", CLONE_NEWNS)
    mount("none", "/", MS_REC | MS_PRIVATE)
    bind(root, root, read_only=False)
    for source, path, mode in mounts:
        os.makedirs(root + path, exist_ok=True)
        bind(source, root + path, mode == "ro")
    if not writable:
        mount(root, root, MS_BIND | MS_REMOUNT | MS_RDONLY)
    os.chroot(root)
    os.chdir("/")


def drop_privileges(uid, gid, groups):
    capability = 0
    while _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    os.setgroups(groups)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    call("prctl", PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)  # forgotten when the user changes


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        specification = json.load(file)
    if specification["network"]:
        enter_network(specification["network"])
    build_root(specification["root"], specification["mounts"],
               specification.get("writable", False))
    drop_privileges(specification["uid"], specification["gid"], specification["groups"])
    command = specification["command"]
    os.execve(command[0], command, {"PATH": "/usr/bin:/bin"})


if __name__ == "__main__":
    main()
