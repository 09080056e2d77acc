"""Standard needs and additional needs of a household, without rent and income (§§ 20, 21, 23, 72 SGB II)."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from bot.calculators.quantities import format_amount, read_number, read_share, round_cents
from bot.calculators.result import Inputs, Result, Values, find_input, get_input

_ADULTS = {"allein": [1], "paar": [2, 2], "jung_eltern": [3], "jung_ausgezogen": [3]}
_BONUS_LEVELS = (3, 4, 5, 6)
_WATER_SHARES = {
    1: "erwachsene",
    2: "erwachsene",
    3: "erwachsene",
    4: "14_bis_17",
    5: "6_bis_13",
    6: "0_bis_5",
}


class Household(Struct, frozen=True):
    """Who lives together, as Regelbedarfsstufen."""

    adults: list[int]
    children: list[int]
    """Level of every child: 3 (18 to 24 years), 4 (14 to 17), 5 (6 to 13), 6 (0 to 5)."""

    @property
    def minors(self) -> int:
        """Number of children under 18."""
        return sum(level > 3 for level in self.children)


def calculate_household_needs(inputs: Inputs, values: Values, today: date) -> Result:
    """Return the monthly sum and its parts.

    Takes `erwachsene` ("allein", "paar", "jung_eltern", "jung_ausgezogen"), the numbers of children by age
    (`kinder_0_5`, `kinder_6_13`, `kinder_14_17`, `kinder_18_24`), `alleinerziehend`, `alter` (ages that matter for
    single parents), `schwanger` and `warmwasser` ("ja" where a device in the flat heats the water).
    """
    household = read_household(inputs)
    if not _is_consistent(household, inputs):
        return Result("mismatch")
    people = [*household.adults, *household.children]
    young = sum(level in _BONUS_LEVELS for level in people)
    # Abs. 8 limits additional needs to the own standard need; 60 % and 17 % never reach it.
    parts = {
        "adults": _sum_needs(household.adults, values),
        "children": _sum_needs(household.children, values),
        "single": _find_single_parent_need(household, inputs, values),
        "pregnancy": _find_pregnancy_need(household, inputs, values),
        "water": _find_water_need(people, values) if inputs.get("warmwasser") == "ja" else Decimal(0),
        "bonus": young * read_number(values, "sofortzuschlag") if young else Decimal(0),
    }
    names = {name: format_amount(amount) for name, amount in parts.items()}
    names["total"] = format_amount(sum(parts.values(), Decimal(0)))
    if household.adults == [3]:
        return Result("done_young", names)
    return Result("done" if household.children else "done_adults", names)


def read_household(inputs: Inputs) -> Household:
    """Return the levels of everybody in the household."""
    adults = _ADULTS[get_input(inputs, "erwachsene", str)]
    steps = {"kinder_0_5": 6, "kinder_6_13": 5, "kinder_14_17": 4, "kinder_18_24": 3}
    children = [level for step, level in steps.items() for _ in range(find_input(inputs, step, int) or 0)]
    return Household(adults, children)


def _is_consistent(household: Household, inputs: Inputs) -> bool:
    """Tell whether the ages a single parent names fit the numbers of children."""
    age = inputs.get("alter")
    under_14 = sum(level > 4 for level in household.children)
    return (age != "unter_7" or under_14 > 0) and (age != "unter_16" or household.minors > 1)


def _sum_needs(levels: list[int], values: Values) -> Decimal:
    return sum((read_number(values, f"regelbedarf_{level}") for level in levels), Decimal(0))


def _find_single_parent_need(household: Household, inputs: Inputs, values: Values) -> Decimal:
    """Return the higher of the two shares of § 21 Abs. 3, of the parent's standard need."""
    if inputs.get("alleinerziehend") != "ja" or not household.minors:
        return Decimal(0)
    per_child = read_share(values, "mehrbedarf_alleinerziehend_je_kind") * household.minors
    share = min(per_child, read_share(values, "mehrbedarf_alleinerziehend_hoechstens"))
    if _has_young_children(household, inputs):
        share = max(share, read_share(values, "mehrbedarf_alleinerziehend_kleinkind"))
    return round_cents(share * read_number(values, "regelbedarf_1"))


def _has_young_children(household: Household, inputs: Inputs) -> bool:
    """Tell whether there is a child under 7, or two or three under 16; the numbers count more than the answer."""
    under_6, under_14 = household.children.count(6), sum(level > 4 for level in household.children)
    return under_6 > 0 or under_14 in (2, 3) or inputs.get("alter") in {"unter_7", "unter_16"}


def _find_pregnancy_need(household: Household, inputs: Inputs, values: Values) -> Decimal:
    """Return the share of one adult's standard need."""
    if inputs.get("schwanger") != "ja":
        return Decimal(0)
    need = read_number(values, f"regelbedarf_{household.adults[0]}")
    return round_cents(read_share(values, "mehrbedarf_schwangerschaft") * need)


def _find_water_need(levels: list[int], values: Values) -> Decimal:
    """Return the sum over all people, each rounded for itself."""
    shares = {level: read_share(values, f"mehrbedarf_warmwasser_{_WATER_SHARES[level]}") for level in set(levels)}
    parts = (round_cents(shares[level] * read_number(values, f"regelbedarf_{level}")) for level in levels)
    return sum(parts, Decimal(0))
