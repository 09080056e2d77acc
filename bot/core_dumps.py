"""Keeps the memory of this process off the disk: what people write is there for a moment."""

import ctypes
import os
import resource
import sys

PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """Let no crash write a memory image; call it in every process, for starting a program undoes the second half."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # a limit of 0 does not stop systemd-coredump, which takes the image through a pipe
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
