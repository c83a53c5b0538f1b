"""Where attacks go and how fast: no address but the named one, within its plan and the firewall's window."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi_preflight.errors import UserError
from typer.testing import CliRunner

from attacks import clients, wire
from attacks.probe import FLOOD, REFUSED, SERVED, How, Probe, Request, Step, Verdict, When
from attacks.probes import ALL
from attacks.runner import attack
from attacks.target import Promise, Target
from attacks.wire import Pacer
from preflight.__main__ import app
from tests.harness import declared

REPLY = b"HTTP/1.1 %d X\r\ncontent-length: 2\r\n%b\r\n{}"


@contextmanager
def listening(reply: bytes, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A server that says `reply` to everything: its port, and what was sent to it."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        stop = threading.Event()

        def answer() -> None:
            while not stop.is_set():
                try:
                    peer, _ = server.accept()
                    with context.wrap_socket(peer, server_side=True) if context else peer as talk:
                        talk.settimeout(2)
                        seen.append(talk.recv(65536))
                        talk.sendall(reply.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
                except OSError:
                    continue

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield server.getsockname()[1], seen
        finally:
            stop.set()
            thread.join()


def url(port: int, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{port}/prod/score"


def refusal(*arguments: str) -> str:
    """The one sentence of a command that sends no attack."""
    result = CliRunner().invoke(app, ["attack", *arguments], input="")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_another_address_that_an_answer_names_is_never_asked(status: int) -> None:
    with listening(REPLY % (200, b"")) as (other, asked):
        there = f"location: {url(other)}\r\nrefresh: 0; url={url(other)}\r\n".encode()
        with listening(REPLY % (status, there)) as (port, seen):
            probe = Probe("tried", "A try", ("API2",), ("method-chain",), (Step((Request(),), SERVED),))
            (outcome,) = attack(Target(url(port), Promise(signed=False), {"a": "k"}), [probe])
    assert (outcome.verdict, outcome.seen) == (Verdict.FAIL, str(status))
    assert len(seen) == 2
    assert asked == []


@pytest.mark.parametrize(
    "address",
    [
        "https://api.example/prod/score",
        "http://127.0.0.1.example.com/prod/score",
        "http://10.0.0.5/prod/score",
        "http://[2001:db8::1]/prod/score",
        "http://0.0.0.0/prod/score",
    ],
)
def test_another_machine_needs_a_yes(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        pytest.fail("something was sent")

    monkeypatch.setattr("attacks.command.attack", never)
    assert "add --yes" in refusal(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "LOCALHOST"])
def test_this_machine_needs_none(host: str) -> None:
    assert Target(f"http://{host}:9/prod/score", Promise()).loopback


@pytest.mark.parametrize(
    "address",
    [
        "http://user:secret@127.0.0.1/prod/score",
        "http://127.0.0.1:99999/prod/score",
        "http://127.0.0.1:0/prod/score",
        "http://[::1/prod/score",
        "http://127.0.0.1/prod/score?key=secret",
        "http://127.0.0.1/prod/score#x",
        "http:///prod/score",
        "http://127.0.0.1/score",
        "127.0.0.1/prod/score",
    ],
)
def test_what_is_no_address_of_a_method_is_one_sentence(address: str) -> None:
    said = refusal(address)
    assert "must be that of the scoring method" in said
    assert "secret" not in said


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's, for another name and signed by nobody."""
    pem = folder / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=other.example", "-days", "1", "-keyout", folder / "key.pem", "-out", pem],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, folder / "key.pem")
    return context


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")
def test_a_certificate_that_is_not_to_be_trusted_is_one_sentence(tmp_path: Path) -> None:
    with listening(REPLY % (200, b""), certificate(tmp_path)) as (port, seen):
        assert "The certificate of 127.0.0.1" in refusal(url(port, "https"))
    assert seen == []


