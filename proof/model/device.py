"""A small honest ea1 device by docs/wire/ea1.md: levels, lease, epoch, boot, stop, hold. Frozen; time in 100 ms.

Left out: the contact test, parking and what is measured; playing begins with the read and not 1 ms later (5.1), which
lies below the model's step of time. `fresh` is a number that nothing in the world remembers: a random draw.
"""

from __future__ import annotations

from typing import NamedTuple

from proof.model.words import NO_HOLD, Answer, Report, Request, Said, Setting

IDLE, READY, ARMED, PLAYING, DONE, FAULT = range(1, 7)
STATE, SEQUENCE, EPOCH, LIMIT, STEP, LEASE, LATCHED, SPENT = 4, 5, 6, 8, 10, 11, 12, 13
STEP_MS = 100


class Device(NamedTuple):
    """number: of the last request, 0 for none since boot. last, answer: that request and what was answered (3.2).

    levels, sounded: of lead A, by kind. lease: steps of time left. position: steps of time in the block. hold: asked;
    held: in force.
    """

    boot: int = 1
    epoch: int = 1
    number: int = 0
    last: Request | None = None
    answer: Answer | None = None
    state: int = IDLE
    fault: int = 0
    locked: bool = False
    loaded: bool = False
    step: int = 0
    levels: tuple[int, ...] = ()
    sounded: tuple[bool, ...] = ()
    lease: int = 0
    played: int = 0
    position: int = 0
    hold: int = NO_HOLD
    held: int = NO_HOLD

    @property
    def playing(self) -> bool:
        return self.state == PLAYING

    @property
    def output(self) -> tuple[int, ...]:
        """What comes out at the load, by kind, in steps."""
        return self.levels if self.state == PLAYING else (0,) * len(self.levels)


def report(device: Device, cause: int) -> Report:
    """A STATUS (6.2)."""
    playing = device.playing
    flags = (not playing) | device.locked << 1 | device.loaded << 2
    return Report(
        device.boot, device.epoch, cause, device.state, device.fault, flags, device.step, device.played * STEP_MS,
        device.position if playing else NO_HOLD, device.held if playing else NO_HOLD,
        device.position * STEP_MS if playing else 0, device.lease * STEP_MS if playing else 0,
        device.output, device.sounded,
    )  # fmt: skip


