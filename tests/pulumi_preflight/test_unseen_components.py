"""Where the plugin of a remote component does not run here, one sentence says what stays unseen, and why."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pulumi.runtime.proto import resource_pb2
from pulumi_preflight import plugin_process
from pulumi_preflight.errors import NotJudgedError, UserError
from pulumi_preflight.program import evaluate
from pulumi_preflight.recorder import AbandonedError, Recorder
from pulumi_preflight.stackfile import StackConfig

from tests.harness import FORMS, Form, one, urns
from tests.pulumi_preflight.sample_plugin import NESTED, STORE, run_site, write_plugin, write_site

PROGRAM = """
store = Store("one", "x")
aws.sns.Topic("after", display_name=store.arn.apply(lambda arn: "after"))
"""
FAILS = STORE.replace(
    "        self.arn =", '        raise ValueError("the disk is full. Really")\n        self.arn ='
)
NAMED = 'the remote component store:index:Store "one" is made by a plugin, which cannot run here'


def refused(site: Path, form: Form = "update") -> str:
    """Why the program is not judged."""
    with pytest.raises(UserError) as raised:
        run_site(site, form)
    message = str(raised.value)
    assert message.startswith(NAMED)
    assert re.search(r", so the resources in it stay unseen: [^.]* --allow-unseen\.$", message)
    assert "\n" not in message
    return message.removeprefix(NAMED).partition(", so the resources")[0]


OTHER = "plugins: {providers: [{name: store, path: store, version: 9.0.0}]}\n"
WHERE = "store/PulumiPlugin.yaml"


@pytest.mark.parametrize(
    ("packages", "reason"),
    [
        ("", ""),
        ("packages: {store: store}\n", ""),
        ("packages: [./store]\n", ""),
        (OTHER, ""),
        ("packages: {store: ./other@1.0.0}\n", " (its folder other does not exist)"),
    ],
    ids=["none", "registry", "list", "version", "folder"],
)
def test_a_plugin_that_is_not_here_is_one_sentence(tmp_path: Path, packages: str, reason: str) -> None:
    assert refused(write_site(tmp_path, PROGRAM, packages=packages)) == reason


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("runtime: nodejs\n", f" ({WHERE}: it is written for nodejs)"),
        ("[]\n", f" ({WHERE} has no runtime)"),
        ("runtime: [\n", f" ({WHERE}, line 2: this is not valid YAML)"),
    ],
    ids=["language", "runtime", "yaml"],
)
def test_a_plugin_of_another_kind_is_one_sentence(tmp_path: Path, file: str, reason: str) -> None:
    site = write_site(tmp_path, PROGRAM, {})
    write_plugin(site / "store", STORE, file)
    assert refused(site) == reason


PLACE = "in __main__.py, line"


@pytest.mark.parametrize(
    ("main", "reason"),
    [
        ("import sys; sys.exit(3)", " (it ended before it gave a port)"),
        ("print('hello')" + STORE, " (it prints to standard output before its port)"),
        ("\nimport far", f" (it needs the module far {PLACE} 2, which is not installed in its environment)"),
        ("raise ValueError('one\\ntwo')", f" (it raised ValueError {PLACE} 1: one)"),
        (FAILS, f" (it failed {PLACE} 30: the disk is full. Really)"),
    ],
    ids=["exit", "print", "module", "raise", "component"],
)
def test_a_plugin_that_does_not_run_is_one_sentence(tmp_path: Path, main: str, reason: str) -> None:
    site = write_site(tmp_path, PROGRAM, {"store": main})
    assert refused(site) == reason
    warning = f'What the remote components declare is not judged: store:index:Store "one"{reason}.'
    assert run_site(site, allow_unseen=True).warnings == (warning,)


def test_a_folder_that_is_no_plugin_is_told(tmp_path: Path) -> None:
    site = write_site(tmp_path, PROGRAM, {})
    (site / "store").mkdir()
    assert refused(site) == " (store/PulumiPlugin.yaml does not exist)"
    (site / "store" / "PulumiPlugin.yaml").write_text("runtime: python\n")
    assert refused(site) == " (store has neither a __main__.py nor a pyproject.toml with a name)"


def test_an_input_that_a_component_lacks_is_told(tmp_path: Path) -> None:
    site = write_site(tmp_path, 'Store("one", None)')
    assert refused(site) == " (it failed: label: Missing required input 'label' on 'Store')"


@pytest.mark.parametrize("form", FORMS)
def test_nothing_of_a_component_that_fails_is_left(tmp_path: Path, form: Form) -> None:
    program = PROGRAM + 'aws.sns.Topic("under", opts=ResourceOptions(parent=store))\n'
    graph = run_site(write_site(tmp_path, program, {"store": FAILS}), form, allow_unseen=True)
    assert [urn.partition("::")[2] for urn in urns(graph) if "store" in urn] == [
        "pulumi:providers:store::default_0_1_0",
        "store:index:Store$aws:sns/topic:Topic::under",
        "store:index:Store::one",
    ]
    assert one(graph, "Topic", "after")


def test_an_unseen_component_in_one_that_is_made_is_told(tmp_path: Path) -> None:
    site = write_site(tmp_path, 'Store("one", "x")', {"store": NESTED})
    with pytest.raises(
        UserError, match=r'^the remote component log:index:Log "one-log" is made by a plugin, which'
    ):
        run_site(site)
    graph = run_site(site, allow_unseen=True)
    warning = 'What the remote components declare is not judged: log:index:Log "one-log".'
    assert graph.warnings == (warning,)
    assert one(graph, "Key")
    assert one(graph, "Log")["parent"] == one(graph, "Store")["urn"]


def test_nothing_is_left_of_what_was_registered_before_the_failure(tmp_path: Path) -> None:
    late = STORE.replace("self.arn = bucket.arn", "self.arn = bucket.arn.apply(lambda arn: [][0])")
    program = PROGRAM + 'aws.kms.Key("own")\n'
    graph = run_site(write_site(tmp_path, program, {"store": late}), allow_unseen=True)
    assert [urn.rpartition("::")[2] for urn in urns(graph) if "store:index" in urn or "kms" in urn] == [
        "own",
        "one",
    ]
    assert "it failed" in graph.warnings[0]


def test_what_a_plugin_says_of_an_abandoned_component_is_refused() -> None:
    recorder = Recorder(StackConfig("sample", "dev", {}, frozenset()), preview=False)
    component = resource_pb2.RegisterResourceRequest(type="a:b:C", name="one")
    urn = recorder.RegisterResource(component).urn
    recorder.abandon("", "a:b:C", "one")
    told = resource_pb2.RegisterResourceOutputsRequest(urn=urn)
    read = resource_pb2.ReadResourceRequest(type="aws:sns/topic:Topic", name="topic", id="x", parent=urn)
    with pytest.raises(AbandonedError):
        recorder.RegisterResource(component, of_plugins=True)
    with pytest.raises(AbandonedError):
        recorder.RegisterResourceOutputs(told, of_plugins=True)
    with pytest.raises(AbandonedError):
        recorder.ReadResource(read, of_plugins=True)
    with pytest.raises(AbandonedError):
        recorder.resource(urn)
    assert recorder.graph().resources == []
    assert recorder.RegisterResource(component).urn == urn


def test_a_plugin_that_fails_once_is_asked_again(tmp_path: Path) -> None:
    once = FAILS.replace("        raise", '        if name == "one":\n            raise')
    program = 'Store("one", "x")\nStore("two", "x")\n'
    graph = run_site(write_site(tmp_path, program, {"store": once}), allow_unseen=True)
    assert [urn for urn in urns(graph) if "Key" in urn and "aws:kms" in urn] == [
        "sample::store:index:Store$aws:kms/key:Key::two-key"
    ]
    assert one(graph, "Store", "one")


HANGS = {
    "START_SECONDS": "import time\ntime.sleep(1000)",
    "ANSWER_SECONDS": STORE.replace(
        "        self.arn =", "        import time\n        time.sleep(1000)\n        self.arn ="
    ),
}


@pytest.mark.parametrize(
    ("bound", "reason"),
    [
        ("START_SECONDS", " (it gave no port within 2 seconds)"),
        ("ANSWER_SECONDS", " (it gave no answer within 2 seconds)"),
    ],
)
def test_a_plugin_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, reason: str
) -> None:
    monkeypatch.setattr(plugin_process, bound, 2)
    site = write_site(tmp_path, PROGRAM + 'Store("two", "x")', {"store": HANGS[bound]})
    graph = run_site(site, allow_unseen=True)
    assert {urn.rpartition("::")[2] for urn in urns(graph) if "store:index" in urn} == {"one", "two"}
    (warning,) = graph.warnings
    assert sorted(warning.rpartition("judged: ")[2].removesuffix(".").split(", ")) == [
        f'store:index:Store "{name}"{reason}' for name in ("one", "two")
    ]


def test_a_plugin_ends_with_a_program_that_does_not_wait_for_it(tmp_path: Path) -> None:
    program = """
