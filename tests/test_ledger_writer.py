"""The thread that writes the ledger: what it writes together, when it syncs, whom it answers. Its clock is a script."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty
from types import SimpleNamespace

import pytest
from pytest_mock import MockerFixture

from eastim import ledger
from eastim.errors import LedgerError
from eastim.ledger import Entry, LedgerFile, LedgerWriter

Step = tuple[float, Entry | str | None]
NOTHING = "nothing"


class Book(LedgerFile):
    """A ledger without a file: it notes what is asked of it."""

    def __init__(self, now: SimpleNamespace, fails: int = 0) -> None:
        self.asked: list[tuple[str, object]] = []
        self._now = now
        self._fails = fails

    def append(self, entries: Sequence[Entry]) -> None:
        if entries:
            self.asked.append(("append", [entry.n for entry in entries]))
        if entries and self._fails:
            self._fails -= 1
            raise LedgerError(f"lost {entries[0].n}")

    def sync(self) -> None:
        self.asked.append(("sync", self._now.s))

    def close(self) -> bool:
        self.asked.append(("close", self._now.s))
        return True


def played(mocker: MockerFixture, steps: list[Step], fails: int = 0) -> tuple[Book, list[float | None], LedgerWriter]:
    """Hand over a script: when somebody looks into the queue, and what is in it then. Gives how long it waited, too."""
    now, waits = SimpleNamespace(s=0.0), list[float | None]()

    class Queue:
        def get(self, timeout: float | None) -> Entry | None:
            waits.append(timeout)
            now.s, what = steps.pop(0)
            if isinstance(what, str):
                raise Empty
            return what

        def put(self, entry: Entry | None) -> None:
            assert entry is None  # the script says all that comes

    mocker.patch.object(ledger, "SimpleQueue", Queue)
    mocker.patch.object(ledger, "time", SimpleNamespace(monotonic=lambda: now.s))
    book = Book(now, fails)
    writer = LedgerWriter(book)
    writer._thread.join(5)
    assert not writer._thread.is_alive()
    return book, waits, writer


def entry(n: int, wait: bool = False) -> Entry:
    return Entry(n, 0, {}, wait)


def test_taking_the_answers_comes_to_its_end(mocker: MockerFixture) -> None:
    _, _, writer = played(mocker, [(0.0, entry(1, wait=True)), (0.0, None)])
    take = threading.Thread(target=writer.acks, daemon=True)
    take.start()
    take.join(2)

    assert not take.is_alive()


def test_what_nobody_waits_for_is_synced_after_one_second(mocker: MockerFixture) -> None:
    steps: list[Step] = [(0.0, entry(1)), (0.0, NOTHING), (0.999, NOTHING), (1.0, NOTHING), (1.5, None)]
    book, waits, _ = played(mocker, steps)

    assert book.asked == [("append", [1]), ("sync", 1.0), ("close", 1.5)]
    assert waits == [None, 0.0, 1.0, 1.0, None]


def test_the_second_counts_from_the_first_record_that_is_not_durable(mocker: MockerFixture) -> None:
    steps: list[Step] = [(5.0, entry(1)), (5.0, NOTHING), (5.6, entry(2)), (5.6, NOTHING), (6.0, NOTHING), (7.0, None)]
    book, _, _ = played(mocker, steps)

    assert book.asked == [("append", [1]), ("append", [2]), ("sync", 6.0), ("close", 7.0)]


@pytest.mark.hazard("H33")
def test_what_somebody_waits_for_is_synced_at_once_with_all_that_lies_there(mocker: MockerFixture) -> None:
    steps: list[Step] = [(2.0, entry(1)), (2.0, entry(2, wait=True)), (2.0, entry(3)), (2.0, NOTHING), (9.0, None)]
    book, waits, writer = played(mocker, steps)

    assert book.asked == [("append", [1, 2, 3]), ("sync", 2.0), ("close", 9.0)]
    assert waits == [None, 0.0, 0.0, 0.0, None]
    assert writer.acks() == [(2, "")]


def test_at_most_256_records_are_written_as_one(mocker: MockerFixture) -> None:
    steps: list[Step] = [*((0.0, entry(n)) for n in range(1, 301)), (0.0, None)]
    book, _, _ = played(mocker, steps)

    assert [what for what, _ in book.asked] == ["append", "append", "close"]
    assert [len(list(numbers)) for what, numbers in book.asked[:2] if isinstance(numbers, list)] == [256, 44]


def test_what_lies_there_before_the_end_is_written(mocker: MockerFixture) -> None:
    book, _, writer = played(mocker, [(0.0, entry(1)), (0.0, None)])

    assert book.asked == [("append", [1]), ("close", 0.0)]
    assert writer.close(1) is True


def test_who_waits_is_answered_with_the_first_cause_and_is_not_synced(mocker: MockerFixture) -> None:
    steps: list[Step] = [(0.0, entry(1)), (0.0, entry(2, wait=True)), (0.0, entry(3, wait=True)), (0.0, None)]
    book, _, writer = played(mocker, steps, fails=1)

    assert writer.acks() == [(2, "lost 1"), (3, "lost 1")]
    assert [what for what, _ in book.asked] == ["append", "close"]
    assert writer.close(1) is False


def test_a_loss_that_nobody_waited_for_is_told_of_its_first_record_and_once(mocker: MockerFixture) -> None:
    steps: list[Step] = [(0.0, entry(1)), (0.0, entry(2)), (0.0, NOTHING), (0.1, entry(3)), (0.1, None)]
    _, _, writer = played(mocker, steps, fails=2)

    assert writer.acks() == [(1, "lost 1")]


def test_answers_are_taken_once_and_make_the_writer_readable_until_then(mocker: MockerFixture) -> None:
    _, _, writer = played(mocker, [(0.0, entry(1, wait=True)), (0.0, None)])

    assert select.select([writer], [], [], 0)[0] == [writer]
    assert writer.acks() == [(1, "")]
    assert select.select([writer], [], [], 0)[0] == []
    assert writer.acks() == []


def test_nothing_makes_the_writer_readable_when_nobody_is_answered(mocker: MockerFixture) -> None:
    _, _, writer = played(mocker, [(0.0, entry(1)), (0.0, None)])

    assert select.select([writer], [], [], 0)[0] == []


def test_its_event_never_blocks_and_is_nobody_elses(mocker: MockerFixture) -> None:
    _, _, writer = played(mocker, [(0.0, None)])

    assert os.get_blocking(writer.fileno()) is False
    assert os.get_inheritable(writer.fileno()) is False


def test_close_gives_the_event_back(mocker: MockerFixture) -> None:
    _, _, writer = played(mocker, [(0.0, None)])
    writer.close(1)

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(writer.fileno())


@pytest.mark.hazard("H32")
def test_a_last_sync_that_fails_is_said_though_nobody_waited(tmp_path: Path, mocker: MockerFixture) -> None:
    writer = LedgerWriter(LedgerFile(tmp_path / "a"))
    mocker.patch("os.fdatasync", side_effect=OSError(5, "x"))
    writer.put(Entry(1, 0, {"type": "open"}))

    assert writer.close(5) is False


def test_a_file_that_closes_well_makes_no_loss_good(mocker: MockerFixture) -> None:
    _, _, writer = played(mocker, [(0.0, entry(1)), (0.0, None)], fails=1)

    assert writer.close(1) is False


class Stuck(Book):
    """A disk that does not come back until it is told to."""

    def __init__(self) -> None:
        super().__init__(SimpleNamespace(s=0.0))
        self.free = threading.Event()

    def append(self, entries: Sequence[Entry]) -> None:
        self.free.wait(5)


def test_close_waits_no_longer_than_it_is_told_and_then_keeps_the_event() -> None:
    book = Stuck()
    writer = LedgerWriter(book)
    writer.put(entry(1))

    assert writer.close(0.01) is False
    assert os.fstat(writer.fileno())
    book.free.set()
    assert writer.close(5) is True


def test_its_thread_has_a_name_and_holds_nobody_up(tmp_path: Path) -> None:
    writer = LedgerWriter(LedgerFile(tmp_path / "a"))
    threads = [(one.name, one.daemon) for one in threading.enumerate() if one.name == "ledger"]
    writer.close(5)

    assert ("ledger", True) in threads
