"""The toxicity dictionary: the grades each term has, its names, and the laboratory limits."""

from decimal import Decimal

import pytest

from ledger.errors import BadInput, Refused
from ledger.protocol.bundled import bundled
from ledger.protocol.dictionary import load_dictionary
from ledger.protocol.model import load

V5 = load_dictionary(bundled("ctcae-5.0"))
V6 = load_dictionary(bundled("ctcae-6.0"))
BOTH = {"5.0": V5, "6.0": V6}
PACK = load(bundled("nct00983528-demo")).protocol()

GRADES = {
    (1, 2, 3, 4, 5): "irr crs allergic-reaction fever hypotension dyspnea vomiting diarrhea anemia cmv cls",
    (3, 4, 5): "anaphylaxis tls fn sepsis aki hepatic-failure mof",
    (1, 2, 3, 4): "anc plt-decreased lymphopenia wbc-decreased alt ast bilirubin creatinine",
    (1, 2, 3): "nausea chills urticaria rash fatigue headache hand-foot",
    (2, 3, 4, 5): "vod lung-infection hypoxia dic pericardial-effusion",
    (4, 5): "ten",
    (1, 3, 4, 5): "hyperuricemia",
    (1, 2): "alopecia",
    (5,): "death-nos disease-progression",
}
"""Measured in the published table of version 5.0."""


@pytest.mark.parametrize(
    ("name", "grades"), [(name, grades) for grades, names in GRADES.items() for name in names.split()]
)
def test_the_grades_that_exist(name, grades):
    """Otherwise a physician could sign a grade that the dictionary does not have, or not one that it has."""
    assert V5.term(name).grades == grades


@pytest.mark.parametrize(
    ("name", "grades"),
    [
        ("tls", (1, 2, 3, 4, 5)),
        ("hypoxia", (1, 2, 3, 4, 5)),
        ("rash", (1, 2, 3, 4, 5)),
        ("hypertension", (2, 3, 4, 5)),
        ("lymphocyte-count-decreased", (1,)),
        ("platelet-count-decreased", (1, 2, 3, 4, 5)),
        ("irr", (1, 2, 3, 4, 5)),
    ],
)
def test_the_grades_of_version_6_differ(name, grades):
    """Otherwise a trial that pins version 6.0 would be graded by the older table."""
    assert V6.term(name).grades == grades


@pytest.mark.rule("T-GRADE")
def test_a_grade_that_does_not_exist_is_refused():
    """S38: otherwise a tumour lysis of grade 2 would enter a 5.0 record, where it has no meaning."""
    with pytest.raises(Refused) as refusal:
        V5.require_grade("TLS", 2)
    assert refusal.value.rules == ("T-GRADE",)
    assert "available 3,4,5" in refusal.value.what
    assert "5.0" in refusal.value.what
    assert V5.require_grade("TLS", 3).name == "tumor-lysis-syndrome"
    assert V6.require_grade("TLS", 2).name == "tumor-lysis-syndrome"


@pytest.mark.rule("T-GRADE")
@pytest.mark.parametrize("grade", [0, 6, -1])
def test_no_event_has_grade_0(grade):
    """Otherwise the absence of a reaction would be counted as one."""
    with pytest.raises(Refused, match="available 1,2,3,4,5"):
        V5.require_grade("infusion-related-reaction", grade)


@pytest.mark.parametrize(
    "name", ["IRR", "irr", "Infusion related reaction", " infusion  related reaction", "infusion-related-reaction"]
)
def test_one_term_answers_to_all_its_names(name):
    """Otherwise the same reaction would be counted under several terms."""
    assert V5.term(name).name == "infusion-related-reaction"


@pytest.mark.parametrize(
    ("name", "near"),
    [("reaction to infusion", "infusion-related-reaction"), ("bronchospasms", "bronchospasm"), ("feever", "fever")],
)
def test_an_unknown_term_names_the_near_ones(name, near):
    """Otherwise a nurse at night would have to guess how a reaction is called."""
    with pytest.raises(BadInput) as error:
        V5.term(name)
    assert near in error.value.fix


def test_a_term_without_neighbours():
    """Otherwise the refusal would suggest a term that has nothing to do with it."""
    with pytest.raises(BadInput) as error:
        V5.term("xxxxxxxx")
    assert "near" not in error.value.fix


