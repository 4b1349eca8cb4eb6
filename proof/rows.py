"""The table of proofs, in the order in which they run. Adding a proof is adding a row."""

from __future__ import annotations

from proof.fuzz.counts import whole
from proof.mutation.scope import rows as mutation_rows
from proof.row import Row

# What is fuzzed, and what is looked at beside errors and time.
_SAID = "no control character in what is said of it"
_FUZZED = {
    "frames": ("the player's bytes at the guard", _SAID),
    "answers": (
        "the device's bytes at the guard",
        "no other train, strength or end believed, no control character in a report's words",
    ),
    "driver": ("the device's bytes at the driver", "no control character in an error or a fault"),
    "device": ("anybody's bytes at the simulated device", "no current unarmed, and none above its locked limits"),
    "prescription": ("a prescription file", "no control character in a mistake, a remark or the notes"),
    "words": ("the command line's words", "no control character in a mistake or a remark"),
    "profile": ("a device profile", _SAID),
    "ledger": ("a ledger's bytes", "no control character in what is printed of it"),
    "books": ("a ledger with a whole chain and made-up content", "no control character in what is printed of it"),
    "commands": ("the json front end's commands", _SAID),
    "line": ("a peer's bytes on a line of the guard", "no control character in a reason, a lead or a kind"),
    "order": ("an order given to the guard", _SAID),
    "room": ("anybody's bytes at the stop socket", "no stop that nobody said"),
    "text": ("a device's own words on their way to a terminal", "no control character"),
    "simulator": ("the simulator's faults and loads", _SAID),
    "reply": ("anybody's bytes as a guard's answer", "no zero that nobody said, no control character in what is told"),
    "table": ("anybody's names in the kernel's table of sockets", "no guard hidden, and none made up"),
    "keys": ("the keyboard's bytes", "at most two single steps in 0.4 s, no stop lost, and none that nobody pressed"),
    "jsonl": ("the json front end's bytes in pieces", "each line once and in its order, and no more kept than one"),
    "control": (
        "the reading of commands to the simulated device",
        "no control character in an error, and time never goes back",
    ),
}

_ZERO = {
    "sigkill": (1000, "the session's process is killed", True),
    "process": (50, "`eastim run` is killed, and a process with 4.5 million objects", False),
    "frozen": (50, "the session's process is frozen", False),
    "exit": (60, "the session ends by an exception, an exit, an abort", False),
    "stop": (50, "a stop is said on the line or from a shell", False),
    "lines": (40, "one line alone ends", False),
    "busy": (40, "the session calculates, in Python or in one C call", False),
    "device": (45, "the device is silent or deaf, or its cable is pulled", False),
    "guard": (60, "the guard is killed or frozen, alone or with the session", True),
}  # fmt: skip

