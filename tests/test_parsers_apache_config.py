r"""`httpd.conf`: which log is written in which format, whatever the way it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from parsers import PathError, apache, scan
from parsers.apache_config import DEEPEST, directives, read_config
from parsers.spec import LineFormat

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from parsers.spec import Configured

AGENT = r"\"%{Referer}i\" \"%{User-Agent}i\""
COMBINED = rf"%h %l %u %t \"%r\" %>s %O {AGENT}"


def read(folder: Path, files: Mapping[str, str]) -> dict[str | None, Configured]:
    """Write the files, read the first of them; log → what it is written in, for one that is not used its name."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return {entry.log or entry.name: entry for entry in read_config(str(folder / next(iter(files))))}


def template(entry: Configured) -> str | None:
    assert isinstance(entry.format, LineFormat)
    return entry.format.template


def test_a_nickname_may_be_defined_after_its_use_and_the_last_definition_counts(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        {
            "httpd.conf": rf"""
                CustomLog logs/access.log Mine
                LogFormat "%t %h" mine
                logformat "{COMBINED} %D" MINE
                LogFormat "%{{User-agent}}i" agent
                CustomLog logs/agent.log agent
                LogFormat "{COMBINED}" unused
            """
        },
    )
    assert set(made) == {"logs/access.log", "unused"}  # `agent` states no time
    assert (template(made["logs/access.log"]) or "").endswith('"{user_agent}" {duration_s}')
    assert made["logs/access.log"].source == f"{tmp_path / 'httpd.conf'}:2"
    assert (made["logs/access.log"].name, made["logs/access.log"].format.name) == (
        "MINE",
        "apache-custom-mine",
    )
    assert made["unused"].format is apache.COMBINED
    assert made["unused"].source == f"{tmp_path / 'httpd.conf'}:7"


def test_words_comments_and_continued_lines(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        {
            "httpd.conf": r"""# LogFormat '%t' \
              no comment: CustomLog logs/x.log '%t %h'
            CustomLog logs/single.log '%t "%r" %>s'
            CustomLog \
              logs/continued.log \
              "%t \"%r\" %>s" env=!dontlog
            CustomLog logs/bare.log %t
            CustomLog 'logs/it\'s.log' "%t" # no comment"""
        },
    )
    assert {name: template(entry) for name, entry in made.items()} == {
        "logs/single.log": '[{timestamp}] "{request}" {status}',
        "logs/continued.log": '[{timestamp}] "{request}" {status}',
        "logs/bare.log": "[{timestamp}]",
        "logs/it's.log": "[{timestamp}]",
    }
    assert made["logs/continued.log"].source.endswith(":4")


def test_variables_conditions_pipes_and_blocks(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        {
            "httpd.conf": r"""
                Define FORM "%t %>s"
                Define HERE logs
                Define EMPTY
                <IfModule !logio_module>
                    CustomLog ${HERE}/a${EMPTY}.log "${FORM} %D" env=!dontlog
                </IfModule>
                <IfDefine SSL>
                    CustomLog ${APACHE_LOG_DIR}/b.log "${FORM} %B" "expr=%{REQUEST_STATUS} >= 400"
                </IfDefine>
                CustomLog "|/usr/bin/rotatelogs -l logs/c.%Y.log 86400" "${FORM} %a"
                GlobalLog "||bin/collect" "${FORM} %I"
                UnDefine FORM
                ErrorLogFormat "[%t] [%l] %M"
                ErrorLog logs/error.log
            """
        },
    )
    assert {name: template(entry) for name, entry in made.items()} == {
        "logs/a.log": "[{timestamp}] {status} {duration_s}",
        "${APACHE_LOG_DIR}/b.log": "[{timestamp}] {status} {bytes_sent}",
        "|/usr/bin/rotatelogs -l logs/c.%Y.log 86400": "[{timestamp}] {status} {client}",
        "||bin/collect": "[{timestamp}] {status} {bytes_received}",
    }


