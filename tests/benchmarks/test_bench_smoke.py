"""The benchmarks measure what they say: on a small server and made-up figures, never by the clock."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight.graph import Graph

from benchmarks import artifacts, client, function, pack, report, servers, serving
from model.errors import UserError
from tests.pulumi_preflight import graphs

pytestmark = pytest.mark.slow

SERVING = {
    "reference": {row.key: 100.0 for row in report.ROWS},
    "ours": {row.key: 5.0 for row in report.ROWS},
}
FUNCTION = {
    "median_ms_one": 0.1,
    "p99_ms_one": 0.2,
    "median_ms_full": 0.5,
    "package_bytes": 20_000.0,
    "cold_import_seconds": 0.25,
    "cold_import_cpu_seconds": 0.2,
    "cold_client_seconds": 0.1,
}


class Echo(BaseHTTPRequestHandler):
    """Answers a body with itself, and refuses an empty one."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if content else 400)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(name="port")
def echo_server() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_the_client_reads_whole_answers_over_one_connection(port: int) -> None:
    with client.Connection(port) as connection:
        for size in (1, 100_000, 3):
            body = b"x" * size
            assert connection.ask(client.request("POST", "/", body)) == (200, body)


def test_load_counts_every_request_and_every_failure(port: int) -> None:
    good = client.load(port, client.request("POST", "/", b"x"), 2, 0.05)
    assert good.failed == 0
    assert len(good.milliseconds) >= 2
    assert good.rate == len(good.milliseconds) / good.seconds
    bad = client.load(port, client.request("POST", "/", b""), 1, 0.02)
    assert bad.failed == len(bad.milliseconds) > 0


def test_percentiles_are_of_the_sorted_times() -> None:
    load = client.Load([float(100 - i) for i in range(100)], 0, 1.0)
    assert (load.percentile(0.5), load.percentile(0.99), load.percentile(1)) == (51.0, 100.0, 100.0)


def test_a_server_that_never_answers_is_told() -> None:
    with pytest.raises(UserError, match="no good answer"):
        servers._until_answers(servers.free_port(), b"{}", [], time.perf_counter() + 0.05, Path("a.log"))


def test_measures_a_served_artifact(tmp_path: Path) -> None:
    archive = graphs.archive(tmp_path)
    folder = tmp_path / "model"
    for name, content in graphs.contents().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    fields = tuple(graphs.LEGITIMATE)
    packed = artifacts.Packed(graphs.VERSION, folder, 1, 1, fields, dict(archive.environment), {})
    environment = archive.environment | {"PYTHONPATH": "/opt/ml/model/code"}
    setup = serving.Setup(Path(sys.executable), servers.light, 1, 0.05, tmp_path / "log")
    figures = serving.measure(serving.Candidate("ours", packed, environment), setup)
    assert {row.key for row in report.ROWS} - set(figures) == {"size_mb", "size_with_runtime_mb"}
    assert all(value >= 0 for value in figures.values())
    assert figures["memory_mb"] > 10


def test_an_artifact_that_does_not_load_is_told(tmp_path: Path) -> None:
    (tmp_path / "model" / "code").mkdir(parents=True)
    packed = artifacts.Packed("broken", tmp_path / "model", 1, 1, ("amt",), {}, {})
    setup = serving.Setup(Path(sys.executable), servers.light, 1, 0.05, tmp_path / "log")
    with pytest.raises(UserError, match="does not load"):
        serving.measure(serving.Candidate("broken", packed, {}), setup)


def test_the_reports_say_ratios_and_missed_targets(tmp_path: Path) -> None:
    assert set(report.missed(SERVING)) == {"artifact without runtime"}  # 20 times better, and 50 is asked
    throughput = next(row for row in report.ROWS if row.more_is_better)
    assert report.ratio(throughput, SERVING["reference"], SERVING["ours"]) == 0.05
    page = report.markdown({"serving": SERVING, "rounds": 1, "about": ["here"], "function": FUNCTION})
    assert "| p50, one transaction | 100 ms | 5 ms | **20x** | 10x |" in page
    assert "| package | 20 kB | 50 kB |" in page
    report.chart(SERVING, tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_the_functions_own_work_is_measured_on_good_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in function.ENVIRONMENT:
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(function, "ROUNDS", 1)
    figures = function.measure(artifacts.TRANSACTION, calls=3, build_dir=tmp_path)
    assert set(figures) == {*FUNCTION, "p99_ms_full"}
    assert 10_000 < figures["package_bytes"] < 50_000


def test_a_grown_graph_has_so_many_resources_and_only_its_own_references(tmp_path: Path) -> None:
    small = graphs.stack(graphs.archive(tmp_path))
    first = small.resources[-1]["urn"]
    graph = Graph(
        "p", "prod", False, [*small.resources, {**small.resources[0], "urn": "u", "dependencies": [first]}]
    )
    count = 3 * len(graph.resources)
    resources = pack.grown(graph, count).resources
    names = {resource["urn"] for resource in resources}
    assert len(resources) == len(names) == count
    assert pack.grown(graph, 2).resources == graph.resources[:2]
    copies = [r for r in resources if r["urn"].startswith("u-")]
    assert all(r["dependencies"][0] in names and r["dependencies"][0] != first for r in copies)
    assert copies


def test_the_packs_part_of_the_page_is_written_again_and_the_others_stay() -> None:
    one = {"seconds": 9.0, "cpu_seconds": 2.0, "memory_mb": 80.0, "policies": 3, "findings": 4}
    peer = one | {"cpu_seconds": 8.0, "seconds": 18.0, "memory_mb": 160.0}
    figures = {
        "rounds": 2,
        "left_out": ["AWSGuard is left out: npm could not install it."],
        "evaluate_seconds": 1.0,
        "resources": 163,
        "verdict_update_seconds": 0.5,
        "verdict_preview_seconds": 0.5,
        "sizes": {"1000": {"ours": one, "peer": peer}, "3000": {"ours": one | {"cpu_seconds": 6.0}}},
    }
    page = "# Benchmarks\n\n## Policy pack\n\nold\n\n## Engine\n\nkept\n"

    written = report.with_pack_section(page, figures)

    assert "old" not in written
    assert written.endswith("\n## Engine\n\nkept\n")
    assert "AWSGuard is left out" in written
    assert "| 1,000 | peer | 3 | 4 | 8 | 18 | 160 MB | 0.25 | 0.5 | 0.5 |  |" in written
    assert "| 3,000 | ours | 3 | 4 | 6 | 9 | 80 MB |  |  |  | 2 s |" in written
    assert report.with_pack_section(written, figures) == written