@pytest.mark.parametrize("dictionary", BOTH.values(), ids=BOTH)
def test_every_term_of_the_pack_is_in_the_dictionary(dictionary):
    """Otherwise a reaction that withholds a dose could not be reported."""
    named = {
        *PACK.tolerance_terms, *PACK.autoimmune_terms, *PACK.cycle_stop_terms, *PACK.dlt_haematologic_terms,
        *PACK.dlt_never_terms, *PACK.dlt_controlled_terms, *PACK.dlt_transient_terms, *PACK.dlt_brief_terms,
        *PACK.dlt_grade_3_allowed_terms, *PACK.expected_terms, *(interest.term for interest in PACK.aesi_terms),
    }  # fmt: skip
    for name in named:
        assert name in {dictionary.term(name).name, *dictionary.term(name).aliases}
    for interest in PACK.aesi_terms:
        assert interest.min_grade <= max(dictionary.term(interest.term).grades)


@pytest.mark.parametrize("dictionary", BOTH.values(), ids=BOTH)
def test_a_token_is_the_printed_term(dictionary):
    """Otherwise an inspector could not find the term of an entry in the published table."""
    for name, term in dictionary.terms.items():
        if name.endswith("-other"):
            assert term.printed == f"{term.organ_class} - Other, specify"
            continue
        plain = "".join(c if c.isalnum() else "-" for c in term.printed.lower())
        assert "-".join(filter(None, plain.split("-"))) == name


def test_a_bundled_dictionary_says_its_version():
    """Otherwise a grade would be stored under the other version."""
    assert {version: dictionary.version for version, dictionary in BOTH.items()} == {"5.0": "5.0", "6.0": "6.0"}
    assert PACK.dictionary == V5.version


@pytest.mark.parametrize(
    ("dictionary", "name", "value", "references", "grade"),
    [
        (V5, "anc", "300", {}, 4),
        (V6, "anc", "300", {}, 3),
        (V5, "anc", "500", {}, 3),
        (V6, "anc", "1500", {}, None),
        (V6, "anc", "99", {}, 4),
        (V5, "plt-decreased", "24999", {}, 4),
        (V6, "plt-decreased", "24999", {}, 3),
        (V5, "alt", "120", {"uln": "40"}, 1),
        (V5, "alt", "121", {"uln": "40"}, 2),
        (V5, "alt", "40", {"uln": "40"}, None),
        (V5, "alt", "301", {"uln": "40", "baseline": "100"}, 2),
        (V6, "alt", "301", {"uln": "40", "baseline": "100"}, 3),
        (V5, "alt", "150", {"uln": "40", "baseline": "100"}, 1),
        (V5, "alt", "149", {"uln": "40", "baseline": "100"}, None),
        (V6, "alt", "100", {"uln": "40", "baseline": "100"}, 1),
        (V5, "bilirubin", "2.7", {"uln": "1", "baseline": "0.8"}, 2),
        (V6, "bilirubin", "2.6", {"uln": "1", "baseline": "2"}, 1),
        (V5, "bilirubin", "2", {"uln": "1", "baseline": "2"}, None),
        (V6, "bilirubin", "2", {"uln": "1", "baseline": "2"}, 1),
        (V5, "anc", "1600", {"lln": "1800"}, 1),
        (V5, "anc", "1800", {"lln": "1800"}, None),
    ],
)
def test_laboratory_grades(dictionary, name, value, references, grade):
    """S39: otherwise the same count would carry the grade of another version, or a baseline would be forgotten."""
    limits = dictionary.term(name).limits
    assert limits.grade(Decimal(value), {key: Decimal(text) for key, text in references.items()}) == grade


def test_a_missing_reference_is_named():
    """Otherwise a liver value would be graded against a limit nobody measured."""
    with pytest.raises(BadInput, match="uln"):
        V5.term("alt").limits.grade(Decimal(120), {})


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("format = 1", "format = 2", "format"),
        ('2 = "on little effort"', '6 = "on little effort"', "dyspnea"),
        ('2 = "on little effort"', "2 = 2", "str"),
        ('aliases = ["rigors"]', 'aliases = ["fever"]', "fever"),
        ("[limits.white-blood-cell-decreased]", "[limits.white-blood-cells]", "white-blood-cells"),
        ('version = "5.0"', 'version = "5.0"\nauthor = "x"', "author"),
    ],
)
def test_a_wrong_dictionary_is_refused(old, new, says):
    """Otherwise a slip in the table would make a grade exist that does not, or hide one that does."""
    text = V5.data.decode()
    assert text.count(old) == 1
    with pytest.raises(BadInput, match=says):
        load_dictionary(text.replace(old, new).encode())