def test_a_virtual_host_has_nicknames_of_its_own(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        {
            "httpd.conf": """
                LogFormat "%t %a" mine
                TransferLog logs/default.log
                <VirtualHost *:80>
                    LogFormat "%t %v" mine
                    CustomLog logs/own.log mine
                    TransferLog logs/usual.log
                    LogFormat "%t %p"
                    TransferLog logs/port.log
                </VirtualHost>
                <VirtualHost *:443>
                    CustomLog logs/shared.log mine
                    TransferLog logs/tls.log
                </VirtualHost>
                LogFormat "%t %k"
                TransferLog logs/kept.log
            """
        },
    )
    assert {name: template(entry) for name, entry in made.items()} == {
        "logs/default.log": apache.COMMON.template,
        "logs/own.log": "[{timestamp}] {host}",
        "logs/usual.log": apache.COMMON.template,
        "logs/port.log": "[{timestamp}] {raw_p}",
        "logs/shared.log": "[{timestamp}] {client}",
        "logs/tls.log": apache.COMMON.template,
        "logs/kept.log": "[{timestamp}] {raw_k}",
    }
    names = {entry.format.name for entry in made.values()}
    assert len(names) == len({id(entry.format) for entry in made.values()})


def test_what_every_package_defines_is_known_where_it_is_not_seen(tmp_path: Path) -> None:
    made = read(
        tmp_path, {"site.conf": "CustomLog a.log combined\nCustomLog b.log VHost_Combined\nCustomLog c x"}
    )
    assert {name: entry.format for name, entry in made.items()} == {
        "a.log": apache.COMBINED,
        "b.log": apache.VHOST_COMBINED,
    }


def test_included_files_folders_and_patterns(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        {
            "etc/apache2.conf": """
                ServerRoot /not/here
                Include ports.conf
                IncludeOptional sites/*.conf
                IncludeOptional missing/*.conf
                Include parts
            """,
            "etc/ports.conf": 'LogFormat "%t %a" mine\nLogFormat "%t %p"\n',
            "etc/sites/b.conf": "CustomLog b.log mine\nTransferLog t.log",
            "etc/sites/a.conf": "CustomLog a.log mine",
            "etc/sites/a.conf.dpkg-old": "CustomLog old.log mine",
            "etc/parts/one/deep.conf": f"CustomLog deep.log '%t %v'\nInclude {tmp_path}/else[w]here.conf",
            "elsewhere.conf": "CustomLog elsewhere.log mine",
        },
    )
    assert list(made) == ["a.log", "b.log", "t.log", "deep.log", "elsewhere.log"]
    assert made["a.log"].source == f"{tmp_path}/etc/sites/a.conf:1"
    assert template(made["t.log"]) == "[{timestamp}] {raw_p}"


def test_the_folder_of_the_server_counts_where_it_is_here(tmp_path: Path) -> None:
    root = tmp_path / "root [1]"
    (root / "conf").mkdir(parents=True)
    (root / "conf" / "more.conf").write_text("CustomLog more.log %t")
    made = read(tmp_path, {"main.conf": f'ServerRoot "{root}"\nInclude conf/*.conf'})
    assert list(made) == ["more.log"]


def test_files_that_include_themselves_are_an_error_with_the_name(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="include itself") as caught:
        read(tmp_path, {"httpd.conf": "Include httpd.conf"})
    assert caught.value.path == str(tmp_path / "httpd.conf")
    with pytest.raises(PathError, match="No such file"):
        read_config(str(tmp_path / "missing.conf"))
    deep = {f"{number}.conf": f"Include {number + 1}.conf" for number in range(DEEPEST)}
    assert read(tmp_path, deep | {f"{DEEPEST}.conf": "CustomLog end.log %t"}).keys() == {"end.log"}


def test_odd_files_give_nothing_and_no_exception(tmp_path: Path) -> None:
    path = tmp_path / "httpd.conf"
    for data in (
        b"",
        b"\\",
        b'"',
        b"CustomLog",
        b"CustomLog x",
        b"LogFormat",
        b"Include",
        b"\xff\x00 \xfe\n<VirtualHost",
        b"Define\nUnDefine\nServerRoot\nTransferLog",
        b"CustomLog '",
        b"</VirtualHost>\r\n  \r\n# \\\nx",
    ):
        path.write_bytes(data)
        assert read_config(str(path)) == ()
        list(directives(str(path)))


