"""Lay the file and the command line's words together into one document, and remember where each field was said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from eastim.errors import AskedError, OrderError, Problem
from eastim.prescription.document import Text, is_file, read_document
from eastim.prescription.model import USES
from eastim.prescription.words import parse_lead, parse_minutes
from eastim.profiles.profile import Profile, load_profile
from eastim.text import safe_text


@dataclass(frozen=True, slots=True)
class Words:
    """What the command line says, unread. what: MODE|FILE."""

    what: str
    minutes: str | None = None
    leads: tuple[str, ...] = ()
    device: str = "sim"
    use: str | None = None
    serial: str | None = None


class Draft:
    """Gather the document, where each field came from, and the mistakes."""

    def __init__(self, words: Words) -> None:
        self.problems: list[Problem] = []
        self.text: Text | None = None
        self.raw: dict[str, Any] = {}
        self.said: dict[tuple[str, ...], str] = {}  # fields that came from the command line, with the word's place
        self.profile = self._profile(words.device)
        if is_file(words.what):
            self.text, self.raw = read_document(words.what)
        else:
            self._say(("mode",), words.what, "MODE")
        self._merge_use(words.use)
        self._merge_minutes(words.minutes)
        self._merge_leads(words.leads)
        if words.serial is not None:
            self._merge_same("serial", words.serial, "--serial")

    def _profile(self, device: str) -> Profile:
        try:
            return load_profile(device)
        except AskedError as error:
            self.problems.append(Problem("--device", str(error), "give one of them; eastim run --help"))
            return load_profile("sim")  # the rest is still read, so that all mistakes come at once

    def _say(self, path: tuple[str, ...], value: object, place: str) -> None:
        table = self.raw
        for key in path[:-1]:
            table = table.setdefault(key, {})
        table[path[-1]] = value
        self.said[path] = place

    def place(self, path: tuple[str, ...]) -> str:
        for length in range(len(path), 0, -1):
            if path[:length] in self.said:
                return self.said[path[:length]]
        return self.text.place(path) if self.text else safe_text(".".join(path))

    def wrong(self, place: str, what: str, way_out: str) -> None:
        self.problems.append(Problem(place, what, way_out))

    def _merge_same(self, field: str, value: str, option: str) -> None:
        """Take a word, unless the file says something else: who is right is not ours to guess."""
        if self.text is not None and self.raw.get(field, value) != value:
            what = f"{safe_text(value)} contradicts the file ({self.place((field,))})"
            self.wrong(option, what, "say it in one place only")
        else:
            self._say((field,), value, option)

    def _merge_use(self, use: str | None) -> None:
        if use is not None:
            self._merge_same("use", use, "--use")

    def _merge_minutes(self, minutes: str | None) -> None:
        """A word may shorten what the file orders, never lengthen it."""
        if minutes is None:
            return
        ordered = _tried(parse_minutes, self.raw.get("minutes"))
        said = _tried(parse_minutes, minutes)
        if self.text is not None and ordered is not None and said is not None and said > ordered:
            what = f"{safe_text(minutes)} is more than the file orders ({self.place(('minutes',))})"
            self.wrong("--minutes", what, "give less, or change the file")
        else:
            self._say(("minutes",), minutes, "--minutes")

    def _merge_leads(self, words: tuple[str, ...]) -> None:
        if words and self.raw.get("leads"):
            self.wrong("--lead", f"the file names the leads ({self.place(('leads',))})", "change them there")
            return
        for word in words:
            place = f"--lead {safe_text(word)}"
            try:
                name, fields = parse_lead(word)
            except OrderError as error:
                self.wrong("--lead", f"{error.problems[0].place} {error.problems[0].what}", error.problems[0].way_out)
                continue
            if ("leads", name) in self.said:
                self.wrong(place, f"lead {safe_text(name)} is ordered twice", "give each lead once")
            else:
                self._say(("leads", name), fields, place)
        if not words and "leads" not in self.raw:
            self.raw["leads"] = {"A": {}}

    def check_leads(self) -> None:
        """Check what lies between leads: names of this device, no needle on two leads."""
        leads = self.raw.get("leads")
        if not isinstance(leads, dict):
            return
        if not leads:
            self.wrong(self.place(("leads",)), "there is no lead in it", "add one, as in [leads.A], or leave it away")
        taken: dict[str, str] = {}
        for name, fields in leads.items():
            if name not in self.profile.leads:
                what = f"{self.profile.name} has no lead {safe_text(name)!r}; it has {', '.join(self.profile.leads)}"
                self.wrong(self.place(("leads", name)), what, "give one of them")
            points = fields.get("points") if isinstance(fields, dict) else None
            for point in points if isinstance(points, list) else ():
                if isinstance(point, str) and taken.setdefault(point, name) != name:
                    what = f"{safe_text(point)} is on lead {safe_text(taken[point])} already"
                    self.wrong(self.place(("leads", name)), what, "a needle belongs to one lead")

    def check_use(self, use: object) -> None:
        if use in USES and use not in self.profile.uses:
            what = f"{self.profile.name} is not for use {use}; its profile lists {', '.join(self.profile.uses)}"
            self.wrong(
                self.place(("use",)) if "use" in self.raw else "--use", what, f"say --use {self.profile.uses[0]}"
            )


def _tried(parse: Callable[[object], Fraction], raw: object) -> Fraction | None:
    """Read where it can be read; what can't be is reported by the model, once."""
    try:
        return parse(raw)
    except OrderError:
        return None
