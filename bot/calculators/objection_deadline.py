"""Last day for a Widerspruch, from the date on the letter (§ 84 SGG, §§ 26, 37 SGB X)."""

from datetime import date, timedelta

import holidays

from bot.calculators.quantities import (
    add_months,
    format_date,
    format_day,
    format_days,
    read_months,
    read_number,
    read_text,
)
from bot.calculators.result import Inputs, Result, Values, find_input, get_input

_HOLIDAYS = holidays.country_holidays("DE", subdiv="SL")
_SATURDAY = 5


def calculate_objection_deadline(inputs: Inputs, values: Values, today: date) -> Result:
    """Return the last day, or what is still possible afterwards.

    Takes `datum` (date on the letter), `ankunft` (only for a letter that came late) and `belehrung` (does the letter
    say how to object; only "nein" brings the longer period).
    """
    letter = get_input(inputs, "datum", date)
    arrival = find_input(inputs, "ankunft", date)
    if max(letter, arrival or letter) > today:
        return Result("future")
    if arrival is not None and arrival < letter:
        return Result("mismatch")
    announced = find_announcement(letter, arrival, values)
    without_notice = inputs.get("belehrung") == "nein"
    period = "widerspruch_frist_ohne_belehrung" if without_notice else "widerspruch_frist"
    last_day = find_last_day(announced, read_months(values, period))
    names = {
        "letter": format_date(letter),
        "announced": format_date(announced),
        "period": read_text(values, period),
        "last_day": format_day(last_day),
        "days_left": format_days(max(0, (last_day - today).days)),
    }
    if last_day < today:
        review_until, paid_from = find_review(announced, values, today)
        if review_until < today:
            return Result("long_over", names | {"review_until": format_date(review_until)})
        names |= {"review_until": format_date(review_until), "paid_from": format_date(paid_from)}
        return Result("over_year" if without_notice else "over", names)
    if last_day == today:
        return Result("today", names)
    if without_notice:
        safe_day = find_last_day(announced, read_months(values, "widerspruch_frist"))
        return Result("done_year", names | {"safe_day": format_day(safe_day)})
    return Result("done", names)


def find_announcement(letter: date, arrival: date | None, values: Values) -> date:
    """Return the day on which a posted letter counts as announced, also when that is a Sunday or a holiday.

    The date on the letter stands for the day of posting: a later posting can only make the period longer.
    """
    presumed = letter + timedelta(days=int(read_number(values, "bekanntgabe_post")))
    return presumed if arrival is None else max(presumed, arrival)


def find_last_day(announced: date, months: int) -> date:
    """Return the end of a period, moved to the next working day from a Saturday, a Sunday or a holiday."""
    day = add_months(announced, months)
    while day.weekday() >= _SATURDAY or day in _HOLIDAYS:
        day += timedelta(days=1)
    return day


def find_review(announced: date, values: Values, today: date) -> tuple[date, date]:
    """Return until when a Überprüfungsantrag is possible, and from when it is paid if it is made today.

    Both run by calendar years: to the end of the fourth year after the announcement, and from 1 January of last year.
    """
    last_year = announced.year + read_months(values, "ueberpruefung_frist") // 12
    first_year = today.year - read_months(values, "ueberpruefung_nachzahlung") // 12
    return date(last_year, 12, 31), date(first_year, 1, 1)