class Firmware:
    """The device's rules in one setting."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.total = setting.session_ms // STEP_MS
        self.zero, self.unheard = (0,) * setting.kinds, (False,) * setting.kinds

    def blank(self, boot: int = 1, epoch: int = 1) -> Device:
        return Device(boot=boot, epoch=epoch, levels=self.zero, sounded=self.unheard)

    def reset(self, boot: int, epoch: int) -> tuple[Device, tuple[Said, ...]]:
        """Power on (1.4): silent, nothing kept."""
        device = self.blank(boot, epoch)
        return device, (report(device, 0),)

    def read(self, device: Device, what: Request, fresh: int) -> tuple[Device, tuple[Said, ...]]:
        """Take one chunk."""
        if what.word == "noise":
            return device, ()
        if what.word == "stop":
            return self._stop(device, fresh)
        if what == device.last and device.answer is not None:
            return device, (device.answer,)
        if what.word != "hello" and what.number <= device.number:
            return device, (Answer("refused", what.number, of=what.word, code=SEQUENCE),)
        code = self._why_not(device, what)
        if code:
            answer = Answer("refused", what.number, of=what.word, code=code)
            return device._replace(number=what.number, last=what, answer=answer), (answer,)
        now = self._do(device, what, fresh)
        answer = Answer(what.word, what.number)
        if what.word == "hello":
            answer = answer._replace(epoch=now.epoch, boot=now.boot, state=now.state)
        elif what.word == "arm":
            answer = answer._replace(epoch=now.epoch)
        elif what.word == "play":
            answer = answer._replace(lease_ms=what.lease_ms)
        now = now._replace(number=what.number, last=what, answer=answer)
        return now, (answer,) if now.state == device.state else (answer, report(now, 1))

    def _why_not(self, device: Device, what: Request) -> int:
        """The first refusal that applies (7); 0 for none."""
        if device.state == FAULT and what.word in ("arm", "contact", "play", "hush"):
            return LATCHED
        allowed = {
            "hello": (IDLE, READY, ARMED, DONE, FAULT), "limits": (IDLE, READY), "program": (IDLE, READY),
            "arm": (READY,), "contact": (ARMED,), "play": (ARMED, PLAYING), "hush": (ARMED, PLAYING), "clear": (FAULT,),
        }  # fmt: skip
        if device.state not in allowed[what.word] or (what.word == "program" and not device.locked):
            return STATE
        if what.word in ("arm", "contact", "play", "hush", "clear") and what.epoch != device.epoch:
            return EPOCH
        if what.word == "arm" and device.played >= self.total:
            return SPENT
        if what.word in ("play", "hush") and what.number <= device.step:
            return STEP
        return self._why_not_play(what) if what.word == "play" else 0

    def _why_not_play(self, what: Request) -> int:
        if not 200 <= what.lease_ms <= 2000:
            return LEASE
        most = self.setting.most if what.lead == 0 else 0
        return LIMIT if max(what.levels) > most else 0

    def _do(self, device: Device, what: Request, fresh: int) -> Device:
        match what.word:
            case "hello":
                now = self.blank(device.boot, fresh)
                return now._replace(state=FAULT, fault=device.fault) if device.state == FAULT else now
            case "limits":
                return device._replace(locked=True)
            case "program":
                return device._replace(loaded=True, state=READY)
            case "arm":
                return device._replace(state=ARMED, step=0, levels=self.zero, sounded=self.unheard)
            case "hush":
                return self._silent(device, ARMED)._replace(step=what.number)
            case "clear":
                return device._replace(state=READY if device.loaded else IDLE, fault=0)
        return self._play(device, what)

    def _play(self, device: Device, what: Request) -> Device:
        kept = tuple(s and old == new for s, old, new in zip(device.sounded, device.levels, what.levels, strict=True))
        now = device._replace(
            state=PLAYING, step=what.number, levels=what.levels, sounded=kept, lease=what.lease_ms // STEP_MS,
            hold=what.hold,
        )  # fmt: skip
        return now if device.playing else now._replace(position=0, held=what.hold)

    def _silent(self, device: Device, state: int) -> Device:
        return device._replace(
            state=state, levels=self.zero, sounded=self.unheard, lease=0, position=0, hold=NO_HOLD, held=NO_HOLD
        )

    def _stop(self, device: Device, fresh: int) -> tuple[Device, tuple[Said, ...]]:
        """5.7: levels 0, a new epoch, every older frame void; the answer is a STATUS."""
        state = device.state if device.state in (IDLE, FAULT) else READY
        now = self._silent(device, state)._replace(epoch=fresh)
        return now, (report(now, 2),)

    def tick(self, device: Device, fresh: int) -> tuple[Device, tuple[Said, ...]]:
        """Let 100 ms pass: play, end by itself or by the lease, report."""
        now = self._playing(device, fresh) if device.playing else device
        return now, (report(now, int(now.state != device.state)),)

    def _playing(self, device: Device, fresh: int) -> Device:
        kind = self.setting.sections[device.position][0] if device.held == NO_HOLD else device.held
        sounded = tuple(s or k == kind for k, s in enumerate(device.sounded))
        now = device._replace(
            sounded=sounded, played=device.played + 1, lease=device.lease - 1, held=device.hold,
            position=(device.position + 1) % len(self.setting.sections),
        )  # fmt: skip
        if now.played >= self.total:
            return self._silent(now, DONE)
        if now.lease <= 0:
            return self._silent(now, FAULT)._replace(fault=1, epoch=fresh)
        return now
