"""Guard, device and line together: what can happen next, and what must hold in every state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from eastim.safety.inputs import Beat
from eastim.safety.interlock import State
from proof.model.claims import OPEN, UNANSWERED
from proof.model.device import ARMED, Device, Firmware
from proof.model.domain import HEARD, Domain
from proof.model.guard_part import TIMES, GuardPart, Naming, Took, hearing, names
from proof.model.line import Line, Lines, renamed
from proof.model.words import Report, Said

PERMITTED = (State.ARMED, State.LIVE, State.PAUSED)
_ORDERS: dict[tuple[int, ...], tuple[int, ...]] = {}
_NAMED = {tuple(range(1, n)) for n in range(1, 20)}


class Watch(NamedTuple):
    """What the world remembers to judge by, and no part knows. All by kind, in steps.

    raised: raises that came into force since the last arm or resume, to 1 above the most. allowed: those less what the
    operator lowered, 0 after anything that ends a permission. late: steps of time that current outlasts `allowed`.
    player, operator, device: steps of time since each was heard, to 4, where the session is open.
    unanswered: it was said that the device answers no cut.
    """

    raised: tuple[int, ...]
    allowed: tuple[int, ...]
    late: int = 0
    resets: int = 0
    player: int = 0
    operator: int = 0
    device: int = 0
    unanswered: bool = False


class Spot(NamedTuple):
    """A state of the whole, each part by its number."""

    guard: int
    device: int
    line: int
    watch: int


class World:
    """All of one domain. causes: each first cause of a cut, to whether current ever flowed at the load as it fired."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        setting = domain.setting
        self.guards = GuardPart(setting, dict(domain.limits), domain.lease_ms, domain.rules)
        self.firmware = Firmware(setting)
        self.lines = Lines(domain.most_down, domain.most_up, domain.delay)
        self.devices: list[Device] = []
        self.watches: list[Watch] = []
        self.causes: dict[str, bool] = {}
        self._device: dict[Device, int] = {}
        self._watch: dict[Watch, int] = {}
        self._device_numbers: list[int] = []
        self._device_epochs: list[tuple[int, ...]] = []
        self._read: dict[tuple[int, int, int], tuple[int, tuple[Said, ...]]] = {}
        self._device_renamed: dict[tuple[int, Naming], int] = {}
        self.zero = (0,) * setting.kinds
        blank = Watch(self.zero, self.zero)
        self.start = Spot(self.guards.start, self.device(self.firmware.blank()), self.lines.empty, self.watch(blank))
        for act in domain.begin:
            begun = self.time(self.start, act) if act in TIMES else self.act(self.start, act)
            self.start, wrong = self.honest(begun[0] if begun else self.start)
            if wrong:
                raise ValueError(f"{domain.name}: the beginning breaks at {act}: {wrong}")

    # --- numbers of parts ---------------------------------------------------------------------------------------------

    def device(self, device: Device) -> int:
        found = self._device.get(device)
        if found is None:
            found = self._device[device] = len(self.devices)
            self.devices.append(device)
            last = () if device.last is None else (device.last.number,)
            numbers = {n for n in (device.number, device.step, *last) if n}
            epochs = [
                device.epoch,
                device.last.epoch if device.last else 0,
                device.answer.epoch if device.answer else 0,
            ]
            self._device_numbers.append(sum(1 << n for n in numbers))
            self._device_epochs.append(tuple(epoch for epoch in dict.fromkeys(epochs) if epoch))
        return found

    def watch(self, watch: Watch) -> int:
        found = self._watch.get(watch)
        if found is None:
            found = self._watch[watch] = len(self.watches)
            self.watches.append(watch)
        return found

    def _fresh(self, guard: int, device: int, line: int) -> int:
        """A random epoch: the least that nothing remembers."""
        used = {*self.guards.epochs[guard], *self._device_epochs[device], *self.lines.epochs[line]}
        fresh = 1
        while fresh in used:
            fresh += 1
        return fresh

    def ranked(self, guard: int, device: int, line: int, watch: int) -> Spot:
        """Numbers by rank and epochs by their order, so that what differs in nothing else is one state."""
        used = self.guards.numbers[guard] | self._device_numbers[device] | self.lines.numbers[line]
        epochs = self._device_epochs[device] + self.guards.epochs[guard] + self.lines.epochs[line]
        order = _ORDERS.get(epochs)
        if order is None:
            order = _ORDERS[epochs] = tuple(dict.fromkeys(epochs))
        if used & (used + 2) or order not in _NAMED:
            naming = (used, order)
            guard, line = self.guards.rename(guard, naming), self.lines.rename(line, naming)
            device = self._rename_device(device, naming)
        return Spot(guard, device, line, watch)

    def _rename_device(self, device: int, naming: Naming) -> int:
        found = self._device_renamed.get((device, naming))
        if found is None:
            was = self.devices[device]
            numbers, epochs = names(naming)
            last = was.last and renamed(was.last, numbers, epochs)
            answer = was.answer and renamed(was.answer, numbers, epochs)
            now = was._replace(number=numbers.get(was.number, was.number), step=numbers.get(was.step, was.step))
            now = now._replace(epoch=epochs.get(was.epoch, was.epoch))
            found = self.device(now._replace(last=last, answer=answer))  # type: ignore[arg-type]
            self._device_renamed[device, naming] = found
        return found

    # --- what happens -------------------------------------------------------------------------------------------------

    def act(self, spot: Spot, act: Any) -> tuple[Spot, tuple[str, ...]]:
        """Something is said to the guard, or heard by it; no time passes."""
        took = self.guards.take(spot.guard, act)
        if took.cause:
            self._fired(took.cause, spot.device)
        line = self.lines.gone if act == "port gone" else self.lines.sent(spot.line, took.wire, ())
        return self.ranked(took.guard, spot.device, line, self._watched(spot.watch, act, took)), took.wrong

    def time(self, spot: Spot, how: str) -> tuple[Spot, tuple[str, ...]] | None:
        """Let time pass: for the device first, then for the guard. None where the line does not allow it."""
        guard, device, line, watch = spot
        for step in range(TIMES[how][0]):
            older = self.lines.older(line, waits=step > 0)
            if older is None:
                return None
            device, said = self.read(device, -1, self._fresh(guard, device, older))
            line = self.lines.sent(older, (), said)
            watch = self._late(watch, device)
        took = self.guards.take(guard, how)
        if took.cause:
            self._fired(took.cause, device)
        line = self.lines.sent(line, took.wire, ())
        return self.ranked(took.guard, device, line, self._watched(watch, how, took)), took.wrong

    def _fired(self, cause: str, device: int) -> None:
        """Remember the first cause of a cut, and whether current flowed then."""
        self.causes[cause] = self.causes.get(cause, False) or max(self.devices[device].output) > 0

    def read(self, device: int, message: int, fresh: int) -> tuple[int, tuple[Said, ...]]:
        """The device reads a message, -1: lets a step of time pass, -2: is reset."""
        found = self._read.get((device, message, fresh))
        if found is None:
            was = self.devices[device]
            if message == -1:
                now, said = self.firmware.tick(was, fresh)
            elif message == -2:
                now, said = self.firmware.reset(was.boot + 1, fresh)
            else:
                what = self.lines.messages[message]
                now, said = self.firmware.read(was, what, fresh)  # type: ignore[arg-type]
            found = self._read[device, message, fresh] = (self.device(now), said)
        return found

    def arrive_down(self, spot: Spot, at: int, keep: bool = False) -> Spot:
        """Message `at` reaches the device; keep: a double of it stays on its way."""
        line = self.lines.states[spot.line]
        message = line.down[at][0]
        rest = line if keep else line._replace(down=line.down[:at] + line.down[at + 1 :])
        device, said = self.read(spot.device, message, self._fresh(spot.guard, spot.device, spot.line))
        return self.ranked(spot.guard, device, self.lines.sent(self.lines.number(rest), (), said), spot.watch)

    def arrive_up(self, spot: Spot, at: int, keep: bool = False) -> tuple[Spot, tuple[str, ...]]:
        """Message `at` reaches the guard; keep: a double of it stays on its way."""
        line = self.lines.states[spot.line]
        message, age = line.up[at]
        what = self.lines.messages[message]
        before = line.up[:at]
        if isinstance(what, Report):
            # Neither a double of a report nor one that it has overtaken is news, by the device's clock: as good as
            # lost. The guard's own step is seen to take them so, each time (GuardPart.repeats).
            before, keep = tuple(each for each in before if not self._is_report(each[0], what.boot)), False
        rest = spot.line if keep else self.lines.number(line._replace(up=before + line.up[at + 1 :]))
        return self.act(spot._replace(line=rest), hearing(what, age))  # type: ignore[arg-type]

    def _is_report(self, message: int, boot: int) -> bool:
        what = self.lines.messages[message]
        return isinstance(what, Report) and what.boot == boot

    def lose(self, spot: Spot, down: bool, at: int) -> Spot:
        line = self.lines.states[spot.line]
        if down:
            rest = line._replace(down=line.down[:at] + line.down[at + 1 :])
        else:
            rest = line._replace(up=line.up[:at] + line.up[at + 1 :])
        return self.ranked(spot.guard, spot.device, self.lines.number(rest), spot.watch)

    def reset(self, spot: Spot) -> Spot:
        """The device is reset: what was on its way to it is gone."""
        watch = self.watches[spot.watch]
        line = self.lines.states[spot.line]
        rest = self.lines.number(Line((), line.up, line.open))
        device, said = self.read(spot.device, -2, self._fresh(spot.guard, spot.device, spot.line))
        counted = self.watch(watch._replace(resets=watch.resets + 1))
        return self.ranked(spot.guard, device, self.lines.sent(rest, (), said), counted)

    def honest(self, spot: Spot) -> tuple[Spot, tuple[str, ...]]:
        """Let all that is on its way arrive, in order, and what that brings."""
        wrong: tuple[str, ...] = ()
        while True:
            line = self.lines.states[spot.line]
            if line.down:
                spot = self.arrive_down(spot, 0)
            elif line.up:
                spot, more = self.arrive_up(spot, 0)
                wrong += more
            else:
                return spot, wrong

    # --- the watch ----------------------------------------------------------------------------------------------------

    def _watched(self, watch: int, act: Any, took: Took) -> int:
        was = self.watches[watch]
        raised, allowed = was.raised, was.allowed
        if took.raised >= 0:
            raised = _more(raised, took.raised, self.domain.setting.most)
            allowed = _more(allowed, took.raised, self.domain.setting.most)
        if act in ("lower", "lower b") and "lower" in took.news:
            allowed = tuple(max(0, n - (act == "lower" or k == 1)) for k, n in enumerate(allowed))
        ended = {"pause", "stop", "trip", UNANSWERED, "close"} & set(took.news) or act == "ledger fails"
        if ended:
            allowed = self.zero
        if {"arm", "resume"} & set(took.news):
            raised = allowed = self.zero
        now = was._replace(raised=raised, allowed=allowed, unanswered=was.unanswered or UNANSWERED in took.news)
        if self.guards.states[took.guard].state not in OPEN:
            now = now._replace(player=0, operator=0, device=0)
        elif act in TIMES:
            _, steps, inputs = TIMES[act]
            beats = {what.line for what in inputs if isinstance(what, Beat)}
            now = now._replace(
                player=0 if "player" in beats else min(4, was.player + steps),
                operator=0 if "operator" in beats else min(4, was.operator + steps),
                device=min(4, was.device + steps),
            )
        elif isinstance(act, tuple) and isinstance(act[1], Report):
            now = now._replace(device=0)
        return watch if now == was else self.watch(now)

    def _late(self, watch: int, device: int) -> int:
        was, output = self.watches[watch], self.devices[device].output
        above = any(level > most for level, most in zip(output, was.allowed, strict=True))
        late = was.late + 1 if above else 0
        return watch if late == was.late else self.watch(was._replace(late=late))

    # --- what can happen next -----------------------------------------------------------------------------------------

    def next(self, spot: Spot) -> Iterator[tuple[str, Spot, tuple[str, ...]]]:
        """All that can happen: its name, the state after it, what was wrong in the guard's step."""
        yield from self._on_the_line(spot)
        for how in self.domain.times:
            passed = self.time(spot, how)
            if passed is not None:
                yield how, *passed
        if self.watches[spot.watch].resets < self.domain.resets:
            yield "the device is reset", self.reset(spot), ()
        if self.guards.states[spot.guard].finished:
            return
        for act in self.domain.acts:
            if act == "port gone" and spot.line == self.lines.gone:
                continue
            yield act, *self.act(spot, act)

    def _on_the_line(self, spot: Spot) -> Iterator[tuple[str, Spot, tuple[str, ...]]]:
        line, can = self.lines.states[spot.line], self.domain.line
        for at in range(len(line.down) if "overtake" in can else min(1, len(line.down))):
            yield f"the device reads {at}", self.arrive_down(spot, at), ()
            if "double" in can:
                yield f"the device reads {at}, a double follows", self.arrive_down(spot, at, keep=True), ()
            if "lose" in can:
                yield f"what goes down is lost at {at}", self.lose(spot, True, at), ()
        for at in range(len(line.up) if "overtake" in can else min(1, len(line.up))):
            yield f"the guard hears {at}", *self.arrive_up(spot, at)
            if "double" in can:
                yield f"the guard hears {at}, a double follows", *self.arrive_up(spot, at, keep=True)
            if "lose" in can:
                yield f"what comes up is lost at {at}", self.lose(spot, False, at), ()

    # --- what must hold -----------------------------------------------------------------------------------------------

    def judge(self, spot: Spot) -> tuple[str, ...]:
        """What is wrong in a state, judged from what the device really puts out."""
        guard, device, watch = self.guards.states[spot.guard], self.devices[spot.device], self.watches[spot.watch]
        output, most = device.output, self.domain.setting.most
        found = []
        if max(output) > most:
            found.append(f"the output is {output}, above the locked {most}")
        if any(level > n for level, n in zip(output, watch.raised, strict=True)):
            found.append(f"the output is {output} after {watch.raised} raises")
        if watch.late > self.domain.late:
            found.append(f"current outlasts what the operator allows by more than {self.domain.late} steps of time")
        if guard.state in PERMITTED:
            deaf = [name for name in ("player", "operator", "device") if getattr(watch, name) >= HEARD]
            found += [f"{guard.state.value} though the {name} was not heard for 300 ms" for name in deaf]
        if device.playing:
            if guard.state in (State.SAFE, State.TRIPPED):
                found.append(f"the device plays in {guard.state.value}")
            if guard.finished and guard.zero:
                found.append("the device plays after an end at zero")
            if device.boot > 1:
                found.append("a device that was reset plays again")
        # Armed and silent is what a device stays that reads no cut: then that is said (decision 0011).
        if device.state == ARMED and guard.finished and guard.zero and not watch.unanswered:
            found.append("the device is armed after an end at zero")
        return tuple(found)


def _more(levels: tuple[int, ...], kind: int, most: int) -> tuple[int, ...]:
    """One step more of a kind, to 1 above the most: how far beyond doesn't matter."""
    return tuple(min(most + 1, level + (k == kind)) for k, level in enumerate(levels))
