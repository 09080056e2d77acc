"""How much of a month's wages is left (§ 11b Abs. 2, 2b and 3 SGB II)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from bot.calculators.quantities import format_amount, read_number, read_share, round_cents
from bot.calculators.result import Inputs, Result, Values, find_input, get_input


def calculate_earned_income(inputs: Inputs, values: Values, today: date) -> Result:
    """Return every part of the allowance and what counts as income.

    Takes `gruppe` ("arbeit", or "jung" for people under 25 in training and the like), `brutto`, `netto`, `kind` (is
    there a child under 18) and `kosten` (costs of work and insurance, where they are high).
    """
    gross, net = get_input(inputs, "brutto", Decimal), get_input(inputs, "netto", Decimal)
    if net > gross:
        return Result("mismatch")
    young = inputs.get("gruppe") == "jung"
    limit = read_number(values, "hinzuverdienst_grenze_3" + ("_mit_kind" if inputs.get("kind") == "ja" else ""))
    basic = read_number(values, "freibetrag_junge_menschen") if young else _find_basic(inputs, gross, values)
    steps = list(_find_steps(gross, limit, young, values))
    allowance = basic + sum(steps)
    # basic amount and steps may come to more than a small wage, and what is not earned cannot be left
    free = min(allowance, net)
    amounts = {"brutto": gross, "netto": net, "basic": basic, "limit": limit, "allowance": allowance}
    amounts |= {f"step_{number}": step for number, step in enumerate(steps, 1)}
    amounts |= {"free": free, "counted": net - free}
    names = {name: format_amount(amount) for name, amount in amounts.items()}
    if free == net:
        return Result("all_free", names)
    return Result("young" if young else "done", names)


def _find_basic(inputs: Inputs, gross: Decimal, values: Values) -> Decimal:
    """Return the flat amount, or the real costs where they are higher and the wage is high enough for them."""
    flat = read_number(values, "hinzuverdienst_grundfreibetrag")
    costs = find_input(inputs, "kosten", Decimal)
    if costs is None or gross < read_number(values, "hinzuverdienst_hoehere_kosten_ab"):
        return flat
    return max(flat, costs)


def _find_steps(gross: Decimal, limit: Decimal, young: bool, values: Values) -> Iterator[Decimal]:
    """Yield the three shares; the first one does not come on top of the amount for young people (Abs. 3 S. 4)."""
    bounds = [read_number(values, f"hinzuverdienst_{name}") for name in ("grundfreibetrag", "grenze_1", "grenze_2")]
    for number, (lower, upper) in enumerate(zip(bounds, [*bounds[1:], limit], strict=True), 1):
        share = Decimal(0) if young and number == 1 else read_share(values, f"hinzuverdienst_stufe_{number}")
        yield round_cents(share * max(Decimal(0), min(gross, upper) - lower))
