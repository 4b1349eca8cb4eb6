"""Good orders: what comes out of words and files. (Bad ones: tests/ui/test_bad_input.py.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from eastim.errors import OrderError
from eastim.prescription.document import find_line
from eastim.prescription.draft import Words
from eastim.prescription.order import Prescription, read_prescription
from eastim.prescription.words import parse_lead
from eastim.safety.preflight import Needle

RX = """\
# knee, left
mode = "2/100"
minutes = 25
serial = "EA1-000001"
notes = "slowly"

[needle]
diameter_mm = 0.25
length_mm = 15

[leads.B]
points = ["ST36.L", "SP6.L"]
highest = "7.5 mA"

[leads.A]
"""


@pytest.fixture
def rx(tmp_path: Path) -> str:
    path = tmp_path / "rx.toml"
    path.write_text(RX)
    return str(path)


def read(what: str, **words: object) -> Prescription:
    return read_prescription(Words(what, **words))  # type: ignore[arg-type]


def test_a_mode_alone_is_half_an_hour_on_lead_a() -> None:
    order = read("2/100").order

    assert (order.session_us, order.program.repeats) == (1_800_000_000, 300)
    assert [(lead.lead, lead.points, lead.max_ua) for lead in order.leads] == [("A", (), 5_000)]
    assert (order.use, order.profile, order.device) == ("human", "sim", None)


def test_a_file_says_everything(rx: str) -> None:
    found = read(rx)

    assert found.order.session_us == 1_500_000_000
    assert [(lead.lead, lead.points, lead.max_ua) for lead in found.order.leads] == [
        ("A", (), 5_000),
        ("B", ("ST36.L", "SP6.L"), 7_500),
    ]
    assert (found.order.device, found.notes) == ("EA1-000001", "slowly")
    assert (found.needle, found.needle_said) == (Needle(250, 15_000), True)


def test_a_program_plays_on_all_its_leads(rx: str) -> None:
    assert read(rx).order.program.leads == ("A", "B")


def test_notes_reach_neither_order_nor_ledger(rx: str) -> None:
    assert "slowly" not in read(rx).order.to_json()


def test_decimals_of_a_file_are_exact(tmp_path: Path) -> None:
    """0.2 minutes are 12 s and two whole blocks, not 11.999."""
    path = tmp_path / "rx.toml"
    path.write_text('mode = "2/100"\nminutes = 0.2\n')

    found = read(str(path))

    assert found.order.session_us == 12_000_000
    assert not any("rounded" in remark for remark in found.remarks)


def test_what_is_no_whole_block_is_rounded_down_and_said() -> None:
    found = read("2/100", minutes="0.27")

    assert found.order.session_us == 12_000_000
    assert "16.2 s is rounded down to 12 s: whole blocks of 6 s" in found.remarks


def test_a_strength_rounds_down_to_the_device_and_is_said() -> None:
    found = read("2", leads=("A:2.345mA",))

    assert found.order.leads[0].max_ua == 2_340
    assert "lead A: 2.345 mA is rounded down to 2.34 mA (steps of 0.01 mA)" in found.remarks


def test_ten_milliampere_need_to_be_said() -> None:
    assert read("2", leads=("A:10mA",)).order.leads[0].max_ua == 10_000


def test_animals_begin_at_three() -> None:
    assert read("2", use="animal").order.leads[0].max_ua == 3_000


def test_animals_may_take_an_hour() -> None:
    assert read("2", use="animal", minutes="60").order.session_us == 3_600_000_000


@pytest.mark.hazard("H31")
def test_the_order_tightens_limits_and_says_who() -> None:
    limits = read("2/100", minutes="0.2", leads=("A:2mA", "B:1mA")).order.limits

    assert (limits.get("peak_ua"), limits.bound("peak_ua").who) == (2_000, "the prescription")
    assert (limits.get("session_us"), limits.bound("session_us").who) == (12_000_000, "the prescription")
    assert (limits.get("phase_charge_pc"), limits.bound("phase_charge_pc").who) == (6_000_000, "eastim")


@pytest.mark.hazard("H31")
def test_the_device_tightens_too() -> None:
    """On a bench the envelope allows 100 mA, the device 20."""
    with pytest.raises(OrderError, match="20 mA that device profile sim set for bench"):
        read("2", use="bench", leads=("A:21mA",))


def test_words_may_shorten_a_file(rx: str) -> None:
    assert read(rx, minutes="0.2").order.session_us == 12_000_000


def test_words_may_repeat_a_file(rx: str) -> None:
    assert read(rx, serial="EA1-000001").order.device == "EA1-000001"


def test_a_thin_needle_is_remarked(tmp_path: Path) -> None:
    path = tmp_path / "rx.toml"
    path.write_text('mode = "2"\n[needle]\ndiameter_mm = 0.16\n')

    assert any("thinner than 0.20 mm" in remark for remark in read(str(path)).remarks)


@pytest.mark.parametrize(
    ("word", "name", "fields"),
    [
        ("A", "A", {}),
        ("B:2mA", "B", {"highest": "2mA"}),
        ("A=ST36.L-SP6.L", "A", {"points": ["ST36.L", "SP6.L"]}),
        ("A=ST36.L-SP6.L:2 mA", "A", {"points": ["ST36.L", "SP6.L"], "highest": "2 mA"}),
        ("A=EX-HN3-GV20", "A", {"points": ["EX-HN3", "GV20"]}),
        ("A=GV20-EX-HN3", "A", {"points": ["GV20", "EX-HN3"]}),
        ("A=EX-LE4.L-EX-LE5.L", "A", {"points": ["EX-LE4.L", "EX-LE5.L"]}),
    ],
)
def test_a_lead_word(word: str, name: str, fields: dict[str, object]) -> None:
    assert parse_lead(word) == (name, fields)


@pytest.mark.parametrize(
    "lead", ["A=ST36.L-SP6.L", "A=GV20-EX-HN3", "A=BL23.R-BL60.R", "A=CV4-CV6", "A=GV14-LI4.L", "A=ST45.L-LR14.L"]
)
def test_points_that_are_taken(lead: str) -> None:
    assert len(read("2", leads=(lead,)).order.leads[0].points) == 2


def test_sides_may_differ_on_the_bench() -> None:
    """Current across the midline is a person's hazard; a phantom has none."""
    assert read("2", use="bench", leads=("A=ST36.L-ST36.R",)).order.leads[0].points == ("ST36.L", "ST36.R")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("mode",), 2),
        (("needle",), 7),
        (("needle", "length_mm"), 9),
        (("leads", "B", "highest"), 13),
        (("leads", "B", "points"), 12),
        (("leads", "A"), 15),
        (("leads", "B", "colour"), 11),  # not there: the nearest table
        (("colour",), None),
    ],
)
def test_the_line_of_a_key(path: tuple[str, ...], line: int | None) -> None:
    assert find_line(RX, path) == line


