"""The pack: read strictly, digested exactly, never filled with a default."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BadInput, Refused
from ledger.protocol.bundled import bundled
from ledger.protocol.declarations import DECLARED
from ledger.protocol.declared import ACTIVATION
from ledger.protocol.model import Pack, Protocol, load
from ledger.protocol.reading import Header, Written
from ledger.protocol.rendering import render

REAL = load(bundled("nct00983528"))
DEMO = load(bundled("nct00983528-demo"))
PACKS = {"real": REAL, "demo": DEMO}

SMALL = b"""\
format = 1
id = "small"
version = "1"
title = "A \\"small\\" pack"
registration = "NCT00000000"
notice = "For tests."

[parameters.week_cap_mg]
value = "90"
unit = "mg"
source = "[test]"

[parameters.late_h]
value = { "ae" = 24, "death" = 24 }
unit = "h"
source = "[test]"

[parameters.serious_hold]
value = true
unit = "yes/no"
source = "[test]"
fictional = true

[parameters.premed.agent-a]
unset = true
unit = "mg"
source = "[test]"
"""
SMALL_DIGEST = "73fe52c8397bb3f34f181e85fb5c8ba34ad4e0568c72f850d00191db58509351"


def text_of(value: object) -> str:
    """A value as one would type it for an override."""
    if isinstance(value, str | Decimal):
        return str(value)
    return toml(dict(value) if isinstance(value, Mapping) else msgspec.to_builtins(value))


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(inner) for inner in value) + "]"
    return msgspec.json.encode(value).decode()


def edited(old: str, new: str) -> bytes:
    """The demo pack with one text replaced; fails when the text is not there."""
    text = DEMO.data.decode()
    assert text.count(old) == 1
    return text.replace(old, new).encode()


def block(name: str) -> str:
    """The table of one parameter in the demo pack, without its head."""
    found = re.search(rf"(?ms)^\[parameters\.{re.escape(name)}\]\n(.*?)\n(?:\n|\Z)", DEMO.data.decode())
    assert found is not None
    return found[1]


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_every_parameter_is_declared_once(pack: Pack):
    """Otherwise a rule would compare a dose with a value that the signed pack does not hold."""
    assert set(DECLARED) == {name for name in pack.parameters if not name.startswith("premed.")}
    assert {"premed.dexamethasone", "premed.diphenhydramine", "premed.acetaminophen"} == {
        name for name in pack.parameters if name.startswith("premed.")
    }


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_every_parameter_has_a_source(pack: Pack):
    """Otherwise nobody could tell what the trial decided from what we chose."""
    tags = re.compile(r"\[(?:seed|registry|ours|guideline|label [AC])|21 CFR|unpublished")
    assert [p.name for p in pack.parameters.values() if not tags.search(p.source)] == []


def test_the_demo_differs_only_where_the_trial_is_silent():
    """Otherwise the demonstration would teach a dose limit that the trial does not have."""
    differing = {name for name, p in DEMO.parameters.items() if p.value != REAL.parameters[name].value}
    assert {*DEMO.fictional(), "patient_id_patterns"} == differing


def test_the_public_pack_invents_nothing_and_does_not_activate():
    """Otherwise a patient could be dosed by numbers that no protocol contains."""
    assert REAL.fictional() == ()
    assert set(DEMO.fictional()) == {*REAL.unset(), *REAL.unset("level_minus_1")}
    with pytest.raises(Refused) as refusal:
        REAL.protocol()
    assert refusal.value.rules == ("K-VALUE",)
    for name in ("premed.dexamethasone", "dlt_min_grade", "dlt_window_days", "eligible_min_ml_min"):
        assert name in refusal.value.what
    assert "level_minus_1" not in refusal.value.what


def test_the_values_of_the_registry_text():
    """Otherwise the demonstration would not be this trial: its steps, limits and dose levels."""
    protocol = DEMO.protocol()
    assert protocol.ladder_steps_mg == (Decimal(3), Decimal(10), Decimal(30))
    assert (protocol.ladder_max_doses, protocol.ladder_counts, protocol.week_cap_mg) == (12, "started", Decimal(90))
    assert (protocol.level_0_mg_m2, protocol.require("level_minus_1")) == (Decimal(20), Decimal(15))
    assert [p.agent for p in protocol.premedication] == ["dexamethasone", "diphenhydramine", "acetaminophen"]
    assert [p.fictional for p in protocol.premedication] == [True, False, False]
    assert dict(protocol.late_h) == {
        "infusion": 4, "premedication": 4, "ae": 24, "death": 24, "laboratory": 24, "assessment": 24
    }  # fmt: skip
    assert protocol.fictional == DEMO.fictional()
    assert (protocol.id, protocol.version, protocol.digest) == (DEMO.id, DEMO.version, DEMO.digest)


@pytest.mark.parametrize(
    ("number", "allowed"),
    [("001-003", True), ("P-001", True), ("1-3", False), ("P-1", False), ("P-001\n", False)],
)
def test_patient_numbers(number, allowed):
    """Otherwise a mistyped number would open the record of a patient who does not exist."""
    patterns = DEMO.protocol().patient_id_patterns
    assert any(re.fullmatch(pattern, number) for pattern in patterns) == allowed


def test_a_frozen_protocol():
    """Otherwise a rule could change a limit for every later dose."""
    protocol = DEMO.protocol()
    with pytest.raises(AttributeError):
        protocol.ladder_max_doses = 13
    with pytest.raises(TypeError):
        protocol.late_h["infusion"] = 400
    assert (protocol, hash(protocol)) == (DEMO.protocol(), hash(DEMO.protocol()))


def test_everything_unset_is_named():
    """Otherwise one missing value would hide behind another until a patient waits for the dose."""
    empty = load(DEMO.data, unset=tuple(DEMO.parameters))
    activation = {name for name, (_, declared) in DECLARED.items() if declared.required_for == ACTIVATION}
    assert {*empty.unset()} == activation | {name for name in DEMO.parameters if name.startswith("premed.")}
    assert empty.unset("level_minus_1") == ("level_minus_1",)
    assert empty.fictional() == ()


def test_a_value_bound_to_an_act_refuses_only_that_act():
    """Otherwise level -1 would open with a dose that nobody set, or the whole trial would stand still."""
    protocol = load(DEMO.data, unset=["level_minus_1"]).protocol()
    assert protocol.level_minus_1 is None
    assert "level_minus_1" not in protocol.fictional
    with pytest.raises(Refused) as refusal:
        protocol.require("level_minus_1")
    assert refusal.value.rules == ("K-VALUE",)
    assert "level_minus_1" in refusal.value.what
    with pytest.raises(BadInput, match="week_cap_mg"):
        protocol.require("week_cap_mg")


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_the_digest_covers_the_exact_bytes(pack: Pack):
    """Otherwise an edited limit would pass for the one that was signed."""
    assert hashlib.sha256(pack.data).hexdigest() == pack.digest
    assert load(pack.data) == pack
    assert load(pack.data + b"\n").digest != pack.digest


def test_the_canonical_form_is_frozen():
    """Otherwise the same simulated pack would have another digest in the next release."""
    header = msgspec.convert(
        {key: value for key, value in tomllib.loads(SMALL.decode()).items() if key != "parameters"}, Header
    )
    written = {
        "week_cap_mg": Written(value="90", unit="mg", source="[test]", fictional=False),
        "late_h": Written(value={"ae": 24, "death": 24}, unit="h", source="[test]", fictional=False),
        "serious_hold": Written(value=True, unit="yes/no", source="[test]", fictional=True),
        "premed.agent-a": Written(value=None, unit="mg", source="[test]", fictional=False),
    }
    assert render(header, written) == SMALL
    assert hashlib.sha256(render(header, written)).hexdigest() == SMALL_DIGEST


def test_overriding_every_parameter_with_its_own_value_changes_no_value():
    """Otherwise a simulated run would test another protocol than the one it prints."""
    same = load(DEMO.data, overrides={name: text_of(p.value) for name, p in DEMO.parameters.items()})
    assert {n: p.value for n, p in same.parameters.items()} == {n: p.value for n, p in DEMO.parameters.items()}
    assert same.fictional() == DEMO.fictional()
    assert load(same.data) == same
    assert same.digest != DEMO.digest


@given(
    doses=st.integers(0, 500),
    level=st.decimals("0.1", "19.9", places=3).map(lambda d: f"{d.normalize():f}"),
    hold=st.sampled_from(["off", "label"]),
)
def test_overrides_are_in_the_new_bytes(doses, level, hold):
    """Otherwise a simulated run could not be repeated from what it recorded."""
    overrides = {"ladder_max_doses": str(doses), "level_minus_1": level, "heme_hold": hold}
    pack = load(DEMO.data, overrides=overrides)
    protocol = load(pack.data).protocol()
    assert (protocol.ladder_max_doses, str(protocol.level_minus_1), protocol.heme_hold) == (doses, level, hold)
    assert protocol.digest == pack.digest


def test_a_value_given_to_what_is_unpublished_is_fictional():
    """Otherwise a made-up dose in a simulated run would look like the trial's own."""
    pack = load(REAL.data, overrides={"level_minus_1": "10", "ladder_max_doses": "11"})
    assert pack.fictional() == ("level_minus_1",)


