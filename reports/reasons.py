"""What the readers of logs say of a source or a line, in English with its facts in place → the same in Korean.

Why a file was taken for what it is, why a line was rejected or skipped, what was wrong with a file: these sentences are
made where the log is read, and are keys of the ledger besides. A clause that is not listed, such as what an operating
system says, stays as it is.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reports.catalogue import Language

LONGEST: Final = 1_000
"""Characters of a text that may be a sentence of ours; longer ones hold what strangers wrote."""

# {n} is a number, {s} and {t} a plural's, {title} the name of a format, {list} several reasons, {of} one of its own;
# {x} stays as it is.
CLAUSES: Final = (
    # Why a line is no record, or was left out.
    ("does not fit {title}: {n} fields", "{title} 형식에 맞지 않음: 필드 {n}개"),
    ("does not fit {title}", "{title} 형식에 맞지 않음"),
    ("no possible time", "있을 수 없는 시각"),
    ("number out of range", "범위를 벗어난 숫자"),
    ("cut off: the last line has no end", "잘림: 마지막 줄에 끝이 없음"),
    ("longer than 1 MiB", "1 MiB보다 긴 줄"),
    ("format not recognised", "알 수 없는 형식"),
    ("piece of a longer line", "더 긴 줄의 조각"),
    ("banner", "배너"),
    ("comment", "주석"),
    ("header line", "머리글 줄"),
    ("delivered before (same RayID)", "이미 전달된 요청(같은 RayID)"),
    ("same content as the start of {x}: its {n} line{s} are counted once",
     "다음의 앞부분과 같은 내용이므로 {n}줄은 한 번만 셈: {x}"),
    ("same content as {x}: its {n} line{s} are counted once", "다음과 같은 내용이므로 {n}줄은 한 번만 셈: {x}"),
    ("{n} more file{s} with the content of another: counted once", "내용이 다른 파일과 같은 파일 {n}개 더: 한 번만 셈"),
    ("{n} request{s} delivered before (same RayID, as in {x}): counted once",
     "이미 전달된 요청 {n}건(같은 RayID, {x}에 있음): 한 번만 셈"),
    ("{n} request{s} delivered before (same RayID): counted once", "이미 전달된 요청 {n}건(같은 RayID): 한 번만 셈"),
    ("{n} more file{s} with {x} request{t} delivered before: counted once",
     "이미 전달된 요청 {x}건이 든 파일 {n}개 더: 한 번만 셈"),
    ("{n} file{s} not read, wholly outside --since and --until: {x}",
     "--since와 --until을 완전히 벗어나 읽지 않은 파일 {n}개: {x}"),
    ("same content as the start of {x}", "다음의 앞부분과 같은 내용: {x}"),
    ("same content as {x}", "다음과 같은 내용: {x}"),
    ("no #Fields: line above it that could be followed", "따를 수 있는 #Fields: 줄이 위에 없음"),
    ("the #Fields: line above cannot be used: {of}", "위의 #Fields: 줄을 쓸 수 없음: {of}"),
    ("no time among the fields: timestamp, or date and time, is needed",
     "필드 중에 시각이 없음: timestamp, 또는 date와 time이 필요함"),
    ("no time among the fields: {x} is needed", "필드 중에 시각이 없음: {x} 필요"),
    ("neither an address nor a status is among the fields", "필드 중에 주소도 상태 코드도 없음"),
    ("it names no field", "필드 이름이 하나도 없음"),
    ("{n} fields are named, at most {x} are read", "필드 이름이 {n}개임(읽는 것은 최대 {x}개)"),
    # What a source was taken for, and why.
    ("{title} fits {n} of {x} lines looked at", "살펴본 {x}줄 중 {n}줄이 {title} 형식에 맞음"),
    ("{n} fit {title}", "{n}줄은 {title} 형식"),
    ("no other vendor writes this", "다른 제품은 이렇게 기록하지 않음"),
    ("its #Fields: line says so", "#Fields: 줄에 그렇게 적혀 있음"),
    ("its header line names {n} fields", "머리글 줄에 필드 이름 {n}개가 있음"),
    ("no header line: columns were told by their values ({x}; --fields names all of them for sure)",
     "머리글 줄이 없어 값으로 열을 판별함({x}; --fields로 모두 확실히 지정할 수 있음)"),
    ("no header line: columns were told by their values ({x}", "머리글 줄이 없어 값으로 열을 판별함({x}"),
    ("--fields names all of them for sure)", "--fields로 모두 확실히 지정할 수 있음)"),
    ("--fields names its columns", "--fields로 열을 지정함"),
    ("one JSON document, its records under {x}", "JSON 문서 하나이며 기록은 {x} 아래에 있음"),
    ("one JSON document", "JSON 문서 하나"),
    ("each record is laid out over several lines", "기록 하나가 여러 줄에 걸쳐 있음"),
    ("the vendor was given", "제품이 지정됨"),
    ("the format was given", "형식이 지정됨"),
    ("a proxy's results end the lines", "줄 끝에 프록시의 결과가 있음"),
    ("{vendor}'s would fit {n}", "{vendor} 형식이라면 {n}줄이 맞음"),
    ("{vendor}'s say most of what stands in the lines", "{vendor} 형식이 줄의 내용을 가장 많이 설명함"),
    ("{n} lines are {vendor}'s", "{n}줄은 {vendor} 로그"),
    ("{vendor} as its neighbour {x}", "옆에 있는 {x}에 따라 {vendor} 로그"),
    ("{vendor} rather than {rival}: {list}", "{rival}보다 {vendor} 로그로 판단: {list}"),
    ("nothing tells nginx from Apache here: read as nginx (--vendor apache overrules)",
     "nginx와 Apache를 구별할 근거가 없어 nginx로 읽음(--vendor apache로 바꿀 수 있음)"),
    ("they are those of Cisco's AsyncOS", "Cisco AsyncOS의 것임"),
    ("only comments and banners so far", "아직 주석과 배너뿐임"),
    ("their #Fields: line is a Cisco WSA's", "#Fields: 줄이 Cisco WSA의 것임"),
    ("no lines", "줄이 없음"),
    ("behind {envelope}", "{envelope} 뒤에 있음"),
    ("{x} is configured at {n}", "{x}: {n}에 설정되어 있음"),
    ("the path says so ({x})", "경로로 알 수 있음({x})"),
    ("its error log {x} lies beside it", "옆에 있는 오류 로그 {x}"),
    ("statuses that only nginx has", "nginx에만 있는 상태 코드"),
    ('an empty request logged as ""', '빈 요청이 ""로 기록됨'),
    ("a duration with three decimals", "소수점 아래 세 자리인 소요 시간"),
    ("a missing size written as -", "없는 크기가 -로 기록됨"),
    ("Apache's internal dummy connection", "Apache의 내부 더미 연결"),
    ("upper-case escapes such as {x}", "{x} 같은 대문자 이스케이프"),
    ("lower-case escapes such as {x}", "{x} 같은 소문자 이스케이프"),
    ("quotes escaped as {x}", "{x} 형태로 이스케이프된 따옴표"),
    ("backslashes escaped as {x}", "{x} 형태로 이스케이프된 역슬래시"),
    # What is no log of these vendors.
    (("not an access log of these vendors: looks like {program}, as its path says "
      "(--vendor apache reads it all the same)"),
     "다루는 제품의 접근 로그가 아님: 경로로 보아 {program}(--vendor apache로 그대로 읽을 수 있음)"),
    ("not an access log of these vendors: looks like {program}",
     "다루는 제품의 접근 로그가 아님: {program}에 가까움"),
    ("not recognised as an access log of nginx, Apache, Cloudflare or Cisco WSA",
     "nginx, Apache, Cloudflare, Cisco WSA의 접근 로그로 인식되지 않음"),
    ("not recognised as an access log of nginx, Apache, Cloudflare or Cisco WSA: {x}",
     "nginx, Apache, Cloudflare, Cisco WSA의 접근 로그로 인식되지 않음: {x}"),
    ("not recognised: the nearest, {title}, reads {n} of {x} lines (--vendor reads it all the same)",
     "인식되지 않음: 가장 가까운 {title} 형식으로 {x}줄 중 {n}줄을 읽음(--vendor로 그대로 읽을 수 있음)"),
    ("not recognised: it starts with lines longer than 1 MiB", "인식되지 않음: 1 MiB보다 긴 줄로 시작함"),
    ("JSON whose names say too little (--log-format '{x}' tells nginx's)",
     "이름만으로는 알 수 없는 JSON(nginx 로그라면 --log-format '{x}'로 알려 줄 수 있음)"),
    ("a Cisco WSA W3C log that cannot be read: {of}", "읽을 수 없는 Cisco WSA W3C 로그: {of}"),
    ("a table of Cloudflare that cannot be read: {of}", "읽을 수 없는 Cloudflare 표: {of}"),
    ("Cloudflare's CSV output without a header line: --fields A,B,C names its columns ({of})",
     "머리글 줄이 없는 Cloudflare CSV: --fields A,B,C로 열을 지정할 수 있음({of})"),
    ("--fields names {n}, and these lines have another number", "--fields에 적힌 열은 {n}개인데 줄의 열 수가 다름"),
    ("too few lines to tell them by their values", "값으로 열을 판별하기에는 줄이 너무 적음"),
    ("no column seems to look like the ray", "RayID로 보이는 열이 없음"),
    ("no column seems to look like the status", "상태 코드로 보이는 열이 없음"),
    ("column{s} {x} look like the ray", "RayID로 보이는 열: {x}"),
    ("column{s} {x} look like the status", "상태 코드로 보이는 열: {x}"),
    ("column{s} {x} look like times, and their order is not plain", "시각으로 보이는 열: {x}(순서가 분명하지 않음)"),
    ("a binary file, not a log", "로그가 아닌 이진 파일"),
    # What the doctor adds.
    ("it reads {x} of the lines", "줄의 {x}만 읽음"),
    ("nothing tells nginx from Apache", "nginx와 Apache를 구별할 근거가 없음"),
    ("no server writes requests of that length: the file may be damaged",
     "이렇게 긴 요청을 기록하는 서버는 없음: 파일이 손상되었을 수 있음"),
    ("lines of another log: {title} reads them; without --vendor they are read beside the others",
     "다른 로그의 줄: {title} 형식으로 읽힘. --vendor 없이 실행하면 함께 읽음"),
    ("the date or the time of day does not exist, or the month has no English name",
     "없는 날짜나 시각이거나, 월 이름이 영어가 아님"),
    ("a number is larger than any status, size or duration can be",
     "상태 코드, 크기, 소요 시간으로 있을 수 없는 큰 숫자"),
    (("the month is not written in English ({x}): the server ran in another language; "
      "with LC_TIME=C it writes the names that are read here"),
     "월 이름이 영어가 아님({x}): 서버가 다른 언어로 실행됨. LC_TIME=C이면 여기서 읽는 이름으로 기록됨"),
    ("without --vendor {x} the content is asked", "--vendor {x} 없이 실행하면 내용을 보고 판단함"),
    (("{n} of {x} rejected lines looked at are lines of {vendor}: if they are its log, keep them in a file of their "
      "own, or say --vendor {rival}"),
     "살펴본 거부된 줄 {x}개 중 {n}개는 {vendor} 로그의 줄: 그 로그라면 따로 두거나 --vendor {rival}로 지정하십시오"),
    ("loganalyzer doctor --suggest knows a --log-format that reads {n} of {x} such lines whole",
     "loganalyzer doctor --suggest가 이런 줄 {x}개 중 {n}개를 온전히 읽는 --log-format을 제안함"),
    ("the last line is cut off: the file was still being written, or was cut when it was copied",
     "마지막 줄이 잘림: 아직 쓰는 중이었거나 복사하다 잘린 파일"),
    ("lines with bytes that are no UTF-8: {n}; each such byte is read as U+FFFD",
     "UTF-8이 아닌 바이트가 있는 줄 {n}개: 그런 바이트는 U+FFFD로 읽음"),
    ("lines that are damaged or carry other fields: {n} ({x}); read as far as they go",
     "손상되었거나 다른 필드가 있는 줄 {n}개({x}): 읽히는 데까지 읽음"),
    ("not read: it lies more than a day before what --since and --until ask for",
     "읽지 않음: --since와 --until의 범위보다 하루 넘게 앞섬"),
    ("not read: it lies more than a day after what --since and --until ask for",
     "읽지 않음: --since와 --until의 범위보다 하루 넘게 뒤짐"),
    ("the end of the line: {n} fields are named", "줄 끝(필드 이름 {n}개)"),
    ("the end of the line", "줄 끝"),
    ("the end of a quoted field", "따옴표로 묶인 필드의 끝"),
    ("a JSON object", "JSON 객체"),
    ("plain JSON", "평범한 JSON"),
    ("an object with {n} of {x}", "다음 중 {n}개가 있는 객체: {x}"),
    # What was wrong with a source.
    ("truncated {x}: read up to where it ends", "잘린 {x}: 끝나는 곳까지 읽음"),
    ("damaged {x}: read up to the damage", "손상된 {x}: 손상된 곳 앞까지 읽음"),
    ("bytes after the end of the {x} data: not read", "{x} 데이터의 끝 뒤에 있는 바이트: 읽지 않음"),
    ("zstd that asks for {x} of memory: not read (zstd -d --long=31 unpacks it)",
     "필요한 메모리가 {x}인 zstd: 읽지 않음(zstd -d --long=31로 풀 수 있음)"),
    ("zstd that was made with a dictionary: not read (zstd -d -D unpacks it)",
     "사전을 써서 만든 zstd: 읽지 않음(zstd -d -D로 풀 수 있음)"),
    ("{x} that expands more than {n} times: reading stopped there (--max-expansion raises the limit)",
     "{n}배 넘게 늘어나는 {x}: 그곳에서 읽기를 멈춤(--max-expansion으로 한도를 올릴 수 있음)"),
    ("{x} is not read: unpack or convert it to UTF-8 text first",
     "{x}: 읽지 않음. 먼저 풀거나 UTF-8 텍스트로 바꾸십시오"),
    ("encrypted zip", "암호화된 zip"),
    ("the JSON document is cut off: its array has no end", "JSON 문서가 잘림: 배열의 끝이 없음"),
    ("{n} bytes behind the array of records are not read", "기록 배열 뒤의 {n}바이트는 읽지 않음"),
    ("replaced by another file before it was read: lines of the first one may be missing",
     "읽기 전에 다른 파일로 바뀜: 처음 파일의 줄이 빠졌을 수 있음"),
    ("emptied while it was read, as copytruncate does: lines may be missing",
     "읽는 동안 비워짐(copytruncate 방식): 빠진 줄이 있을 수 있음"),
    ("reading stopped: {x}", "읽기가 중단됨: {x}"),
    ("no such file or folder", "파일이나 폴더가 없음"),
    ("no file matches this pattern", "이 패턴에 맞는 파일이 없음"),
    ("the folder holds no files", "폴더에 파일이 없음"),
    ("cannot be listed: {x}", "목록을 볼 수 없음: {x}"),
    ("cannot be opened: {x}", "열 수 없음: {x}"),
    ("cannot be listed", "목록을 볼 수 없음"),
    ("cannot be opened", "열 수 없음"),
    ("not a usable file name", "쓸 수 없는 파일 이름"),
    ("standard input is closed", "표준 입력이 닫혀 있음"),
    ("the stream was longer than --spool-limit", "스트림이 --spool-limit보다 김"),
    ("the file was replaced or cut after it was read", "읽은 뒤에 파일이 바뀌었거나 잘림"),
    ("it cannot be opened again", "다시 열 수 없음"),
    ("none of {n} line{s} was understood (loganalyzer doctor says where they stop fitting)",
     "{n}줄 중 이해한 줄이 없음(loganalyzer doctor로 어디서 어긋나는지 볼 수 있음)"),
    ("no access log among {n} file{s} (loganalyzer doctor says why)",
     "파일 {n}개 중 접근 로그가 없음(loganalyzer doctor로 이유를 볼 수 있음)"),
)  # fmt: skip
TITLES: Final = (
    ("{title}, with the duration in seconds", "소요 시간(초)이 있는 {title}"),
    ("{title}, with further fields", "필드가 더 있는 {title}"),
    ("{title}, which states no status", "상태 코드가 없는 {title}"),
    ("{title}, not proxied", "{title}(프록시하지 않은 요청)"),
    ("{title} behind a host", "앞에 호스트가 붙은 {title}"),
    ("{title} with further fields", "필드가 더 있는 {title}"),
    ("{title} with names from identd", "identd의 이름이 있는 {title}"),
    ("{title} with seconds and microseconds, %T/%D", "초와 마이크로초(%T/%D)가 있는 {title}"),
    ("{title} with the host behind the client", "클라이언트 뒤에 호스트가 있는 {title}"),
    ("{title} inside another object (NDJSON)", "다른 객체 안의 {title}(NDJSON)"),
    ("{title} before September 2019", "{title}(2019년 9월 이전)"),
    ("{title} without alternative upstreams", "대체 업스트림이 없는 {title}"),
    ("{title} JSON with the usual names", "흔히 쓰는 이름의 {title} JSON"),
    ("{title} with tabs and neither quotes nor brackets", "탭으로 구분하고 따옴표와 괄호가 없는 {title}"),
    ("{title} with tabs between the fields", "필드를 탭으로 구분한 {title}"),
    ("{title} with the application's time, where it is `-`, and $request_time",
     "애플리케이션 시간(없으면 `-`)과 $request_time이 있는 {title}"),
    ("{title} with $request_time and the upstream's address, status and time",
     "$request_time과 업스트림의 주소·상태·시간이 있는 {title}"),
    ("{title} with the upstream's address and status, and $request_time",
     "업스트림의 주소·상태와 $request_time이 있는 {title}"),
    ("{title} with $request_time and $upstream_response_time",
     "$request_time과 $upstream_response_time이 있는 {title}"),
    ("{title} with $request_time", "$request_time이 있는 {title}"),
    ("{title} default (Squid style)", "{title} 기본 형식(Squid 방식)"),
    ("{title}-like line with fields missing, cut or added", "필드가 빠지거나 잘리거나 더해진 {title}풍의 줄"),
    ("{title}-like line with fields missing, cut or unescaped",
     "필드가 빠지거나 잘리거나 이스케이프되지 않은 {title}풍의 줄"),
    ("{title}, custom format", "{title} 사용자 지정 형식"),
    ("the nginx format given", "지정한 nginx 형식"),
    ("the server's own LogFormat", "서버의 LogFormat"),
)  # fmt: skip
PROGRAMS: Final = (
    ("a Cisco WSA W3C log without its #Fields: line (--log-format '{x}' names them)",
     "#Fields: 줄이 없는 Cisco WSA W3C 로그(--log-format '{x}'로 지정)"),
    ("Cloudflare's {x} log, not http_requests", "http_requests가 아닌 Cloudflare {x} 로그"),
    ("the file by which Cloudflare checks who owns a bucket, no log", "Cloudflare가 버킷 소유자를 확인하는 파일"),
    ("{x}'s log of TCP and UDP streams", "{x} TCP·UDP 스트림 로그"),
    ("{x}'s error log", "{x} 오류 로그"),
    ("{x}'s forensic log", "{x} 포렌식 로그"),
    ("{x}'s own log", "{x} 자체 로그"),
    ("{x}'s JSON access log", "{x} JSON 접근 로그"),
    ("{x}'s access log", "{x} 접근 로그"),
    ("{x}'s cache.log", "{x} cache.log"),
    ("{x}'s store.log", "{x} store.log"),
    ("a log of AWS's load balancers ({x})", "AWS 로드 밸런서 로그({x})"),
    ("a log of {x}'s load balancers", "{x} 로드 밸런서 로그"),
    ("a log of Azure's gateways", "Azure 게이트웨이 로그"),
    ("a log of Windows' HTTP.sys", "Windows HTTP.sys 로그"),
    ("an audit log of Kubernetes", "Kubernetes 감사 로그"),
    ("labelled tab-separated values (LTSV)", "이름표가 붙은 탭 구분 값(LTSV)"),
    ("lines of key=value (logfmt)", "key=value 줄(logfmt)"),
    ("the kernel's audit log", "커널 감사 로그"),
    ("systemd's journal, as journalctl -o export gives it", "journalctl -o export 형식의 systemd 저널"),
    ("systemd's journal in JSON", "JSON 형식의 systemd 저널"),
    ("the WSA's layer 4 traffic monitor log", "WSA 4계층 트래픽 모니터 로그"),
    ("an application's log in JSON", "JSON 형식의 애플리케이션 로그"),
    ("an application's log", "애플리케이션 로그"),
    ("another program's W3C log", "다른 프로그램의 W3C 로그"),
    ("lines of another program behind {envelope}", "{envelope} 뒤에 있는 다른 프로그램의 줄"),
    ("an Envoy or Istio log", "Envoy 또는 Istio 로그"),
    ("an Amazon S3 server access log", "Amazon S3 서버 접근 로그"),
    ("a log of {x}", "{x} 로그"),
    ("a {x} log", "{x} 로그"),
    ("an {x} log", "{x} 로그"),
)  # fmt: skip
ENVELOPES: Final = (
    ("a syslog header", "syslog 머리글"),
    ("a container's log (CRI)", "컨테이너 로그(CRI)"),
    ("a container's log (Docker JSON)", "컨테이너 로그(Docker JSON)"),
    ("a container's log (its time before each line)", "컨테이너 로그(줄마다 앞에 시각)"),
    ("a container's log (its name before each line)", "컨테이너 로그(줄마다 앞에 이름)"),
)
TABLES: Final = {
    "title": TITLES,
    "program": PROGRAMS,
    "envelope": ENVELOPES,
    "list": CLAUSES,
    "of": CLAUSES,
    "vendor": (),
    "rival": (),
}
"""By what the fact of a name is translated in turn."""

FACT: Final = re.compile(r"\{([a-z]+)\}")


def reason(text: str, lang: Language) -> str:
    """Return what a reader of logs says, in a language.

    >>> reason("nginx combined behind a host fits 9 of 10 lines looked at; no other vendor writes this", "ko")
    '살펴본 10줄 중 9줄이 앞에 호스트가 붙은 nginx combined 형식에 맞음; 다른 제품은 이렇게 기록하지 않음'
    """
    if lang == "en" or len(text) > LONGEST:
        return text
    return _clauses(text)


def _clauses(text: str) -> str:
    whole = _translated(text, CLAUSES)
    if whole is not None:
        return whole
    first, *rest = text.split("; ")
    if rest:
        return "; ".join(_translated(clause, CLAUSES) or clause for clause in (first, *rest))
    return text


def _translated(text: str, table: tuple[tuple[str, str], ...]) -> str | None:
    for pattern, korean in _compiled(table):
        if found := pattern.fullmatch(text):
            return korean.format_map({name: _fact(name, fact) for name, fact in found.groupdict().items()})
    return None


def _fact(name: str, fact: str) -> str:
    if name == "list":
        return ", ".join(_translated(one, CLAUSES) or one for one in fact.split(", "))
    return _translated(fact, TABLES[name]) or fact if name in TABLES else fact


@cache
def _compiled(table: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    forms = {
        "n": r"[\d,.]+",
        "vendor": r"[A-Za-z ]+",
        "rival": r"[A-Za-z ]+",
        "title": r"[^;]+",
        "s": "s?",
        "t": "s?",
    }
    made = []
    for english, korean in table:
        parts = FACT.split(english)
        pattern = "".join(
            f"(?P<{part}>{forms.get(part, '.+')})" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
        made.append((re.compile(pattern), korean))
    return tuple(made)
