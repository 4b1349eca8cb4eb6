"""What eastim knows of a device before it speaks with it. Standard library only: the guard loads it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args, get_origin, get_type_hints

from eastim.errors import AskedError
from eastim.text import safe_text

Electrode = Literal["needle", "pad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One device profile; every field is in profiles/NAME.toml.

    uses: of human, animal, bench. strength: how late a new level can act (drivers.base). max_ua, level_step_ua: of one
    lead. autonomous_us: the longest the device may go on alone after the last byte it got. lease_us, renew_us: what one
    fire buys and how often it is renewed. stop_hex: the guard's own bytes, ending with the question whose answer
    proves zero; stop_answer_us: how long that may take. citation: where the facts come from.
    """

    name: str
    title: str
    wire: str
    uses: tuple[str, ...]
    electrode: Electrode
    strength: Literal["live", "fire", "load"]
    leads: tuple[str, ...]
    isolated_leads: bool
    max_ua: int
    level_step_ua: int
    time_step_us: int
    compliance_mv: int
    reports_by_itself: bool
    measures: bool
    autonomous_us: int
    lease_us: int
    renew_us: int
    stop_hex: tuple[str, ...]
    stop_answer_us: int
    baud: int
    max_frame_bytes: int
    citation: str

    def __post_init__(self) -> None:
        hints = get_type_hints(Profile)
        for field in fields(self):
            _check(self.name, field.name, getattr(self, field.name), hints[field.name])
        if not self.renew_us < self.lease_us <= self.autonomous_us:
            raise ValueError(f"profile {self.name}: renew_us < lease_us <= autonomous_us does not hold")
        if not all(self.stop_frames):
            raise ValueError(f"profile {self.name}: stop_hex has an empty frame")

    @property
    def stop_frames(self) -> tuple[bytes, ...]:
        return tuple(bytes.fromhex(text) for text in self.stop_hex)


def _check(profile: str, name: str, value: Any, hint: Any) -> None:
    if get_origin(hint) is Literal:
        good = value in get_args(hint)
    elif get_origin(hint) is tuple:
        good = type(value) is tuple and bool(value) and all(type(item) is str and item for item in value)
    else:
        good = type(value) is hint and (hint is not int or value > 0)
    if not good:
        raise ValueError(f"profile {safe_text(profile)}: {name} is {value!r}, must be {hint}")


def profile_names() -> tuple[str, ...]:
    """The names of all profiles, sorted."""
    folder = files("eastim.profiles")
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml")))


@cache
def load_profile(name: str) -> Profile:
    """Load a profile by name; raises AskedError with the known names."""
    if name not in profile_names():
        raise AskedError(f"no device profile {name[:64]!r}; there are {', '.join(profile_names())}")
    return parse_profile((files("eastim.profiles") / f"{name}.toml").read_text("utf-8"))


def parse_profile(text: str) -> Profile:
    """Read one profile; raises ValueError on anything that is not one."""
    try:
        # Any: every field is checked by Profile itself.
        raw: dict[str, Any] = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("this is no profile: it is nested too deep") from error
    known = {field.name for field in fields(Profile)}
    if raw.keys() != known:
        raise ValueError(
            f"a profile needs each of its fields and no other; look at {sorted(raw.keys() ^ known)!r:.200}"
        )
    values: dict[str, Any] = {key: tuple(value) if type(value) is list else value for key, value in raw.items()}
    return Profile(**values)
