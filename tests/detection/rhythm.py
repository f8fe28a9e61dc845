"""A Site → the true rates of requests, minute by minute, before anything happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from scipy.signal import lfilter

from tests.detection.site import BOTS, WEEKEND, Site

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.detection.site import Floats

SMOOTH: Final = 6 * 60
"""Minutes over which a work day becomes a weekend."""

SLOW_CV, SLOW_HOLD = 0.10, 5 * 60.0
FAST_CV, FAST_HOLD = 0.08, 4.0
BOTS_CV, BOTS_HOLD = 0.25, 60.0
DRIFT_HOLD: Final = 8 * 60.0

# Traffic around each full hour of the day, as weights, where it is not two harmonics.
HOURS: Final = {
    "office": (*(2, 1, 1, 1, 1, 2, 8, 35, 80, 98, 100, 96, 62, 74, 97, 98, 95, 82, 48, 26, 16, 10, 6, 3),),
    "evening": (
        *(40, 24, 15, 10, 8, 8, 10, 15, 22, 28, 32, 36, 42, 42, 40, 42, 48, 56, 68, 84, 97, 100, 88, 62),
    ),
    "commuters": (
        *(12, 8, 6, 6, 9, 25, 62, 100, 92, 58, 42, 40, 44, 42, 42, 48, 68, 95, 96, 70, 48, 36, 26, 18),
    ),
}
CRESTS: Final = ((1.0, 15.0), (0.35, 20.5))
"""Amplitude, and hour of a crest, of the two harmonics."""


@dataclass(frozen=True)
class Rates:
    """Requests per minute: of people, and of bots; `drift` per family is made by `drift_of`."""

    people: Floats
    bots: Floats


def gamma_process(random: np.random.Generator, size: int, cv: float, hold: float) -> Floats:
    """Return a positive process of mean 1: its marginals are gamma, it forgets over `hold` minutes.

    A normal AR(1) is carried to the gamma by the cube of Wilson and Hilferty.
    """
    if cv <= 0:
        return np.ones(size)
    keep = np.exp(-1 / hold)
    noise = random.standard_normal(size) * np.sqrt(1 - keep**2)
    noise[0] /= np.sqrt(1 - keep**2)
    normal: Floats = lfilter([1.0], [1.0, -keep], noise)
    ninth = cv**2 / 9
    cube: Floats = np.maximum(1 - ninth + normal * np.sqrt(ninth), 0.01) ** 3
    return cube


def local_minutes(site: Site, zone: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the minute of the local day, and whether it is a weekend, of each minute of the run."""
    grid = pl.select(
        pl.datetime_range(site.start, site.end, "1m", closed="left", time_zone="UTC")
        .dt.convert_time_zone(zone)
        .alias("local")
    )["local"]
    minute = grid.dt.hour().cast(pl.Int64) * 60 + grid.dt.minute().cast(pl.Int64)
    return minute.to_numpy(), (grid.dt.weekday() >= 6).to_numpy()


def day_shape(shape: str, peak_to_trough: float) -> Floats:
    """Return the weights of the minutes of a day, of mean 1."""
    minute = np.arange(1440)
    if shape in HOURS:
        weights = np.asarray((*HOURS[shape], HOURS[shape][0]), dtype=np.float64)
        raw = np.interp(minute, np.arange(25) * 60.0, weights)
    else:
        raw = np.zeros(1440)
        for number, (amplitude, hour) in enumerate(CRESTS, start=1):
            raw += amplitude * np.cos(2 * np.pi * number * (minute / 60 - hour) / 24)
    wanted = 1.3 if shape == "no night" else peak_to_trough
    if shape not in HOURS:
        raw = 1 + (raw - raw.min()) / (raw.max() - raw.min()) * (wanted - 1)
    result: Floats = raw / raw.mean()
    return result


def smoothed(steps: Floats, width: int) -> Floats:
    """Return the moving average over `width` minutes around each one; the ends stay as they are."""
    padded = np.concatenate((np.full(width // 2, steps[0]), steps, np.full(width - width // 2, steps[-1])))
    sums = np.concatenate(([0.0], np.cumsum(padded)))
    result: Floats = (sums[width:] - sums[:-width])[: steps.size] / width
    return result


def rates_of(site: Site) -> Rates:
    """Return the true rates of a site in which nothing happens."""
    people = np.zeros(site.minutes)
    for zone, share in site.zones:
        minute, weekend = local_minutes(site, zone)
        week = smoothed(np.where(weekend, WEEKEND, 1.0), SMOOTH)
        people += share * day_shape(site.shape, site.peak_to_trough)[minute] * week
    time = np.arange(site.minutes)
    people *= site.rate * (1 + site.growth) ** (time / (7 * 1440))
    people *= gamma_process(site.random("slow"), site.minutes, SLOW_CV, SLOW_HOLD)
    people *= gamma_process(site.random("fast"), site.minutes, FAST_CV, FAST_HOLD)
    bots = BOTS * site.rate * gamma_process(site.random("bots"), site.minutes, BOTS_CV, BOTS_HOLD)
    return Rates(people, bots)


def drift_of(site: Site, channel: str) -> Floats:
    """Return by how much the share of a channel wanders."""
    return gamma_process(site.random("drift", channel), site.minutes, site.drift, DRIFT_HOLD)