@pytest.mark.parametrize(
    ("name", "written", "says"),
    [
        ("week_cap_mg", 'value = 90.0\nunit = "mg"', "binary float"),
        ("week_cap_mg", 'value = 90\nunit = "mg"', "in quotes"),
        ("week_cap_mg", 'value = "90.0"\nunit = "mg"', "shortest form"),
        ("week_cap_mg", 'value = "9e1"\nunit = "mg"', "shortest form"),
        ("week_cap_mg", 'value = "-90"\nunit = "mg"', "shortest form"),
        ("week_cap_mg", 'value = "NaN"\nunit = "mg"', "shortest form"),
        ("week_cap_mg", 'value = "90"\nunit = "g"', "unit"),
        ("week_cap_mg", 'value = "90"', "unit"),
        ("week_cap_mg", 'unit = "mg"', "unset"),
        ("week_cap_mg", 'value = "90"\nunset = true\nunit = "mg"', "unset"),
        ("week_cap_mg", 'value = "90"\nunit = "mg"\nmaximum = 3', "maximum"),
        ("week_cap_mg", 'unset = true\nunit = "mg"\nfictional = true', "fictional"),
        ("step_min_fraction", 'value = "1.5"\nunit = "fraction"', "at most 1"),
        ("ladder_max_doses", 'value = "12"\nunit = "doses"', "int"),
        ("ladder_max_doses", 'value = -1\nunit = "doses"', ">= 0"),
        ("ladder_max_doses", 'value = true\nunit = "doses"', "int"),
        ("ladder_max_doses", 'value = 2010-03-01\nunit = "doses"', "int"),
        ("ladder_max_doses", f'value = {10**30}\nunit = "doses"', "int"),
        ("ladder_steps_mg", f'value = ["3", {10**30}]\nunit = "mg"', "shortest form"),
        ("ladder_steps_mg", 'value = ["3", 10, "30"]\nunit = "mg"', "in quotes"),
        ("ladder_steps_mg", 'value = ["3", "10", 30.0]\nunit = "mg"', "binary float"),
        ("ladder_steps_mg", 'value = ["3", "30", "10"]\nunit = "mg"', "rise"),
        ("ladder_steps_mg", 'value = ["3", "10", "40"]\nunit = "mg"', "ladder_max_single_mg"),
        ("ladder_counts", 'value = "some"\nunit = "choice"', "some"),
        ("infusion_minor_low_min", 'value = 130\nunit = "min"', "infusion_min"),
        ("late_h", 'value = { infusion = 4 }\nunit = "h"', "premedication"),
        ("patient_id_patterns", 'value = ["[0-9"]\nunit = "patterns"', "regular expression"),
        ("premed.diphenhydramine", 'value = { min_mg = "60", max_mg = "50" }\nunit = "mg"', "max_mg"),
        ("premed.diphenhydramine", 'value = { min_mg = "50" }\nunit = "mg"', "max_mg"),
        ("cohort_start_level", 'value = "-2"\nunit = "level"', "cohort_levels"),
    ],
)
def test_a_wrong_parameter_is_named(name, written, says):
    """Otherwise a slip in the pack would become a wrong limit at the bedside."""
    with pytest.raises(BadInput, match=re.escape(name)) as error:
        load(edited(f"[parameters.{name}]\n{block(name)}", f'[parameters.{name}]\n{written}\nsource = "[test]"'))
    assert says in f"{error.value.what} {error.value.fix}"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[parameters.week_cap_mg]", "[parameters.week_cap]", "week_cap: there is no such parameter"),
        ("[parameters.week_cap_mg]", "[parameters.premed.week]", "premed.week"),
        ("[parameters.week_cap_mg]", '[parameters."premed.week"]', "premed.week"),
        ("[parameters.week_cap_mg]\n" + block("week_cap_mg"), "", "week_cap_mg: the pack does not declare it"),
        ("format = 1", "format = 2", "format"),
        ('registration = "NCT00983528"', "", "registration"),
        ('version = "1"', 'version = "1"\ncolour = "red"', "colour"),
        ("format = 1", "format = 1\nformat = 1", "not TOML"),
    ],
)
def test_a_wrong_pack_is_refused(old, new, says):
    """Otherwise a forgotten or misspelt parameter would silently take no part in the rules."""
    with pytest.raises(BadInput, match=re.escape(says)):
        load(edited(old, new))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"parameters = 3",
        b"[parameters]\nweek_cap_mg = 90",
        b"format = " + b"1" * 5000,
        b"a = " + b"[" * 5000,
    ],
)
def test_foreign_bytes_are_refused(data):
    """Otherwise a wrong file would end in a traceback in front of a nurse."""
    with pytest.raises(BadInput):
        load(data)


