"""Agents' states as facts."""

from core.facts import AgentStateChanged


def changed(
    at: float,
    agent: str,
    phase: str,
    *,
    wish: str = "ready",
    tenant: str = "",
    serves: tuple[str, ...] = ("press",),
    contact: str = "",
) -> AgentStateChanged:
    """The agent is in this state from `at` on; by default one of the platform's, in a seat of press."""
    return AgentStateChanged(
        at=at,
        tenant=tenant,
        contact=contact,
        agent=agent,
        wish=wish,
        phase=phase,
        phone="p101",
        serves=() if wish == "signed_out" else serves,
    )
