"""Harm a ledger of 50 kB in every way that leaves a trace, and ask where it was harmed (H33)."""

from __future__ import annotations

import os
import random
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path

from eastim.ledger_verify import Verification, verify
from proof.ledger.made import ledger_of
from proof.row import Finding, Say, Size

BYTES = 50_000
_BITS, _ALL = tuple(1 << bit for bit in range(8)), 0xFF
Check = Callable[[Path], Verification]


def prove(size: Size, say: Say, check: Check = verify) -> Finding:
    """Change every byte twice, cut at every byte, take out, double and move every record."""
    step = 1 if size == "full" else 193
    with tempfile.TemporaryDirectory() as folder:
        lines = ledger_of(Path(folder) / "whole.ledger", BYTES)
        shares = [partial(_share, check, folder, lines, step, part) for part in range(2)]
        if size == "bounded":
            found = [share() for share in shares]
        else:
            with get_context("fork").Pool(2) as pool:
                found = [job.get() for job in [pool.apply_async(share) for share in shares]]
    counts = [sum(column) for column in zip(*(counts for counts, _ in found), strict=True)]
    failures = tuple(text for _, texts in found for text in texts)
    say("done")
    figures = dict(
        zip(
            ("changes of a byte", "cuts", "records taken out, doubled or moved"),
            map("{:,}".format, counts),
            strict=True,
        )
    )
    figures["ledger"] = f"{sum(map(len, lines)):,} bytes, {len(lines)} records"
    return Finding(sum(counts), "harmed ledgers", figures, failures)


def _share(
    check: Check, folder: str, lines: list[bytes], step: int, part: int
) -> tuple[tuple[int, int, int], list[str]]:
    path = Path(folder) / f"harmed-{part}.ledger"
    failures: list[str] = []
    counts = []
    for harm in (_flips, _cuts, _moves):
        count = 0
        for i, (name, data, fits) in enumerate(harm(lines)):
            if i % (2 * step) != part:
                continue
            _write(path, data())
            result, count = check(path), count + 1
            if not fits(result):
                failures.append(f"{name}: {result}")
        counts.append(count)
    return (counts[0], counts[1], counts[2]), failures


def _write(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(fd, data)
    os.close(fd)


Harmed = Iterator[tuple[str, Callable[[], bytes], Callable[[Verification], bool]]]


def _flips(lines: list[bytes]) -> Harmed:
    """Every byte, once by one bit, each bit in its turn, and once by all: the first problem names its record."""
    whole, ends = b"".join(lines), list(accumulate(map(len, lines)))
    for at in range(len(whole)):
        index = bisect_right(ends, at) + 1
        for flip in (_BITS[at % len(_BITS)], _ALL):
            yield (
                f"bits {flip:#04x} of byte {at} in record {index}",
                partial(_turned, whole, at, flip),
                partial(_first_at, index),
            )


def _turned(whole: bytes, at: int, flip: int) -> bytes:
    return whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]


def _first_at(index: int, result: Verification) -> bool:
    return bool(result.problems) and result.problems[0].index == index


def _cuts(lines: list[bytes]) -> Harmed:
    """Every cut: "ended open" after so many whole records, torn inside one, and never called tampering."""
    whole, ends = b"".join(lines), [0, *accumulate(map(len, lines))]
    for at in range(1, len(whole)):
        records = bisect_right(ends, at) - 1
        yield f"cut at byte {at}", partial(_first, whole, at), partial(_ended, records, at not in ends)


def _first(whole: bytes, at: int) -> bytes:
    return whole[:at]


def _ended(records: int, torn: bool, result: Verification) -> bool:
    return (result.problems, result.records, result.ended_open, result.torn) == ((), records, True, torn)


def _moves(lines: list[bytes]) -> Harmed:
    """Every record taken out, doubled, or moved to where a seed says: found where the order first breaks.

    The closing record taken out is a cut; moving a record to its own place harms nothing.
    """
    draw, count = random.Random(50), len(lines)
    orders = [[j for j in range(count) if j != i] for i in range(count - 1)]
    orders += [[*range(i + 1), *range(i, count)] for i in range(count)]
    orders += [_swapped(count, i, j) for i in range(count) for j in draw.sample(range(count), min(count, 40)) if i < j]
    for order in orders:
        wrong = next((i for i, record in enumerate(order) if i != record), len(order) - 1) + 1
        yield (
            f"records {order[:4]}... first wrong at {wrong}",
            partial(_ordered, lines, order),
            partial(_first_at, wrong),
        )


def _swapped(count: int, i: int, j: int) -> list[int]:
    order = list(range(count))
    order[i], order[j] = j, i
    return order


def _ordered(lines: list[bytes], order: list[int]) -> bytes:
    return b"".join(lines[i] for i in order)
