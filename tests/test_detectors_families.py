"""Surges of what clients are refused: found with minute and numbers, silent on the quiet twin, net of handshakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from loganalyzer.aggregates import clients, unread
from loganalyzer.detectors import auth_failure_surge, detect
from loganalyzer.detectors.series import see
from reports.words import Words, plain
from tests.minute_counts import DAY, START, Background, Incident, Minutes, Site, site, tables

USUAL = {429: (0.002, 0.02), 401: (0.004, 0.004), 403: (0.003, 0.05), 404: (0.02, 0.2), 400: (0.001, 0.02)}
KINDS = {
    429: "rate-limit-storm",
    401: "auth-failure-surge",
    403: "forbidden-surge",
    404: "not-found-surge",
    400: "bad-request-surge",
}


def shop(status: int, *incidents: Incident) -> Site:
    return Site(rate=120, days=4, background=(Background(status, *USUAL[status], 2.0),), incidents=incidents)


@pytest.mark.parametrize("status", KINDS)
def test_a_surge_is_found_and_its_quiet_twin_is_not(status: int) -> None:
    assert detect(site(shop(status), 5)) == ()
    begin = DAY + 660
    (found,) = detect(site(shop(status, Incident(status, begin, 40, 0.3)), 5))
    assert found.kind == KINDS[status]
    assert abs(found.start - (START + timedelta(minutes=begin))) <= timedelta(minutes=1)
    assert abs(found.end - (START + timedelta(minutes=begin + 40))) <= timedelta(minutes=10)
    assert found.severity == "major"  # above a fifth of the requests, below half
    assert found.statuses[0][0] == status
    assert found.flagged is not None
    assert timedelta(0) < found.flagged - found.start <= timedelta(minutes=3)


def test_a_quiet_night_of_robots_is_no_surge_of_missing_pages() -> None:
    night = Site(rate=40, days=6, background=(Background(404, 0.01, 0.35, 2.0),))
    assert detect(site(night, 9)) == ()


def _logins(
    refused: int, answered: int, begin: int, minutes: int, who: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what so many clients add a minute: the rows of `minutes`, and of `clients` per five."""
    rows = [
        ("apache", None, begin + minute, count * who, status, False, 1.0)
        for minute in range(minutes)
        for status, count in ((401, refused), (200, answered))
        if count
    ]
    table = pl.DataFrame(
        [
            {
                "vendor": "apache",
                "client": f"192.0.2.{one}",
                "start": START + timedelta(minutes=begin + five),
                "auth": 5 * refused,
                "missing": 0,
                "limited": 0,
                "answered": 5 * answered,
            }
            for five in range(0, minutes, 5)
            for one in range(who)
        ],
        schema={**clients.KEYS, **clients.SUMS},
    )
    return tables(rows).minutes, table


def test_logins_that_end_well_are_no_failures_and_those_that_do_not_are() -> None:
    calm = site(Site(rate=60, days=2, vendor="apache", background=(Background(401, 0.001, 0.001),)), 3)
    rows, table = _logins(2, 2, DAY + 120, 60, 20)  # a job of twenty clients: refused once, then let in
    with_job = replace(calm, minutes=pl.concat([calm.minutes, rows]), clients=table)
    assert {finding.kind for finding in detect(with_job)} == {"traffic-surge"}  # a job that asks a lot
    rows, table = _logins(2, 0, DAY + 120, 60, 20)
    loud = detect(replace(calm, minutes=pl.concat([calm.minutes, rows]), clients=table))
    (found,) = [finding for finding in loud if finding.kind != "traffic-surge"]
    assert (found.kind, found.family) == ("auth-failure-surge", "401")
    assert abs(found.start - (START + timedelta(minutes=DAY + 120))) <= timedelta(minutes=1)
    assert found.observed >= 2 * 20 * 60


def _denied(kind: str, who: int, each: int, begin: int, minutes: int, answered: int = 0) -> pl.DataFrame:
    """Return the table of clients of whom each is denied something so often in five minutes."""
    return pl.DataFrame(
        [
            {
                "vendor": "apache",
                "client": f"198.51.100.{one}",
                "start": START + timedelta(minutes=begin + five),
                **{name: each if name == kind else 0 for name in clients.SUMS},
                "answered": answered,
            }
            for five in range(0, minutes, 5)
            for one in range(who)
        ],
        schema={**clients.KEYS, **clients.SUMS},
    )


