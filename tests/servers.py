"""A configuration → a real server on loopback, in a folder of its own, gone when the test is over.

A server runs in the foreground as a child of the test, without root's rights: where the tests run as root it gets the
account `nobody`, so that it behaves as it would for anyone. Nothing of the system's configuration is read or changed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import socketserver
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from tests.conftest import require

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOOPBACK: Final = "127.0.0.1"

PATIENCE: Final = 30.0
"""Seconds that any single step may take on a busy machine before the test gives up."""

SBIN: Final = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where Debian keeps servers; not on everybody's path."""

PORTS: Final = range(20_000, 32_000)
"""Below those that the kernel gives to connections on their way out, so that none of these takes one meanwhile."""


class StartError(RuntimeError):
    """A server that ended, or did not answer, before it was ready."""


def program(name: str, component: str) -> Path:
    """Return the path of a server's program, or skip the test by the name of its Debian package."""
    search = os.pathsep.join((os.environ.get("PATH", os.defpath), SBIN))
    return require(component, shutil.which(name, path=search))


def account() -> str | None:
    """Return whose rights a server gets: `nobody`'s where the tests run as root, else those of the tests."""
    return "nobody" if os.geteuid() == 0 else None


@contextmanager
def own_folder() -> Iterator[Path]:
    """Make a folder that the server's account may write to, and remove it with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="server-", ignore_cleanup_errors=True) as name:
        path = Path(name)
        give(path)
        yield path


def give(path: Path) -> None:
    """Hand a file or folder to the server's account."""
    if (owner := account()) is not None:
        shutil.chown(path, owner)


def furnish(folder: Path) -> None:
    """Make `logs` and `error` for the server to write to, and `pages` with a few files to serve."""
    for name in ("logs", "error", "pages", "pages/files"):
        (folder / name).mkdir()
        give(folder / name)
    pages = {"index.html": "welcome\n", "search": "found\n", "users": ""}
    for name, text in (pages | {"files/a.txt": "a" * 1_000, "files/large.bin": "\0" * 100_000}).items():
        (folder / "pages" / name).write_text(text, "ascii")


def free_ports(count: int) -> list[int]:
    """Return ports on which nobody listens; processes that ask at the same time start at different places."""
    start = os.getpid() * 97
    found: list[int] = []
    with ExitStack() as held:
        for step in range(len(PORTS)):
            port = PORTS[(start + step) % len(PORTS)]
            listener = held.enter_context(socket.socket())
            with suppress(OSError):
                listener.bind((LOOPBACK, port))
                found.append(port)
            if len(found) == count:
                return found
    message = f"no {count} free ports on {LOOPBACK}"
    raise StartError(message)


@contextmanager
def closed_port() -> Iterator[int]:
    """Hold a port on which nobody listens, so that every connection to it is refused."""
    with socket.socket() as holder:
        holder.bind((LOOPBACK, 0))
        yield holder.getsockname()[1]


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate signed by itself; return the paths of it and of its key."""
    made, key = folder / "certificate.pem", folder / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=shop.example.com"
    command = [str(program("openssl", "openssl")), *words.split(), "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    give(key)
    return made, key


@contextmanager
def running(
    command: Sequence[str | Path], folder: Path, ports: Sequence[int], *, leave_by: signal.Signals
) -> Iterator[None]:
    """Run a server until the block is left: it listens on every port inside, and has ended after it.

    `leave_by` is the signal by which this server finishes what it has begun, so that its logs are whole.
    """
    # The kernel ends it if the tests are killed.
    guard = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    output = folder / "server.out"
    owner = account()
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [*guard, *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=owner,
            extra_groups=None if owner is None else [],
        )
    try:
        for port in ports:
            _wait_for(process, port, output)
        yield
        process.send_signal(leave_by)
        process.wait(PATIENCE)
    finally:
        # Its children are of its session, and of nobody else's.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


def _wait_for(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    """Return when the server takes connections on a port."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            break
    said = output.read_text("utf-8", "replace").strip()
    message = f"{process.args!r} does not listen on port {port}; it said: {said}"
    raise StartError(message)


# --- who keeps what a server sends by syslog ------------------------------------------------------------------------


@contextmanager
def syslog_daemon(file: Path) -> Iterator[int]:
    """Write every datagram to a file as a line, as a syslog daemon does, until the block is left; yield its port."""
    end = b"end"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver, file.open("wb") as stream:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        receiver.bind((LOOPBACK, 0))

        def keep() -> None:
            while (datagram := receiver.recv(1 << 16)) != end:
                stream.write(datagram + b"\n")

        thread = Thread(target=keep, daemon=True)
        thread.start()
        try:
            yield receiver.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(end, receiver.getsockname())
            thread.join(PATIENCE)


# --- the server behind the server ----------------------------------------------------------------------------------


class Origin(socketserver.ThreadingTCPServer):
    """An application behind a proxy, which does what the path of a request says.

    `/mute…` gives no answer until the asker has gone; `/held…` neither, and says so in `held`; `/released…` says so
    too, and answers when that event is set; `/gone…` hangs up without an answer; `/garbage…` answers what is no HTTP;
    `/status/NNN` answers that status; `/sent-on/PATH` asks nginx to answer from PATH instead; `/kept…` may be cached;
    all else is answered 200. A leading `/app` is the proxy's affair.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__((LOOPBACK, 0), _Answer)
        self.held: SimpleQueue[Event] = SimpleQueue()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.socket.getsockname()[1])


class _Answer(socketserver.StreamRequestHandler):
    """One connection, one request."""

    timeout = PATIENCE
    server: Origin

    def handle(self) -> None:
        with suppress(OSError):  # the asker went away
            self._answer()

    def _answer(self) -> None:
        words = self.rfile.readline().split(b" ")
        if len(words) < 2:  # no request: somebody looked whether the port is open
            return
        self._skip_message()
        self.body = b"" if words[0] == b"HEAD" else b"answer of the origin\n"
        path = words[1].decode("latin-1").removeprefix("/app")
        name = path.strip("/").partition("/")[0]
        if name.startswith(("held", "released")):
            go_on = Event()
            self.server.held.put(go_on)
            if name.startswith("released"):
                go_on.wait(PATIENCE)
                self._say(200)
            self.rfile.read()
        elif name.startswith("mute"):
            self.rfile.read()
        elif name.startswith("gone"):
            return
        elif name.startswith("garbage"):
            self.wfile.write(b"\x00no answer at all\r\n\r\n")
        elif name == "status":
            self._say(int(path.split("/")[2][:3]))
        elif name == "sent-on":
            self._say(200, "X-Accel-Redirect: /" + path.split("/", 2)[2])
        elif name.startswith("kept"):
            self._say(200, "Cache-Control: public, max-age=600", 'ETag: "1"')
        else:
            self._say(200)

    def _skip_message(self) -> None:
        """Read the headers and the body that they announce."""
        length = 0
        chunked = False
        while (line := self.rfile.readline().strip().lower()) != b"":
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
            elif line == b"expect: 100-continue":
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            chunked |= line.startswith(b"transfer-encoding:")
        while chunked and (size := int(self.rfile.readline().partition(b";")[0], 16)):
            self.rfile.read(size + 2)
        self.rfile.read(length)

    def _say(self, status: int, *headers: str) -> None:
        body = b"" if status in {204, 304} else self.body
        head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Content-Type: text/plain"]
        self.wfile.write("\r\n".join([*head, *headers, "Connection: close", "", ""]).encode() + body)


@contextmanager
def origin() -> Iterator[Origin]:
    """Run an origin until the block is left."""
    with Origin() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(PATIENCE)