ROWS: tuple[Row, ...] = (
    Row(
        "matrix",
        "each fault in each phase, over pty and socket: nothing above what was raised, nothing starts by itself,"
        " nothing trips unlogged (H07, H12, H13)",
        "proof.matrix.prove:prove",
        2448,
    ),
    Row(
        "matrix:real",
        "a pulled cable, a reset, another device and a deaf one in each phase of a real session, a silent and a wedged"
        " one in half of them, over a pty, and some over TCP: the current ends, and stays off (H07, H08, H12)",
        "proof.matrix.real:prove",
        80,
        in_test=False,
    ),
    Row(
        "bits",
        "no frame in which one or two bytes are changed, in any way, is taken for a message (H09)",
        "proof.bits:prove",
        2_600_000_000,
    ),
    Row(
        "admitted",
        "of all types and lengths only the wire's requests are admitted, and of a real driver's frames every one (H47)",
        "proof.admitted:prove",
        1_600_000,
    ),
    Row(
        "ledger:kill",
        "the guard's ledger writer, alone in a process that is killed at any moment, loses no acknowledged record and"
        " leaves a ledger that can be read (H33); ledgers of killed guards are read in `zero:guard`",
        "proof.ledger.kill:prove",
        1000,
    ),
    Row(
        "ledger:power",
        "a power cut that takes everything not synced loses no acknowledged record (H33)",
        "proof.ledger.kill:power",
        1000,
    ),
    Row(
        "ledger:harm",
        "every byte changed and record taken out, doubled or moved in a 50 kB ledger is found, and where; a ledger that"
        " is cut off anywhere is said to have ended open, after its last whole record (H33)",
        "proof.ledger.harm:prove",
        157_000,
    ),
    Row(
        "ledger:disk",
        "no space, an I/O error or a short write at any write or sync, of a ledger that is written at once or by the"
        " guard's writer, takes the strength to zero, and is said (H32)",
        "proof.ledger.disk:prove",
        240,
    ),
    Row(
        "race",
        "of two processes whose opens of one port overlap (a pty, a TCP port), and of two `eastim run` started at once,"
        " exactly one owns it (H23)",
        "proof.race:prove",
        1000,
    ),
    Row(
        "swap",
        "another device that appears at the same line, at any moment, is told nothing above zero once it is heard,"
        " whatever the player asks; and no current comes out of it, but for a pulse that had begun of one in which"
        " epoch, number and program all fit (H08)",
        "proof.swap:prove",
        400,
    ),
    Row(
        "replay",
        "everything the door wrote in one session puts out nothing when a device gets it again; and on a guard's player"
        " line it is refused, even where epoch and numbers fit (H25)",
        "proof.identity:replay",
        100,
    ),
    *(
        Row(
            f"fuzz:{name}",
            f"{what}: no uncaught error, no second of CPU or of waiting, {looked}"
            f" (H29, H30{', H36' * ('character' in looked)})",
            "proof.fuzz.run:prove",
            whole(name),
            part=name,
            in_test=False,
        )
        for name, (what, looked) in _FUZZED.items()
    ),
    Row(
        "stateful",
        "whatever operator, rogue player, line and time do, no pulse of a device that plays what it is asked is above"
        " what was raised, or comes after an end; of one that plays more, no zero is claimed while it plays, unless"
        " another was put in its place (H13, H17, H18, H47)",
        "proof.stateful:prove",
        10_000,
    ),
    Row(
        "schedules",
        "however the operator's acts, their records and frames on the way fall together: an honest device never trips,"
        " and after a stop no pulse begins (H48)",
        "proof.schedules:prove",
        100_000,
    ),
    Row(
        "walk",
        "nothing but the listed moves happens; output is permitted after an operator's go alone; a trip stays (H13)",
        "proof.walk:prove",
        20_000_000,
    ),
    *(
        Row(
            f"sessions:{part}",
            "30 minutes give each ordered pulse, end exactly at their budget and leave nothing behind (H27)",
            "proof.sessions:prove",
            200,
            part=str(part),
            in_test=part == 1,
        )
        for part in range(1, 6)
    ),
    Row(
        "model",
        "in small worlds of guard, device and line, each with its own faults (named with its figures), searched until"
        " nothing is left: nothing goes wrong; zero always comes; a session that is over, or whose time by the clock"
        " is, ends; an accepted raise arrives or the session trips, on a sound device and line it arrives; every fault"
        " that these worlds can bring about was the cause of a cut, while current flowed unless it is excused"
        " (H13, H17)",
        "proof.model.prove:prove",
        1_000_000,
        within_s=600,
    ),
    *(
        Row(
            f"zero:{part}",
            f"{what}: the guard's stop ends the current, and where it can't the lease does (H02-H04, H42, H43)",
            "proof.zero:prove",
            count,
            part=part,
            in_test=in_test,
        )
        for part, (count, what, in_test) in _ZERO.items()
    ),
    Row(
        "zero:stalls",
        "a stall of the session, of 10 ms to 5 s, moves no pulse; one that is too long is a stop, and for 2 s after the"
        " session has woken nothing comes (H04)",
        "proof.zero_stalls:prove",
        36,
        in_test=False,
    ),
    Row(
        "zero:tail",
        "a stop waits for no session that calculates, in Python or in one C call: it comes from another process, in at"
        " most twice the time it takes beside an idle one (H04)",
        "proof.zero_stops:tail",
        5_000,
        in_test=False,
    ),
    Row(
        "zero:send",
        "the door's stop comes to the far end of a pty and of TCP in at most 1.3 times the time of a raw send (H04)",
        "proof.zero_stops:send",
        20_000,
        in_test=False,
    ),
    Row(
        "zero:pauses",
        "the guard's collector never runs, and the guard never pauses, whatever its session holds (H04)",
        "proof.zero_stops:pauses",
        5_000,
        in_test=False,
    ),
    Row(
        "knockout",
        "each control of each hazard, switched off, makes a test of that hazard fail",
        "proof.knockout.run:prove",
        166,
    ),
    *mutation_rows(),
)


def named(names: list[str]) -> tuple[Row, ...]:
    """Pick rows by name, or by the part before a colon (`mutation` is every `mutation:...`); all when none is given.

    Raises ValueError for a name that is no row.
    """
    if not names:
        return ROWS
    unknown = [name for name in names if not any(_is(row, name) for row in ROWS)]
    if unknown:
        raise ValueError(f"no proof {', '.join(unknown)}; there are {', '.join(row.name for row in ROWS)}")
    return tuple(row for row in ROWS if any(_is(row, name) for name in names))


def _is(row: Row, name: str) -> bool:
    return row.name == name or row.name.partition(":")[0] == name