def _more(calm: Minutes, status: int, records: int, begin: int, minutes: int) -> pl.DataFrame:
    """Return the minutes of a site with so many more records of a status in some of them."""
    rows = [("apache", None, begin + minute, records, status, False, 1.0) for minute in range(minutes)]
    return pl.concat([calm.minutes, tables(rows).minutes])


def test_refusals_scattered_over_clients_that_are_answered_elsewhere_count() -> None:
    calm = site(Site(rate=60, days=2, vendor="apache", background=(Background(401, 0.001, 0.001),)), 3)
    begin = DAY + 120
    minutes = _more(calm, 401, 20, begin, 30)
    table = _denied("auth", 100, 1, begin, 30, answered=3)
    (found,) = detect(replace(calm, minutes=minutes, clients=table))
    assert (found.kind, found.family, found.single_client) == ("auth-failure-surge", "401-scattered", None)
    assert abs(found.start - (START + timedelta(minutes=begin))) <= timedelta(minutes=1)
    one = _denied("auth", 1, 100, begin, 30, answered=50)  # the same, by one client that logs in each time
    assert detect(replace(calm, minutes=minutes, clients=one)) == ()


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "missing"), (403, "forbidden"), (429, "limited"), (400, "malformed")]
)
def test_what_one_client_alone_is_denied_is_a_notice_without_a_look_at_lines(status: int, kind: str) -> None:
    calm = site(Site(rate=60, days=2, vendor="apache", background=(Background(status, 0.001, 0.001),)), 3)
    begin = DAY + 120
    minutes = _more(calm, status, 20, begin, 30)
    usual = _denied(kind, 60, 1, 300, 30)
    one = pl.concat([usual, _denied(kind, 1, 100, begin, 30)])
    (found,) = detect(replace(calm, minutes=minutes, clients=one))
    assert (found.kind, found.severity, found.single_client) == (KINDS[status], "notice", "198.51.100.0")
    many = pl.concat([usual, _denied(kind, 50, 2, begin, 30)])
    (found,) = detect(replace(calm, minutes=minutes, clients=many))
    assert (found.severity, found.single_client) == ("major", None)


def test_a_job_on_the_clock_that_meets_the_same_failures_is_no_surge() -> None:
    calm = site(Site(rate=60, days=2, vendor="apache", background=(Background(404, 0.01, 0.01),)), 3)
    rows = [("apache", None, hour * 60, 40, 404, False, 1.0) for hour in range(48)]
    hourly = pl.concat([calm.minutes, tables(rows).minutes])
    assert detect(replace(calm, minutes=hourly)) == ()
    begin = DAY + 125  # and what fails beside it is still found
    minutes = _more(replace(calm, minutes=hourly), 404, 20, begin, 30)
    (found,) = detect(replace(calm, minutes=minutes))
    assert abs(found.start - (START + timedelta(minutes=begin))) <= timedelta(minutes=1)


def test_failures_of_a_minute_before_an_incident_do_not_move_its_onset() -> None:
    calm = site(Site(rate=60, days=2, vendor="apache", background=(Background(500, 0.0005, 0.0005),)), 3)
    begin = DAY + 120
    rows = [("apache", None, begin - 6, 6, 500, False, 1.0)]
    minutes = pl.concat([_more(calm, 500, 30, begin, 40), tables(rows).minutes])
    (found,) = [one for one in detect(replace(calm, minutes=minutes)) if one.kind == "server-error-burst"]
    assert found.start == START + timedelta(minutes=begin)


def _unread(minutes: range, lines: int) -> pl.DataFrame:
    return pl.DataFrame(
        [{"vendor": "nginx", "minute": START + timedelta(minutes=m), "lines": lines} for m in minutes],
        schema={**unread.KEYS, **unread.SUMS},
    )


