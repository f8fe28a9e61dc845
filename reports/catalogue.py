"""A name → the words of the reports in English and in Korean; facts stand in braces."""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["en", "ko"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ko")

CATALOGUE: Final[dict[str, tuple[str, str]]] = {
    # Units and single words.
    "list.and": ("{first} and {last}", "{first}, {last}"),
    "list.last": (" and ", ", "),
    "duration.d": ("{n} d", "{n}일"),
    "duration.h": ("{n} h", "{n}시간"),
    "duration.min": ("{n} min", "{n}분"),
    "duration.s": ("{n} s", "{n}초"),
    "duration.ms": ("{n} ms", "{n}ms"),
    "size.bytes": ("{n} bytes", "{n}바이트"),
    "size.kib": ("{n} KiB", "{n}KiB"),
    "size.mib": ("{n} MiB", "{n}MiB"),
    "size.gib": ("{n} GiB", "{n}GiB"),
    "size.tib": ("{n} TiB", "{n}TiB"),
    "percent": ("{n} %", "{n}%"),
    "percent.least": ("< {n} %", "{n}% 미만"),
    "percent.most": ("> {n} %", "{n}% 초과"),
    "amount": ("{n}", "{n}건"),
    "amount.least": ("< {n}", "{n}건 미만"),
    "ratio": ("×{n}", "{n}배"),
    "ratio.less": ("−{n}", "−{n}"),
    "ratio.over": ("over ×{n}", "{n}배 초과"),
    "chance.free": ("could well be chance", "우연일 수 있음"),
    "chance.most": ("chance at most 1 in 10{n}", "우연일 확률 10{n}분의 1 이하"),
    "chance.below": ("chance below 1 in 10{n}", "우연일 확률 10{n}분의 1 미만"),
    "chance.none": ("practically impossible by chance", "우연이라고 보기 어려움"),
    "line": ("line {n}", "{n}번째 줄"),
    "empty": ("(empty)", "(빈 값)"),
    "colon": (": ", ": "),
    # Names of things.
    "severity.notice": ("notice", "알림"),
    "severity.minor": ("minor", "경미"),
    "severity.major": ("major", "중대"),
    "severity.critical": ("critical", "심각"),
    "vendor.nginx": ("nginx", "nginx"),
    "vendor.apache": ("Apache", "Apache"),
    "vendor.cloudflare": ("Cloudflare", "Cloudflare"),
    "vendor.cisco_wsa": ("Cisco WSA", "Cisco WSA"),
    "vendor.microsoft": ("Microsoft", "Microsoft"),
    "vendor.twitter": ("Twitter", "Twitter"),
    "vendor.standard": ("the standard", "표준"),
    "vendor.all": ("all logs", "전체 로그"),
    "kind.server-error-burst": ("server errors", "서버 오류"),
    "kind.origin-unreachable": ("origin unreachable", "원본 서버 연결 실패"),
    "kind.client-closed-spike": ("clients gave up", "클라이언트 연결 중단"),
    "kind.rate-limit-storm": ("rate limits hit", "요청 제한 초과"),
    "kind.auth-failure-surge": ("authentication failures", "인증 실패"),
    "kind.forbidden-surge": ("access refused", "접근 거부"),
    "kind.not-found-surge": ("pages not found", "찾을 수 없는 페이지"),
    "kind.bad-request-surge": ("bad requests", "잘못된 요청"),
    "kind.auth-loop": ("a client that never gets in", "로그인을 반복해서 거부당하는 클라이언트"),
    "kind.not-found-scan": ("a scan for paths", "경로 탐색"),
    "kind.retry-storm": ("a client that retries at once", "즉시 재시도하는 클라이언트"),
    "kind.unreadable-lines": ("unreadable lines", "해석할 수 없는 줄"),
    "kind.latency-shift": ("slow answers", "응답 지연"),
    "kind.blips": ("blips", "순간 오류"),
    "kind.traffic-drop": ("fewer requests", "요청 감소"),
    "kind.traffic-surge": ("more requests", "요청 급증"),
    "kind.log-silence": ("silent log", "로그 중단"),
    "kind.quiet-day": ("quiet day", "한산한 날"),
    "kind.rotation-gap": ("gap between files", "파일 사이의 공백"),
    "events.server-error-burst": ("{n} server errors", "서버 오류 {n}건"),
    "events.origin-unreachable": ("{n} answers without the origin", "원본 서버 응답 없이 처리된 요청 {n}건"),
    "events.client-closed-spike": ("{n} client aborts", "클라이언트 연결 중단 {n}건"),
    "events.rate-limit-storm": ("{n} answers 429", "429 응답 {n}건"),
    "events.auth-failure-surge": ("{n} authentication failures", "인증 실패 {n}건"),
    "events.forbidden-surge": ("{n} refusals", "접근 거부 {n}건"),
    "events.not-found-surge": ("{n} requests for what is not there", "찾을 수 없는 요청 {n}건"),
    "events.bad-request-surge": ("{n} bad requests", "잘못된 요청 {n}건"),
    "events.auth-loop": ("{n} refused logins", "거부된 로그인 {n}건"),
    "events.not-found-scan": ("{n} missing paths", "없는 경로 요청 {n}건"),
    "events.retry-storm": ("{n} requests turned away", "거절된 요청 {n}건"),
    "events.unreadable-lines": ("{n} unreadable lines", "해석할 수 없는 줄 {n}개"),
    "events.latency-shift": ("{n} requests slower than usual", "평소보다 느린 요청 {n}건"),
    "events.blips": ("{n} errors", "오류 {n}건"),
    "events.traffic-drop": ("{n} requests", "요청 {n}건"),
    "events.traffic-surge": ("{n} requests", "요청 {n}건"),
    "events.log-silence": ("no line at all", "기록 없음"),
    "events.quiet-day": ("{n} requests", "요청 {n}건"),
    "events.rotation-gap": ("{n} requests", "요청 {n}건"),
    "events.other": ("{n} events", "이벤트 {n}건"),
    "dimension.path": ("path", "경로"),
    "dimension.client": ("client", "클라이언트"),
    "dimension.host": ("host", "호스트"),
    "dimension.user_agent": ("user agent", "사용자 에이전트"),
    "dimension.agent": ("agent", "에이전트"),
    "dimension.network": ("network", "네트워크"),
    "dimension.kind": ("kind of agent", "에이전트 구분"),
    "dimension.program": ("program", "프로그램"),
    "dimension.referrer": ("referrer", "리퍼러"),
    "dimension.asn": ("AS", "AS"),
    "dimension.country": ("country", "국가"),
    "dimension.method": ("method", "메서드"),
    "dimension.status": ("status", "상태 코드"),
    "dimension.upstream": ("upstream", "업스트림"),
    "dimension.upstream_status": ("status behind it", "뒤쪽 상태"),
    "dimension.cache": ("cache result", "캐시 결과"),
    "dimension.user": ("user", "사용자"),
    "dimension.action": ("decision", "결정"),
    "dimension.category": ("category", "범주"),
    "dimension.policy": ("policy", "정책"),
    "role.request": ("requests of clients", "클라이언트 요청"),
    "role.handshake": ("authentication handshakes", "인증 핸드셰이크"),
    "role.tunnel": ("tunnels (CONNECT)", "터널(CONNECT)"),
    "role.subrequest": ("subrequests of the edge itself", "엣지 자체의 하위 요청"),
    "role.probe": ("probes and health checks", "상태 점검 요청"),
    "class.1xx": ("1xx information", "1xx 정보"),
    "class.2xx": ("2xx success", "2xx 성공"),
    "class.3xx": ("3xx redirection", "3xx 리디렉션"),
    "class.4xx": ("4xx client error", "4xx 클라이언트 오류"),
    "class.5xx": ("5xx server error", "5xx 서버 오류"),
    "class.other_short": ("other", "기타"),
    "class.other": ("other or none", "기타 또는 없음"),
    "status.none": ("none", "없음"),
    "layer.client": ("the client", "클라이언트"),
    "layer.network": ("the network", "네트워크"),
    "layer.edge": ("the edge", "엣지"),
    "layer.proxy": ("the proxy", "프록시"),
    "layer.gateway": ("between gateway and upstream", "게이트웨이와 업스트림 사이"),
    "layer.origin": ("the origin server", "원본 서버"),
    "layer.policy": ("a rule that somebody set", "설정된 규칙"),
    "layer.none": ("nobody: no fault", "없음(결함 아님)"),
    "history.nothing to compare with": ("nothing to compare with", "비교할 기록 없음"),
    "history.compared with the rest of this file": (
        "compared with the rest of this log",
        "이 로그의 나머지 부분과 비교",
    ),
    "history.no weekend seen yet": ("no weekend seen yet", "아직 주말 기록 없음"),
    "history.one week of history": ("one week of history", "1주일치 기록"),
    "history.more than three weeks of history": ("more than three weeks of history", "3주 이상의 기록"),
    # The sentence of a finding: what, when, how much against expected, how sure.
    "finding.burst": (
        "{who}, {when}: {events}{statuses}, {expected} expected ({odds}){of_requests}",
        "{who}, {when}: {events}{statuses}, 예상 {expected}({odds}){of_requests}",
    ),
    "finding.level": (
        "{who}, a new level, {when}: {events}{statuses}, {expected} expected ({odds}){of_requests}",
        "{who}, 새로운 수준 지속, {when}: {events}{statuses}, 예상 {expected}({odds}){of_requests}",
    ),
    "finding.share_of": (", {share} of {asked}", ", {asked}의 {share}"),
    "finding.of_requests": ("; {share} of {asked}", ", {asked}의 {share}"),
    "of.requests": ("requests", "요청"),
    "of.lines": ("lines", "전체 줄"),
    "asked.requests": ("{n} requests", "요청 {n}건"),
    "asked.lines": ("{n} lines", "{n}줄"),
    "finding.throughout": (
        (
            "{who}, high throughout, {when}: {events}{statuses}{share_of} "
            "(limit {limit} of {of}); nothing in this log to compare it with"
        ),
        (
            "{who}, 전 구간에 걸쳐 높음, {when}: {events}{statuses}{share_of}"
            "(한도: {of}의 {limit}), 이 로그에는 비교할 구간이 없음"
        ),
    ),
    "finding.limit": (
        (
            "{who}, {when}: {events}{statuses}{share_of} (limit {limit} of {of}); "
            "judged by that limit alone, with nothing to compare it with"
        ),
        (
            "{who}, {when}: {events}{statuses}{share_of}(한도: {of}의 {limit}), "
            "비교할 구간이 없어 이 한도로만 판단"
        ),
    ),
    "finding.blips": (
        "{who}: {count} of at most two minutes ({times}), {events}{statuses} in all{typical}",
        "{who}: 2분 이내의 순간 오류 {count}({times}), 모두 {events}{statuses}{typical}",
    ),
    "finding.of_restarts": (": typical of restarts", ". 재시작에서 흔한 모습"),
    "finding.auth-loop": (
        (
            "{who}, {when}: client {client} was refused {total} times and never let in; "
            "{refused} in a row, mostly {gap} or less apart"
        ),
        "{who}, {when}: 클라이언트 {client} 로그인 {total}회 거부, 성공 없음(연속 {refused}회, 대부분 {gap} 이내 간격)",
    ),
    "finding.not-found-scan": (
        (
            "{who}, {when}: client {client} asked for {paths} different paths that are not there "
            "({missing} of its {asked} requests in a quarter of an hour; {never} of these paths never answered "
            "anybody), {share} of all requests of that time"
        ),
        (
            "{who}, {when}: 클라이언트 {client} 없는 경로 {paths}개 요청(15분 동안 요청 {asked}건 중 {missing}건, "
            "그 경로의 {never}는 누구에게도 응답한 적 없음), 같은 시간 전체 요청의 {share}"
        ),
    ),
    "finding.not-found-scan.many": (
        (
            "{who}, {when}: {clients} of {networks}, none of them a scanner by itself, asked for {paths} different "
            "paths that are not there ({missing} of their {asked} requests; {never} of these paths never answered "
            "anybody), {share} of all requests of that time"
        ),
        (
            "{who}, {when}: {clients}({networks})가 각자는 조금씩, 모두 합해 없는 경로 {paths}개 요청"
            "(이들의 요청 {asked}건 중 {missing}건, 그 경로의 {never}는 누구에게도 응답한 적 없음), "
            "같은 시간 전체 요청의 {share}"
        ),
    ),
    "finding.retry-storm": (
        (
            "{who}, {when}: client {client} was turned away {total} times and does not back off: "
            "{at_once} of these requests came again within a second"
        ),
        "{who}, {when}: 클라이언트 {client} 요청 {total}회 거절, 거절된 요청의 {at_once}를 1초 안에 재시도",
    ),
    "finding.traffic-drop": (
        "{who}, {when}: {events}, {expected} expected ({odds}){new}",
        "{who}, {when}: {events}, 예상 {expected}({odds}){new}",
    ),
    "finding.traffic-surge": (
        "{who}, {when}: {events}, {expected} expected ({odds}){new}",
        "{who}, {when}: {events}, 예상 {expected}({odds}){new}",
    ),
    "finding.log-silence": (
        "{who}, {when}: {events}, {expected} requests expected ({chance}); {others}",
        "{who}, {when}: {events}, 예상 요청 {expected}({chance}), {others}",
    ),
    "finding.quiet-day": (
        "{who}, {when}: {events}, {expected} expected ({odds}), but with the usual shape: a holiday, perhaps",
        "{who}, {when}: {events}, 예상 {expected}({odds}), 시간대별 추이는 평소와 같음: 휴일일 수 있음",
    ),
    "finding.rotation-gap": (
        (
            "{who}, {when}: {events}, {expected} expected ({odds}), at the edge of a file: "
            "lines lost in rotation, or a file that is missing"
        ),
        "{who}, {when}: {events}, 예상 {expected}({odds}), 파일의 경계: 로테이션 중 유실되었거나 파일이 빠짐",
    ),
    "finding.statuses": (" ({statuses})", "({statuses})"),
    "finding.new_level": (", a new level", ", 새로운 수준 지속"),
    "finding.alone": (
        "an outage, or nothing was logged or collected: this log cannot tell which",
        "장애이거나 기록 또는 수집이 멈춤(이 로그만으로는 알 수 없음)",
    ),
    "finding.all_silent": (
        "no other log of that time has a line either",
        "같은 시간의 다른 로그에도 기록 없음",
    ),
    "finding.going_on": ("one other log went on meanwhile", "그동안 다른 로그 1개는 계속됨"),
    "finding.going_on_many": ("{n} other logs went on meanwhile", "그동안 다른 로그 {n}개는 계속됨"),
    "finding.brief_client": (
        "{who}, {when}: client {client}, {events}",
        "{who}, {when}: 클라이언트 {client}, {events}",
    ),
    "finding.brief_clients": (
        "{who}, {when}: {clients}, {events}",
        "{who}, {when}: {clients}, {events}",
    ),
    "finding.brief": (
        "{who}, {when}: {events}, {expected} expected{ratio}",
        "{who}, {when}: {events}, 예상 {expected}{ratio}",
    ),
    "finding.brief_throughout": (
        "{who}, throughout: {events}, {share} of {of} (limit {limit})",
        "{who}, 전 구간: {events}, {of}의 {share}(한도 {limit})",
    ),
    "finding.brief_limit": (
        "{who}, {when}: {events}, {share} of {of} (limit {limit})",
        "{who}, {when}: {events}, {of}의 {share}(한도 {limit})",
    ),
    "finding.brief_blips": (
        "{who}: {count} of at most two minutes, {events}",
        "{who}: 2분 이내의 순간 오류 {count}, {events}",
    ),
    "finding.blip": ("{n} blip", "{n}회"),
    "finding.blip_many": ("{n} blips", "{n}회"),
    "finding.more": ("and {n} more", "외 {n}회"),
    "finding.slower": (
        "; the median took {median}, {usual} usual",
        ", 중앙값 {median}(평소 {usual})",
    ),
    "finding.timer": (
        "; {n} of {total} with {status} took {seconds}: {timers}",
        ", {status} {total}건 중 {n}건이 {seconds} 소요: {timers}",
    ),
    "finding.timer_unknown": (
        "; {n} of {total} with {status} took {seconds}, which looks like a timer",
        ", {status} {total}건 중 {n}건이 {seconds} 소요(시간 제한으로 보임)",
    ),
    "finding.timer_named": ("{timer} ({layer})", "{timer}({layer})"),
    "finding.timer_or": ("{first} or {last}", "{first} 또는 {last}"),
    "finding.ongoing": ("; not over when the log ends", ", 로그가 끝날 때까지 계속됨"),
    "finding.server": ("server", "서버"),
    "finding.host": ("host", "호스트"),
    # Who carries the excess of a finding, or that nobody does.
    "cause": (
        "; {share} of the excess on {values}, which carried {requests} of requests ({why})",
        ", 초과분의 {share}가 {values}에 집중(요청 비중 {requests}, {why})",
    ),
    "cause.only": (
        "; {share} of the excess on {values}, the only {dimension} named in this window ({why})",
        ", 초과분의 {share}가 {values}에 집중(이 구간에 적힌 유일한 {dimension}, {why})",
    ),
    "cause.only_all": (
        "; all of it on {values}, the only {dimension} named in this window ({why})",
        ", 전부 {values}에서 발생(이 구간에 적힌 유일한 {dimension}, {why})",
    ),
    "cause.value": ("{dimension} {value}", "{dimension} {value}"),
    "cause.pair": ("{inner} of {outer}", "{outer}의 {inner}"),
    "cause.part": (" ({share})", "({share})"),
    "cause.fails": ("fails more", "실패율 증가"),
    "cause.comes": ("comes more", "요청 증가"),
    "cause.none": (
        "; spread over {reach}; no single value carries it",
        ", {reach}에 걸쳐 발생, 특정 값에 집중되지 않음",
    ),
    "cause.none_known": ("; no single value carries it", ", 특정 값에 집중되지 않음"),
    "cause.spread": ("; spread over {reach}", ", {reach}에 걸쳐 발생"),
    "cause.reach": ("{affected} of {values}", "{values} 중 {affected}개"),
    "cause.looked": (" (as told by {when})", "({when} 기준)"),
    "absent": (
        "; {share} of what is missing is of {values}",
        ", 부족분의 {share}가 {values}에 해당",
    ),
    "absent.counts": (" ({came} came, {due} expected)", "({came}건, 예상 {due})"),
    "absent.others": ("; less from {reach} in all", ", 모두 {reach}에서 감소"),
    "absent.alike": (
        "; {reach} stay away alike, nobody in particular",
        ", {reach}에서 고르게 감소, 특정 대상 없음",
    ),
    "absent.none": (
        "; less from {reach}; no single value carries it",
        ", {reach}에서 감소, 특정 값에 집중되지 않음",
    ),
    "absent.none_known": ("; no single value carries it", ", 특정 값에 집중되지 않음"),
    "absent.look": (
        ": look before this server (DNS, CDN, load balancer, network)",
        ": 이 서버의 앞단(DNS, CDN, 로드 밸런서, 네트워크) 확인 필요",
    ),
    "absent.look.cloudflare": (
        ": look before Cloudflare (DNS, registrar, the visitors' networks)",
        ": Cloudflare 앞단(DNS, 도메인 등록, 방문자 네트워크) 확인 필요",
    ),
    "absent.look.cisco_wsa": (
        ": look before the proxy (PAC file, proxy settings, load balancer, office network)",
        ": 프록시 앞단(PAC 파일, 프록시 설정, 로드 밸런서, 사내 네트워크) 확인 필요",
    ),
    "finding.errors_same": (
        "; share of server errors unchanged ({share})",
        ", 서버 오류 비율 변화 없음({share})",
    ),
    "finding.errors_rose": (
        "; share of server errors up: {share}, usually {usual}",
        ", 서버 오류 비율 증가: {share}(평소 {usual})",
    ),
    "finding.errors_fell": (
        "; share of server errors down: {share}, usually {usual}",
        ", 서버 오류 비율 감소: {share}(평소 {usual})",
    ),
    "cause.single": (
        "; without the one client {client} there would be no finding",
        ", 클라이언트 {client} 하나를 빼면 이상으로 볼 수 없음",
    ),
    # Headline.
    "headline.details": ("Details", "자세히"),
    "headline.further": ("and {findings}", "그 외 {findings}"),
    "headline.lead": (
        "{severity}: {kind} in the {vendor} log, {when}",
        "{severity}: {vendor} 로그의 {kind}, {when}",
    ),
    "headline.lead_level": (
        "{severity}: {kind} at a new level in the {vendor} log",
        "{severity}: {vendor} 로그의 {kind}, 새로운 수준",
    ),
    "headline.lead_throughout": (
        "{severity}: {kind} throughout the {vendor} log",
        "{severity}: {vendor} 로그 전 구간의 {kind}",
    ),
    "headline.notices": ("Nothing serious stood out", "심각한 이상은 없음"),
    "headline.quiet": ("Nothing stood out", "눈에 띄는 이상 없음"),
    "headline.empty": ("The log holds no record", "로그에 기록이 없음"),
    "headline.unread": ("Nothing could be read", "읽을 수 있는 내용이 없음"),
    "headline.quiet_lede": (
        (
            "No stretch of time holds more errors, slower answers, or more or fewer requests than these logs lead one "
            "to expect. That is no proof of health: “{method}” says what was tested."
        ),
        (
            "이 로그에서 예상되는 것보다 오류가 많거나 응답이 느리거나 요청이 많고 적은 구간은 없습니다. "
            "다만 이것이 정상이라는 증명은 아닙니다. 무엇을 검사했는지는 ‘{method}’에 있습니다."
        ),
    ),
    "headline.notices_lede": (
        "No stretch of time is graded minor or above; what was noticed stands below.",
        "경미 이상으로 판정된 구간은 없습니다. 참고할 내용은 아래에 있습니다.",
    ),
    "headline.empty_lede": (
        "There was no line to analyse. An empty log is no finding.",
        "분석할 줄이 없었습니다. 빈 로그는 이상이 아닙니다.",
    ),
    "headline.unread_lede": (
        "Not one of {lines} was understood; “{coverage}” below says why.",
        "{lines} 중 해석한 줄이 없습니다. 이유는 아래 ‘{coverage}’에 있습니다.",
    ),
    "headline.with_it": ("With it", "함께 나타난 이상"),
    "headline.also": ("Apart from that", "그 밖의 이상"),
    "headline.answer": (
        "{span}: {logs}. Understood: {understood}. Incidents: {incidents}.",
        "{span}: {logs}. 해석: {understood}. 인시던트: {incidents}.",
    ),
    "headline.answer_many": (
        (
            "{span}: {logs}; one request may stand in several of these logs. Understood: {understood}. "
            "Incidents: {incidents}."
        ),
        "{span}: {logs}. 한 요청이 여러 로그에 함께 있을 수 있습니다. 해석: {understood}. 인시던트: {incidents}.",
    ),
    "headline.of_log": ("{vendor} {amount}", "{vendor} {amount}"),
    "headline.read": ("Read", "분석 대상"),
    "headline.understood": ("Understood", "해석"),
    "headline.formats": ("Formats", "형식"),
    "headline.report": ("report: {path}", "보고서: {path}"),
    "headline.lines": ("{records} in {lines} of {sources}", "{sources}, {lines}, {records}"),
    "headline.no_logs": (
        "{sources}, {n} of them no access logs",
        "{sources}(접근 로그가 아닌 것 {n}개 포함)",
    ),
    "headline.share": ("{share} of the lines meant to be records", "기록에 해당하는 줄 중 {share}"),
    "headline.share_all": ("every line that is meant to be a record", "기록에 해당하는 줄 전부"),
    "headline.rejected": ("{share}; {n} rejected", "{share}, 거부 {n}"),
    "headline.rejected_all": ("{share}; {n} rejected, listed below", "{share}, 거부 {n}(아래 목록)"),
    "headline.rejected_some": (
        "{share}; {n} rejected, {listed} of them listed below",
        "{share}, 거부 {n}(그중 {listed}줄은 아래 목록)",
    ),
    "headline.certain": ("{n}, told by line or path", "{n}, 줄이나 경로로 판별"),
    "headline.guessed": (
        "{n}; `{formats}` guessed: nothing tells nginx from Apache there",
        "{n}, `{formats}` 추정: nginx와 Apache를 구분할 단서가 없음",
    ),
    "headline.graded": ("{n} {severity}", "{severity} {n}건"),
    "headline.none": ("none", "없음"),
    "headline.beside": (
        "{graded}; beside them at notice: {findings}",
        "{graded}, 그 밖에 알림 수준의 {findings}",
    ),
    "headline.problems": ("Not read", "읽지 못함"),
    "headline.problem_count": ("{n}, in part or whole: ", "{n}의 일부 또는 전부: "),
    "headline.errors": (
        "{server} 5xx and {client} 4xx of {requests}",
        "{requests} 중 5xx {server}, 4xx {client}",
    ),
    "headline.no_requests": (
        "{records}, none of them a request of a client",
        "{records}, 클라이언트 요청은 없음",
    ),
    # Counted nouns: one, many.
    "count.line": ("{n} line", "{n}줄"),
    "count.line_many": ("{n} lines", "{n}줄"),
    "count.record": ("{n} record", "기록 {n}건"),
    "count.record_many": ("{n} records", "기록 {n}건"),
    "count.request": ("{n} request", "요청 {n}건"),
    "count.request_many": ("{n} requests", "요청 {n}건"),
    "count.file": ("{n} file", "파일 {n}개"),
    "count.file_many": ("{n} files", "파일 {n}개"),
    "count.path": ("{n} path", "경로 {n}개"),
    "count.path_many": ("{n} paths", "경로 {n}개"),
    "count.client": ("{n} client", "클라이언트 {n}개"),
    "count.client_many": ("{n} clients", "클라이언트 {n}개"),
    "count.network": ("{n} network", "네트워크 {n}개"),
    "count.network_many": ("{n} networks", "네트워크 {n}개"),
    "count.host": ("{n} host", "호스트 {n}개"),
    "count.host_many": ("{n} hosts", "호스트 {n}개"),
    "count.upstream": ("{n} upstream", "업스트림 {n}개"),
    "count.upstream_many": ("{n} upstreams", "업스트림 {n}개"),
    "count.country": ("{n} country", "국가 {n}개"),
    "count.country_many": ("{n} countries", "국가 {n}개"),
    "count.agent": ("{n} family of agents", "에이전트 {n}종"),
    "count.agent_many": ("{n} families of agents", "에이전트 {n}종"),
    "count.source": ("{n} source", "소스 {n}개"),
    "count.source_many": ("{n} sources", "소스 {n}개"),
    "count.error": ("{n} error", "오류 {n}건"),
    "count.error_many": ("{n} errors", "오류 {n}건"),
    "count.finding": ("{n} finding", "발견 사항 {n}건"),
    "count.finding_many": ("{n} findings", "발견 사항 {n}건"),
    "count.incident": ("{n} incident", "인시던트 {n}건"),
    "count.incident_many": ("{n} incidents", "인시던트 {n}건"),
    "count.log": ("one log", "로그 1개"),
    "count.log_many": ("{n} logs", "로그 {n}개"),
    "count.entry": ("{n} entry", "{n}개"),
    "count.entry_many": ("{n} entries", "{n}개"),
    "count.more_finding": ("{n} more finding", "발견 사항 {n}건"),
    "count.more_finding_many": ("{n} more findings", "발견 사항 {n}건"),
    "count.value": ("{n} further value", "나머지 값 {n}개"),
    "count.value_many": ("{n} further values", "나머지 값 {n}개"),
    "count.format": ("{n} format", "형식 {n}종"),
    "count.format_many": ("{n} formats", "형식 {n}종"),
    "count.document": ("{n} document", "문서 {n}개"),
    "count.document_many": ("{n} documents", "문서 {n}개"),
    # Findings.
    "findings.heading": ("Incidents and findings", "인시던트와 발견 사항"),
    "findings.leads": ("Lead: ", "대표 발견 사항: "),
    "incident.title": ("{lead} with {others}", "{lead} 및 {others}"),
    "incident.span": ("{when}: {findings} in {logs}", "{when}: {findings}({logs})"),
    "findings.lede": (
        (
            "{findings}, of which those of one event make {incidents}, the gravest first. Severity follows the impact "
            "on requests, never the odds; every count stands beside the number it was judged by."
        ),
        (
            "{findings}을 같은 인시던트끼리 묶으면 {incidents}이며, 심각한 것부터 실었습니다. 심각도는 우연일 확률이 "
            "아니라 요청에 미친 영향으로 정합니다. 모든 수치에 판단 기준을 함께 적었습니다."
        ),
    ),
    "findings.lede_one": (
        (
            "{findings}. Severity follows the impact on requests, never the odds; every count stands beside the number "
            "it was judged by."
        ),
        (
            "{findings}입니다. 심각도는 우연일 확률이 아니라 요청에 미친 영향으로 정합니다. "
            "모든 수치에 판단 기준을 함께 적었습니다."
        ),
    ),
    "findings.lede_notices": (
        "{findings} worth knowing, and no incident. Every count stands beside the number it was judged by.",
        "참고할 만한 {findings}이 있으며, 인시던트는 없습니다. 모든 수치에 판단 기준을 함께 적었습니다.",
    ),
    "findings.none": (
        "Nothing was found that chance and the usual traffic do not explain.",
        "우연이나 평소 트래픽으로 설명되지 않는 것은 없었습니다.",
    ),
    "findings.name": ("{kind}, {vendor}", "{vendor} {kind}"),
    "findings.others": ("{findings} in one line each", "한 줄로 적은 {findings}"),
    "findings.left": ("The JSON result holds {findings}.", "JSON 결과에는 {findings}이 더 있습니다."),
    "findings.peak": ("Worst minute", "가장 심했던 1분"),
    "findings.observed": ("Observed", "관측"),
    "findings.expected": ("Expected", "예상"),
    "findings.limit": ("Limit", "한도"),
    "findings.limit_share": ("{limit} of {of}, here {expected}", "{of}의 {limit}, 여기서는 {expected}"),
    "findings.requests": ("Share of {of}", "{of} 중 비율"),
    "findings.requests_share": ("{share} of {requests}", "{requests}건의 {share}"),
    "findings.lines_share": ("{share} of {requests}", "{requests}줄의 {share}"),
    "findings.score": ("How sure", "우연 가능성"),
    "findings.compared": ("Basis", "비교 근거"),
    "findings.window": (
        "{odds}: in {window}, {y} where {m} were expected (score {score}, {threshold} needed)",
        "{odds}: {window} 동안 예상 {m}에 {y}건(점수 {score}, 기준 {threshold})",
    ),
    "findings.of_status": (" {reason}, {n}: ", " {reason}, {n}건: "),
    "findings.of_status_unnamed": (" {n}: ", " {n}건: "),
    "findings.means": ("What the statuses mean", "상태 코드의 의미"),
    "verdict.heading": ("What the log shows", "로그로 알 수 있는 것"),
    "verdict.here": ("In this log", "이 로그에서는"),
    "verdict.whole": ("Why, as far as the whole log shows it", "로그 전체로 확인되는 원인"),
    "verdict.supported": ("Why, as far as the log shows it", "로그로 확인되는 원인"),
    "verdict.also": ("The log shows besides", "그 밖에 로그로 확인되는 원인"),
    "verdict.contradicted": ("Ruled out", "해당 없음"),
    "verdict.missing": (
        "whether {claim}: this log has no {fields}.",
        "{claim}는 이 로그에 {fields} 항목이 없어 확인할 수 없습니다.",
    ),
    "verdict.undecided": (
        "whether {claim}: the numbers do not decide.",
        "{claim}는 이 수치만으로는 확인할 수 없습니다.",
    ),
    "verdict.selected": (
        "whether {claim}: hardly a request of this log succeeded, and the numbers of errors alone do not decide.",
        "{claim}는 확인할 수 없습니다. 이 로그에는 성공한 요청이 거의 없어 오류의 수치만으로는 판단할 수 없습니다.",
    ),
    "verdict.whether_missing": (
        "Open, for this log has no {fields}",
        "이 로그에 {fields} 항목이 없어 확인할 수 없는 것",
    ),
    "verdict.whether_undecided": (
        "Open, for the numbers do not decide it",
        "이 수치만으로는 확인할 수 없는 것",
    ),
    "verdict.whether_selected": (
        "Open, for hardly a request of this log succeeded and errors alone do not decide it",
        "성공한 요청이 거의 없어 오류의 수치만으로는 확인할 수 없는 것",
    ),
    "verdict.whether": ("whether {claim}", "{claim}"),
    "verdict.unsaid": (" ({unsaid} more do not say.)", " (그 밖에 {unsaid}건은 알 수 없습니다.)"),
    "verdict.checks": ("What to check next", "다음에 확인할 것"),
    # What to check first of a kind, where no cause says it.
    "check.server-error-burst": (
        (
            "Compare the start with the last deploy and with the error log of the server in the same "
            "minutes; read whether one path, host or upstream carries them."
        ),
        (
            "시작 시각을 마지막 배포, 같은 시각의 서버 오류 로그와 비교하고, 특정 경로나 호스트, 업스트림에 "
            "몰려 있는지 확인하십시오."
        ),
    ),
    "check.origin-unreachable": (
        "Ask the origin directly, past the edge or the proxy, and check its firewall, its load and its name in DNS.",
        "엣지나 프록시를 거치지 않고 원본에 직접 요청해 보고, 방화벽, 부하, DNS 이름을 확인하십시오.",
    ),
    "check.client-closed-spike": (
        (
            "Read how long these requests took before they were given up: equal times are a timer in front, "
            "long ones a slow server."
        ),
        (
            "요청이 중단되기까지 걸린 시간을 확인하십시오. 시간이 모두 같으면 앞단의 시간 제한, 길면 느린 서버일 수 "
            "있습니다."
        ),
    ),
    "check.rate-limit-storm": (
        "Find which clients met the limit and whether they are users; then compare the limit with what they need.",
        "제한에 걸린 클라이언트가 실제 사용자인지 확인하고, 필요한 요청량과 제한값을 비교하십시오.",
    ),
    "check.auth-failure-surge": (
        (
            "Check whether the identity provider answered, whether a password or token expired, and whether "
            "few clients try many names."
        ),
        (
            "인증 서버가 응답했는지, 비밀번호나 토큰이 만료되었는지, 소수 클라이언트가 여러 이름을 "
            "시도하는지 확인하십시오."
        ),
    ),
    "check.forbidden-surge": (
        "Compare the start with the last change of rules, permissions and certificates.",
        "시작 시각을 규칙, 권한, 인증서의 마지막 변경과 비교하십시오.",
    ),
    "check.not-found-surge": (
        "Look where the requests came from: a link of your own, a release that lost files, or somebody who guesses.",
        (
            "요청이 어디서 왔는지 확인하십시오. 자체 링크인지, 파일이 빠진 배포인지, 경로를 추측하는 "
            "누군가인지 구분하십시오."
        ),
    ),
    "check.bad-request-surge": (
        "Read the quoted request lines: what is wrong with them tells who wrote them.",
        "인용한 요청 줄을 읽어 보십시오. 무엇이 잘못되었는지 보면 누가 보냈는지 알 수 있습니다.",
    ),
    "check.latency-shift": (
        "Compare the start with deploys, with the load and with what the slow routes ask of databases and upstreams.",
        "시작 시각을 배포, 부하와 비교하고, 느린 경로가 쓰는 데이터베이스와 업스트림을 확인하십시오.",
    ),
    "check.traffic-drop": (
        "Check what stands in front (DNS, load balancer, certificate) and whether the log itself went elsewhere.",
        "앞단(DNS, 로드 밸런서, 인증서)을 확인하고, 로그가 다른 곳에 쌓이지 않는지 확인하십시오.",
    ),
    "check.log-silence": (
        "Check whether the server ran and could write its log: disk, rights, rotation, delivery.",
        "서버가 동작했는지, 로그를 쓸 수 있었는지(디스크, 권한, 로테이션, 전송) 확인하십시오.",
    ),
    "check.traffic-surge": (
        "See which clients, paths and agents are new in it: a campaign, a crawler, or an attack.",
        "새로 나타난 클라이언트, 경로, 에이전트를 확인하십시오. 캠페인인지 크롤러인지 공격인지 구분하십시오.",
    ),
    "check.blips": (
        "If they come back at equal distances, look for a job or a restart at these minutes.",
        "같은 간격으로 반복되면 그 시각의 정기 작업이나 재시작을 확인하십시오.",
    ),
    "check.unreadable-lines": (
        "Run the command below: it shows where the lines stop fitting, and which format would fit.",
        "아래 명령을 실행하면 줄이 형식에서 벗어나는 위치와 맞는 형식을 볼 수 있습니다.",
    ),
    "check.auth-loop": (
        "Find the client and its stored password or token; let it fail once rather than for ever.",
        "해당 클라이언트와 저장된 비밀번호나 토큰을 찾아, 끝없이 재시도하지 않게 하십시오.",
    ),
    "check.not-found-scan": (
        "Check that nothing it asked for was answered; then slow it down or shut it out.",
        "요청한 경로 중 응답한 것이 없는지 확인한 뒤, 속도를 제한하거나 차단하십시오.",
    ),
    "check.retry-storm": (
        "Give the client a back-off that grows, and let the answer carry Retry-After.",
        "클라이언트가 점점 길게 기다렸다가 재시도하게 하고, 응답에 Retry-After를 넣으십시오.",
    ),
    "check.quiet-day": (
        "Check whether the day was a holiday, or whether a part of the log is missing.",
        "휴일이었는지, 로그 일부가 빠졌는지 확인하십시오.",
    ),
    "check.rotation-gap": (
        "Add the file that is missing between the two, if it still exists.",
        "두 파일 사이의 빠진 파일이 남아 있으면 함께 분석하십시오.",
    ),
    "findings.again": ("Read this slice again", "이 구간만 다시 읽기"),
    "verdict.again": ("Read just these again", "해당 기록만 다시 읽기"),
    "verdict.others": ("Other documented causes: {judged}", "문서에 있는 그 밖의 원인: {judged}"),
    "verdict.ruled_out": ("{n} ruled out", "해당 없음 {n}개"),
    "verdict.open": ("{n} open", "확인 불가 {n}개"),
    "ledger.records": ("{records} of {lines}", "{lines} 중 {records}"),
    "ledger.rejected": ("{n} rejected", "거부 {n}줄"),
    "ledger.blank": ("{n} blank", "빈 줄 {n}줄"),
    "ledger.skipped": ("{n} skipped", "건너뜀 {n}줄"),
    "ledger.filtered": ("{n} filtered", "제외 {n}줄"),
    "doctor.is": ("is", "판정"),
    "doctor.problem": ("problem", "문제"),
    "doctor.evidence": ("evidence", "근거"),
    "doctor.else": ("else", "그 밖"),
    "doctor.lines": ("lines", "줄"),
    "doctor.skipped": ("skipped", "건너뜀"),
    "doctor.time": ("time", "시간"),
    "doctor.formats": ("formats", "형식"),
    "doctor.columns": ("columns", "열"),
    "doctor.no value": ("no value", "값 없음"),
    "doctor.rejected": ("rejected", "거부"),
    "doctor.begins": ("begins", "첫 줄"),
    "doctor.suggested": ("suggested", "제안"),
    "doctor.attempt": ("attempt", "시도"),
    "doctor.advice": ("advice", "조언"),
    "doctor.nothing": ("no log that is known here", "여기서 아는 로그가 아님"),
    "doctor.confidence": ("confidence {level}{doubt}", "신뢰도 {level}{doubt}"),
    "doctor.high": ("high", "높음"),
    "doctor.medium": ("medium", "중간"),
    "doctor.low": ("low", "낮음"),
    "doctor.of_first": ("of the first {lines} {others}", "처음 {lines} 중 {others}"),
    "doctor.would_read": ("{format} would read {n}", "{format} 형식이면 {n}줄"),
    "doctor.numbers": (": lines {first}", ": {first}번째 줄"),
    "doctor.line": ("line {n}: ", "{n}번째 줄: "),
    "doctor.whole": (
        "{format} fits as a whole; a value in it cannot be",
        "전체가 {format} 형식에 맞으나 있을 수 없는 값이 있음",
    ),
    "doctor.ends": ("the line ends here", "줄이 여기서 끝남"),
    "doctor.character": ("character {n}", "{n}번째 문자"),
    "doctor.expects": ("{found}: {format} expects `{expected}`", "{found}: {format} 형식이라면 `{expected}`"),
    "doctor.reads": ("reads {n} of {lines} lines looked at", "살펴본 {lines}줄 중 {n}줄을 읽음"),
    "doctor.left_out": ("{files} left out: {why}", "제외한 {files}: {why}"),
    "doctor.total": ("{logs} in {files}: {ledger}", "{files} 중 {logs}: {ledger}"),
    "count.recognised": ("{n} log", "로그 {n}개"),
    "count.recognised_many": ("{n} logs", "로그 {n}개"),
    "container.plain": ("plain", "압축 없음"),
    "explain.asked": ("What a log can tell about it", "로그로 확인할 수 있는 것"),
    "explain.every_log": ("every log", "모든 로그"),
    "explain.answers": (
        "`loganalyzer analyze PATH` answers this from a log, with the numbers.",
        "`loganalyzer analyze PATH`가 로그를 읽고 수치와 함께 답합니다.",
    ),
    "explain.meaning": ("meaning {n}", "{n}번째 의미"),
    "explain.by": ("By", "출처"),
    "explain.standard": ("The standard", "표준"),
    "explain.code": ("code", "코드"),
    "explain.reason": ("reason phrase", "사유 문구"),
    "explain.explained": ("explained for", "설명 대상"),
    "findings.evidence": ("Lines from the log", "로그의 해당 줄"),
    "findings.evidence_some": (
        "{shown} of {total} lines from the log",
        "로그의 해당 줄 {total}개 중 {shown}개",
    ),
    "findings.evidence_more": ("{n} more of them", "{n}개 더 보기"),
    "findings.documents": ("Causes, remedies, documents", "원인, 조치, 문서"),
    "findings.stretches": ("Stretches", "구간"),
    # Status over time.
    "timeline.heading": ("Status over time", "시간에 따른 상태 코드"),
    "timeline.lede": (
        (
            "Requests that ended in an error, of every log on one time axis, then each log by itself. "
            "Shaded bands are the incidents and findings, numbered as above. Times in {zone}."
        ),
        (
            "모든 로그에서 오류로 끝난 요청을 하나의 시간축에 놓고, 이어서 로그별로 보여 줍니다. "
            "음영은 위에서 번호를 매긴 인시던트와 발견 사항입니다. 시간대: {zone}."
        ),
    ),
    "timeline.one_lede": (
        "Shaded bands are the incidents and findings, numbered as above. Times in {zone}.",
        "음영은 위에서 번호를 매긴 인시던트와 발견 사항입니다. 시간대: {zone}.",
    ),
    "timeline.together": ("Errors side by side", "오류 한눈에 보기"),
    "timeline.together_summary": (
        "Requests with an error status per {step} in {vendors}. {peaks}",
        "{vendors}에서 오류로 끝난 요청 수({step} 단위)입니다. {peaks}",
    ),
    "timeline.peak": (
        "Errors of {vendor} peak at {n} at {time}.",
        "{vendor} 오류의 최댓값은 {time}의 {n}건입니다.",
    ),
    "timeline.no_errors": ("{vendor} has no error.", "{vendor}에는 오류가 없습니다."),
    "timeline.requests_alone": (
        "Handshakes, tunnels, probes and subrequests are no errors here.",
        "핸드셰이크, 터널, 상태 점검, 하위 요청은 여기서 오류로 세지 않습니다.",
    ),
    "timeline.summary": (
        "{vendor}: all records by class above, requests with an error by status below, per {step}. {peaks}",
        "{vendor}: {step} 단위로 위는 클래스별 전체 기록, 아래는 상태 코드별 오류 요청입니다. {peaks}",
    ),
    "timeline.records": ("all records", "전체 기록"),
    "timeline.errors": ("errors", "오류"),
    "timeline.others": ("other {status_class}", "그 밖의 {status_class}"),
    "timeline.band": ("{number} {kind}", "{number} {kind}"),
    "timeline.bands": ("Bands: ", "음영: "),
    "timeline.clock_changes": (
        " (the clock of the zone changes within the period)",
        "(기간 안에 시간대의 시계가 바뀜)",
    ),
    # Classes.
    "classes.heading": ("Status classes", "상태 코드 클래스"),
    "classes.lede": (
        "Shares of each log's requests. One request may stand in several logs, so they are not added up.",
        "로그별 요청에서 차지하는 비율입니다. 한 요청이 여러 로그에 남을 수 있으므로 서로 더하지 않습니다.",
    ),
    "classes.beside": (
        " What else the records are (handshakes, tunnels, probes, subrequests) is counted below them.",
        " 요청이 아닌 기록(핸드셰이크, 터널, 상태 점검, 하위 요청)은 그 아래 표에 따로 셉니다.",
    ),
    "classes.every_role": (
        " All records are counted, handshakes, tunnels, probes and subrequests too.",
        " 핸드셰이크, 터널, 상태 점검, 하위 요청을 포함한 모든 기록을 셉니다.",
    ),
    "classes.summary": ("Shares of requests by status class: {bars}", "상태 코드 클래스별 요청 비율: {bars}"),
    "classes.caption": ("Requests and their share by class", "클래스별 요청 수와 비율"),
    "classes.requests": ("Requests", "요청"),
    "classes.vendor": ("Log", "로그"),
    "classes.records": ("Records", "기록"),
    "classes.roles": ("What the records are", "기록의 종류"),
    "classes.role": ("Role", "종류"),
    # Statuses.
    "statuses.heading": ("What the status codes mean", "상태 코드의 의미"),
    "statuses.lede": (
        (
            "Every status in the logs, errors first: what it means for that vendor in a sentence, and which of its "
            "causes the log shows."
        ),
        (
            "로그에 나온 모든 상태 코드입니다. 오류가 먼저 나오며, 그 제품에서의 뜻을 한 문장으로 적고 로그로 "
            "확인되는 원인을 덧붙였습니다."
        ),
    ),
    "statuses.glossary": (
        "All that the documents say stands once, in the glossary.",
        "문서의 설명 전체는 뒤의 상태 코드 설명에 한 번만 실었습니다.",
    ),
    "statuses.caption": ("Statuses in the {vendor} log", "{vendor} 로그의 상태 코드"),
    "statuses.status": ("Status", "상태"),
    "statuses.records": ("Records", "기록"),
    "statuses.share": ("Share of records", "기록 중 비율"),
    "statuses.meaning": ("Meaning", "의미"),
    "statuses.unknown": ("No document explains this status.", "이 상태 코드를 설명하는 문서가 없습니다."),
    "statuses.unknown_for": (
        "No document explains this status for {vendor}.",
        "{vendor}에서 이 상태 코드가 무엇을 뜻하는지 설명하는 문서가 없습니다.",
    ),
    "statuses.unknown_class": (
        "By its first digit it is of class {status_class}, and to be read as {general} (RFC 9110, 15).",
        "첫 숫자로 보면 {status_class} 부류이며 {general}처럼 다루어야 합니다(RFC 9110, 15).",
    ),
    "statuses.invalid": (
        "HTTP has statuses from 100 to 599 only (RFC 9110, 15).",
        "HTTP의 상태 코드는 100부터 599까지뿐입니다(RFC 9110, 15).",
    ),
    "statuses.elsewhere": (
        "Elsewhere it is {others}; it need not mean the same here.",
        "다른 곳에서는 {others}에 해당하지만, 여기서도 같은 뜻이라는 보장은 없습니다.",
    ),
    "statuses.elsewhere_one": ("{vendor}’s {name} ({documents})", "{vendor}의 {name}({documents})"),
    "statuses.elsewhere_unnamed": ("a code of {vendor}’s ({documents})", "{vendor}의 코드({documents})"),
    "statuses.unlogged": ("The line carries no status.", "줄에 상태 코드가 없습니다."),
    "statuses.fault": ("Points to", "원인 위치"),
    "statuses.causes": ("Causes", "원인"),
    "statuses.remedies": ("What to do", "조치"),
    "statuses.caveat": ("Caveat", "주의"),
    "statuses.source": ("Source", "출처"),
    "statuses.no_address": ("no address stated", "주소 표기 없음"),
    "statuses.remainder": (
        "{n} rarer statuses are left out here; the JSON result holds them all.",
        "드물게 나온 상태 코드 {n}개는 생략했습니다. JSON 결과에는 모두 있습니다.",
    ),
    # Status against what is behind it.
    "origin.heading": ("Edge against origin, server against upstream", "엣지와 원본, 서버와 업스트림"),
    "origin.lede": (
        "What clients were answered, beside what the lines say of the server behind.",
        "클라이언트에 응답한 상태 코드를 뒤쪽 서버의 상태와 나란히 놓았습니다.",
    ),
    "origin.edge": (
        "{vendor}, {all}: {same} were answered with the origin’s status, {differ} with another one{pairs}",
        "{vendor}, {all}: 원본의 상태 그대로 응답 {same}건, 다른 상태로 응답 {differ}건{pairs}",
    ),
    "origin.edge_zero": (
        "; of {n} the origin gave none (the cache or a rule answered, or nothing came)",
        ", 원본 응답 없음 {n}건(캐시나 규칙이 응답했거나 응답이 오지 않음)",
    ),
    "origin.edge_unstated": ("; {n} do not state it", ", 원본 상태가 적히지 않은 것 {n}건"),
    "origin.server": (
        "{vendor}, {all}: {same} were answered with the upstream’s status, {differ} with another one{pairs}",
        "{vendor}, {all}: 업스트림의 상태 그대로 응답 {same}건, 다른 상태로 응답 {differ}건{pairs}",
    ),
    "origin.server_zero": ("; {n} state 0", ", 업스트림 상태 0 {n}건"),
    "origin.server_unstated": (
        "; {n} state none (the server answered by itself, or the format leaves it out)",
        ", 업스트림 상태가 없는 것 {n}건(서버가 직접 응답했거나 형식에 항목이 없음)",
    ),
    "origin.pairs": (" (most often {pairs})", "(주로 {pairs})"),
    "origin.pair": ("{answered} for its {behind}: {n}", "{behind} 대신 {answered} {n}건"),
    "origin.caption_behind": (
        "{vendor}: rows are the status behind it, columns the status answered",
        "{vendor}: 행은 뒤쪽 서버의 상태, 열은 응답한 상태",
    ),
    "matrix.all": ("All", "전체"),
    "matrix.other": ("Others", "그 밖"),
    "matrix.none": ("none stated", "적히지 않음"),
    "matrix.others": ("all others", "나머지 전체"),
    "matrix.unnamed": ("No value logged: {requests}.", "값이 기록되지 않음: {requests}."),
    # Caches and rules.
    "cache.heading": ("Cache", "캐시"),
    "cache.lede": (
        (
            "Requests by cache result. A hit came out of the cache, also after the copy was confirmed or when it was "
            "stale; a miss was looked for and fetched; what was not looked for (bypassed, dynamic, denied, failed) is "
            "neither."
        ),
        (
            "캐시 결과별 요청입니다. 적중은 캐시에서 응답한 것(사본을 확인한 뒤이거나 만료된 사본인 경우 포함), "
            "미스는 캐시를 찾아보고 가져온 것입니다. "
            "캐시를 찾아보지 않은 것(우회, 동적, 거부, 실패)은 어느 쪽도 아닙니다."
        ),
    ),
    "cache.sentence": (
        (
            "{vendor}, {all}: {share} of the {looked} that were looked for are hits ({hits}); hits are {bytes} of the "
            "bytes sent with a cache result."
        ),
        (
            "{vendor}, {all}: 캐시를 찾아본 {looked}건 중 적중 {hits}건({share}), "
            "캐시 결과가 적힌 전송량 중 적중이 {bytes}."
        ),
    ),
    "cache.few": (
        "{vendor}, {all}: {hits} hits of {looked} that were looked for, too few for a share ({least} needed).",
        "{vendor}, {all}: 캐시를 찾아본 {looked}건 중 적중 {hits}건. 비율을 내기에 너무 적습니다({least}건 필요).",
    ),
    "cache.part": ("{n} of {all}", "{all}건 중 {n}건"),
    "cache.share": ("Share of them", "이 중 비율"),
    "cache.never": (
        "{vendor}, {all}: nothing was looked for in a cache.",
        "{vendor}, {all}: 캐시를 찾아본 요청이 없습니다.",
    ),
    "cache.caption": ("{vendor}: requests with a cache result", "{vendor}: 캐시 결과가 적힌 요청"),
    "cache.kind": ("Kind", "구분"),
    "cache.requests": ("Requests", "요청"),
    "cache.hit": ("hit", "적중"),
    "cache.miss": ("miss", "미스"),
    "cache.none": ("neither", "해당 없음"),
    "decisions.heading": ("Security and policy decisions", "보안과 정책 결정"),
    "decisions.lede": (
        (
            "Requests and tunnels whose line names a decision: a security action, or the tag of an access policy "
            "without its number. Handshakes are left out."
        ),
        "결정(보안 조치 또는 번호를 뗀 접근 정책 태그)이 적힌 요청과 터널입니다. 인증 핸드셰이크는 제외합니다.",
    ),
    "decisions.sentence": (
        "{vendor}, {all} with a decision: {parts}.",
        "{vendor}, 결정이 적힌 {all}건: {parts}.",
    ),
    "decisions.then": ("; ", ", "),
    "decisions.refused": (
        "{n} refused by a rule{which}",
        "규칙이 거부한 것 {n}건{which}",
    ),
    "decisions.challenged": (
        "{n} held up by a challenge or a warning{which}",
        "확인 절차나 경고 페이지에서 멈춘 것 {n}건{which}",
    ),
    "decisions.most": (" (most often {value}: {most})", "(가장 많은 결정 {value}: {most}건)"),
    "decisions.every": (" ({value})", "({value})"),
    "decisions.passed": ("{n} let through, none of which failed", "통과한 것 {n}건(실패 없음)"),
    "decisions.passed_failed": (
        "{n} let through, {failed} of which failed for another reason",
        "통과한 것 {n}건(그중 다른 이유로 실패 {failed}건)",
    ),
    "decisions.passed_all": (
        "{n} let through, which failed for another reason",
        "통과했으나 다른 이유로 실패한 것 {n}건",
    ),
    "decisions.other_all": (
        "{n} neither refused nor let through, which failed",
        "거부도 통과도 아니고 실패한 것 {n}건",
    ),
    "decisions.other": ("{n} neither refused nor let through", "거부도 통과도 아닌 것 {n}건"),
    "decisions.other_failed": (
        "{n} neither refused nor let through, {failed} of which failed",
        "거부도 통과도 아닌 것 {n}건(그중 실패 {failed}건)",
    ),
    "decisions.by_status": (
        "{vendor}: rows are the decision, columns the status answered",
        "{vendor}: 행은 결정, 열은 응답한 상태",
    ),
    "decisions.by": (
        "{vendor}: rows are the {dimension}, columns the decision; most errors first",
        "{vendor}: 행은 {dimension}, 열은 결정(오류가 많은 순)",
    ),
    "decisions.fold": ("{vendor}: decisions by {dimensions}", "{vendor}: {dimensions}별 결정"),
    # Latency and traffic.
    "latency.heading": ("How long answers took", "응답 시간"),
    "latency.lede": (
        (
            "Requests that were answered (2xx, 3xx) and state how long they took: a refusal is quick and a time-out "
            "slow by nature. Times are read from bins 2 % wide and right to {error}. Under each log its slowest routes "
            "by the 95th percentile, of those with {least} answers or more."
        ),
        (
            "처리 시간이 적혀 있고 2xx, 3xx로 응답한 요청만 봅니다. "
            "거부는 본래 빠르고 시간 초과는 본래 느리기 때문입니다. "
            "시간은 폭 2% 구간에서 읽어 오차가 {error} 이내입니다. 로그마다 응답이 {least}건 이상인 경로 중 "
            "95번째 백분위수가 느린 것을 실었습니다."
        ),
    ),
    "latency.sentence": ("{vendor}, {answers}: {within}.", "{vendor}, {answers}: {within}."),
    "latency.within": ("{share} within {time}", "{share}가 {time} 이내"),
    "latency.few": (
        "{vendor}, {answers}: too few for percentiles ({least} needed).",
        "{vendor}, {answers}: 백분위수를 내기에 너무 적습니다({least}건 필요).",
    ),
    "latency.least": ("< 1 ms", "1ms 미만"),
    "latency.caption": ("{vendor}: time to answer", "{vendor}: 응답 시간"),
    "latency.route": ("Route", "경로"),
    "latency.host": ("Host", "호스트"),
    "latency.answers": ("Answers", "응답"),
    "latency.whole": ("whole log", "로그 전체"),
    "latency.faster": ("Not shown: {routes} that are faster.", "생략: 더 빠른 {routes}."),
    "latency.rare": (
        "Not ranked: {routes} with fewer than {least} answers each ({answers} in all).",
        "순위에서 제외: 응답이 {least}건 미만인 {routes}(합계 {answers}).",
    ),
    "latency.unnamed": ("Not told apart by route: {answers}.", "경로를 구분하지 않은 {answers}."),
    "traffic.heading": ("Traffic", "트래픽"),
    "traffic.lede": (
        "What every log holds, and its hours (whole ones of UTC) with most records and most bytes.",
        "로그별 기록 수와 전송량, 그리고 각각 가장 많았던 한 시간(UTC 정각부터 정각까지)입니다.",
    ),
    "traffic.caption": ("Records and bytes by log", "로그별 기록과 전송량"),
    "traffic.bytes": ("Sent", "전송량"),
    "traffic.busiest": ("Most records in an hour", "기록이 가장 많은 시간"),
    "traffic.heaviest": ("Most bytes in an hour", "전송량이 가장 많은 시간"),
    "traffic.hour": ("{when}: {amount}", "{when}: {amount}"),
    # Glossary.
    "glossary.heading": ("Glossary of the status codes", "상태 코드 설명"),
    "glossary.lede": (
        (
            "Every code in these logs, once for all of them: what each document says that it can mean, why it comes "
            "and what to do. What holds for every server comes first, then what single vendors add."
        ),
        (
            "로그에 나온 상태 코드마다 문서가 말하는 뜻, 원인, 조치를 한 번씩 실었습니다. "
            "모든 서버에 해당하는 설명이 먼저이고, 제품별 설명이 그 뒤에 이어집니다."
        ),
    ),
    "glossary.places": ("Records in these logs", "로그별 기록 수"),
    "glossary.beside": ("Told beside it", "함께 언급된 코드"),
    "glossary.of_vendor": ("{vendor}: {title}", "{vendor}: {title}"),
    "glossary.unexplained": (
        "No document explains {count}: {codes}.",
        "설명하는 문서가 없는 {count}: {codes}.",
    ),
    "documents.heading": ("Documents", "문서"),
    "documents.lede": (
        "What the meanings and causes above are taken from, by the names under which they are quoted.",
        "위에서 인용한 문서의 이름, 제목, 주소입니다.",
    ),
    "documents.rest": ("Not quoted here: {documents}.", "여기서 인용하지 않음: {documents}."),
    "documents.caption": ("The documents quoted", "인용한 문서"),
    "documents.id": ("Name", "이름"),
    "documents.title": ("Title", "제목"),
    "documents.address": ("Address", "주소"),
    "documents.untitled": ("no title stated", "제목 표기 없음"),
    "count.answer": ("{n} answer", "응답 {n}건"),
    "count.answer_many": ("{n} answers", "응답 {n}건"),
    "count.route": ("{n} route", "경로 {n}개"),
    "count.route_many": ("{n} routes", "경로 {n}개"),
    "count.status_code": ("{n} code", "상태 코드 {n}개"),
    "count.status_code_many": ("{n} codes", "상태 코드 {n}개"),
    # Top tables.
    "tops.heading": ("Where the errors are", "오류가 발생한 곳"),
    "tops.lede": (
        (
            "The paths, clients, hosts and agents with the most errors, then what else is known of them. "
            "Most errors is not the same as the cause: compare with the requests beside it. "
            "What an agent says it is, nobody has verified. "
            "Networks are /24, of IPv6 /48. Handshakes, tunnels and probes are left out."
        ),
        (
            "오류가 가장 많은 경로, 클라이언트, 호스트, 에이전트와 그 밖에 알 수 있는 것입니다. "
            "오류가 가장 많다고 원인은 아니므로 옆의 요청 수와 비교하십시오. "
            "에이전트가 스스로 밝힌 이름은 검증하지 않은 것입니다. "
            "네트워크는 /24(IPv6는 /48)입니다. 핸드셰이크, 터널, 상태 점검은 뺐습니다."
        ),
    ),
    "tops.by": ("By", "기준"),
    "tops.values": ("Values", "값"),
    "tops.first": ("First of them (share of the errors)", "많은 순(오류 중 비율)"),
    "tops.brief": ("{status_class} by what else is known", "그 밖의 기준별 {status_class}"),
    "tops.part": (" {n} ({share})", " {n}건({share})"),
    "tops.without": ("; {n} without one", ", 값 없음 {n}건"),
    "tops.brief_bound": (
        "Counted of those told apart: {names}. What was too rare to be told apart is among those without one.",
        "구분해서 센 것만 포함: {names}. 드물어서 구분하지 않은 것은 값 없음에 들어 있습니다.",
    ),
    "kind.browser": ("browsers", "브라우저"),
    "kind.bot": ("what says it is a bot", "스스로 봇이라고 밝힌 것"),
    "kind.tool": ("tools and apps", "도구와 앱"),
    "kind.scanner": ("what says it is a scanner", "스스로 스캐너라고 밝힌 것"),
    "kind.other": ("others", "그 밖"),
    "referrer.same": ("the same host", "같은 호스트"),
    "referrer.search": ("a search engine", "검색 엔진"),
    "tops.group": ("{vendor}, {status_class}: {errors}", "{vendor}, {status_class}: {errors}"),
    "tops.caption": ("Most {status_class} by {dimension}", "{dimension}별 {status_class}"),
    "tops.failures": ("Errors", "오류"),
    "tops.share": ("Share of errors", "오류 중 비율"),
    "tops.records": ("All requests", "전체 요청"),
    "tops.failing": ("Failing of requests", "요청 중 실패율"),
    "tops.statuses": ("Statuses", "상태"),
    "tops.remainder": ("Not shown: {values} with {errors}.", "생략: {values}, {errors}."),
    "tops.unnamed": ("No value logged: {errors}.", "값이 기록되지 않음: {errors}."),
    "tops.unnamed_most": (
        "Most of them, {errors} of {all}, carry no value here: the rows speak for the rest alone.",
        "대부분({all}건 중 {errors})은 이 값이 기록되지 않아, 표는 나머지만 보여 줍니다.",
    ),
    "tops.unnamed_or_rare": (
        "No value logged, or one too rare to be kept: {errors}.",
        "값이 기록되지 않았거나 너무 드물어 남기지 않음: {errors}.",
    ),
    "tops.bound": (
        "Counts of a log with this many values are kept in bounded memory: each may be up to {bound} too low.",
        "값이 매우 많아 제한된 메모리로 셌습니다. 각 수는 실제보다 최대 {bound}만큼 적을 수 있습니다.",
    ),
    # Ledger.
    "coverage.heading": ("What was read", "읽은 내용"),
    "coverage.lede": (
        (
            "{share} of the lines meant to be records were understood. Every line is accounted for: "
            "{lines} lines = {records} records + {rejected} rejected + {blank} blank + {skipped} skipped + "
            "{filtered} filtered."
        ),
        (
            "기록에 해당하는 줄을 해석한 비율은 {share}입니다. 모든 줄의 집계: "
            "전체 {lines} = 기록 {records} + 거부 {rejected} + 빈 줄 {blank} + 건너뜀 {skipped} + 제외 {filtered}."
        ),
    ),
    "coverage.caption": ("Sources and where their lines went", "소스별 줄 집계"),
    "coverage.source": ("Source", "소스"),
    "coverage.format": ("Format, and why", "형식과 근거"),
    "coverage.lines": ("Lines", "줄 수"),
    "coverage.records": ("Records", "기록"),
    "coverage.rejected": ("Rejected", "거부"),
    "coverage.blank": ("Blank", "빈 줄"),
    "coverage.skipped": ("Skipped", "건너뜀"),
    "coverage.filtered": ("Filtered", "제외"),
    "coverage.total": ("Total", "합계"),
    "coverage.unrecognised": ("not recognised", "인식하지 못함"),
    "coverage.no_logs": ("{files}: ", "{files}: "),
    "coverage.no_logs_format": ("no access logs, left out", "접근 로그가 아니어서 제외"),
    "coverage.problem": ("Problem: ", "문제: "),
    "coverage.no_records": ("no records", "기록 없음"),
    "coverage.replaced": (
        "{lines} with bytes that are no UTF-8, shown as \ufffd",
        "UTF-8이 아닌 바이트가 있는 {lines}(\ufffd로 표시)",
    ),
    "coverage.size": ("{n} bytes", "{n}바이트"),
    "coverage.more_sources": (
        "{n} further sources are counted in the total; the JSON result lists them all.",
        "나머지 소스 {n}개는 합계에만 포함했습니다. JSON 결과에는 모두 있습니다.",
    ),
    "coverage.skipped_why": ("Skipped lines, by reason", "건너뛴 줄의 이유"),
    "coverage.rejected_why": ("Rejected lines, by reason, with examples", "거부된 줄의 이유와 예"),
    "coverage.reason": ("Reason", "이유"),
    "coverage.examples": ("Examples", "예"),
    "coverage.also": ("also {formats}", "그 밖에 {formats}"),
    "coverage.format_lines": ("{format} ({n})", "{format}({n})"),
    # Notes and method.
    "notes.heading": ("Notes on the numbers", "수치에 대한 참고 사항"),
    "notes.more": ("… and {n} more like it.", "… 비슷한 사항 {n}건 더"),
    "note.vendor-guessed": (
        "{path}: nothing in it tells nginx from Apache, so it was read as nginx. `--vendor apache` overrules.",
        "{path}: nginx와 Apache를 구분할 단서가 없어 nginx로 읽었습니다. `--vendor apache`로 바꿀 수 있습니다.",
    ),
    "note.lines-loose": (
        "{path}: lines that are broken or carry more than their format, read as far as they go: {lines} ({format}).",
        "{path}: 깨졌거나 형식보다 내용이 많아 읽을 수 있는 데까지만 읽은 줄: {lines}({format}).",
    ),
    "note.bytes-replaced": (
        "{path}: lines with bytes that are no UTF-8, which are shown as \ufffd: {lines}.",
        "{path}: UTF-8이 아닌 바이트가 있어 \ufffd로 표시한 줄: {lines}.",
    ),
    "note.clock": (
        (
            "{vendor}: {records} records are stamped {first} to {last}, ten years or more from the others: a clock was "
            "wrong, or these are logs of different decades. They are counted, but not drawn and not tested."
        ),
        (
            "{vendor}: 기록 {records}건의 시각({first}–{last})이 나머지와 10년 이상 떨어져 있습니다. "
            "시계가 틀렸거나 서로 다른 연대의 로그입니다. "
            "집계에는 넣었으나 그림과 검사에서는 제외했습니다."
        ),
    ),
    "note.clock-back": (
        (
            "{path}: at line {line} the stamps go back from {before} to {after} (such steps in all: {times}): a clock "
            "was set back, or logs were joined. Time that was stamped twice is counted twice, and a gap that a clock "
            "explains is not told as silence."
        ),
        (
            "{path}: {line}번째 줄에서 시각이 {before}에서 {after}로 되돌아갑니다(모두 {times}번). "
            "시계가 뒤로 맞춰졌거나 여러 로그를 이어 붙인 것입니다. 두 번 찍힌 시간은 두 번 집계되며, "
            "시계로 설명되는 공백은 침묵으로 보고하지 않습니다."
        ),
    ),
    "note.clock-skipped": (
        (
            "{vendor}: no line in the hour from {first}, which summer time leaves out in some zone: if the stamps "
            "state no offset from UTC, there was no such hour. It is not told as silence."
        ),
        (
            "{vendor}: {first}부터 한 시간 동안 줄이 없습니다. 일부 시간대에서 서머타임 시작으로 건너뛰는 시간입니다. "
            "시각에 UTC 오프셋이 없다면 존재하지 않은 시간이므로 침묵으로 보고하지 않습니다."
        ),
    ),
    "note.values-bounded": (
        "{vendor}: more values of {dimension} than are counted one by one; each count may be up to {bound} too low.",
        "{vendor}: {dimension} 값이 너무 많아 제한된 메모리로 셌습니다. 각 수는 최대 {bound}만큼 적을 수 있습니다.",
    ),
    "note.hosts-bounded": (
        "{vendor}: more than {hosts} hosts; the rarer ones are taken together where time matters.",
        "{vendor}: 호스트가 {hosts}개를 넘어, 드문 것은 시간별 집계에서 하나로 묶었습니다.",
    ),
    "note.estimated": (
        "{vendor}: lines that state a sample interval: {lines}. Rates with them are estimates; records count lines.",
        "{vendor}: 표본 간격이 적힌 줄: {lines}. 이 줄이 들어간 비율은 추정값이며, 기록 수는 줄 수입니다.",
    ),
    "note.not-a-log": ("{path} was left out: {why}.", "{path}: 제외했습니다({why})."),
    "notes.no_logs": ("{files} were left out as no access logs: ", "접근 로그가 아니어서 제외한 {files}: "),
    "note.duplicate": (
        "{path} has the same content as {same_as}: its lines are counted once.",
        "{path}: {same_as} 파일과 내용이 같아 한 번만 집계했습니다.",
    ),
    "note.duplicate-start": (
        (
            "{path}: what could be read of it is the start of {same_as}, as when packing it was broken off: its lines "
            "are counted once."
        ),
        (
            "{path}: 읽을 수 있는 부분이 {same_as}의 앞부분과 같습니다(압축이 중단된 경우). "
            "그 줄은 한 번만 집계했습니다."
        ),
    ),
    "note.origin-unknown": (
        (
            "{vendor}: server errors that do not state what the origin answered: {records}. Without "
            "OriginResponseStatus, which Logpull leaves out unless it is asked for, nobody can tell whether the origin "
            "or the edge made one. Add the field to the job; 520–527 and 530 are the edge's own either way."
        ),
        (
            "{vendor}: 서버 오류 {records}건에 원본 서버의 응답(OriginResponseStatus)이 없어 원본과 엣지 중 어디서 난 "
            "오류인지 알 수 없습니다. Logpull은 요청하지 않으면 이 필드를 빼므로 작업에 추가하십시오. "
            "520–527과 530은 어느 경우든 엣지가 만든 것입니다."
        ),
    ),
    "note.delivered-twice": (
        (
            "{path}: {records} of its requests stand in files read before it too, foremost in {same_as} (same RayID, "
            "moment, path and status): two Logpush jobs, or ranges of Logpull that overlap. They are counted once; to "
            "choose whose fields count, give the files of that job alone."
        ),
        (
            "{path}: 요청 {records}건이 먼저 읽은 파일, 주로 {same_as}에도 있습니다"
            "(RayID, 시각, 경로, 상태가 같음). "
            "Logpush 작업이 둘이거나 Logpull 구간이 겹친 것입니다. "
            "한 번만 집계했습니다. 어느 작업의 필드를 쓸지 정하려면 그 작업의 파일만 지정하십시오."
        ),
    ),
    "note.delivered-before": (
        (
            "{path}: {records} of its requests stand in files read before it too (same RayID, time, path and status): "
            "two Logpush jobs, or ranges of Logpull that overlap. They are counted once."
        ),
        (
            "{path}: 요청 {records}건이 먼저 읽은 파일에도 있습니다(RayID, 시각, 경로, 상태가 같음). "
            "Logpush 작업이 둘이거나 Logpull 구간이 겹친 것입니다. 한 번만 집계했습니다."
        ),
    ),
    "note.delivered-within": (
        (
            "{path}: {records} of its requests stand in it more than once (same RayID, moment, path and status). "
            "One file is read as it stands, so they are counted each time: if files of several jobs were joined, give "
            "them apart."
        ),
        (
            "{path}: 요청 {records}건이 이 파일에 두 번 이상 있습니다(RayID, 시각, 경로, 상태가 같음). "
            "한 파일은 있는 그대로 읽으므로 나올 때마다 집계했습니다. "
            "여러 작업의 파일을 합친 것이라면 나누어 지정하십시오."
        ),
    ),
    "note.delivered-missed": (
        (
            "Cloudflare: only the first {remembered} requests are remembered to tell what is delivered twice. Of those "
            "after them about {records} records (estimated) repeat another file and are counted twice: every count may "
            "be too high by that much. Give the files of one job alone."
        ),
        (
            "Cloudflare: 두 번 전달된 요청을 가려내려고 처음 {remembered}건까지만 기억합니다. 그 뒤의 요청 중 "
            "약 {records}건(추정)은 다른 파일과 겹쳐 두 번 집계되었으므로, 모든 수가 그만큼 클 수 있습니다. "
            "한 작업의 파일만 지정하십시오."
        ),
    ),
    "note.before-span": (
        "{path} was not read: the file after it begins more than a day before --since.",
        "{path}: 읽지 않았습니다. 다음 파일이 --since보다 하루 넘게 먼저 시작합니다.",
    ),
    "note.after-span": (
        "{path} was not read: it begins more than a day after --until.",
        "{path}: 읽지 않았습니다. --until보다 하루 넘게 뒤에 시작합니다.",
    ),
    "note.evidence-missing": (
        "{path}: the lines behind a finding could not be looked up again ({why}); its numbers stand.",
        "{path}: 발견 사항의 해당 줄을 다시 찾지 못했습니다({why}). 수치는 그대로 유효합니다.",
    ),
    "note.completion-time": (
        (
            "{vendor}: the log states when a request ended and not how long it took; an error that took a minute shows "
            "a minute late."
        ),
        "{vendor}: 요청이 끝난 시각만 있고 걸린 시간이 없으므로, 1분 걸린 오류는 1분 늦게 나타납니다.",
    ),
    "note.anonymized": (
        (
            "Clients and users are pseudonyms: the same one means the same client or user everywhere here, and clients "
            "whose pseudonyms begin alike are of one network. Addresses and users' names in paths, referrers and "
            "quoted lines are hidden as well, and of rejected lines only the shape is shown. Names of hosts, and "
            "addresses of servers, are as logged."
        ),
        (
            "클라이언트와 사용자는 가명으로 표시됩니다. 같은 가명은 어디에서나 같은 클라이언트나 사용자를 뜻하며, "
            "앞부분이 같은 클라이언트는 같은 네트워크에 있습니다. 경로, 리퍼러, 인용한 줄에 있는 주소와 사용자 이름도 "
            "가려졌고, 거부된 줄은 형태만 표시됩니다. 호스트 이름과 서버 주소는 로그에 적힌 그대로입니다."
        ),
    ),
    "note.anonymized-bounded": (
        (
            "The log names more than {names} users: of the others, names in paths and quoted lines may not be hidden; "
            "look before you give this away."
        ),
        (
            "로그에 나오는 사용자가 {names}명을 넘습니다. 나머지 사용자의 이름은 경로나 인용한 줄에 남아 있을 수 "
            "있으니, 전달하기 전에 확인하십시오."
        ),
    ),
    "terminal.over_time": ("5xx over time {bars}", "시간별 5xx {bars}"),
    "terminal.anonymized": (
        "clients and users are pseudonyms",
        "클라이언트와 사용자는 가명으로 표시됩니다",
    ),
    "terminal.names_of_stream": (
        (
            "Standard input is read once: a user's name in the path of an earlier record may not be hidden; "
            "name a file to be sure."
        ),
        (
            "표준 입력은 한 번만 읽으므로, 앞선 기록의 경로에 있는 사용자 이름은 가려지지 않을 수 있습니다. "
            "확실히 하려면 파일을 지정하십시오."
        ),
    ),
    "method.heading": ("How this was computed", "계산 방법"),
    "method.lede": (
        "Short and honest, so that you can disagree.",
        "수치를 직접 따져 볼 수 있도록 계산 방법을 간단히 적었습니다.",
    ),
    "method.expected": (
        (
            "Expected: per log and family of statuses, a floor of errors per minute that is there "
            "without visitors, plus "
            "so many per request that is none of them, both fitted so that bursts do not pull them up, plus what jobs "
            "meet at the same minute of every hour, and raised where the last three hours ran higher."
        ),
        (
            "예상값: 로그와 상태 코드 계열별로, 방문자와 무관하게 분당 발생하는 기본 오류에, "
            "해당 오류가 아닌 요청 대비 비율과 매시 같은 분에 도는 작업의 오류를 더한 값입니다. "
            "급증 구간에 영향받지 않도록 추정하며, 최근 3시간의 오류가 많았으면 그만큼 높입니다."
        ),
    ),
    "method.score": (
        (
            "Chance: windows of 1, 2, 5, 15 and 60 minutes are compared with the expected count under a "
            "spread measured "
            "on the same log (negative binomial). A score of 9 means: at most 1 chance in 10⁹. The "
            "threshold allows one "
            "false alarm in twenty days over all that is tested."
        ),
        (
            "우연일 확률: 1·2·5·15·60분 구간의 건수를 같은 로그에서 측정한 산포(음이항분포)로 예상값과 비교합니다. "
            "점수 9는 우연일 확률이 10⁹분의 1 이하라는 뜻입니다. "
            "기준은 전체 검사를 통틀어 20일에 한 번의 오경보를 허용합니다."
        ),
    ),
    "method.limit": (
        (
            "Limit: where a log is too short, or bad for most of its length, there is nothing to compare with; then "
            "a fixed share of the requests is tested, named in the finding, and neither a ratio nor a chance is given."
        ),
        (
            "한도: 로그가 너무 짧거나 대부분의 구간에 오류가 많으면 비교할 대상이 없습니다. 이때는 발견 사항에 적은 "
            "고정 비율(요청 기준)로 판단하며, 배수나 확률은 제시하지 않습니다."
        ),
    ),
    "method.severity": (
        (
            "Severity: how fast the errors burn a budget of 0.1 % of requests (critical above 14.4 times, major above "
            "6 times), or which part of all requests fails (critical from a half, major from a fifth), with enough "
            "requests behind it; never the chance."
        ),
        (
            "심각도: 요청의 0.1%라는 오류 예산을 얼마나 빨리 소진하는지(14.4배 초과 심각, 6배 초과 중대), "
            "또는 전체 요청 중 얼마가 실패하는지(절반 이상 심각, 5분의 1 이상 중대)로 정합니다. "
            "요청 수가 충분할 때만 적용하며, 확률로는 정하지 않습니다."
        ),
    ),
    "method.time": (
        (
            "Time: counted in UTC, shown in {zone}. nginx and WSA write a line when the request ends, Apache and "
            "Cloudflare when it starts; where the duration is known and at most 300 s, counts per minute use the start."
        ),
        (
            "시각: 집계는 UTC, 표시는 {zone} 기준입니다. nginx와 WSA는 요청이 끝날 때, Apache와 "
            "Cloudflare는 시작할 때의 "
            "시각을 적습니다. 처리 시간을 알고 300초 이하이면 분당 집계는 시작 시각을 씁니다."
        ),
    ),
    "method.meaning": (
        (
            "Meanings come from the documents named beside them, in our own words. They say what a status can mean, "
            "not which of the meanings applies here."
        ),
        (
            "의미는 옆에 적은 문서의 내용을 풀어 쓴 것입니다. 상태 코드가 뜻할 수 있는 것을 설명할 뿐, "
            "이 로그에서 어느 쪽인지를 말하지는 않습니다."
        ),
    ),
    "method.masked": (
        (
            "Values of parameters that look like secrets, credentials and tokens are masked; control "
            "characters from the "
            "log are written out. This page loads nothing from the network."
        ),
        (
            "비밀 값, 자격 증명, 토큰으로 보이는 값은 가렸고, 로그의 제어 문자는 보이는 글자로 바꿔 적었습니다. "
            "이 페이지는 네트워크에서 아무것도 불러오지 않습니다."
        ),
    ),
    "method.blips": (
        (
            "Blips: what is over within two minutes and is below 5 % of an hour's requests is listed in one line, not "
            "raised as a finding of its own."
        ),
        "순간 오류: 2분 이내에 끝나고 한 시간 요청의 5% 미만이면 별도의 발견 사항으로 올리지 않고 한 줄로 적습니다.",
    ),
    # Page furniture.
    "page.title": ("Access log report", "접근 로그 보고서"),
    "page.made_by": ("Made by {name} {version}", "작성: {name} {version}"),
    "page.contents": ("Contents", "목차"),
    "page.skip": ("Skip to the report", "본문으로 건너뛰기"),
    "page.cut": (
        "Texts of the log are very long here: each is cut at {text} characters, each line at {line}.",
        "로그의 글이 매우 길어 여기서는 값은 {text}자, 줄은 {line}자까지만 실었습니다.",
    ),
    "page.left_out": (
        "Left out here to keep the page light: {entries}. A page of its own (`--assets inline`) has them.",
        "페이지를 가볍게 유지하려고 여기서 뺀 항목: {entries}. 단독 페이지(`--assets inline`)에는 모두 실립니다.",
    ),
    "page.alone": (
        "The figures need a file beside this page; it is missing or damaged. All numbers also stand in the text. It is",
        "그림을 그리려면 이 페이지 옆의 파일이 필요한데, 없거나 손상되었습니다. 모든 수치는 본문에도 있습니다. 파일:",
    ),
    "page.no_script": (
        "The figures need JavaScript; all numbers also stand in the text and tables.",
        "그림을 보려면 JavaScript가 필요합니다. 모든 수치는 본문과 표에도 있습니다.",
    ),
    "page.no_figures": (
        "This browser cannot draw the figures; all numbers also stand in the text and tables.",
        "이 브라우저에서는 그림을 그릴 수 없습니다. 모든 수치는 본문과 표에도 있습니다.",
    ),
    "heat.heading": ("Every status over time", "시간에 따른 모든 상태 코드"),
    "heat.summary": (
        "Records of each status in steps of {step}, log by log; rare statuses share a row. {peaks}",
        "상태 코드별 기록을 {step} 간격으로 로그마다 보여 줍니다. 드문 상태 코드는 한 행으로 묶었습니다. {peaks}",
    ),
    "heat.peak": (
        "{vendor}: most errors of one status in a step are {status}, {n} at {time}.",
        "{vendor}: 한 간격에서 가장 많은 오류는 {status}, {time}에 {n}건입니다.",
    ),
    "heat.others": ("{n} more errors", "그 밖의 오류 {n}종"),
    "heat.others_fine": ("{n} more", "그 밖의 {n}종"),
    # What a reader can do with the page; `{…}` is filled by its script.
    "use.filter": ("Filter", "필터"),
    "use.everything": ("none", "없음"),
    "use.vendor": ("Log", "로그"),
    "use.host": ("Host", "호스트"),
    "use.class": ("Class", "클래스"),
    "use.from": ("From", "시작"),
    "use.to": ("To", "끝"),
    "use.steps": ("in steps of {step}", "{step} 단위"),
    "use.inverted": (
        "The end must lie after the start; nothing was changed.",
        "끝은 시작보다 뒤여야 합니다. 아무것도 바꾸지 않았습니다.",
    ),
    "use.moved": (
        "Moved to whole steps of the log: {span}.",
        "로그 범위와 단위에 맞춰 적용한 시간: {span}.",
    ),
    "use.all": ("all", "전체"),
    "use.errors": ("errors: 4xx, 5xx, other", "오류: 4xx, 5xx, 기타"),
    "use.hosts_others": ("all other hosts", "그 밖의 호스트"),
    "use.hosts_none": ("no host logged", "호스트 기록 없음"),
    "use.as_zoomed": ("Zoomed time", "확대한 시간"),
    "use.reset": ("Reset", "초기화"),
    "use.selection": ("Selection", "선택"),
    "use.caption": ("Requests: {what}", "요청: {what}"),
    "use.shown": ("{n} of {m} shown.", "{m}개 중 {n}개를 표시합니다."),
    "use.some": ("Some rows hidden.", "일부 행을 숨겼습니다."),
    "use.unfiltered": ("Numbers: {what}.", "수치: {what}."),
    "use.of_time": ("the whole period", "전체 기간"),
    "use.of_vendor": ("all logs", "모든 로그"),
    "use.of_host": ("all hosts", "모든 호스트"),
    "use.of_class": ("all classes", "모든 클래스"),
    "use.of_heat": (
        "This figure cannot be told apart by host: it shows all hosts.",
        "이 그림은 호스트별로 나눌 수 없어 모든 호스트를 보여 줍니다.",
    ),
    "use.overlap": (
        "What overlaps the chosen time is shown whole.",
        "선택한 시간과 겹치는 항목은 온전히 표시합니다.",
    ),
    "use.lede": (
        "Sentences under headings and figures are about everything.",
        "제목과 그림 아래의 문장은 전체에 대한 것입니다.",
    ),
    "use.log": ("log", "로그"),
    "use.requests": ("requests", "요청"),
    "use.of_log": (
        "share of all classes",
        "같은 조건의 전체 클래스 중 비율",
    ),
    "use.no_requests": ("records that are no requests", "요청이 아닌 기록"),
    "use.no_host": (
        "Not counted by host, and left out: {what} requests.",
        "호스트별로 세지 않아 제외한 요청: {what}.",
    ),
    "use.outside": (
        "Records whose time lies far from all others are left out.",
        "시각이 다른 기록과 크게 떨어진 기록은 제외했습니다.",
    ),
    "use.period": (
        "Period: {span}. Shares are within the selection.",
        "기간: {span}. 비율은 선택한 범위 안에서의 값입니다.",
    ),
    "use.nothing": ("Nothing to draw in this selection.", "이 선택에는 그릴 것이 없습니다."),
    "use.drawn": ("Drawn for: {what}.", "그림의 범위: {what}."),
    "use.axis": ("Show on the time axis", "시간축에서 보기"),
    "use.axis_told": ("All time axes show {span}.", "모든 시간축이 {span} 구간을 보여 줍니다."),
    "use.link": ("Link to: {name}", "링크: {name}"),
    "use.link_copied": ("Link copied.", "링크를 복사했습니다."),
    "use.copy": ("Copy", "복사"),
    "use.copied": ("Table copied.", "표를 복사했습니다."),
    "use.csv": ("CSV", "CSV"),
    "use.tools": ("Table: {caption}", "표: {caption}"),
    "use.sort": ("Sort", "정렬"),
}