@pytest.mark.parametrize(
    ("overrides", "unset", "says"),
    [
        ({"week_cap": "90"}, (), "week_cap"),
        ({}, ("week_cap",), "week_cap"),
        ({"week_cap_mg": "90.0"}, (), "week_cap_mg"),
        ({"ladder_max_doses": "12.5"}, (), "ladder_max_doses"),
        ({"ladder_max_doses": "12\n[x]"}, (), "ladder_max_doses"),
        ({"ladder_max_doses": "1" * 5000}, (), "ladder_max_doses"),
        ({"ladder_max_doses": "1" * 40}, (), "ladder_max_doses"),
        ({"ladder_steps_mg": "[3, 10.0]"}, (), "ladder_steps_mg"),
        ({"heme_hold": "sometimes"}, (), "heme_hold"),
        ({"premed.dexamethasone": "twenty"}, (), "premed.dexamethasone"),
    ],
)
def test_a_wrong_override_is_named(overrides, unset, says):
    """Otherwise a simulated run would test something else than its file says."""
    with pytest.raises(BadInput, match=re.escape(says)):
        load(DEMO.data, overrides=overrides, unset=unset)


def test_names_of_bundled_files():
    """Otherwise a misspelt pack would be looked for outside the program."""
    with pytest.raises(BadInput, match="nct0098") as error:
        bundled("../nct00983528")
    assert "nct00983528-demo" in error.value.fix


