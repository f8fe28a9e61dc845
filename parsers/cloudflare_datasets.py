"""Records of Cloudflare's other Logpush data sets → the name of theirs: they share fields with `http_requests`.

Source: Cloudflare's documentation, Logpush datasets (logs/logpush/logpush-job/datasets), zone and account. A job writes
any subset of a set's fields, so what counts is how many of a record's names only one set has.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LINES: Final = 20
"""Lines from the start whose names are looked at."""

LONGEST: Final = 1 << 16
"""Characters of a line that is looked at."""

CHALLENGE: Final = "the file by which Cloudflare checks who owns a bucket, no log"

_CHALLENGE: Final = re.compile(r"ownership-challenge[^/]*\.txt")

# fmt: off
_FIELDS: Final = {
    "firewall_events": (
        "Action ClientASNDescription ClientRefererHost ClientRefererPath ClientRefererQuery ClientRefererScheme"
        " ClientRequestQuery Datetime Description Kind MatchIndex Metadata OriginatorRayID Ref RuleID Source"
    ),
    "websocket_analytics": (
        "BytesReceivedClient BytesReceivedOrigin BytesSentClient BytesSentOrigin ColoCode ConnectionCloseReason"
        " ConnectionCloseSource ConnectionID ConnectionTransportCloseCode"
    ),
    "dns_logs": (
        "ColoCode EDNSSubnet EDNSSubnetLength QueryName QueryType ResponseCached ResponseCode SourceIP Timestamp"
    ),
    "dns_firewall_logs": (
        "ClientResponseCode ClusterID ColoCode EDNSSubnet EDNSSubnetLength QueryDO QueryName QueryRD QuerySize"
        " QueryTCP QueryType ResponseCached ResponseCachedStale ResponseReason SourceIP Timestamp UpstreamIP"
        " UpstreamResponseCode UpstreamResponseTimeMs"
    ),
    "spectrum_events": (
        "Application ClientAsn ClientBytes ClientMatchedIpFirewall ClientPort ClientProto ClientTcpRtt"
        " ClientTlsCipher ClientTlsClientHelloServerName ClientTlsProtocol ClientTlsStatus ColoCode ConnectTimestamp"
        " DisconnectTimestamp Event IpFirewall OriginBytes OriginPort OriginProto OriginTcpRtt OriginTlsCipher"
        " OriginTlsFingerprint OriginTlsMode OriginTlsProtocol OriginTlsStatus ProxyProtocol Status Timestamp"
    ),
    "workers_trace_events": (
        "CPUTimeMs DispatchNamespace Entrypoint Event EventTimestampMs EventType Exceptions Logs Outcome ScriptName"
        " ScriptTags ScriptVersion WallTimeMs"
    ),
    "nel_reports": (
        "ClientIPASN ClientIPASNDescription ClientIPCountry LastKnownGoodColoCode Phase Timestamp Type"
    ),
    "page_shield_events": (
        "Action CSPDirective Host PageURL PolicyID ResourceType Timestamp URL URLContainsCDNCGIPath URLHost"
    ),
    "zaraz_events": "Body EventDetails EventType IP TimestampStart URL",
    "audit_logs": (
        "ActionResult ActionType ActorEmail ActorID ActorIP ActorType ID Interface Metadata NewValue OldValue OwnerID"
        " ResourceID ResourceType When"
    ),
    "audit_logs_v2": (
        "AccountID AccountName ActionDescription ActionResult ActionTimestamp ActionType ActorContext ActorEmail"
        " ActorID ActorIPAddress ActorTokenDetails ActorType AuditLogID Raw ResourceID ResourceProduct ResourceRequest"
        " ResourceResponse ResourceScope ResourceType ResourceValue"
    ),
    "access_requests": (
        "Action Allowed AppDomain AppUUID Connection Country CreatedAt Email IPAddress PurposeJustificationPrompt"
        " PurposeJustificationResponse TemporaryAccessApprovers TemporaryAccessDuration UserUID"
    ),
    "gateway_dns": (
        "AccountID ApplicationID ApplicationName CNAMECategoryIDs CNAMECategoryNames CNAMEs ColoCode ColoID Datetime"
        " DeviceID DeviceName DoHSubdomain DoTSubdomain DstIP DstPort EDEErrors Email InitialCategoryIDs"
        " InitialCategoryNames IsResponseCached Location LocationID MatchedCategoryIDs MatchedCategoryNames Policy"
        " PolicyID PolicyName Protocol QueryCategoryIDs QueryCategoryNames QueryID QueryName QueryNameReversed"
        " QuerySize QueryType QueryTypeName RCode RData ResolvedIPs ResolverDecision ResourceRecords"
        " ResourceRecordsJSON SrcIP SrcIPCountryCode SrcPort UserID"
    ),
    "gateway_http": (
        "AccountID Action ApplicationIDs ApplicationNames BlockedFileHash BlockedFileName BlockedFileReason"
        " BlockedFileSize BlockedFileType CategoryIDs CategoryNames Datetime DestinationIP DestinationIPCountryCode"
        " DestinationPort DeviceID DeviceName DownloadedFileNames Email FileInfo HTTPHost HTTPMethod HTTPStatusCode"
        " HTTPVersion IsIsolated PolicyID PolicyName ProxyEndpoint Quarantined Referer RequestID SessionID SourceIP"
        " SourceIPCountryCode SourceInternalIP SourcePort URL UntrustedCertificateAction UploadedFileNames UserAgent"
        " UserID VirtualNetworkID VirtualNetworkName"
    ),
    "gateway_network": (
        "AccountID Action ApplicationIDs ApplicationNames CategoryIDs CategoryNames Datetime DestinationIP"
        " DestinationIPCountryCode DestinationPort DetectedProtocol DeviceID DeviceName Email OverrideIP OverridePort"
        " PolicyID PolicyName ProxyEndpoint SNI SessionID SourceIP SourceIPCountryCode SourceInternalIP SourcePort"
        " Transport TransportProtocol UserID VirtualNetworkID VirtualNetworkName"
    ),
    "zero_trust_network_sessions": (
        "AccountID BytesReceived BytesSent ClientTCPHandshakeDurationMs ClientTLSCipher ClientTLSVersion"
        " ConnectionCloseReason ConnectionReuse DetectedProtocol DeviceID DeviceName EgressColoName EgressIP"
        " EgressPort EgressRuleID EgressRuleName Email IngressColoName Offramp OriginPort OriginTLSCipher"
        " OriginTLSVersion Protocol RuleEvaluationDurationMs SNI SessionEndTime SessionID SessionStartTime SourceIP"
        " SourcePort UserID"
    ),
    "network_analytics_logs": (
        "AttackCampaignID AttackID AttackVector ColoCity ColoCode ColoCountry ColoGeoHash ColoName Datetime"
        " DestinationASN DestinationCountry DestinationPort Direction IPDestinationAddress IPDestinationSubnet"
        " IPProtocol IPProtocolName IPSourceAddress IPSourceSubnet IPTTL IPTotalLength MitigationReason"
        " MitigationScope MitigationSystem Outcome ProtocolState RuleID RuleName RulesetID SampleInterval SourceASN"
        " SourceCountry SourcePort TCPFlags TCPFlagsString UDPPayloadLength Verdict"
    ),
    "sinkhole_http_logs": (
        "AccountID Body BodyLength DestAddr Headers Host Method Password R2Path Referrer SinkholeID SrcAddr Timestamp"
        " URI URL UserAgent Username"
    ),
    "magic_ids_detections": (
        "Action ColoCity ColoCode DestinationIP DestinationPort Protocol SignatureID SignatureMessage"
        " SignatureRevision SourceIP SourcePort Timestamp"
    ),
    "casb_findings": (
        "AssetDisplayName AssetExternalID AssetLink AssetMetadata DetectedTimestamp FindingTypeDisplayName"
        " FindingTypeID FindingTypeSeverity InstanceID IntegrationDisplayName IntegrationID IntegrationPolicyVendor"
    ),
    "device_posture_results": (
        "ClientVersion DeviceID DeviceManufacturer DeviceModel DeviceName DeviceSerialNumber DeviceType Email"
        " OSVersion PolicyID PostureCheckName PostureCheckType PostureEvaluatedResult PostureExpectedJSON"
        " PostureReceivedJSON RegistrationID Timestamp UserUID"
    ),
}
# fmt: on

DATASETS: Final = {name: frozenset(fields.split()) for name, fields in _FIELDS.items()}
"""Data set → those of its fields that `http_requests` does not have."""

_SETS: Final = Counter(field for fields in DATASETS.values() for field in fields)
_ALL: Final = frozenset(_SETS)

_TIMES: Final = frozenset({"EdgeStartTimestamp", "EdgeEndTimestamp"})
_WEB_SOCKETS: Final = "websocket_analytics"

_SHARED: Final = _TIMES | frozenset(
    {
        "ClientASN", "ClientCountry", "ClientIP", "ClientIPClass", "ClientRequestHost", "ClientRequestMethod",
        "ClientRequestPath", "ClientRequestProtocol", "ClientRequestScheme", "ClientRequestUserAgent", "EdgeColoCode",
        "EdgeResponseStatus", "OriginIP", "OriginResponseStatus", "RayID", "ZoneName",
    }
)  # fmt: skip
"""Fields of `http_requests` that other sets have as well."""

_NAME: Final = re.compile(r'"([A-Z][A-Za-z0-9]+)"\s*:')


def named(lines: Iterable[str]) -> str | None:
    """Name the data set that most of the first lines are of; null where that is none of these.

    >>> named(['{"RayID":"5f52","EdgeStartTimestamp":1,"ConnectionID":"a","BytesSentClient":1}'])
    "Cloudflare's websocket_analytics log, not http_requests"
    """
    found = Counter(_dataset(names) for names in _records(lines))
    ((name, often),) = found.most_common(1) or ((None, 0),)
    if name is None or 2 * often <= found.total():
        return None
    return f"Cloudflare's {name} log, not http_requests"


def challenge(path: str) -> bool:
    """Whether a file is Cloudflare's ownership challenge, by its name."""
    return _CHALLENGE.fullmatch(Path(path).name) is not None


