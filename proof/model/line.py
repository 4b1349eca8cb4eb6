"""The line between guard and device: few messages in flight, each lost, doubled, overtaken or broken at will.

What is sent into a full line is lost, but for one stop. What has been on its way for `delay` steps of time is heard or
lost before time goes on. A broken message is a lost one: both sides drop what fails its CRC (ea1 2.4), and the reader
is given broken bytes by the act `noise`.
"""

from __future__ import annotations

from typing import NamedTuple

from proof.model.guard_part import Naming, names
from proof.model.words import Answer, Names, Report, Request

Message = Request | Answer | Report


class Line(NamedTuple):
    """Both directions. open: the port is there."""

    down: tuple[tuple[int, int], ...] = ()
    up: tuple[tuple[int, int], ...] = ()
    open: bool = True


class Lines:
    """Number messages and lines."""

    def __init__(self, most_down: int, most_up: int, delay: int) -> None:
        self.most_down, self.most_up, self.delay = most_down, most_up, delay
        self.messages: list[Message] = []
        self.states: list[Line] = []
        self.numbers: list[int] = []
        self.epochs: list[tuple[int, ...]] = []
        self._of_message: dict[Message, int] = {}
        self._of_line: dict[Line, int] = {}
        self._renamed: dict[tuple[int, Naming], int] = {}
        self.empty = self.number(Line())
        self.gone = self.number(Line(open=False))

    def message(self, what: Message) -> int:
        found = self._of_message.get(what)
        if found is None:
            found = self._of_message[what] = len(self.messages)
            self.messages.append(what)
        return found

    def number(self, line: Line) -> int:
        found = self._of_line.get(line)
        if found is None:
            found = self._of_line[line] = len(self.states)
            self.states.append(line)
            flying = [self.messages[message] for message, _ in (*line.down, *line.up)]
            self.numbers.append(sum(1 << number for number in {n for what in flying for n in _numbers(what)}))
            self.epochs.append(tuple(dict.fromkeys(what.epoch for what in flying if what.epoch)))
        return found

    def sent(self, line: int, down: tuple[Request, ...], up: tuple[Answer | Report, ...]) -> int:
        """The line with these sent into it; what finds it full, or gone, is lost."""
        was = self.states[line]
        if not was.open or not (down or up):
            return line
        more_down = was.down
        for what in down:
            message = self.message(what)
            stops = what.word == "stop" and all(flying != message for flying, _ in more_down)
            if stops or len(more_down) < self.most_down:
                more_down = (*more_down, (message, 0))
        more_up = (*was.up, *((self.message(what), 0) for what in up))[: self.most_up]
        return self.number(Line(more_down, more_up))

    def older(self, line: int, waits: bool) -> int | None:
        """The line a step of time later; None where something must be heard or lost first.

        waits: the guard is not run, so what has come up waits for it.
        """
        was = self.states[line]
        if any(age >= self.delay for _, age in (was.down if waits else (*was.down, *was.up))):
            return None
        return self.number(
            Line(tuple((m, age + 1) for m, age in was.down), tuple((m, age + 1) for m, age in was.up), was.open)
        )

    def rename(self, line: int, naming: Naming) -> int:
        found = self._renamed.get((line, naming))
        if found is None:
            was = self.states[line]
            down = tuple((self._renamed_message(message, naming), age) for message, age in was.down)
            up = tuple((self._renamed_message(message, naming), age) for message, age in was.up)
            found = self._renamed[line, naming] = self.number(Line(down, up, was.open))
        return found

    def _renamed_message(self, message: int, naming: Naming) -> int:
        return self.message(renamed(self.messages[message], *names(naming)))


def _numbers(what: Message) -> tuple[int, ...]:
    number = what.step if isinstance(what, Report) else what.number
    return (number,) if number else ()


def renamed(what: Message, numbers: Names, epochs: Names) -> Message:
    """A message with its number (or step) and its epoch renamed."""
    epoch = epochs.get(what.epoch, what.epoch)
    if isinstance(what, Report):
        return what._replace(step=numbers.get(what.step, what.step), epoch=epoch)
    return what._replace(number=numbers.get(what.number, what.number), epoch=epoch)