def test_protocol_has_no_parameter_beside_the_declared():
    """Otherwise a limit would exist that no pack can set."""
    extra = set(Protocol.__struct_fields__) - set(DECLARED)
    assert extra == {
        "id", "version", "digest", "title", "registration", "notice", "fictional", "premedication"
    }  # fmt: skip


@given(at=st.integers(0, len(DEMO.data) - 1), cut=st.integers(0, 40), put=st.binary(max_size=8))
def test_a_damaged_pack_loads_honestly_or_not_at_all(at, cut, put):
    """Otherwise a damaged file would end in a traceback, or keep the digest of the whole one."""
    data = DEMO.data[:at] + put + DEMO.data[at + cut :]
    try:
        pack = load(data)
    except BadInput:
        assert data != DEMO.data
    else:
        assert pack.digest == hashlib.sha256(data).hexdigest()


@pytest.mark.docs
def test_the_specification_lists_every_parameter():
    """Otherwise whoever writes the pack of another trial would not know what the rules ask for."""
    page = (Path(__file__).parents[2] / "docs" / "spec" / "pack.md").read_text(encoding="utf-8")
    cells = re.findall(r"(?m)^\| `([a-z0-9_.]+)` \| (.*) \| (.*?) \| (.*?) \| (.*?) \|$", page)
    expected = [
        (p.name, p.unit, p.source, "" if p.required_for == ACTIVATION else p.required_for)
        for p in REAL.parameters.values()
    ]
    assert expected == [(name, *rest) for name, _, *rest in cells]
    plain = {p.name: str(p.value) for p in REAL.parameters.values() if type(p.value) in {str, int, Decimal}}
    assert plain == {name: value for name, value, *_ in cells if name in plain}
    assert {*REAL.unset(), *REAL.unset("level_minus_1")} == {name for name, value, *_ in cells if value == "-"}
