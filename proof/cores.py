"""Use every core: the parts of a proof in processes of their own, side by side."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

P = TypeVar("P")
R = TypeVar("R")


def cores() -> int:
    """How many processes may run side by side on this machine."""
    return len(os.sched_getaffinity(0))


def spread(work: Callable[[P], R], parts: Sequence[P]) -> Iterator[R]:
    """Do the parts and give each result as it comes; `work` and its values must be picklable. Raises what work raises.

    New interpreters, not forks: a part begins with nothing of ours in its memory.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(cores(), len(parts)), maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(work, parts)
