"""Numbers, times and findings → words, in English or Korean; nowhere else is a number formatted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from string import Formatter
from typing import TYPE_CHECKING, Final

from reports.catalogue import CATALOGUE, LANGUAGES, Language
from reports.logtext import mask, shown, visible
from reports.reasons import reason
from reports.section import Link, Quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loganalyzer.analysis import Cause, Finding, Incident, Note, Reach, Severity, Timer
    from reports.section import Piece, Text

__all__ = ["Words", "by_limit", "mask", "plain", "shown", "visible"]

STRETCHES: Final = 8
"""Blips named one by one in a sentence."""

RESTARTING: Final = frozenset({502, 503, 521})
"""Statuses that a gateway or edge answers while what is behind it starts again."""

PILES, TIMERS = 2, 2
"""Times at which waits pile up, and timers of each, named in a sentence."""

STATUSES: Final = 4
"""Statuses named one by one in a sentence."""

IMPOSSIBLE: Final = 30
"""Decades from which odds are no longer a number that anybody can weigh."""
CAP: Final = 12

SUPERSCRIPT: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

MATTERS: Final = 0.25
"""Part of an excess from which on one of its two reasons is told."""

LEAST_PERCENT: Final = 0.1
"""Per cent below which a share is less than that, and from 100 by less than that more."""
WHOLE_PERCENT: Final = (10, 99)
"""Per cent between which no tenths are told."""

MOST_TIMES: Final = 100
"""Ratio above which the number says more about how little was expected than about what happened."""


def plain(text: Text) -> str:
    """Return the pieces of a text as one string; what a log wrote is masked and made visible."""
    return "".join(
        piece if isinstance(piece, str) else shown(piece.text) if isinstance(piece, Quote) else piece.text
        for piece in text
    )


def by_limit(finding: Finding) -> bool:
    """Whether a finding was judged by a fixed share of the requests: then no ratio and no chance mean anything."""
    return finding.model.limit is not None


@dataclass(frozen=True)
class Words:
    """Everything a reader reads, in one language, with times in one zone.

    >>> words = Words()
    >>> words.percent(9_999, 10_000)
    '> 99.9 %'
    >>> words.duration(7_500)
    '2 h 5 min'
    """

    lang: Language = "en"
    zone: tzinfo = UTC

    def __call__(self, key: str, /, **facts: str) -> str:
        """Return the words of a catalogue entry with its facts filled in."""
        return CATALOGUE[key][LANGUAGES.index(self.lang)].format(**facts)

    def template(self, key: str) -> str:
        """Return the words of a catalogue entry with its places, for a script that fills them."""
        return CATALOGUE[key][LANGUAGES.index(self.lang)]

    def pieces(self, key: str, facts: Mapping[str, Text]) -> Text:
        """Return the words of a catalogue entry with facts that are texts: what a log wrote stays a quote."""
        found: list[Piece] = []
        for literal, fact, _, _ in Formatter().parse(CATALOGUE[key][LANGUAGES.index(self.lang)]):
            found += [*([literal] if literal else []), *(facts[fact] if fact else ())]
        return tuple(found)

    def name(self, group: str, value: str) -> str:
        """Return the name of a value of a closed set, such as a vendor; an unknown one names itself."""
        return self(f"{group}.{value}") if f"{group}.{value}" in CATALOGUE else visible(value)

    def class_code(self, status_class: str) -> str:
        """Return a status class as short as it is spoken of."""
        return self("class.other") if status_class == "other" else status_class

    def number(self, value: float) -> str:
        """Return a count or an amount: thousands apart, one decimal below ten where there is one."""
        if isinstance(value, int) or value >= 9.95 or value == 0:  # noqa: PLR2004  (9.95 is shown as 10)
            return f"{round(value):,}"
        if value < 0.05:  # noqa: PLR2004  (what one decimal would show as nothing)
            return "< 0.1"
        return f"{value:.1f}".removesuffix(".0")

    def amount(self, value: float) -> str:
        """Return how many events, with what Korean counts them by.

        >>> Words("ko").amount(0.01), Words("ko").amount(38.0)
        ('0.1건 미만', '38건')
        """
        told = self.number(value)
        if told.startswith("< "):
            return self("amount.least", n=told.removeprefix("< "))
        return self("amount", n=told)

    def reason(self, text: str) -> str:
        """Return why a reader of logs did what it did."""
        return reason(text, self.lang)

    def count(self, noun: str, value: int) -> str:
        """Return a number and its noun, in the right number."""
        return self(f"count.{noun}" if value == 1 else f"count.{noun}_many", n=self.number(value))

    def percent(self, part: float, whole: float) -> str:
        """Return a share that never rounds to all or nothing; a dash where there is no whole."""
        if whole <= 0:
            return "–"
        share = 100 * part / whole
        if part <= 0 or part >= whole:
            return self("percent", n="0" if part <= 0 else "100")
        if share < LEAST_PERCENT:
            return self("percent.least", n=f"{LEAST_PERCENT}")
        if share > 100 - LEAST_PERCENT:
            return self("percent.most", n=f"{100 - LEAST_PERCENT}")
        digits = 0 if WHOLE_PERCENT[0] <= share < WHOLE_PERCENT[1] else 1
        return self("percent", n=f"{share:.{digits}f}")

    def ratio(self, value: float) -> str:
        """Return how many times."""
        if value > MOST_TIMES:
            return self("ratio.over", n=self.number(MOST_TIMES))
        return self("ratio", n=self.number(value))

    def against(self, finding: Finding) -> str:
        """Return a finding's events against the expected ones: how many times, or how much less; empty if unknown."""
        ratio = finding.ratio
        if ratio is None:
            return ""
        if finding.model.direction == "down":
            return self("ratio.less", n=self.percent(1 - ratio, 1)) if ratio <= 1 else ""
        return self.ratio(ratio) if ratio else ""

    def chance(self, score: float) -> str:
        """Return what a score says: at most one chance in ten to the score."""
        if score < 1:
            return self("chance.free")
        if score >= IMPOSSIBLE:
            return self("chance.none")
        if score >= CAP:
            return self("chance.below", n=str(CAP).translate(SUPERSCRIPT))
        return self("chance.most", n=str(math.floor(score)).translate(SUPERSCRIPT))

    def duration(self, seconds: float) -> str:
        """Return a length of time in its two largest units."""
        rest = max(0, round(seconds))
        parts = []
        for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
            many, rest = divmod(rest, size)
            if many:
                parts.append(self(f"duration.{unit}", n=self.number(many)))
            elif parts:
                break
        return " ".join(parts[:2]) or self("duration.s", n="0")

    def offset(self, moment: datetime) -> str:
        """Return the distance of the zone from UTC at a moment: unlike `CST` it cannot be misread."""
        shift = moment.astimezone(self.zone).utcoffset() or timedelta()
        minutes = round(shift.total_seconds() / 60)
        if minutes == 0:
            return "UTC"
        hours, rest = divmod(abs(minutes), 60)
        return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02d}' if rest else ''}"

    def zone_name(self, moment: datetime) -> str:
        """Return the zone by name and offset."""
        name, offset = str(self.zone), self.offset(moment)
        return offset if name == offset or not name.isascii() or "/" not in name else f"{name} ({offset})"

    def clock(self, moment: datetime) -> str:
        """Return hours and minutes, with seconds where there are some."""
        local = moment.astimezone(self.zone)
        return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"

    def bytes(self, size: int) -> str:
        """Return a size in bytes, or in the largest unit of 1,024 of which it has one.

        >>> Words().bytes(900), Words().bytes(40_000)
        ('900 bytes', '39 KiB')
        """
        for unit in ("bytes", "kib", "mib", "gib", "tib"):
            if size < 1024 or unit == "tib":  # noqa: PLR2004  # bytes in the next unit
                break
            size //= 1024
        return self(f"size.{unit}", n=self.number(size))

    def moment(self, moment: datetime) -> str:
        """Return date, time and zone."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d} {self.clock(moment)} {self.offset(moment)}"

    def span(self, start: datetime, end: datetime, *, full: bool = True) -> str:
        """Return a stretch of time and its zone; in full with its date and how long it is."""
        first, last = start.astimezone(self.zone), end.astimezone(self.zone)
        date = "" if first.date() == last.date() else f"{last:%Y-%m-%d} "
        dash = " – " if date else "–"
        zone = "" if self.offset(start) == self.offset(end) else f" {self.offset(start)}"
        long = self.duration((end - start).total_seconds())
        opening = f"{first:%Y-%m-%d} " if full or date else ""
        span = f"{opening}{self.clock(start)}{zone}{dash}{date}{self.clock(end)} {self.offset(end)}"
        return f"{span} ({long})" if full else span

    def together(self, items: Sequence[str]) -> str:
        """Return a list in a sentence.

        >>> Words().together(["a", "b", "c"])
        'a, b and c'
        """
        if len(items) < 2:  # noqa: PLR2004
            return "".join(items)
        return self("list.and", first=", ".join(items[:-1]), last=items[-1])

    def status(self, status: int | None) -> str:
        """Return a status as logs write it; none where none was logged."""
        return self("status.none") if status is None else f"{status:03d}"

    def statuses(self, statuses: Sequence[tuple[int | None, int]], limit: int = STATUSES) -> str:
        """Return statuses and their counts, the first `limit` of them."""
        named = [f"{self.status(status)}: {self.number(count)}" for status, count in statuses[:limit]]
        return ", ".join([*named, *(["…"] if len(statuses) > limit else [])])

    def who(self, finding: Finding) -> Text:
        """Return whose log, server and host a finding is about."""
        pieces: Text = (self.name("vendor", finding.vendor or "all"),)
        if finding.server is not None:
            pieces = (*pieces, f", {self('finding.server')} ", Quote(finding.server))
        if finding.host is not None:
            pieces = (*pieces, f", {self('finding.host')} ", Quote(finding.host))
        return pieces

    def odds(self, finding: Finding) -> str:
        """Return ratio and chance of a finding; without an expectation the chance alone."""
        against = self.against(finding)
        comma = "; " if self.lang == "en" else ", "
        return comma.join([*([against] if against else []), self.chance(finding.score)])

    @staticmethod
    def counted(finding: Finding) -> str:
        """Return what the events of a finding are a part of: `requests`, or `lines` where these are no requests yet."""
        return "lines" if finding.kind == "unreadable-lines" else "requests"

    def limit(self, finding: Finding) -> str:
        """Return the share of requests that a finding was tested against; it is a round number."""
        return f"{100 * finding.model.b:g} %"

    def brief(self, finding: Finding, address: str = "") -> Text:
        """Return a finding in half a line, its events leading to an address if there is one."""
        facts = self._facts(finding)
        facts["when"] = self.span(finding.start, finding.end, full=False)
        blank = " " if self.lang == "en" else ""
        against = self.against(finding)
        facts["ratio"] = f"{blank}({against})" if against else ""
        form = "finding.brief_blips" if finding.kind == "blips" else "finding.brief"
        if finding.by_rule:
            form = "finding.brief_client" if finding.client is not None else "finding.brief_clients"
        elif finding.kind != "blips" and by_limit(finding):
            form = "finding.brief_throughout" if finding.shape == "throughout" else "finding.brief_limit"
        pieces: dict[str, Text] = {name: (fact,) for name, fact in facts.items()} | {"who": self.who(finding)}
        pieces["client"] = (Quote(finding.client or ""),)
        pieces["clients"] = (self.count("client", int(dict(finding.facts).get("clients", 0))),)
        if address:
            pieces["events"] = (Link(facts["events"], address),)
        return self.pieces(form, pieces)

    def sentence(self, finding: Finding) -> Text:
        """Return what, when, how much against expected, how sure; the caller's and log's words stay quotes."""
        facts = self._facts(finding)
        if finding.by_rule:
            looked = (
                self("cause.looked", when=self.span(*finding.looked, full=False)) if finding.looked else ""
            )
            ongoing = self("finding.ongoing") if finding.ongoing else ""
            return (*self._of_clients(finding), f"{looked}{ongoing}.")
        shape = "limit" if by_limit(finding) and finding.shape != "throughout" else finding.shape
        own = f"finding.{finding.kind}"
        form = own if own in CATALOGUE else f"finding.{shape}"
        ongoing = self("finding.ongoing") if finding.ongoing else ""
        pieces = self.pieces(
            form, {name: (fact,) for name, fact in facts.items()} | {"who": self.who(finding)}
        )
        return (
            *pieces,
            self.slower(finding),
            self.errors(finding),
            *self.blame(finding),
            f"{self.timers(finding)}{ongoing}.",
        )

    def slower(self, finding: Finding) -> str:
        """Return how long answers took beside what is usual, where a finding is about that."""
        facts = dict(finding.facts)
        if "usual_median_s" not in facts:
            return ""
        median, usual = self.brief_duration(facts["median_s"]), self.brief_duration(facts["usual_median_s"])
        return self("finding.slower", median=median, usual=usual)

    def brief_duration(self, seconds: float) -> str:
        """Return a time that may be less than a second, to two digits.

        >>> Words().brief_duration(0.0123), Words().brief_duration(1.25), Words().brief_duration(75)
        ('12 ms', '1.2 s', '1 min 15 s')
        """
        if seconds < 0.9995:  # noqa: PLR2004  # shown as 1 s from there on
            return self("duration.ms", n=self.number(1000 * seconds))
        return self("duration.s", n=self.number(seconds)) if seconds < 10 else self.duration(seconds)  # noqa: PLR2004  # with a decimal

    def timers(self, finding: Finding) -> str:
        """Return at which times the waits of a finding pile up, and which timers are known to end them there."""
        piles: dict[tuple[int, float], list[Timer]] = {}
        for timer in finding.timers:
            piles.setdefault((timer.status, timer.seconds), []).append(timer)
        told = ""
        for (status, seconds), timers in list(piles.items())[:PILES]:
            named = [
                self("finding.timer_named", timer=timer.name, layer=self.name("layer", timer.layer or "none"))
                for timer in timers[:TIMERS]
                if timer.name
            ]
            names = named[0] if len(named) == 1 else ""
            if len(named) > 1:
                names = self("finding.timer_or", first=", ".join(named[:-1]), last=named[-1])
            told += self(
                "finding.timer" if named else "finding.timer_unknown",
                n=self.number(timers[0].records),
                total=self.number(timers[0].total),
                status=self.status(status),
                seconds=self.duration(seconds),
                timers=names,
            )
        return told

    def blame(self, finding: Finding) -> Text:
        """Return who carries the excess of a finding, or how far it spread; nothing where nobody has looked."""
        if not finding.examined:
            return ()
        looked: Text = ()
        if finding.looked is not None:
            looked = (self("cause.looked", when=self.span(*finding.looked, full=False)),)
        if finding.kind == "traffic-drop":
            return (*self._absent(finding), *looked)
        if finding.single_client is not None:
            client: Text = (Quote(finding.single_client),)
            return (*self.pieces("cause.single", {"client": client}), *looked)
        if finding.causes:
            return (*self._causes(finding.causes), *looked)
        spread = self._spread(finding.reach)
        if any(verdict.judgement == "supported" for verdict in finding.diagnosis):
            # What the log shows of the cause stands beside it: that no value has all of it is no answer then.
            return (self("cause.spread", reach=spread), *looked) if spread else ()
        form = self("cause.none", reach=spread) if spread else self("cause.none_known")
        return (form, *looked)

    def _absent(self, finding: Finding) -> Text:
        """Return who stays away, or that all do alike and where to look then."""
        if finding.causes:
            causes = finding.causes
            listed: Text = ()
            for number, cause in enumerate(causes):
                joint = () if number == 0 else (", " if number < len(causes) - 1 else self("list.last"),)
                named = self.value(cause.dimension, cause.value) if number == 0 else (Quote(cause.value),)
                came, due = self.number(cause.requests), self.amount(cause.expected)
                listed = (*listed, *joint, *named, self("absent.counts", came=came, due=due))
            share = self.percent(min(1.0, sum(cause.share_of_excess for cause in causes)), 1.0)
            of_these = [one for one in finding.reach if one.dimension == causes[0].dimension]
            others: Text = ()
            if of_these and of_these[0].affected > len(causes):
                others = (self("absent.others", reach=self._spread(of_these)),)
            return (*self.pieces("absent", {"share": (share,), "values": listed}), *others)
        facts = dict(finding.facts)
        alike = "alike" in facts
        spread = self._spread(finding.reach)
        if not spread:
            return (self("absent.none_known"),)
        told = self("absent.alike" if alike else "absent.none", reach=spread)
        if alike and facts.get("error_change") == 0:
            own = f"absent.look.{finding.vendor}"
            told += self(own if own in CATALOGUE else "absent.look")
        return (told,)

    def errors(self, finding: Finding) -> str:
        """Return whether those who came met more errors of the server than usual, where that was asked."""
        facts = dict(finding.facts)
        if "error_change" not in facts:
            return ""
        way = {1.0: "rose", -1.0: "fell"}.get(facts["error_change"], "same")
        share, usual = (self.percent(facts[name], 1.0) for name in ("error_share", "usual_error_share"))
        return self(f"finding.errors_{way}", share=share, usual=usual)

    def _causes(self, causes: Sequence[Cause]) -> Text:
        values: Text = ()
        for number, cause in enumerate(causes):
            joint = () if number == 0 else (", " if number < len(causes) - 1 else self("list.last"),)
            named = self.value(cause.dimension, cause.value) if number == 0 else (Quote(cause.value),)
            if cause.inner_dimension is not None:
                inner = self.value(cause.inner_dimension, cause.inner_value or "")
                named = self.pieces("cause.pair", {"outer": named, "inner": inner})
            share = self.percent(cause.share_of_excess, 1.0)
            part = (self("cause.part", share=share),) if len(causes) > 1 else ()
            values = (*values, *joint, *named, *part)
        fails = sum(cause.fails_more for cause in causes)
        comes = sum(cause.comes_more for cause in causes)
        whys = [
            self(f"cause.{why}")
            for why, excess in (("fails", fails), ("comes", comes))
            if excess >= MATTERS * max(fails + comes, 0.0)
        ]
        carried = min(1.0, sum(cause.share_of_excess for cause in causes))
        facts: dict[str, Text] = {
            "share": (self.percent(carried, 1.0),),
            "dimension": (self.name("dimension", causes[0].dimension),),
            "requests": (self.percent(sum(cause.share_of_requests for cause in causes), 1.0),),
            "why": (", ".join(whys),),
            "values": values,
        }
        if causes[0].only:  # its share of the requests is but that of those which name one
            return self.pieces("cause.only_all" if carried >= 1 else "cause.only", facts)
        return self.pieces("cause", facts)

    def value(self, dimension: str, value: str) -> Text:
        """Return a value of a dimension with its name; the value stays a quote."""
        name: Text = (self.name("dimension", dimension),)
        return self.pieces("cause.value", {"dimension": name, "value": (Quote(value),)})

    def _spread(self, reach: Sequence[Reach]) -> str:
        """Return how many values were affected, of how many where most of them could have been."""
        told = []
        for one in reach:
            affected = self.count(one.dimension, one.affected)
            # Most visitors of an hour meet no error, and nobody asks how many did not.
            if one.dimension != "client":
                whole = self.count(one.dimension, one.values)
                affected = self("cause.reach", affected=self.number(one.affected), values=whole)
            told.append(affected)
        return self.together(told)

    def _of_clients(self, finding: Finding) -> Text:
        """Return what one client did, or many together, by the numbers that its rule tells it by."""
        facts = dict(finding.facts)
        shares = {name: self.percent(facts.get(name, 0.0), 1.0) for name in ("never", "share", "at_once")}
        counts = {
            name: self.number(int(facts.get(name, 0))) for name in ("refused", "missing", "paths", "asked")
        }
        told = {
            **{name: (value,) for name, value in {**shares, **counts}.items()},
            "gap": (self.duration(max(1.0, facts.get("gap_s", 0.0))),),
            "who": self.who(finding),
            "when": (self.span(finding.start, finding.end),),
            "client": (Quote(finding.client or ""),),
            "clients": (self.count("client", int(facts.get("clients", 0))),),
            "networks": (self.count("network", int(facts.get("networks", 0))),),
            "total": (self.number(finding.observed),),
        }
        form = f"finding.{finding.kind}"
        return self.pieces(form if finding.client is not None else f"{form}.many", told)

    def _facts(self, finding: Finding) -> dict[str, str]:
        total = self.number(finding.observed)
        kind = f"events.{finding.kind}"
        share, requests = self.percent(finding.observed, finding.requests), self.number(finding.requests)
        asked = self(f"asked.{self.counted(finding)}", n=requests)
        parts = {
            form: self(f"finding.{form}", share=share, asked=asked) if finding.requests else ""
            for form in ("of_requests", "share_of")
        }
        statuses = {status for status, _ in finding.statuses}
        of_restarts = bool(statuses) and statuses <= RESTARTING
        return {
            "events": self(kind if kind in CATALOGUE else "events.other", n=total),
            "statuses": self("finding.statuses", statuses=self.statuses(finding.statuses))
            if len(finding.statuses) > 1
            else "",
            "when": self.span(finding.start, finding.end),
            "expected": self.amount(finding.expected),
            "limit": self.limit(finding),
            "of": self(f"of.{self.counted(finding)}"),
            "odds": self.odds(finding),
            "chance": self.chance(finding.score),
            "others": self._others(finding),
            "new": self("finding.new_level") if finding.shape == "level" else "",
            "share": share,
            "requests": requests,
            **parts,
            "count": self._blips(len(finding.stretches)),
            "typical": self("finding.of_restarts") if of_restarts else "",
            "times": self._times(finding),
        }

    def graded(self, finding: Finding) -> Text:
        """Return the sentence of a finding behind its severity, as it stands alone in other programs."""
        return (self.grade(finding.severity), *self.sentence(finding))

    def grade(self, severity: Severity) -> str:
        """Return a severity as it opens a line in other programs."""
        told = self(f"severity.{severity}")
        return f"{told.upper()} " if self.lang == "en" else f"[{told}] "

    def title(self, members: Sequence[Finding]) -> Text:
        """Return what an incident is called: its lead with what came along, log by log."""
        logs: dict[str, list[str]] = {}
        for finding in members:
            shorts = logs.setdefault(self.name("vendor", finding.vendor or "all"), [])
            if (short := self._short(finding)) not in shorts:
                shorts.append(short)
        first, *others = (f"{vendor} {self.together(shorts)}" for vendor, shorts in logs.items())
        return (self("incident.title", lead=first, others=self.together(others)),) if others else (first,)

    def _short(self, finding: Finding) -> str:
        """Return a finding in two words: its commonest status or its kind, and how many times the expected."""
        told = finding.ratio is not None and finding.ratio <= MOST_TIMES and finding.kind != "blips"
        ratio = f" {against}" if told and (against := self.against(finding)) else ""
        if not finding.statuses or finding.kind == "blips" or finding.by_rule:
            return f"{self.name('kind', finding.kind)}{ratio}"
        return f"{self.status(finding.statuses[0][0])}{ratio}"

    def incident(self, incident: Incident, members: Sequence[Finding]) -> Text:
        """Return when an incident was, in how many logs, and whether it is over."""
        vendors = {finding.vendor for finding in members}
        said = self(
            "incident.span",
            when=self.span(incident.start, incident.end),
            logs=self.count("log", len(vendors)),
            findings=self.count("finding", len(incident.findings)),
        )
        return (f"{said}{self('finding.ongoing') if incident.ongoing else ''}.",)

    def note(self, note: Note) -> Text:
        """Return a note as a sentence; one of a kind that has no words yet names its facts."""
        facts = {name: self._fact(name, value) for name, value in note.facts.items()}
        if f"note.{note.kind}" in CATALOGUE:
            return self.pieces(f"note.{note.kind}", facts)
        named = [(f"{name} ", *fact) for name, fact in sorted(facts.items())]
        listed = tuple(piece for fact in named for piece in (", ", *fact))[1:]
        return (f"{visible(note.kind)}{self('colon')}", *listed)

    def _fact(self, name: str, value: str | float) -> Text:
        if not isinstance(value, str):
            return (self.number(value),)
        return (
            (self.name(name, value),)
            if name in {"vendor", "dimension"}
            else (Quote(self.reason(value), told=True) if name == "why" else Quote(value),)
        )

    def _others(self, finding: Finding) -> str:
        """Return what other logs of the same time say of a silent one."""
        if finding.going_on is None:
            return self("finding.alone")
        if not finding.going_on:
            return self("finding.all_silent")
        form = "finding.going_on" if finding.going_on == 1 else "finding.going_on_many"
        return self(form, n=self.number(finding.going_on))

    def _blips(self, many: int) -> str:
        return self("finding.blip" if many == 1 else "finding.blip_many", n=self.number(many))

    def _times(self, finding: Finding) -> str:
        """Return when the stretches of a finding began."""
        starts = [self.moment(start).removesuffix(f" {self.offset(start)}") for start, _ in finding.stretches]
        day = starts[0][:10] if starts else ""
        named = [start.removeprefix(f"{day} ") if number else start for number, start in enumerate(starts)]
        more = [self("finding.more", n=self.number(len(named) - STRETCHES))] if len(named) > STRETCHES else []
        return ", ".join([*named[:STRETCHES], *more]) + (f" {self.offset(finding.start)}" if starts else "")
