"""Addresses of clients → their networks: /24 of IPv4, /48 of IPv6, as providers hand them out."""

from __future__ import annotations

from typing import Final

import polars as pl

HEXTETS: Final = 8
"""Groups of an IPv6 address, of which three make a /48."""

_IPV4: Final = r"^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$"
_PSEUDONYM: Final = r"^client-([a-z2-7]{8})-[a-z2-7]{6}$"
_IPV6: Final = r"^[0-9A-Fa-f:]*:[0-9A-Fa-f:]*$"


def network(client: pl.Expr) -> pl.Expr:
    """Return the network of an address, null of anything else; an IPv4 address in IPv6 has none.

    The pseudonym of an address (`parsers.pseudonyms`) has that of its network in it.

    >>> pl.select(network(pl.lit("192.0.2.7"))).item()
    '192.0.2.0/24'
    >>> pl.select(network(pl.lit("2001:db8::1"))).item()
    '2001:db8:0::/48'
    """
    return pl.when(client.str.contains(_IPV6)).then(_sixth(client)).otherwise(_plain(client))


def networks(clients: pl.Series) -> pl.Series:
    """Return the network of each address, as `network` has it; the groups of IPv6 are taken apart only where they are.

    >>> networks(pl.Series(["192.0.2.7", "2001:db8::1", "host"])).to_list()
    ['192.0.2.0/24', '2001:db8:0::/48', None]
    """
    six = clients.str.contains(":", literal=True).fill_null(value=False)
    plain = clients.to_frame("client").select(_plain(pl.col("client"))).to_series()
    where = six.arg_true()
    if not where.len():
        return plain
    return plain.scatter(
        where, clients.gather(where).to_frame("client").select(network(pl.col("client"))).to_series()
    )


def _plain(client: pl.Expr) -> pl.Expr:
    """Return the network of an IPv4 address, or of a pseudonym."""
    return (
        pl.when(client.str.contains(_IPV4))
        .then(pl.concat_str(client.str.strip_chars_end("0123456789"), pl.lit("0/24")))
        .when(client.str.contains(_PSEUDONYM))
        .then(client.str.replace(_PSEUDONYM, "network-${1}"))
    )


def _sixth(client: pl.Expr) -> pl.Expr:
    """Return the /48 of an IPv6 address, its zeros written out and its letters small."""
    halves = client.str.to_lowercase().str.splitn("::", 2)
    head = _groups(halves.struct.field("field_0"))
    tail = _groups(halves.struct.field("field_1").fill_null(""))
    missing = (HEXTETS - head.list.len().cast(pl.Int64) - tail.list.len().cast(pl.Int64)).clip(0, HEXTETS)
    zeros = pl.lit("0").repeat_by(missing)
    groups = pl.concat_list(head, zeros, tail).list.head(3)
    # `0db8` and `db8` are the same, and so is every way to write nothing.
    short = groups.list.eval(
        pl.when(pl.element().str.strip_chars_start("0") == "")
        .then(pl.lit("0"))
        .otherwise(pl.element().str.strip_chars_start("0"))
    )
    return pl.format("{}::/48", short.list.join(":"))


def _groups(half: pl.Expr) -> pl.Expr:
    return half.str.split(":").list.eval(pl.element().filter(pl.element() != ""))
