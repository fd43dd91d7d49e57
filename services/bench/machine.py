"""The machine, and what processes on it use, read from Linux's ``/proc``."""

import asyncio
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from services.hub.server import binary

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_BEHIND_NAME = 2
"""In ``stat``, the first field behind the program's name is the third."""
_PARENT, _USER, _SYSTEM = 4 - _BEHIND_NAME - 1, 14 - _BEHIND_NAME - 1, 15 - _BEHIND_NAME - 1


def _stat(pid: int) -> list[str]:
    """The fields of ``/proc/<pid>/stat`` behind the program's name; none where the process has ended."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def cpu_s(*pids: int) -> float:
    """CPU seconds that these processes have used so far."""
    fields = (_stat(pid) for pid in pids)
    return sum(int(field[_USER]) + int(field[_SYSTEM]) for field in fields if field) / _TICKS


def rss_bytes(pid: int) -> int:
    """Memory of a process that is resident, pages that it shares included."""
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0


def program(pid: int) -> str:
    """Short name of what a process runs."""
    try:
        words = (_PROC / str(pid) / "cmdline").read_text().split("\0")
    except OSError:
        return ""
    last = [word for word in words if word and not word.startswith("-")]
    return " ".join(Path(word).name for word in last[1:4]) if "python" in words[0] else Path(words[0]).name


def family(pid: int) -> list[int]:
    """A process and all its descendants, parents first."""
    parents = {int(entry.name): _stat(int(entry.name)) for entry in _PROC.iterdir() if entry.name.isdigit()}
    found = [pid]
    for one in found:
        found += [child for child, fields in parents.items() if fields and int(fields[_PARENT]) == one]
    return found


async def describe() -> dict[str, Any]:
    """What the figures were measured on and with."""
    asked = await asyncio.create_subprocess_exec(str(binary()), "--version", stdout=asyncio.subprocess.PIPE)
    said, _ = await asked.communicate()
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _line("/proc/cpuinfo", "model name"),
        "memory_mb": os.sysconf("SC_PHYS_PAGES") * _PAGE // 1_000_000,
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "nats_server": said.decode().strip(),
        **{name: version(name) for name in ("nats-py", "faststream", "pydantic", "uvloop")},
        "load_average_before": os.getloadavg()[0],
    }


def _line(file: str, name: str) -> str:
    found = (line.partition(":") for line in Path(file).read_text().splitlines())
    return next((value.strip() for key, _, value in found if key.strip() == name), platform.processor())