def test_lines_that_are_suddenly_not_understood_are_told_and_hide_nothing_else() -> None:
    calm = site(Site(rate=80, days=1, background=(Background(500, 0.001, 0.001),)), 4)
    few = _unread(range(30, DAY, 60), 1)
    assert detect(replace(calm, unread=few)) == ()
    many = pl.concat([few, _unread(range(605, 640), 40)])
    (found,) = detect(replace(calm, unread=many))
    assert (found.kind, found.family) == ("unreadable-lines", "unparsed")
    assert found.start == START + timedelta(minutes=605)
    assert found.observed >= 34 * 40
    assert found.requests > found.observed  # all lines of the time, understood or not


def test_history_alone_tells_what_is_usual() -> None:
    """What fails from end to end has no contrast in itself, and every contrast with the days before."""
    whole = site(Site(rate=100, days=8, incidents=(Incident(502, 7 * DAY, DAY, 0.009),)), 6).minutes
    edge = START + timedelta(days=7)
    before, today = whole.filter(pl.col("minute") < edge), whole.filter(pl.col("minute") >= edge)
    assert [f for f in detect(Minutes(today)) if f.severity != "notice"] == []
    (found,) = detect(Minutes(today), Minutes(before))
    assert found.start - edge <= timedelta(hours=6)
    assert edge + timedelta(days=1) - found.end <= timedelta(minutes=10)
    assert found.ongoing
    assert found.model.history == "one week of history"


def test_what_was_an_incident_in_the_history_is_neither_usual_nor_told_again() -> None:
    incidents = (Incident(502, 2 * DAY + 300, 300, 0.4), Incident(502, 6 * DAY + 700, 30, 0.1))
    whole = site(Site(rate=100, days=7, incidents=incidents), 8).minutes
    edge = START + timedelta(days=6)
    before, today = whole.filter(pl.col("minute") < edge), whole.filter(pl.col("minute") >= edge)
    (found,) = detect(Minutes(today), Minutes(before))
    assert abs(found.start - (START + timedelta(days=6, minutes=700))) <= timedelta(minutes=1)
    (quiet,) = detect(Minutes(before))
    assert quiet.start < edge
    calm = site(replace(Site(rate=100, days=7), incidents=incidents[:1]), 8).minutes
    assert detect(Minutes(calm.filter(pl.col("minute") >= edge)), Minutes(before)) == ()


def test_an_incident_that_goes_on_over_midnight_begins_when_it_began() -> None:
    whole = site(Site(rate=100, days=6, incidents=(Incident(502, 5 * DAY - 20, 60, 0.2),)), 12).minutes
    edge = START + timedelta(days=5)
    before, today = whole.filter(pl.col("minute") < edge), whole.filter(pl.col("minute") >= edge)
    (found,) = detect(Minutes(today), Minutes(before))
    assert abs(found.start - (edge - timedelta(minutes=20))) <= timedelta(minutes=1)
    assert abs(found.end - (edge + timedelta(minutes=40))) <= timedelta(minutes=1)


def test_a_proxy_that_lets_nobody_in_is_found_where_nothing_was_expected() -> None:
    """A 407 is a handshake and no request: in minutes of nothing else, nothing at all is expected."""
    refused = [("cisco_wsa", None, minute, 30, 407, False, 1.0) for minute in range(700, 712)]
    others = [minute for minute in range(0, 3 * DAY, 2) if not 700 <= minute < 712]
    usual = [("cisco_wsa", None, minute, 8 + minute % 5, 200, False, 1.0) for minute in others]
    seldom = [("cisco_wsa", None, minute, 1, 407, False, 1.0) for minute in others if minute % 97 == 0]
    counts = tables([*usual, *seldom, *refused])
    role = pl.when(pl.col("status") == 407).then(pl.lit("handshake")).otherwise(pl.col("role"))
    found = auth_failure_surge.detect(see(replace(counts, minutes=counts.minutes.with_columns(role=role))))
    (surge,) = [finding for finding in found if finding.kind != "blips"]
    assert (surge.start, surge.end) == (START + timedelta(minutes=700), START + timedelta(minutes=712))
    assert surge.expected == 0
    assert surge.ratio is None
    for lang in ("en", "ko"):
        assert "360" in plain(Words(lang).sentence(surge))
