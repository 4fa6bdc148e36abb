"""The reference names every key, and its examples are right."""

import inspect
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

import tenancy.model
import tenancy.secrets
from core import yaml_text
from core.validate import build
from tenancy.model import Model, Tenant

TEXT = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
#: Written by nobody: the folder's name, and the folders themselves.
NOT_WRITTEN = {("Tenant", "id"), ("Platform", "tenants")}
MODELS: set[type[BaseModel]] = {
    model
    for module in (tenancy.model, tenancy.secrets)
    for _, model in inspect.getmembers(module, inspect.isclass)
    if issubclass(model, BaseModel) and model is not Model
}


@pytest.mark.parametrize("model", sorted(MODELS, key=str), ids=str)
def test_every_key_is_in_the_reference(model: type[BaseModel]) -> None:
    named = {word for code in re.findall(r"`([^`\n]+)`", TEXT) for word in re.findall(r"[a-z_]+", code)}
    named |= set(re.findall(r"\b([a-z_]+):", TEXT))
    missing = [name for name in model.model_fields if name not in named and (model.__name__, name) not in NOT_WRITTEN]
    assert missing == []


def test_the_examples_of_a_tenant() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    text = "id: x\nname: {zh-CN: 名, en: Name}\nprojects: {}\n" + "".join(blocks)
    tenant = build(Tenant, yaml_text.load(text, "docs/configuration.md"))
    assert list(tenant.hours) == ["office"]
    assert list(tenant.systems) == ["shop", "stock"]