def _records(lines: Iterable[str]) -> Iterator[frozenset[str]]:
    """Yield the names of each record; of a document over several lines, or of a table, those of the whole."""
    apart: list[str] = []
    whole = True
    for line in islice(lines, LINES):
        text = line.strip()
        try:
            made = json.loads(text.removesuffix(",")) if len(text) <= LONGEST else None
        except (ValueError, RecursionError):
            apart.append(text)
            continue
        made = made[0] if isinstance(made, list) and made else made
        if isinstance(made, dict) and made:
            whole = False
            yield _names(made)
    if whole and apart:
        yield frozenset(_NAME.findall("\n".join(apart))) or _header(apart)


def _names(record: dict[str, object]) -> frozenset[str]:
    """Return the names of a record's members, or of a record inside it that has more to tell."""
    inner = [value[0] if isinstance(value, list) and value else value for value in record.values()]
    levels = [*(frozenset(one) for one in inner if isinstance(one, dict)), frozenset(record)]
    return max(levels, key=lambda names: (bool(names & _TIMES), len(names & (_ALL | _SHARED))))


def _header(lines: Sequence[str]) -> frozenset[str]:
    first = next(iter(lines), "")
    try:
        return max((frozenset(next(csv.reader([first], delimiter=sign), ())) for sign in ",\t"), key=len)
    except csv.Error:
        return frozenset()


def _dataset(names: frozenset[str]) -> str | None:
    """Return the data set that a record is of: the smallest that has all its names, or most of them and one alone.

    Of these sets only that of web sockets has the times of `http_requests`.
    """
    sets = [_WEB_SOCKETS] if names & _TIMES else list(DATASETS)
    own = {name: sum(_SETS[field] == 1 for field in names & DATASETS[name]) for name in sets}
    covering = [name for name in sets if names <= DATASETS[name] | _SHARED]
    if covering:
        best = min(covering, key=lambda name: len(DATASETS[name]))
        return best if len(names & DATASETS[best]) > 1 or (own[best] and len(names) > 1) else None
    best = max(sets, key=lambda name: (len(names & DATASETS[name]), own[name]))
    return best if own[best] and len(names & DATASETS[best]) > 1 else None
