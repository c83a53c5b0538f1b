"""The pack's own server speaks as grpc's does, on one thread: grpc's client sees no difference."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
from endpoint_guard import sdk
from endpoint_guard.wire import server
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

LARGE = "x" * 6_000_000


class Servicer(analyzer_pb2_grpc.AnalyzerServicer):
    """Some answers, and some that fail."""

    def Analyze(self, request: Any, context: Any) -> Any:
        if request.urn == "wrong":
            raise ValueError("not like this")
        if request.urn == "aborted":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "not so")
        answer = analyzer_pb2.AnalyzeResponse()
        answer.diagnostics.add(message=request.urn)
        return answer


@contextmanager
def served(ours: bool, own: Any = server.no_answer) -> Iterator[grpc.Channel]:
    """A channel to the servicer, behind grpc's own server or ours in its place."""
    theirs = grpc.server(futures.ThreadPoolExecutor(2), options=[("grpc.max_receive_message_length", -1)])
    made = server.take_over(theirs, own) if ours else theirs
    assert sdk.ADD_SERVICER is not None
    sdk.ADD_SERVICER(Servicer(), made)
    port = theirs.add_insecure_port("127.0.0.1:0")
    theirs.start()
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            yield channel
    finally:
        theirs.stop(0)


def outcomes(channel: grpc.Channel) -> list[Any]:
    """What a caller sees of every kind of call: the answer, or the status and its details."""
    stub = analyzer_pb2_grpc.AnalyzerStub(channel)
    unknown = channel.unary_unary("/pulumirpc.Analyzer/Nothing")
    questions = [
        lambda: stub.Analyze(analyzer_pb2.AnalyzeRequest(urn="right")).diagnostics[0].message,
        lambda: len(stub.Analyze(analyzer_pb2.AnalyzeRequest(urn=LARGE)).diagnostics[0].message),
        lambda: stub.Analyze(analyzer_pb2.AnalyzeRequest(urn="wrong")),
        lambda: stub.Analyze(analyzer_pb2.AnalyzeRequest(urn="aborted")),
        lambda: stub.GetPluginInfo(empty_pb2.Empty()),
        lambda: unknown(b""),
    ]
    return [_outcome(question) for question in questions]


def _outcome(question: Any) -> Any:
    try:
        return question()
    except grpc.RpcError as error:
        return error.code(), error.details()


def test_every_kind_of_call_ends_as_behind_grpcs_own_server() -> None:
    with served(ours=False) as channel:
        theirs = outcomes(channel)
    with served(ours=True) as channel:
        assert outcomes(channel) == theirs

    assert theirs[:2] == ["right", len(LARGE)]
    assert {one[0] for one in theirs[2:]} >= {grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNIMPLEMENTED}


def test_calls_at_the_same_time_each_get_their_own_answer() -> None:
    with served(ours=True) as channel:
        stub = analyzer_pb2_grpc.AnalyzerStub(channel)
        asked = [stub.Analyze.future(analyzer_pb2.AnalyzeRequest(urn=str(place))) for place in range(200)]

        assert [one.result(30).diagnostics[0].message for one in asked] == [
            str(place) for place in range(200)
        ]


def test_a_caller_that_goes_away_leaves_the_server_to_the_others() -> None:
    with served(ours=True) as channel:
        stub = analyzer_pb2_grpc.AnalyzerStub(channel)
        for _ in range(20):
            stub.Analyze.future(analyzer_pb2.AnalyzeRequest(urn=LARGE)).cancel()

        assert stub.Analyze(analyzer_pb2.AnalyzeRequest(urn="there")).diagnostics[0].message == "there"


def test_an_answer_of_its_own_is_given_without_reading_the_question() -> None:
    def own(path: str, message: memoryview) -> list[bytes] | None:
        return [b"in ", bytes(message)] if path.endswith("/Remediate") else None

    with served(ours=True, own=own) as channel:
        call = channel.unary_unary("/pulumirpc.Analyzer/Remediate")

        assert call(b"\xff is not a message") == b"in \xff is not a message"
