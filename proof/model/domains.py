"""The small worlds that are searched, each with its own choice of what can go wrong; and the ones of the tests."""

from __future__ import annotations

from proof.model.domain import Domain
from proof.model.words import Setting

ONE = Setting(1, 300, ((0, 10, 200, 1),))
TWO_STEPS = Setting(2, 500, ((0, 10, 200, 1),))
TWO_KINDS = Setting(1, 400, ((0, 10, 200, 1), (1, 20, 100, 2)))
LIMITS = (("session_grace_us", 100_000), ("pause_us", 200_000))
WALL = (*LIMITS, ("wall_us", 600_000))

HANDS = ("arm", "raise", "recorded", "stop", "clear", "ask arm", "ask play")
BAD = (
    "ask play too strong", "ask play too long", "ask play on B", "ask play of an old epoch",
    "ask play of an old number", "ask play held", "ask play unheld", "ask noise", "frame stop", "noise", "raise lead B",
)  # fmt: skip
BOTH = ("time", "time, no beat")

DOMAINS = (
    Domain("line", ONE, LIMITS, BOTH, HANDS, most_up=2, most_down=1, delay=1, lease_ms=200),
    Domain("acts", ONE, LIMITS, BOTH, (*HANDS, "lower", "pause", "resume", "ask hush", "again"),
           line=("lose",), most_down=1, delay=0, lease_ms=200),
    Domain("steps", TWO_STEPS, LIMITS, ("time", "time, then stop"), (*HANDS, "lower", "ask play zero"),
           line=("overtake",), most_down=1, delay=1, lease_ms=200),
    Domain("kinds", TWO_KINDS, LIMITS, ("time",),
           (*HANDS, "raise a", "raise b", "hold a", "hold b", "release", "lower b"),
           line=(), most_down=1, delay=0, lease_ms=200),
    Domain("frames", ONE, LIMITS, ("time",), (*HANDS, "lower", "ask hush", "ask clear", "again", *BAD),
           line=("double", "overtake"), most_down=1, delay=0, lease_ms=200),
    Domain("losses", ONE, LIMITS,
           (*BOTH, "time, no player", "time, no operator", "stall", "jump", "sleep"),
           (*HANDS, "player gone", "operator gone", "port gone", "player gives up", "ledger fails"),
           line=("lose",), most_down=1, delay=0, lease_ms=200, resets=1),
    Domain("wall", ONE, WALL, ("time", "stall"), (*HANDS, "pause", "resume", "ask hush"),
           line=("lose",), most_down=1, delay=0, lease_ms=200),
    Domain("find", ONE, LIMITS, ("time", "second"),
           ("arm", "stop", "port gone", "ask hello", "ask limits", "ask program"),
           line=("lose", "double"), most_down=1, delay=0, resets=1, begin=()),
)  # fmt: skip

LIVE = ("ask hello", "ask limits", "ask program", "time", "arm", "ask arm", "ask play")
SMALL = Domain("small", ONE._replace(session_ms=200), LIMITS, ("time",),
               ("raise", "recorded", "lower", "stop", "ask play"),
               line=(), most_down=1, delay=0, lease_ms=200, begin=LIVE)  # fmt: skip
