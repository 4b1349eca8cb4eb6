"""What a prescription may say, field by field (pydantic, strict, nothing extra). Bounds come as validation context."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from eastim.errors import OrderError
from eastim.prescription.words import crosses_midline, parse_millimetres, parse_minutes, parse_points
from eastim.pulses.modes import mode_names
from eastim.safety.limits import Limits, step_for
from eastim.units import format_current, parse_strength, wrong

T = TypeVar("T")

USES = ("human", "animal", "bench")
MAX_NOTES = 4_000
WAYS_OUT = {
    "mode": 'give one, as in mode = "2/100"; see eastim modes',
    "minutes": "write minutes = 30",
    "use": 'write use = "human", "animal" or "bench"',
    "serial": 'write it as in serial = "EA1-000001"',
    "notes": f"write a text of at most {MAX_NOTES} characters",
    "leads": 'write a table, as in [leads.A] with points = ["ST36.L", "SP6.L"]',
    "needle": "write a table, as in [needle] with diameter_mm = 0.25",
}
# pydantic's own words name its types and show its patterns; these are ours for the same mistakes.
_SAYS = {
    "string_pattern_mismatch": "is not 1 to 12 letters, digits and hyphens",
    "string_type": "is no text",
    "dict_type": "is no table",
    "model_type": "is no table",
}


def _gathered(check: Callable[[Any], T]) -> Callable[[Any], T]:
    """Let a check of ours report through pydantic, which gathers all mistakes."""

    def validator(raw: Any) -> T:
        try:
            return check(raw)
        except OrderError as error:
            problem = error.problems[0]
            what = f"{problem.place} {problem.what}"
            raise PydanticCustomError("asked", "{what}", {"what": what, "way_out": problem.way_out}) from error

    return validator


def _bounded(check: Callable[[Any, Limits], T]) -> Callable[[Any, ValidationInfo], T]:
    """The same, for a check against the limits, which come as context."""

    def validator(raw: Any, info: ValidationInfo) -> T:
        limits: Limits = (info.context or {})["limits"]
        return _gathered(lambda value: check(value, limits))(raw)

    return validator


def _mode(raw: Any) -> str:
    names = mode_names()
    if type(raw) is str and raw in names:
        return raw
    hint = "; a file must end in .toml" if type(raw) is str and any(char in raw for char in ".\\~") else ""
    raise wrong(raw, f"is no mode; there are {', '.join(names)}{hint}", "give one of them; eastim modes says more")


def _minutes(raw: Any, limits: Limits) -> Fraction:
    minutes = parse_minutes(raw)
    bound = limits.bound("session_us")
    most = Fraction(bound.value, 60_000_000)
    if minutes > most:
        what = f"minutes is more than the {most} minutes that {bound.who} set for {limits.use} ({bound.source})"
        raise wrong(raw, what, f"give at most {most}")
    return minutes


def _highest(raw: Any, limits: Limits) -> int:
    if type(raw) is not str:
        raise wrong(raw, "has no unit", 'write it as a text, as in "2 mA"')
    ua = parse_strength(raw)
    bound, step = limits.bound("peak_ua"), step_for(limits, 0)
    if ua > bound.value:
        what = f"is more than the {format_current(bound.value)} that {bound.who} set for {limits.use} ({bound.source})"
        raise wrong(raw, what, f"give at most {format_current(bound.value)}")
    if ua < step:
        what = f"is less than one step of strength, {format_current(step)}, so it could never be raised"
        raise wrong(raw, what, f"give at least {format_current(step)}, or leave the lead away")
    return ua


def _points(raw: Any, limits: Limits) -> tuple[str, ...]:
    points = parse_points(raw)
    if limits.use == "human" and crosses_midline(points):
        # Both ends of a lead lie on one side, so that no current crosses the midline (docs/safety.md, current path).
        raise wrong("-".join(points), "goes from left to right across the body", "take two points of one side")
    return points


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class NeedleModel(_Strict):
    """The needle, for density and Shannon's k; um inside. length: of the part that lies in tissue."""

    diameter_mm: Annotated[int, PlainValidator(_gathered(parse_millimetres))]
    length_mm: Annotated[int, PlainValidator(_gathered(parse_millimetres))] = 10_000


class LeadModel(_Strict):
    """One lead: its two points, if named, and its highest strength in uA, if said."""

    points: Annotated[tuple[str, ...], PlainValidator(_bounded(_points))] = ()
    highest: Annotated[int | None, PlainValidator(_bounded(_highest))] = None


class PrescriptionModel(_Strict):
    """One prescription as a document. minutes: exact, still to be rounded down to whole blocks."""

    mode: Annotated[str, PlainValidator(_gathered(_mode))]
    minutes: Annotated[Fraction, PlainValidator(_bounded(_minutes))] = Fraction(30)
    use: Literal["human", "animal", "bench"] = "human"
    serial: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,12}$")] | None = None
    notes: Annotated[str, Field(max_length=MAX_NOTES)] = ""
    leads: dict[str, LeadModel] = Field(default_factory=dict)
    needle: NeedleModel | None = None


def validate(
    raw: dict[str, Any], limits: Limits
) -> tuple[PrescriptionModel | None, list[tuple[tuple[str, ...], str, str]]]:
    """Check a document: the model, or None with every mistake as (path, what, way out)."""
    try:
        return PrescriptionModel.model_validate(raw, context={"limits": limits}), []
    except ValidationError as error:
        return None, [_mistake(detail) for detail in error.errors(include_url=False)]


def _mistake(detail: ErrorDetails) -> tuple[tuple[str, ...], str, str]:
    path = tuple(str(part) for part in detail["loc"])
    way_out = WAYS_OUT.get(path[0] if path else "", "see eastim run --help")
    if detail["type"] == "asked":
        return path, detail["ctx"]["what"], detail["ctx"]["way_out"]
    if detail["type"] == "extra_forbidden":
        return path, "there is no such field", f"fields here are {', '.join(_fields(path[:-1]))}"
    if detail["type"] == "missing":
        return path, "is missing", way_out
    shown = str(wrong(detail["input"], "", "").problems[0].place)
    if detail["type"] in _SAYS:
        return path, f"{shown} {_SAYS[detail['type']]}", way_out
    return path, f"{shown} is not what belongs here ({detail['msg'].lower()})", way_out


def _fields(path: tuple[str, ...]) -> tuple[str, ...]:
    models: dict[int, type[BaseModel]] = {0: PrescriptionModel, 1: NeedleModel, 2: LeadModel}
    return tuple(models[len(path)].model_fields)
