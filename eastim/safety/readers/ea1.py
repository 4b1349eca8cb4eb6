"""The guard's reader of ea1, written from docs/wire/ea1.md alone; it shares nothing with driver and simulator.

The parts: `framing` bytes and messages, `block` the program, `shadow` what the device holds, `requests` what is
admitted, `answers` and `report` what comes back, `agree` whether that fits.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import chain

from eastim.frames import Frame
from eastim.profiles.profile import Profile
from eastim.safety.changed import quick, replace
from eastim.safety.readers.base import Count, Locks, Measured, Output, Run, Status
from eastim.safety.readers.ea1_parts.agree import answers_stop, disagreement, follow
from eastim.safety.readers.ea1_parts.answers import answered, forgotten, granted, greeted
from eastim.safety.readers.ea1_parts.block import LEADS, LEVEL_UA, Block, KindLevels, block_runs
from eastim.safety.readers.ea1_parts.framing import MAX_CHUNK, message_of
from eastim.safety.readers.ea1_parts.report import NONE, STATUS, LeadReport, Report, is_news, parse_report
from eastim.safety.readers.ea1_parts.requests import admit
from eastim.safety.readers.ea1_parts.shadow import Ask, Is, Shadow
from eastim.safety.remembered import Remembered

_TEST_FIRST_US, _TEST_PERIOD_US, _TEST_WIDTH_US = 1000, 10_000, 100  # 4.8
_NO_NUMBER = (0, 0xFFFFFFFF)  # z_ohm: not measured, open (6.4)
# Ten reports a second, each with all leads and kinds.
_status, _count, _measured = quick(Status), quick(Count), quick(Measured)


_Sounds = tuple[tuple[Run, ...], int, int]
_SOUNDS: Remembered[_Sounds] = Remembered()


def _sounds(block: Block, levels: KindLevels, holds: tuple[int | None, ...]) -> _Sounds:
    """The runs of a block at these levels with any of these holds, each once; the block's length, its longest pulse."""
    ways = (block_runs(block, levels, hold) for hold in holds)
    return tuple(dict.fromkeys(chain.from_iterable(ways))), block.block_us, block.longest_us


