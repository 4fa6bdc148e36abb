"""Expressions that are longer or deeper than the platform allows, in flows and in what queues ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.expressions import ExpressionError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Document, Path
    from core.errors import Problem
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each expression by the platform's `limits`."""
    limits = scope.platform.limits
    for document, path, text in _written(scope):
        try:
            parse(text, length=limits.expression_length, depth=limits.expression_depth)
        except ExpressionError as error:
            yield document.problem(path, error.message, expected=error.expected, within=error.column)


def _written(scope: Scope) -> Iterator[tuple[Document, Path, str]]:
    for flow in scope.flows.values():
        for node in flow.nodes.values():
            for where, formula, _ in node.step.formulas():
                yield flow.document, node.place(where), formula.text
    for tenant in scope.platform.tenants.values():
        for name, queue in tenant.queues.items():
            path: Path = ("tenants", tenant.id, "queues", name)
            if queue.requires is not None:
                yield scope.document, (*path, "requires"), queue.requires
            for index, rung in enumerate(queue.ladder):
                if rung.requires is not None:
                    yield scope.document, (*path, "ladder", index, "requires"), rung.requires