def spoken(lowest: ssl.TLSVersion, highest: ssl.TLSVersion, folder: Path) -> ssl.SSLContext:
    """A server's context for some versions of TLS."""
    context = certificate(folder)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = lowest, highest
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.skipif(
    shutil.which("openssl") is None or not ssl.HAS_TLSv1_1,
    reason="makes its certificate with openssl, and speaks TLS 1.1",
)
def test_the_transport_probes_turn_red_where_old_or_no_tls_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trusting(**_: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    async def reached(*_: Any) -> None:
        pass

    monkeypatch.setattr("attacks.wire.httpx.create_ssl_context", trusting)
    monkeypatch.setattr("attacks.runner._reach", reached)
    probes = [probe for probe in ALL if probe.name.startswith("transport-")]
    old = spoken(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, tmp_path)
    modern = spoken(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, tmp_path)
    verdicts = {}
    for name, context in (("none", None), ("old", old), ("modern", modern)):
        with listening(REPLY % (200, b""), context) as (port, _):
            target = Target(url(port, "https"), Promise(signed=False), {"a": "k"})
            verdicts[name] = [str(outcome.verdict) for outcome in attack(target, probes)]
    assert verdicts == {"none": ["FAIL", "PASS"], "old": ["PASS", "FAIL"], "modern": ["PASS", "PASS"]}


def test_other_protocols_than_the_address_says_are_one_sentence_each(tmp_path: Path) -> None:
    with listening(REPLY % (200, b"")) as (port, _):
        assert "does not speak TLS" in refusal(url(port, "https"))
    with listening(b"SSH-2.0-OpenSSH\r\n\r\n") as (port, _):
        assert "does not speak HTTP" in refusal(url(port))


@pytest.mark.parametrize(
    ("status", "said"), [(403, "check the keys file"), (404, "that of the scoring method")]
)
def test_a_refused_valid_request_ends_the_run_before_it_begins(
    status: int, said: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"checkout": "k" * 40}))
    with listening(REPLY % (status, b"")) as (port, seen):
        told = refusal(url(port), "--api-key-file", str(keys))
    assert f"{status}" in told
    assert said in told
    assert "k" * 40 not in told
    assert len(seen) == 1


def test_the_fastest_client_is_used_and_the_slowest_exhausted() -> None:
    graph = declared("prod")
    short = {"probe-spent": "s", "back-office": "b", "checkout": "c"}
    assert list(clients.ordered(short, graph)) == ["checkout", "back-office", "probe-spent"]
    long = {"fraud-prod-back-office": "b", "fraud-prod-checkout": "c", "else": "e"}
    assert list(clients.ordered(long, graph).values()) == ["c", "b", "e"]


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(name="clock")
def clock_of_the_wire(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(wire, "time", SimpleNamespace(monotonic=clock.monotonic))
    monkeypatch.setattr(wire, "asyncio", SimpleNamespace(sleep=clock.sleep))
    return clock


def turns(pacer: Pacer, clock: Clock, number: int, *, counted: bool) -> list[float]:
    """When each of so many turns came, in seconds from the first call."""

    async def paced() -> list[float]:
        started, times = clock.now, []
        for _ in range(number):
            await pacer.turn(counted=counted)
            times.append(clock.now - started)
        return times

    return asyncio.run(paced())


def test_one_address_stays_below_the_firewalls_limit_until_the_floods(clock: Clock) -> None:
    times = turns(Pacer(10_000, 100, window=5), clock, 12, counted=False)
    for sent in range(12 - 5):
        assert times[sent + 5] - times[sent] >= wire.WINDOW_SECONDS
    free = Pacer(10_000, 100, window=5)
    free.begin_floods()
    assert turns(free, clock, 12, counted=False)[-1] < 1


def test_an_unexpected_429_slows_the_run_down_once_a_second(clock: Clock) -> None:
    fast, slowed = Pacer(40, 100), Pacer(40, 100)
    for _ in range(5):
        slowed.slow_down()
    quick, slow = (turns(pacer, clock, 8, counted=True)[-1] for pacer in (fast, slowed))
    assert slow / quick == pytest.approx(1 / 0.7)


def test_floods_come_last_so_that_no_other_probe_is_kept_out() -> None:
    order: list[str] = []
    answers = REPLY % (403, b"")
    with listening(answers) as (port, _):
        flood = Step((Request(),), frozenset(), FLOOD, together=4)
        end = Step((Request(),), REFUSED, how=How.EVENTUALLY)
        step = Step((Request(),), REFUSED)
        probes = [
            Probe("flood", "A flood", ("API4",), ("firewall-rate-rule",), (flood, end), when=When.LAST),
            Probe("alone", "A try", ("API2",), ("method-chain",), (step,), when=When.ALONE),
        ]
        promise = Promise(signed=False, window_limit=10, rate=1000, lag=0.2)
        attack(Target(url(port), promise, {"a": "k"}), probes, say=lambda o: order.append(o.probe.name))
    assert order == ["alone", "flood"]


def test_without_admission_a_refusal_is_a_result() -> None:
    probe = Probe("tried", "A try", ("API2",), ("method-chain",), (Step((Request(),), SERVED),))
    with listening(REPLY % (403, b"")) as (port, _):
        target = Target(url(port), Promise(signed=False), {"a": "k"})
        (outcome,) = attack(target, [probe])
        with pytest.raises(UserError):
            attack(target, [probe], admitted=True)
    assert outcome.verdict is Verdict.FAIL
