"""Events are matched with events: hits, fragments, false alarms, bounds; and the oracle beside scipy."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from scipy import stats

from tests.detection.alarms import Alarm
from tests.detection.metrics import judge, named, quantile, wilson
from tests.detection.oracle import detectable, score
from tests.detection.truth import (
    CLOSED,
    DENIED,
    ERROR_BURST,
    MORE,
    Benign,
    Cause,
    Evidence,
    Incident,
    Part,
    Truth,
)

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def incident(start: float, end: float, kinds: frozenset[str] = ERROR_BURST, **more: object) -> Incident:
    evidence = Evidence(observed=400, expected=10, clumping=2.0, requests=2_000)
    parts = (Part(kinds, at(start), at(end), down=False, evidence=(evidence,)),)
    return Incident("5xx", "M", "step", parts, **more)  # type: ignore[arg-type]


def alarm(start: float, end: float, kind: str = "server-error-burst", severity: str = "major") -> Alarm:
    return Alarm(frozenset({kind}), at(start), at(end), severity)


def truth(*incidents: Incident, benign: tuple[Benign, ...] = ()) -> Truth:
    return Truth(at(-720), at(720), incidents, benign)


@pytest.mark.parametrize(
    ("start", "end", "hit"),
    [
        (0, 20, True),
        (-5, 20, True),
        (-6, 20, False),  # begins too early
        (30, 35, True),  # ten minutes late still names it
        (31, 35, False),
        (-5, -4, True),
        (0, 100, True),
        (0, 101, False),  # covers more than five times its length
    ],
)
def test_a_hit_is_of_the_right_time(start: float, end: float, hit: bool) -> None:  # noqa: FBT001  # a case
    result = judge(truth(incident(0, 20)), [alarm(start, end)])
    assert result.verdicts[0].found is hit
    assert len(result.false) == (not hit)


def test_another_family_is_false_and_a_consequence_neither() -> None:
    surge = alarm(0, 20, "traffic-surge", "minor")
    assert judge(truth(incident(0, 20)), [surge]).false == (surge,)
    assert judge(truth(incident(0, 20, companions=MORE)), [surge]).false == ()
    assert not judge(truth(incident(0, 20, companions=MORE)), [surge]).verdicts[0].found


def test_a_notice_neither_hits_nor_disturbs() -> None:
    result = judge(
        truth(incident(0, 20)), [alarm(0, 20, severity="notice"), alarm(300, 320, severity="notice")]
    )
    assert not result.verdicts[0].found
    assert result.false == ()


def test_of_one_client_a_notice_tells_enough() -> None:
    scan = incident(0, 20, cause=Cause("client", "192.0.2.9"))
    assert judge(truth(scan), [alarm(0, 20, severity="notice")]).verdicts[0].found


def test_several_alarms_are_one_hit_and_no_alarm_hits_twice() -> None:
    both = truth(incident(0, 20), incident(25, 60))
    result = judge(both, [alarm(0, 8), alarm(12, 24)])
    assert [len(verdict.hits) for verdict in result.verdicts] == [2, 0]
    assert (result.verdicts[0].onset, result.verdicts[0].offset) == (0, 4)
    assert [len(verdict.hits) for verdict in judge(both, [alarm(21, 58)]).verdicts] == [0, 1]


def test_benign_events_are_blamed_and_a_lasting_change_excuses_one_alarm() -> None:
    deploy = Benign("deploy", at(0), at(1))
    found = alarm(0, 2)
    assert judge(truth(benign=(deploy,)), [found]).blamed == ((deploy, found),)
    step = Benign("share step", at(0), at(720), allowed=ERROR_BURST)
    result = judge(truth(benign=(step,)), [alarm(2, 700), alarm(300, 310)])
    assert result.false == (alarm(300, 310),)
    assert result.blamed == ()


def test_causes_are_right_wrong_or_not_named() -> None:
    cause = Cause("path", "/pay")

    confined = incident(0, 20, cause=cause, also=frozenset({Cause("user", "lone")}))

    def said(*causes: Cause) -> Alarm:
        return Alarm(DENIED | CLOSED, at(0), at(5), causes=causes)

    assert named(confined, [said(cause)]) == "right"
    assert named(confined, [said(Cause("path", "/"))]) == "wrong"
    assert named(confined, [said(Cause("user", "lone"))]) == "right"
    assert named(confined, [said()]) == "abstained"
    assert named(incident(0, 20), [said()]) == "right"
    assert named(incident(0, 20), [said(cause)]) == "wrong"
    assert named(confined, [alarm(0, 5)]) is None


def test_wilson_is_scipys() -> None:
    for successes, trials in ((0, 1_000), (1, 3), (50, 50), (17, 40)):
        interval = stats.binomtest(successes, trials).proportion_ci(method="wilson")
        assert wilson(successes, trials) == pytest.approx((interval.low, interval.high), abs=1e-6)
    assert wilson(0, 0) == (0, 1)
    assert quantile([4, 1, 3, 2], 0.5) == 2
    assert math.isnan(quantile([], 0.5))


def test_the_oracles_score_bounds_the_exact_tail() -> None:
    for mean in (0.01, 0.7, 5.0, 80.0, 4_000.0):
        for spread in (1.0, 1.5, 3.0, 12.0):
            law = stats.nbinom(mean / (spread - 1), 1 / spread) if spread > 1 else stats.poisson(mean)
            for y in (0, int(mean / 2), int(mean * 1.5) + 1, int(mean * 3) + 5):
                up, down = score(y, mean, spread), score(y, mean, spread, down=True)
                assert 10**-up >= law.sf(y - 1) * (1 - 1e-9)
                assert 10**-down >= law.cdf(y) * (1 - 1e-9)
                assert min(up, down) == 0


def test_the_oracle_needs_support() -> None:
    assert detectable(incident(0, 20))

    def known(observed: float, expected: float, *, down: bool = False) -> bool:
        part = Part(ERROR_BURST, at(0), at(9), down, (Evidence(observed, expected, 1.0, 1_000),))
        return detectable(Incident("5xx", "S", "step", (part,)))

    assert not known(4, 0.001)
    assert not known(1_900, 1_000)  # not twice the expected
    assert known(2_000, 1_000)
    assert known(0, 14, down=True)  # e^-14 is just beyond a millionth
    assert not known(0, 13, down=True)
    assert not known(7_100, 10_000, down=True)
