"""The Pulumi engine's side of a program's conversation: answers like AWS and keeps every registration.

It leans on the SDK's messages; `tests/pulumi_preflight/test_recording.py` fails when a version changes them.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, resource_pb2

from pulumi_preflight import outputvalues
from pulumi_preflight.answers import Answers
from pulumi_preflight.assets import missing
from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import (
    SIGNATURE,
    STACK_TYPE,
    UNKNOWN,
    Graph,
    Resource,
    in_order,
    plain_references,
    reveal,
)
from pulumi_preflight.provider import functions, outputs
from pulumi_preflight.provider.check import check, shown
from pulumi_preflight.provider.create import created, identity
from pulumi_preflight.provider.place import Place
from pulumi_preflight.provider.plan import planned
from pulumi_preflight.provider.schema import schema
from pulumi_preflight.providers import TYPE as PROVIDER
from pulumi_preflight.providers import Providers, fixed_id
from pulumi_preflight.registration import options
from pulumi_preflight.stackfile import StackConfig
from pulumi_preflight.structs import from_struct, to_struct
from pulumi_preflight.unseen import Unseen

STACK_REFERENCE = "pulumi:pulumi:StackReference"


class AbandonedError(Exception):
    """What a plugin registers belongs to a component whose construction has failed: it is not recorded."""


class Recorder:
    """Takes the registrations of one run. Call `graph` when the program has ended."""

    def __init__(
        self,
        config: StackConfig,
        *,
        preview: bool,
        answers: Answers | None = None,
        allow_unseen: bool = False,
    ) -> None:
        self._config = config
        self._answers = answers or Answers()
        self.preview = preview
        self._unseen = Unseen(allowed=allow_unseen, preview=preview, make_urn=self.make_urn)
        self._lock = threading.Lock()
        self._recorded: dict[str, Resource] = {}
        self._abandoned: set[str] = set()
        self._exports: dict[str, Any] = {}
        self._providers = Providers(config, self._recorded, self.make_urn)
        self._missing: dict[str, str] = {}
        """The resource of each file that is not there."""
        self.last = ""
        """The last resource that the program registered, as a reader knows it."""

    def __len__(self) -> int:
        return len(self._recorded)

    def resource(self, urn: str) -> Resource:
        """A resource that has been recorded. Raises AbandonedError for one that is forgotten by now."""
        with self._lock:
            if urn in self._abandoned - self._recorded.keys():
                raise AbandonedError
            return self._recorded[urn]

    def graph(self) -> Graph:
        """Everything registered so far."""
        config = self._config
        return Graph(
            project=config.project,
            stack=config.stack,
            preview=self.preview,
            resources=in_order(list(self._recorded.values())),
            exports=self._exports,
            config=config.values,
            secret_keys=config.secret_keys,
            warnings=self._warnings(),
        )

    def _warnings(self) -> tuple[str, ...]:
        found = []
        if self._unseen.warning:
            found.append(self._unseen.warning)
        if not self.preview and any(
            resource["type"].startswith("pulumi-python:dynamic") for resource in self._recorded.values()
        ):
            found.append("Dynamic providers do not run here: what their resources return is made up.")
        for path, name in self._missing.items():
            found.append(f"{name} is made of {path}, which is not here: an update would end with an error.")
        if self._answers.used:
            found.append(f"Answers of AWS were taken from a file: {', '.join(sorted(self._answers.used))}.")
        return tuple(found)

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN the engine would form: the chain of parents' types, without the stack's."""
        chain = parent.split("::")[2] if parent else ""
        if chain and chain != STACK_TYPE:
            type_ = f"{chain}${type_}"
        return f"urn:pulumi:{self._config.stack}::{self._config.project}::{type_}::{name}"

    def provider(self, request: Any) -> Resource:
        """The provider of a remote component: the one it was given, or the default one of its package."""
        with self._lock:
            reference = request.provider or self._providers.default(request.type, request.version)
            urn = reference.rpartition("::")[0]
            if urn not in self._recorded:
                raise UserError(
                    f'the provider of {request.type} "{request.name}" is not a resource of this program.'
                )
            return self._recorded[urn]

    def abandon(self, parent: str, type_: str, name: str) -> None:
        """Forgets a component whose plugin has failed, and all in it; what the plugin still registers is refused."""
        with self._lock:
            gone = {self.make_urn(parent, type_, name)}
            while more := {urn for urn, one in self._recorded.items() if one["parent"] in gone} - gone:
                gone |= more
            self._abandoned |= gone
            for urn in gone & self._recorded.keys():
                del self._recorded[urn]

    def RegisterResource(self, request: Any, unseen: str = "", *, of_plugins: bool = False) -> Any:
        """Records a resource; one that is remote without what is in it, and `unseen` says why."""
        with self._lock:
            inputs = from_struct(request.object)
            inputs = outputvalues.plain(inputs) if request.remote else inputs
            resource = self._resource(request, inputs, of_plugins)
            resource |= options(request, self.make_urn)
            for path in missing(resource["inputs"], self._config.program.parent):
                self._missing[path] = self.last
            if request.remote:
                self._unseen.add(resource, request.name, unseen)
            else:
                self._complete(resource, request.name)
            return resource_pb2.RegisterResourceResponse(
                urn=resource["urn"],
                id="" if resource["id"] == UNKNOWN else resource["id"],
                object=to_struct(resource["outputs"]),
            )

    def ReadResource(self, request: Any, *, of_plugins: bool = False) -> Any:
        with self._lock:
            resource = self._resource(request, from_struct(request.properties), of_plugins)
            resource |= {"custom": True, "external": True, "id": request.id, "version": request.version}
            if request.type == STACK_REFERENCE:
                resource["outputs"] = self._stack_reference(request.id)
            else:
                resource["inputs"] |= outputs.name_of_id(request.type, request.id)
                self._complete(resource, request.name)
            return resource_pb2.ReadResourceResponse(
                urn=resource["urn"], properties=to_struct(resource["outputs"])
            )

    def RegisterResourceOutputs(self, request: Any, *, of_plugins: bool = False) -> Any:
        with self._lock:
            if of_plugins and request.urn in self._abandoned:
                raise AbandonedError
            values = from_struct(request.outputs)
            resource = self._recorded[request.urn]
            resource["outputs"] = values
            if resource["type"] == STACK_TYPE:
                self._exports = values
        return empty_pb2.Empty()

    def Call(self, request: Any) -> Any:
        """A method of a remote component: its result is asked for as a provider function's is."""
        return provider_pb2.CallResponse(**{"return": to_struct(self._answered(request, {"__self__"}))})

    def Invoke(self, request: Any) -> Any:
        if request.tok == "pulumi:pulumi:getResource":
            return self._get_resource(reveal(from_struct(request.args)))
        return resource_pb2.ResourceInvokeResponse(**{"return": to_struct(self._answered(request))})

    def _answered(self, request: Any, left_out: Collection[str] = ()) -> Mapping[str, Any]:
        marked = {
            key: value
            for key, value in outputvalues.plain(from_struct(request.args)).items()
            if key not in left_out
        }
        arguments = plain_references(reveal(marked))
        given = self._answers.function(request.tok, arguments)
        if given is not None:
            return given
        place = self._providers.place(request.provider)
        call = functions.Call(
            arguments,
            region=arguments.get("region") or place.region,
            account=place.account,
            default_tags=place.default_tags,
        )
        # What is secret stays out of a drafted file.
        open_ = {key: value for key, value in arguments.items() if marked[key] == value}
        return functions.answer(request.tok, call) or self._answers.unanswered(request.tok, open_)

    def _get_resource(self, arguments: Mapping[str, Any]) -> Any:
        """What the SDK asks when it meets a reference to a resource of this run."""
        urn = str(arguments.get("urn"))
        with self._lock:
            self._providers.default(STACK_TYPE, "")  # asking is a call of the engine's own package
            found = self._recorded.get(urn) or self._unseen.made_up.get(urn)
        if found is None:
            raise UserError(
                f"the program refers to a resource that it has not declared: {arguments.get('urn')}."
            )
        state = {"urn": found["urn"], "id": found["id"], "state": found["outputs"]}
        return resource_pb2.ResourceInvokeResponse(**{"return": to_struct(state)})

    def _stack_reference(self, name: str) -> dict[str, Any]:
        values = self._answers.stack(name)
        marked = [key for key, value in values.items() if isinstance(value, dict) and SIGNATURE in value]
        return {"name": name, "outputs": values, "secretOutputNames": marked}

    def _resource(self, request: Any, inputs: dict[str, Any], of_plugins: bool) -> Resource:
        urn = self.make_urn(request.parent, request.type, request.name)
        itself = set() if getattr(request, "remote", False) else {urn}
        if of_plugins and self._abandoned & {request.parent, *itself}:
            raise AbandonedError
        if getattr(request, "custom", True) and not request.type.startswith("pulumi:"):
            inputs = plain_references(inputs)  # a provider takes none; a component keeps them
        if urn in self._recorded:
            raise UserError(f"two resources have the URN {urn}: give one of them another name.")
        resource: Resource = {
            "urn": urn,
            "type": request.type,
            "custom": False,
            "id": "",
            "inputs": inputs,
            "outputs": {},
            "parent": request.parent,
            "provider": request.provider,
            "dependencies": sorted(request.dependencies),
            "propertyDependencies": {},
            "protect": False,
        }
        if request.additionalSecretOutputs:
            resource["additionalSecretOutputs"] = list(request.additionalSecretOutputs)
        self._recorded[urn] = resource
        if request.type != STACK_TYPE:
            self.last = f'{request.type} "{request.name}"'
        return resource

    def _complete(self, resource: Resource, name: str) -> None:
        """Adds what the engine and the provider add: provider, name, id and computed properties."""
        type_, urn, inputs = resource["type"], resource["urn"], resource["inputs"]
        if type_.startswith(PROVIDER):
            version = resource.get("version")
            inputs |= {"version": version} if version else {}
            resource["id"] = UNKNOWN if self.preview else fixed_id(urn)
            resource["outputs"] = dict(inputs)
        elif not (resource["custom"] and type_.count(":") == 2) or type_.startswith("pulumi:"):
            resource["outputs"] = dict(inputs)
        else:
            self._provide(resource, name)
        resource.pop("version", None)

    def _provide(self, resource: Resource, name: str) -> None:
        type_ = resource["type"]
        if not resource["provider"]:
            resource["provider"] = self._providers.default(type_, resource.get("version", ""))
        place = self._providers.place(resource["provider"])
        if schema(type_):
            self._answer(resource, name, place)
        else:
            self._sdk_answer(resource, name, place)
        values = resource["outputs"]
        for key in resource.get("additionalSecretOutputs", ()):
            if key in values:
                values[key] = outputs.secret(values[key])

    def _answer(self, resource: Resource, name: str, place: Place) -> None:
        """What the AWS provider answers: checked inputs, and outputs as far as they are known."""
        type_, urn = resource["type"], resource["urn"]
        checked, _ = check(type_, name, resource["inputs"], seed=urn)
        inputs = resource["inputs"] = shown(checked)
        id_ = resource["id"] or resource.get("importID") or ""
        if self.preview and not id_:
            resource["id"] = UNKNOWN
            resource["outputs"] = planned(type_, inputs, place.region, place.default_tags)
        else:
            resource["id"] = id_ = id_ or identity(type_, name, urn, inputs, place)
            resource["outputs"] = created(type_, name, urn, id_, inputs, place)

    def _sdk_answer(self, resource: Resource, name: str, place: Place) -> None:
        """The same for another provider, of which only the SDK knows what it computes."""
        type_, urn, inputs = resource["type"], resource["urn"], resource["inputs"]
        named = outputs.physical_name(type_, name, urn, inputs)
        if named:
            inputs[named[0]] = named[1]
        extra = outputs.tags_all(type_, inputs, place.default_tags)
        if self.preview and not resource["id"]:
            resource["id"] = UNKNOWN
            extra |= outputs.unknown(type_, inputs, place.region)
        else:
            known = _known_references(inputs)
            made_up = outputs.identity(type_, name, urn, known, place.region)
            resource["id"] = id_ = resource["id"] or resource.get("importID") or made_up
            extra |= outputs.made_up(type_, name, urn, id_, known, place.region)
        resource["outputs"] = {**extra, **inputs}


def _known_references(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value for key, value in inputs.items() if not (isinstance(value, dict) and SIGNATURE in value)
    }
