"""The commands, their words and their help (typer). Every word comes as text; the prescription reads it, strictly."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from eastim.errors import EastimError, Exit
from eastim.prescription.draft import Words
from eastim.text import safe_text

HELP = """Plan, guard and record electroacupuncture stimulation.

Research and bench software: not a medical device. Every strength begins at zero; only your own raises leave it.

\b
Examples:
  eastim demo                                         a short 2/100 Hz session on the simulator
  eastim modes 2/100                                  how a mode is timed, and what it rests on
  eastim explain 2/100 --lead A:2mA                   the dose at that strength
  eastim plan 2/100 --minutes 0.2 --wire              what would be sent, frame by frame
  eastim run 2/100 --minutes 0.2                      on the simulator, with keys
  eastim run rx.toml --device ea1 --port /dev/ttyUSB0 on a device
  eastim stop                                         from any shell: every session stops

\b
Exit codes: 0 done as ordered, 1 a mistake of ours, 2 bad input, 3 no device, 4 stopped before its time,
5 tripped, 6 ZERO NOT CONFIRMED: take the leads off, 7 the ledger is bad.
"""

WHAT_HELP = "A mode (see eastim modes), or a prescription file that ends in .toml."
LEAD_HELP = "A, A:2mA, A=ST36.L-SP6.L or A=ST36.L-SP6.L:2mA (its highest strength); again for each lead. Default: A."

What = Annotated[str, typer.Argument(metavar="MODE|FILE", help=WHAT_HELP, show_default=False)]
Minutes = Annotated[str | None, typer.Option(metavar="M", help="Stimulation, as in 30 or 0.2; rounded down to blocks.")]
Leads = Annotated[list[str] | None, typer.Option("--lead", metavar="LEAD", help=LEAD_HELP)]
Device = Annotated[str, typer.Option(metavar="PROFILE", help="sim starts its own simulator; ea1 needs --port.")]
Use = Annotated[str | None, typer.Option(metavar="USE", help="human (when nothing is said), animal or bench.")]
Serial = Annotated[str | None, typer.Option(metavar="SERIAL", help="The serial number that must answer.")]

# Unknown commands and options, missing words: typer exports no base of them, only their best known child.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

INTERRUPTED = 130  # what typer makes of Ctrl-C

app = typer.Typer(
    help=HELP, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True
)


def run_app(args: list[str]) -> int:
    """Run a command; expected errors become sentences on stderr and their exit code, never a traceback."""
    try:
        code = typer.main.get_command(app).main(args or ["--help"], prog_name="eastim", standalone_mode=False)
    except UsageError as error:
        return _fail(_usage(error), Exit.BAD_INPUT)
    except EastimError as error:
        return _fail(str(error), error.exit)
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    return _fail("interrupted", Exit.STOPPED) if code == INTERRUPTED else int(code or 0)


def _usage(error: Any) -> str:
    """One sentence for an unknown command or option, or a missing word."""
    command = error.ctx.command_path if error.ctx else "eastim"
    return f"{safe_text(error.format_message(), 200).rstrip('.')}; see {command} --help"


def _fail(text: str, code: Exit) -> int:
    for line in text.split("\n"):
        print(f"eastim: {safe_text(line, 1000)}", file=sys.stderr)
    return int(code)


@app.command()
def demo(record: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the ledger goes.")] = None) -> int:
    """Play a short 2/100 Hz session on the simulator; its script is the operator, stdin is not read."""
    from eastim.ui.cli_run import play_demo

    return play_demo(record)


@app.command()
def modes(name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None) -> int:
    """Say the modes: timing, what they release, sources."""
    from eastim.ui.modes import modes_text

    return _print(modes_text(name))


@app.command()
def plan(
    what: What,
    minutes: Minutes = None,
    lead: Leads = None,
    device: Device = "sim",
    use: Use = None,
    wire: Annotated[bool, typer.Option("--wire", help="Print the frames; number, epoch and CRC as 0.")] = False,
) -> int:
    """Say what the driver would send and what the guard's reader understood; nothing is opened.

    \b
    Examples:
      eastim plan 2/100 --minutes 30
      eastim plan rx.toml --wire
    """
    from eastim.ui.cli_run import plan_text

    return _print(plan_text(_words(what, minutes, lead, device, use), wire=wire))


@app.command()
def explain(what: What, minutes: Minutes = None, lead: Leads = None, device: Device = "sim", use: Use = None) -> int:
    """Say the dose at each lead's highest strength: current, voltage, charge, density, duty, and their limits.

    \b
    Examples:
      eastim explain 2/100
      eastim explain 2/100 --lead A=ST36.L-SP6.L:2mA
    """
    from eastim.ui.cli_run import explained

    return _print(explained(_words(what, minutes, lead, device, use)))


@app.command()
def run(
    what: What,
    minutes: Minutes = None,
    lead: Leads = None,
    device: Device = "sim",
    port: Annotated[str | None, typer.Option(metavar="ADDRESS", help="/dev/... or socket://127.0.0.1:PORT.")] = None,
    ui: Annotated[str, typer.Option(metavar="plain|json", help="Keys and sentences, or lines of JSON.")] = "plain",
    use: Use = None,
    serial: Serial = None,
    fast: Annotated[bool, typer.Option("--fast", help="In virtual time; simulator and --ui json only.")] = False,
    record: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the ledger goes.")] = None,
) -> int:
    """Run a session. Keys: Enter begins, a-d lead, + - one step, k hold, p pause; space, 0, s, Ctrl-C stop.

    \b
    Examples:
      eastim run 2/100 --minutes 0.2
      eastim run 2/100 --minutes 30 --lead A=ST36.L-SP6.L:2mA --device ea1 --port /dev/ttyUSB0
      eastim run rx.toml --ui json < commands.jsonl
    """
    from eastim.ui.cli_run import Way, play

    return play(_words(what, minutes, lead, device, use, serial), Way(ui, port, fast, record))


@app.command()
def status() -> int:
    """Say which sessions run: device, state, time left."""
    from eastim.ui.cli_rooms import status as say_status

    return say_status()


@app.command()
def stop(session: Annotated[str | None, typer.Option(metavar="ID", help="Only this session.")] = None) -> int:
    """Stop every running session, from any shell. (Answered before this is ever loaded.)"""
    from eastim.ui.cli_rooms import stop as stop_now

    return stop_now([] if session is None else ["--session", session])


@app.command()
def verify(ledger: Annotated[Path, typer.Argument(metavar="LEDGER", show_default=False)]) -> int:
    """Check a ledger: its chain, its end, and what was ordered against what was delivered."""
    from eastim.ui.cli_verify import verified

    return verified(ledger)


def _words(
    what: str, minutes: str | None, lead: list[str] | None, device: str, use: str | None, serial: str | None = None
) -> Words:
    return Words(what, minutes, tuple(lead or ()), device, use, serial)


def _print(lines: Iterable[str]) -> int:
    for line in lines:
        print(line)
    return 0
