"""What a process and its children have used, and how busy the machine is, from /proc."""

import asyncio
import os
from pathlib import Path

_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """List a process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += parents.get(each, [])
    return found


def cpu_seconds(pid: int) -> float:
    """Add up the processor time of a process and its children."""
    every = [_fields(each) for each in family(pid)]
    # The third field and those behind it: utime and stime are 14 and 15 of proc(5).
    return sum(int(fields[11]) + int(fields[12]) for fields in every if fields) / _TICK


def resident_mb(pid: int) -> float:
    """Add up the resident memory of a process and its children, in MB of 10⁶ bytes."""
    return sum(_resident(each) for each in family(pid)) * _PAGE / 1e6


async def busy_part(seconds: float = 0.5) -> float:
    """Say which part of the machine is in use now, over so many seconds."""
    idle, total = _idle_and_total()
    await asyncio.sleep(seconds)
    idle_then, total_then = _idle_and_total()
    return 1 - (idle_then - idle) / max(total_then - total, 1)


def _fields(pid: int) -> list[str]:
    """Give the fields behind the name of the program: the state, the parent…"""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _resident(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _idle_and_total() -> tuple[int, int]:
    times = [int(each) for each in (_PROC / "stat").read_text().partition("\n")[0].split()[1:9]]
    return times[3] + times[4], sum(times)