def test_a_log_is_read_as_its_configuration_says(tmp_path: Path) -> None:
    read(
        tmp_path,
        {
            "httpd.conf": r'CustomLog logs/access.log "%t %a \"%r\" %>s %{ms}T"'
            "\n"
            r'CustomLog logs/other.log "%t %a \"%r\" %>s %D"',
            "logs/access.log.1": '[20/Nov/2020:12:00:00 +0100] 192.0.2.1 "GET / HTTP/1.1" 200 250\n',
            "logs/other.log": '[20/Nov/2020:12:00:00 +0100] 192.0.2.1 "GET /b HTTP/1.1" 200 250\n',
        },
    )
    made = scan([str(tmp_path / "logs")], server_config=str(tmp_path / "httpd.conf"))
    frames = made.batches(["format", "duration_s"], lambda batch: batch.records.rows())
    assert [row for rows in frames for row in rows] == [
        ("apache-custom-access", 0.25),
        ("apache-custom-other", 0.00025),
    ]


def test_conditions_are_told_and_a_file_to_include_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        {
            "httpd.conf": r"""
                Include missing.conf
                Include /etc/apache2/missing/*.conf
                CustomLog logs/a.log "%t %>s %h" env=!dontlog
                CustomLog logs/b.log "%t %>s %a" "expr=%{REQUEST_STATUS} >= 400"
                CustomLog logs/c.log "%t %>s %v"
            """,
            "logs/a.log": "[20/Nov/2020:12:00:00 +0100] 200 192.0.2.1\n",
        },
    )
    assert {name: entry.condition for name, entry in made.items()} == {
        "logs/a.log": "env=!dontlog",
        "logs/b.log": "expr=%{REQUEST_STATUS} >= 400",
        "logs/c.log": None,
    }
    recognition = (
        scan([str(tmp_path / "logs")], server_config=str(tmp_path / "httpd.conf")).states[0].recognition
    )
    assert recognition is not None
    assert "which writes not every line (env=!dontlog)" in recognition.evidence


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("|/usr/bin/rotatelogs -l -n 5 logs/access.%Y.log 86400", "access.2026.log"),
        ("|bin/rotatelogs logs/access_log 86400", "access_log.1773100800"),
        ("||/usr/bin/rotatelogs /logs/access.%Y-%m-%d 5M", "access.2026-03-10"),
        ("|$/usr/sbin/cronolog /logs/%Y/%m/%d/access.log", "access.log"),
        ("${APACHE_LOG_DIR}/shop-access.log", "shop-access.log.2.gz"),
    ],
)
def test_a_log_of_a_program_is_found_by_the_file_that_the_program_writes(
    tmp_path: Path, target: str, name: str
) -> None:
    read(
        tmp_path,
        {
            "httpd.conf": f"""
                CustomLog other.log "%t %>s %v"
                CustomLog "{target}" "%t %>s %a"
            """,
            name: "[20/Nov/2020:12:00:00 +0100] 200 192.0.2.1\n",
        },
    )
    made = scan([str(tmp_path / name)], server_config=str(tmp_path / "httpd.conf"))
    frames = made.batches(["client", "host"], lambda batch: batch.records.rows())
    assert [row for rows in frames for row in rows] == [("192.0.2.1", None)]


def test_a_log_inside_a_macro_has_the_macro_s_names_for_variables(tmp_path: Path) -> None:
    read(
        tmp_path,
        {
            "httpd.conf": """
                CustomLog other.log "%t %>s %v"
                <Macro VHost $name>
                    <VirtualHost *:80>
                        CustomLog logs/$name-access.log "%t %>s %a"
                    </VirtualHost>
                </Macro>
                Use VHost shop
            """,
            "shop-access.log": "[20/Nov/2020:12:00:00 +0100] 200 192.0.2.1\n",
        },
    )
    made = scan([str(tmp_path / "shop-access.log")], server_config=str(tmp_path / "httpd.conf"))
    (rows,) = made.batches(["client"], lambda batch: batch.records.rows())
    assert rows == [("192.0.2.1",)]