@pytest.mark.parametrize("text", ['leads.A.highest = "2 mA"', '"leads".A."highest" = 1', "[leads]\nA.highest = 2"])
def test_the_line_of_a_dotted_key(text: str) -> None:
    assert find_line(text, ("leads", "A", "highest")) == text.count("\n") + 1


def test_an_order_goes_through_json_and_back() -> None:
    from eastim.safety.order import order_from_json

    order = read("2/100", leads=("A=ST36.L-SP6.L:2mA",)).order

    assert order_from_json(order.to_json()) == order


def test_the_example_in_the_docs_is_a_prescription(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs/using.md").read_text(encoding="utf-8")
    example = tmp_path / "rx.toml"
    example.write_text(page.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")

    order = read_prescription(Words(str(example), device="sim")).order

    assert (order.device, order.session_us, order.max_ua("A"), order.max_ua("B")) == (
        "EA1-000001",
        1_800_000_000,
        2000,
        5000,
    )


@pytest.mark.hazard("H40")
def test_an_order_takes_no_calibration(tmp_path: Path) -> None:
    """Of any device: there is no such field, and an unknown one is refused."""
    path = tmp_path / "rx.toml"
    path.write_text('mode = "2"\ncalibration = 1.1\n[leads.A]\ngain = 1.1\n')

    with pytest.raises(OrderError) as caught:
        read_prescription(Words(str(path), None, (), "sim", None))

    assert [problem.what for problem in caught.value.problems] == ["there is no such field"] * 2
