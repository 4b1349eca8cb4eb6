"""A chunk of COBS with a CRC-32, as numbers: with which changed bytes it would still pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from zlib import crc32

FULL = 0xFFFFFFFF


@cache
def _weight(distance: int) -> tuple[int, ...]:
    """What each value of the byte so far from the end of a message adds to its check; the last four are the CRC."""
    if distance < 4:
        return tuple(value << 8 * (3 - distance) for value in range(256))
    nothing = crc32(bytes(distance - 3))
    return tuple(crc32(bytes((value,)) + bytes(distance - 4)) ^ nothing for value in range(256))


@cache
def _base(length: int) -> int:
    """The check of a message of so many zeros."""
    return crc32(bytes(length - 4))


@dataclass(frozen=True)
class Chunk:
    """The bytes between two 00, as they would be read if one or two of them were changed to others above 0.

    Position p of the chunk is byte p - 1 of the message, unless it is a code, which stands for 00 there (the first
    stands for nothing). This holds while no code but the last is 255; chains with such a one are `odd`, and the
    unchanged chain has none.
    mask: the bits of the check that are looked at; fewer make a weak check, with which this can be tried.
    """

    data: bytes
    mask: int = FULL

    @cached_property
    def chain(self) -> tuple[list[int], list[bool], list[bool], list[int]]:
        """For the chain from each position: what its codes take from the check, whether it ends where the chunk does,
        whether it is odd, and which positions it comes by (as bits).
        """
        size = len(self.data)
        sums, ends, odd, by = [0] * (size + 256), [False] * (size + 256), [False] * (size + 256), [0] * (size + 256)
        ends[size] = True
        for p in range(size - 1, -1, -1):
            to = p + self.data[p]
            stuck = self.data[p] == 0  # an end of frame that is to be changed; unchanged it is no code
            sums[p] = self.as_data(p) ^ (0 if stuck else sums[to])
            ends[p] = ends[to] and not stuck
            odd[p] = not stuck and (odd[to] or (self.data[p] == 255 and to != size))
            by[p] = 1 << p | (0 if stuck else by[to])
        return sums, ends, odd, by

    def as_data(self, p: int) -> int:
        return 0 if p == 0 else _weight(len(self.data) - 1 - p)[self.data[p]]

    @cached_property
    def total(self) -> int:
        """The check if every byte but the first were data."""
        found = _base(len(self.data) - 1)
        for p in range(1, len(self.data)):
            found ^= self.as_data(p)
        return found

    @cached_property
    def before(self) -> dict[int, int]:
        """By code of the unchanged chain: the check with all codes up to it, and with it, taken out."""
        found, p, left = {}, 0, self.total
        while p < len(self.data):
            left ^= self.as_data(p)
            found[p] = left
            if self.data[p] == 0:
                break
            p += self.data[p]
        return found

    @cached_property
    def changes(self) -> list[dict[int, list[int]]]:
        """By position: what a change of this byte, as data, adds to the check, and the values that add it."""
        rows: list[dict[int, list[int]]] = []
        for p, old in enumerate(self.data):
            weight, row = _weight(len(self.data) - 1 - p), dict[int, list[int]]()
            for new in range(1, 256):
                if new != old:
                    row.setdefault((weight[new] ^ weight[old]) & self.mask, []).append(new)
            rows.append(row)
        return rows

    def single(self, i: int) -> Iterator[tuple[int, bool]]:
        """The values of byte i with which the chunk would pass, or (True) might."""
        sums, ends, odd, by = self.chain
        if not by[0] >> i & 1:
            if ends[0]:
                yield from ((x, odd[0]) for x in self.changes[i].get((self.total ^ sums[0]) & self.mask, []))
            return
        for x in range(1, min(255, len(self.data) - i) + 1):
            if x != self.data[i] and ends[i + x]:
                strange = odd[i + x] or (x == 255 and i + x != len(self.data))
                if strange or not (self.before[i] ^ sums[i + x]) & self.mask:
                    yield x, strange

    def pair(self, i: int, j: int) -> Iterator[tuple[int, int, bool]]:
        """The values of bytes i < j with which the chunk would pass, or (True) might."""
        if self.chain[3][0] >> i & 1:
            yield from self._pair_of_code(i, j)
        elif self.chain[3][0] >> j & 1:
            yield from self._pair_before_code(i, j)
        elif self.chain[1][0]:
            rest = (self.total ^ self.chain[0][0]) & self.mask
            for adds, values in self.changes[i].items():
                for y in self.changes[j].get(adds ^ rest, ()):
                    yield from ((x, y, self.chain[2][0]) for x in values)

    def _pair_before_code(self, i: int, j: int) -> Iterator[tuple[int, int, bool]]:
        """Byte i is data, byte j a code that leads elsewhere."""
        for y, rest, strange in self._codes(j, self.before[j]):
            for x in range(1, 256) if strange else self.changes[i].get(rest, ()):
                if x != self.data[i]:
                    yield x, y, strange

    def _codes(self, j: int, check: int) -> Iterator[tuple[int, int, bool]]:
        """The values of code j from which the chain comes to the end; what is left of the check; whether it is odd."""
        sums, ends, odd, _ = self.chain
        size = len(self.data)
        for y in range(1, min(255, size - j) + 1):
            if y != self.data[j] and ends[j + y]:
                yield y, (check ^ sums[j + y]) & self.mask, odd[j + y] or (y == 255 and j + y != size)

    def _pair_of_code(self, i: int, j: int) -> Iterator[tuple[int, int, bool]]:
        """Byte i is a code: the chain from its new value on comes by byte j, a code then, or passes it over."""
        sums, ends, odd, by = self.chain
        size = len(self.data)
        for x in range(1, min(255, size - i) + 1):
            q = i + x
            if x == self.data[i]:
                continue
            strange = odd[q] or (x == 255 and q != size)
            if by[q] >> j & 1:
                # The chain's codes before j, and j itself: what is left of the sum behind j is taken out again.
                check = self.before[i] ^ sums[q] ^ sums[j] ^ self.as_data(j)
                for y, rest, odd_too in self._codes(j, check):
                    if strange or odd_too or not rest:
                        yield x, y, strange or odd_too
            elif ends[q]:
                if strange:
                    yield from ((x, y, True) for y in range(1, 256) if y != self.data[j])
                else:
                    yield from ((x, y, False) for y in self.changes[j].get((self.before[i] ^ sums[q]) & self.mask, ()))