class Ea1Reader:
    """Read ea1 for the guard. kinds: the order's, in the order in which the program numbers them (4.5)."""

    def __init__(self, profile: Profile, kinds: tuple[str, ...]) -> None:
        self.profile, self.kinds = profile, kinds

    def blank(self) -> Shadow:
        return Shadow()

    def sent(self, shadow: Shadow, frame: Frame, now_us: int) -> Shadow:
        """The device after this frame; raises Refused and quotes the clause."""
        return admit(shadow, frame.data, now_us, self.profile)

    def stopped(self, shadow: Shadow, now_us: int) -> Shadow:  # noqa: ARG002  the interface's
        """After the stop: epoch void, retry void, nothing armed; what may be on stays on until zero is read back."""
        return replace(
            forgotten(shadow),
            play=shadow.worst_play,
            lost=(),
            cut_off=shadow.open.ask if shadow.open else shadow.cut_off,
            last=b"",
            epoch=0,
            assumed=False,
            void=shadow.epoch or shadow.void,
            stops=shadow.stops + 1,
            unproven=True,
            armed=False,
        )

    def heard(self, shadow: Shadow, data: bytes, now_us: int) -> tuple[Shadow, tuple[Status, ...]]:
        """Take bytes in any cut. What is no message is dropped and counted.

        The 50 ms rule of 2.4 is the device's: between two reads of one chunk this process may have been kept waiting.
        """
        *chunks, tail = (shadow.tail + data).split(b"\0")
        statuses: list[Status] = []
        for chunk in filter(None, chunks):
            shadow, news = self._chunk(shadow, chunk, now_us)
            statuses += news
        # One byte more than is allowed is enough to remember that it is too long.
        shadow = replace(shadow, tail=tail[: MAX_CHUNK + 1])
        return shadow, tuple(statuses)

    def output(self, shadow: Shadow) -> Output:
        """The worst of what may be in force: the more dangerous level while a PLAY is unanswered.

        A hold acts with the next section (5.4), so until the device reports it, both ways to play a section are shown:
        runs on one lead that begin together are alternatives, the one in force first.
        """
        return self._output(shadow, shadow.sounding)

    def asked(self, shadow: Shadow) -> Output:
        """The levels and the hold of the last PLAY, as they sound from the next section on (5.4)."""
        settled = self.settled(shadow)
        return self._output(settled, () if settled.worst_play is None else (settled.worst_play.hold,))

    def _output(self, shadow: Shadow, holds: tuple[int | None, ...]) -> Output:
        play, loaded = shadow.worst_play, shadow.loaded
        if play is None or loaded is None:
            return Output()
        block, levels = loaded.block, play.levels
        runs, block_us, longest_us = _SOUNDS.of((block,), lambda: _sounds(block, levels, holds), (levels, holds))
        return Output(runs, shadow.starts_us, block_us, min(play.lease_end_us + longest_us, shadow.play_end_us))

    def contact(self, shadow: Shadow) -> Output:
        """The contact test that was bought and is not known to have ended (4.8)."""
        test = shadow.test
        if test is None:
            return Output()
        ua, width, period_us = Fraction(test.level * LEVEL_UA), Fraction(_TEST_WIDTH_US), Fraction(_TEST_PERIOD_US)
        leads = [lead for i, lead in enumerate(LEADS) if test.leads >> i & 1]
        each_us = test.pulses * _TEST_PERIOD_US
        runs = tuple(
            Run(lead, i * each_us, ((ua, width), (-ua, width)), period_us, test.pulses) for i, lead in enumerate(leads)
        )
        starts_us, block_us = test.sent_us + _TEST_FIRST_US, len(leads) * each_us
        return Output(runs, starts_us, block_us, starts_us + block_us)

    def locks(self, shadow: Shadow) -> Locks | None:
        """What LIMITS locked or asks to lock (4.2)."""
        locked = self.settled(shadow).locked
        if locked is None:
            return None
        max_ua = tuple((LEADS[i], level * LEVEL_UA) for i, level in enumerate(locked.max_level))
        return Locks(max_ua, locked.max_phase_pc, locked.play_ms * 1000)

    def settled(self, shadow: Shadow) -> Shadow:
        """As if the open question had been answered as asked. After HELLO any epoch will do: no device has told one."""
        if shadow.open is None:
            return shadow
        if shadow.open.ask is Ask.HELLO:
            return replace(greeted(shadow, Is.IDLE), assumed=True)
        return granted(shadow, shadow.open)

    def _chunk(self, shadow: Shadow, chunk: bytes, now_us: int) -> tuple[Shadow, tuple[Status, ...]]:
        message = message_of(chunk)
        if message is None:
            return replace(shadow, dropped=shadow.dropped + 1), ()
        if message.type != STATUS:
            return answered(shadow, message, now_us), ()
        report = parse_report(message.body)
        # A repeat proves nothing: not that the device still lives, not that it has read a stop (H14).
        if report is None or not is_news(message.body, shadow.told):
            return replace(shadow, dropped=shadow.dropped + 1), ()
        said = shadow.quarrel or disagreement(shadow, report, now_us)
        shadow = replace(follow(shadow, report, now_us), told=message.body)
        return shadow, (self._status(shadow, report, said),)

    def _status(self, shadow: Shadow, report: Report, said: str) -> Status:
        return _status(
            device=shadow.serial,
            boot=report.boot,
            quiet=report.quiet,
            agrees=not said,
            disagreement=said,
            ready=bool(shadow.locked and shadow.loaded and report.locked and report.loaded and not said),
            playing=report.state is Is.PLAYING,
            ended=report.state is Is.DONE,
            played_us=report.played_us,
            section=None if report.section == NONE else report.section,
            hold=self._kind(report.hold),
            counts=self._counts(shadow, report),
            measured=tuple(self._measured(i, lead) for i, lead in enumerate(report.leads)),
            faults=report.faults,
            source="measured",
            stop_answer=answers_stop(shadow, report),
            clock_us=report.clock_us,
        )

    def _kind(self, number: int) -> str | None:
        return self.kinds[number] if number < len(self.kinds) else None

    def _counts(self, shadow: Shadow, report: Report) -> tuple[Count, ...]:
        # Before our own program is loaded the kinds are somebody else's, and have no names.
        if shadow.loaded is None or report.kinds != len(self.kinds):
            return ()
        return tuple(
            _count(LEADS[i], self.kinds[number], row.level * LEVEL_UA, row.at_level > 0, row.pulses, row.felt)
            for i, lead in enumerate(report.leads)
            for number, row in enumerate(lead.kinds)
        )

    def _measured(self, number: int, lead: LeadReport) -> Measured:
        """Flags of 6.3: 1 open, 2 short, 4 parked, 8 measured. A contact test's pulse has values and no kind."""
        seen = bool(lead.flags & 8)
        z_ohm = lead.z_ohm if seen and lead.z_ohm not in _NO_NUMBER else None
        return _measured(
            lead=LEADS[number],
            kind=self._kind(lead.kind) if seen else None,
            plus_ua=lead.plus_ua if seen else None,
            minus_ua=lead.minus_ua if seen else None,
            volt_mv=lead.volt_mv if seen else None,
            residual_mv=lead.residual_mv if seen else None,
            z_ohm=z_ohm,
            open=bool(lead.flags & 1),
            short=bool(lead.flags & 2),
            parked=bool(lead.flags & 4),
            net_pc=lead.net_pc,
            peak_ua=lead.peak_ua,
            fresh=lead.kinds[lead.kind].felt if lead.kind < len(lead.kinds) else 0,
        )
