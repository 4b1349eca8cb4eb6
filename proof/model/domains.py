"""The small worlds that are searched, each with its own choice of what can go wrong; and the ones of the tests."""

from __future__ import annotations

from proof.model.domain import Domain
from proof.model.words import Setting

SHORT = Setting(1, 200, ((0, 10, 200, 1),))
ONE = Setting(1, 300, ((0, 10, 200, 1),))
HALF = Setting(1, 600, ((0, 10, 200, 1),))
LONG = Setting(1, 900, ((0, 10, 200, 1),))
TWO_STEPS = Setting(2, 500, ((0, 10, 200, 1),))
TWO_KINDS = Setting(1, 400, ((0, 10, 200, 1), (1, 20, 100, 2)))
LIMITS = (("session_grace_us", 100_000), ("pause_us", 200_000))
WALL = (*LIMITS, ("wall_us", 400_000))

HANDS = ("arm", "raise", "recorded", "stop", "clear", "ask arm", "ask play")
BAD = (
    "ask play too strong", "ask play too long", "ask play on B", "ask play of an old epoch",
    "ask play of an old number", "ask play held", "ask play unheld", "ask noise", "frame stop", "noise", "raise lead B",
)  # fmt: skip
SILENCES = ("time", "time, no player", "time, no operator")

LIVE = ("ask hello", "ask limits", "ask program", "time", "arm", "ask arm", "ask play")
AT_ONE = (*LIVE, "time", "raise", "recorded", "ask play")
# The longest first, for two are searched side by side. In `live`, `deaf` and `ends` one play sounds for longer than
# anybody may be silent, so that it is the guard that ends the current, and not the end of the lease.
DOMAINS = (
    Domain("together", SHORT, LIMITS, ("time",), ("raise", "recorded", "lower", "pause", "stop", "ask play"),
           most_down=1, delay=0, lease_ms=200, resets=1, begin=LIVE),
    Domain("live", LONG, LIMITS, SILENCES, ("lower", "ask play"),
           line=(), most_down=1, most_up=1, delay=0, lease_ms=500, begin=AT_ONE),
    Domain("wall", ONE, WALL, ("time",), (*HANDS, "pause", "resume"),
           line=(), most_down=1, delay=0, lease_ms=200),
    Domain("frames", SHORT, LIMITS, ("time",),
           ("raise", "recorded", "lower", "stop", "ask play", "ask clear", "again", *BAD),
           line=("double",), most_down=1, most_up=1, delay=0, lease_ms=200, begin=LIVE),
    Domain("losses", SHORT, LIMITS, (*SILENCES, "time, no beat"),
           ("raise", "recorded", "ask play",
            "player gone", "operator gone", "port gone", "player gives up", "ledger fails"),
           line=("lose",), most_down=1, most_up=1, delay=0, lease_ms=200, begin=LIVE),
    Domain("acts", SHORT, LIMITS, ("time",),
           ("raise", "recorded", "pause", "resume", "stop", "ask arm", "ask play", "ask hush"),
           line=("lose",), most_down=1, most_up=1, delay=0, lease_ms=200, begin=LIVE),
    Domain("kinds", TWO_KINDS, LIMITS, ("time",),
           ("arm", "recorded", "stop", "ask arm", "ask play", "raise a", "raise b", "hold a", "release"),
           line=(), most_down=1, delay=0, lease_ms=200),
    Domain("find", SHORT, LIMITS, ("time", "second"), ("arm", "stop", "ask hello", "ask limits", "ask program"),
           line=("lose",), most_down=1, most_up=1, delay=0, begin=()),
    Domain("arming", SHORT, LIMITS, ("time",), ("arm", "stop", "clear", "ask arm", "ask play"),
           line=("lose",), most_down=1, most_up=1, delay=0, lease_ms=200),
    Domain("clocks", SHORT, LIMITS, ("time", "stall", "jump", "sleep"), ("raise", "recorded", "stop", "ask play"),
           line=("lose",), most_down=1, most_up=1, delay=0, lease_ms=200, resets=1, begin=LIVE),
    Domain("late", SHORT, LIMITS, ("time",), ("raise", "recorded", "stop", "ask play"),
           line=("lose",), most_down=1, most_up=1, lease_ms=200, begin=LIVE),
    Domain("deaf", HALF, LIMITS, ("time",), ("lower", "ask play"),
           line=("lose",), most_down=1, most_up=1, delay=0, lease_ms=500, begin=AT_ONE),
    Domain("steps", TWO_STEPS, LIMITS, ("time", "time, then stop"), ("raise", "recorded", "lower", "ask play"),
           line=("overtake",), most_down=1, delay=0, lease_ms=200, begin=LIVE),
    Domain("crossing", SHORT, LIMITS, ("time",), ("raise", "recorded", "stop", "ask play"),
           line=("overtake",), most_down=1, lease_ms=200, begin=LIVE),
    Domain("ends", LONG, LIMITS, ("time", "time, no beat", "jump", "sleep"),
           ("ask play", "stop", "player gives up", "player gone", "operator gone", "port gone", "guard fails"),
           line=(), most_down=1, most_up=1, delay=0, lease_ms=500, begin=AT_ONE),
)  # fmt: skip

SMALL = Domain("small", SHORT, LIMITS, ("time",),
               ("raise", "recorded", "lower", "stop", "ask play"),
               line=(), most_down=1, delay=0, lease_ms=200, begin=LIVE)  # fmt: skip
OVERTAKING = Domain("overtaking", TWO_STEPS, LIMITS, ("time",), ("raise", "recorded", "ask play"),
                    line=("overtake",), most_down=1, delay=0, lease_ms=200, begin=LIVE)  # fmt: skip
BOUNDED = (SMALL, OVERTAKING)