import os, threading, time


def leave():
    while not os.path.exists("pid"):
        time.sleep(0.05)
    os._exit(3)


threading.Thread(target=leave).start()
Store("one", "x")
"""
    main = "import os, time\nopen('new', 'w').write(str(os.getpid()))\nos.rename('new', 'pid')\ntime.sleep(1000)\n"
    with pytest.raises(NotJudgedError, match="the program ended itself with exit code 3"):
        run_site(write_site(tmp_path, program, {"store": main}))
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_plugin_that_ends_while_it_is_asked_is_told(tmp_path: Path) -> None:
    ends = STORE.replace("        self.arn =", "        import os\n        os._exit(1)\n        self.arn =")
    assert refused(write_site(tmp_path, PROGRAM, {"store": ends})) == " (its process has ended)"


def test_a_secret_in_what_a_plugin_raises_is_not_told(tmp_path: Path) -> None:
    tells = FAILS.replace('"the disk is full. Really"', 'pulumi.Config("sample").require("word")')
    site = write_site(tmp_path, PROGRAM, {"store": tells})
    secret = "planted-word-55e1"
    with pytest.raises(UserError, match=r"it failed in __main__\.py, line \d+: ") as raised:
        evaluate("dev", project=site, config={"word": secret}, secrets=["word"])
    assert secret not in str(raised.value)
    graph = evaluate("dev", project=site, config={"word": secret}, secrets=["word"], allow_unseen=True)
    assert secret not in "".join(graph.warnings)


def test_a_method_that_a_plugin_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    program = PROGRAM + 'pulumi.runtime.call("store:index:Store/far", {"__self__": store}, res=store)\n'
    with pytest.raises(
        UserError, match=r"^the plugin that was asked for store:index:Store/far has not answered: "
    ):
        run_site(write_site(tmp_path, program))
