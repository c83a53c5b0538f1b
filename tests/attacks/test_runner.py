"""The runner against a small server that answers as a test asks: verdicts, bounds, discretion."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials
from pulumi_preflight.errors import UserError
from typer.testing import CliRunner

from attacks import judges, report
from attacks.evidence import Evidence
from attacks.probe import (
    BURST,
    REFUSED,
    SERVED,
    STAGE,
    How,
    Key,
    Need,
    Outcome,
    Probe,
    Request,
    Signature,
    Source,
    Step,
    Verdict,
    When,
)
from attacks.runner import attack, select
from attacks.target import Promise, Signer, Target
from preflight.__main__ import app

SECRET_KEY = "k" * 39 + "7"
SIGNING_SECRET = "s" * 39 + "9"


@dataclass
class Server:
    """Answers with what `answer` says of path, headers and body; remembers what came."""

    url: str = ""
    answer: Callable[[str, dict[str, str], bytes], tuple[int, bytes]] = lambda path, headers, body: (
        200,
        b"{}",
    )
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture(name="server")
def answering_server() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.seen.append((self.command, self.path, headers, body))
            status, content = server.answer(self.path, headers, body)
            self.send_response_only(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_port}/prod/score"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        http.shutdown()
        thread.join()


def target(server: Server, **changes: Any) -> Target:
    settings: dict[str, Any] = {
        "promise": Promise(rate=1000, lag=0.2),
        "keys": {"checkout": SECRET_KEY},
        "signer": Signer(Credentials("AKIDEXAMPLE", SIGNING_SECRET), "us-east-1"),
    }
    return Target(server.url, **(settings | changes))


def probe(*steps: Step, name: str = "tried", **rest: Any) -> Probe:
    return Probe(name, "A try", ("API2",), ("method-requires-api-key",), steps, **rest)


def run(server: Server, *probes: Probe, **changes: Any) -> list[Outcome]:
    limit = changes.pop("max_requests", 1000)
    return attack(target(server, **changes), probes, max_requests=limit)


def test_expected_answers_pass_and_others_fail_with_what_was_seen(server: Server) -> None:
    server.answer = lambda path, headers, body: (403 if path.endswith("/nope") else 200, b"{}")
    good, bad = run(
        server,
        probe(Step((Request(path="/nope"),), REFUSED), Step((Request(),), SERVED), name="good"),
        probe(Step((Request("to nope", path="/nope"), Request("to score")), REFUSED, 2), name="bad"),
    )
    assert (good.verdict, good.seen) == (Verdict.PASS, "403, then 200")
    assert (bad.verdict, bad.seen) == (Verdict.FAIL, "403 x2, 200 x2 (to score)")
    assert (good.requests, bad.requests) == (2, 4)


def test_a_code_in_the_answer_is_part_of_the_expectation(server: Server) -> None:
    server.answer = lambda path, headers, body: (403, b'{"error": {"code": "forbidden"}}')
    right, wrong = run(
        server,
        probe(Step((Request(),), REFUSED, code="forbidden"), name="right"),
        probe(Step((Request(),), REFUSED, code="throttled"), name="wrong"),
    )
    assert (right.verdict, wrong.verdict) == (Verdict.PASS, Verdict.FAIL)


def test_a_throttled_request_is_asked_again_unless_throttling_is_the_point(server: Server) -> None:
    left = [429, 429]
    server.answer = lambda path, headers, body: (left.pop() if left else 200, b"{}")
    (patient,) = run(server, probe(Step((Request(),), SERVED)))
    assert patient.verdict is Verdict.PASS
    answers = [429] * 30
    server.answer = lambda path, headers, body: (answers.pop() if answers else 200, b"{}")
    answers.insert(0, 200)
    (throttled,) = run(server, probe(Step((Request(),), frozenset({429}), BURST, How.SOME, together=4)))
    assert throttled.verdict is Verdict.PASS


def test_some_needs_one_and_eventually_needs_the_last(server: Server) -> None:
    count = iter(range(1000))
    server.answer = lambda path, headers, body: (403 if next(count) >= 3 else 200, b"{}")
    (lagging,) = run(server, probe(Step((Request(),), REFUSED, how=How.EVENTUALLY)))
    assert lagging.verdict is Verdict.PASS
    assert lagging.seen.startswith("200 x")
    server.answer = lambda path, headers, body: (200, b"{}")
    never, none = run(
        server,
        probe(Step((Request(),), REFUSED, how=How.EVENTUALLY), name="never"),
        probe(Step((Request(),), REFUSED, 3, How.SOME), name="none"),
    )
    assert (never.verdict, none.verdict) == (Verdict.FAIL, Verdict.FAIL)


def test_what_a_probe_needs_and_has_not_is_said(server: Server) -> None:
    probes = [
        probe(Step((Request(),), SERVED), name="key"),
        probe(
            Step((Request(source=Source.KNOWN, key=Key.NONE, signature=Signature.NONE),), SERVED),
            name="known",
        ),
        probe(Step((Request(key=Key.DISABLED),), REFUSED), name="disabled"),
        probe(needs=(Need.LOGS,), when=When.AFTER, name="logs"),
        probe(Step((Request(),), SERVED), needs=(Need.PLANS,), name="plans"),
    ]
    with_keys = run(server, *probes)
    assert [outcome.verdict for outcome in with_keys] == [Verdict.PASS] + [Verdict.SKIPPED] * 4
    assert "--stack" in with_keys[4].seen
    declared_plans = Promise(rate=1000, declared=True)
    assert run(server, probes[4], promise=declared_plans)[0].verdict is Verdict.PASS
    assert "--known-caller" in with_keys[1].seen
    assert "probe-disabled" in with_keys[2].seen
    assert "--log-dir" in with_keys[3].seen
    (without, *_) = run(server, *probes, keys={})
    assert (without.verdict, "--api-key-file" in without.seen) == (Verdict.SKIPPED, True)
    (unsigned, *_) = run(server, *probes, signer=None)
    assert (unsigned.verdict, "--credentials-file" in unsigned.seen) == (Verdict.SKIPPED, True)


def test_a_step_that_is_only_for_some_targets_is_left_out(server: Server) -> None:
    steps = (Step((Request(),), SERVED), Step((Request(source=Source.OTHER),), REFUSED, if_possible=True))
    (outcome,) = run(server, probe(*steps))
    assert (outcome.verdict, outcome.seen) == (Verdict.PASS, "200")


def test_a_crash_in_a_judge_is_the_probes_error(server: Server) -> None:
    def crash(_: Evidence) -> str | None:
        raise KeyError(SECRET_KEY)

    (outcome,) = run(server, probe(Step((Request(),), SERVED), judge=crash))
    assert (outcome.verdict, outcome.seen) == (Verdict.ERROR, "internal error (KeyError)")


def test_no_more_requests_are_sent_than_allowed(server: Server) -> None:
    first, second = run(
        server,
        probe(Step((Request(),), SERVED, 5), name="first"),
        probe(Step((Request(),), SERVED, 50), name="second", when=When.ALONE),
        max_requests=10,
    )
    assert (first.verdict, second.verdict) == (Verdict.PASS, Verdict.SKIPPED)
    assert "--max-requests" in second.seen
    assert len(server.seen) == 10


def test_requests_carry_key_signature_and_played_address_as_asked(server: Server) -> None:
    run(server, probe(Step((Request(),), SERVED)))
    headers = server.seen[-1][2]
    assert headers["x-api-key"] == SECRET_KEY
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "x-preflight-source-ip" not in headers
    run(
        server,
        probe(Step((Request(key=Key.NONE, signature=Signature.NONE, agent=None),), SERVED)),
        plays_addresses=True,
    )
    headers = server.seen[-1][2]
    assert {"x-api-key", "authorization", "user-agent"} & set(headers) == set()
    assert headers["x-preflight-source-ip"].startswith("192.0.2.")


def test_a_proxy_in_the_environment_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (outcome,) = run(server, probe(Step((Request(),), SERVED)))
    assert outcome.verdict is Verdict.PASS


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.answer = lambda path, headers, body: (302, b"")
    (outcome,) = run(server, probe(Step((Request(),), SERVED)))
    assert (outcome.verdict, outcome.seen) == (Verdict.FAIL, "302")


def test_reports_hold_no_key_no_secret_and_nothing_that_came_back(server: Server) -> None:
    server.answer = lambda path, headers, body: (
        200,
        json.dumps({"card": "4111111111111111"} | headers).encode(),
    )
    outcomes = run(
        server,
        probe(Step((Request(),), REFUSED), name="red"),
        probe(when=When.AFTER, judge=judges.no_secrets, name="secrets"),
    )
    assert [outcome.verdict for outcome in outcomes] == [Verdict.FAIL, Verdict.FAIL]
    for form in report.FORMATS:
        text = report.render(outcomes, form)
        assert not [secret for secret in (SECRET_KEY, SIGNING_SECRET, "4111111111111111") if secret in text]


def test_a_secret_in_a_log_is_found_and_the_file_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "waf.log").write_text(f'{{"value": "{SECRET_KEY.upper()}"}}')
    looking = probe(needs=(Need.LOGS,), when=When.AFTER, judge=judges.no_secrets)
    (outcome,) = run(server, looking, log_dir=tmp_path)
    assert (outcome.verdict, outcome.seen) == (Verdict.FAIL, "found in waf.log")


def test_nothing_at_the_address_is_one_sentence() -> None:
    with pytest.raises(UserError, match="Nothing answers"):
        attack(target(Server(url="http://127.0.0.1:9/prod/score")), [probe()])


def test_select_takes_names_threats_and_controls() -> None:
    probes = [probe(name="one"), probe(name="two")]
    assert select(probes, "tw*") == [probes[1]]
    assert select(probes, "API2") == probes
    assert select(probes, "method-requires-*") == probes
    with pytest.raises(UserError, match="No probe matches"):
        select(probes, "three")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name an address"),
        (["https://api.example/prod/score"], "add --yes"),
        (["ftp://127.0.0.1/prod/score"], "must be that of the scoring method"),
        (["http://127.0.0.1:9/prod/score", "--only", "no-such-probe"], "No probe matches"),
        (["http://127.0.0.1:9/prod/score", "--api-key-file", "missing.json"], "missing.json does not exist"),
        (
            ["http://127.0.0.1:9/prod/score", "--credentials-file", "missing.json"],
            "missing.json does not exist",
        ),
        (["http://127.0.0.1:9/prod/score", "--log-dir", "missing"], "not a folder"),
        (["http://127.0.0.1:9/prod/score"], "Nothing answers"),
        (["http://127.0.0.1:9/prod/score", "--also", "sarif=x"], "one of table, json, junit, html"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_sent(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["attack", *arguments], input="")
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_command_ends_with_one_when_a_probe_is_red(server: Server, tmp_path: Path) -> None:
    keys, target_file = tmp_path / "keys.json", tmp_path / "attacks.json"
    keys.write_text(json.dumps({"checkout": SECRET_KEY}))
    arguments = ["attack", server.url, "--api-key-file", str(keys), "--only", "key-missing"]
    page = tmp_path / "deep" / "attacks.html"
    more = ["--also", f"html={page}", "--also", f"junit={tmp_path / 'attacks.xml'}"]
    result = CliRunner().invoke(app, [*arguments, "-f", "json", "-o", str(target_file), *more])
    assert result.exit_code == 1
    assert "<b>key-missing</b>" in page.read_text()
    assert 'failures="1"' in (tmp_path / "attacks.xml").read_text()
    (told,) = json.loads(target_file.read_text())["probes"]
    assert (told["name"], told["verdict"]) == ("key-missing", "FAIL")
    server.answer = lambda path, headers, body: (200 if "x-api-key" in headers else 403, b"{}")
    assert CliRunner().invoke(app, arguments).exit_code == 0


@pytest.mark.parametrize(("rate", "verdict"), [(1e6, Verdict.SKIPPED), (0.001, Verdict.FAIL)])
def test_a_flood_slower_than_the_limit_proves_nothing(server: Server, rate: float, verdict: Verdict) -> None:
    promise = Promise(rate=1000, stage_rate=rate, stage_burst=5)
    flood = probe(Step((Request(),), frozenset({429}), STAGE, How.SOME, together=4))
    (outcome,) = run(server, flood, promise=promise)
    assert outcome.verdict is verdict
