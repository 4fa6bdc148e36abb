"""Who there is on the platform in memory: tenants, agents, and who may ask the API."""

from datetime import UTC, datetime
from typing import Any

from tenancy.model import Platform
from tenancy.secrets import Secrets

#: Noon in Shanghai on a Wednesday: no day changes while a test runs.
NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC).timestamp()


def _tenant(name: str, english: str, number: str, queues: dict[str, Any], agents: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": {"zh-CN": name, "en": english},
        "projects": {
            "lease": {"name": {"zh-CN": "座席租赁", "en": "Seats"}, "kind": "seat_lease", "starts": "2026-01-01"}
        },
        "numbers": {number: {"project": "lease", "flow": "main"}},
        "queues": queues,
        "skills": {"novels": {"zh-CN": "小说", "en": "Novels"}},
        "agents": agents,
        "quotas": {"calls": 30, "waiting": 20, "seats": 10},
        "dispositions": {
            "1": {"zh-CN": "已下单。", "en": "Ordered."},
            "2": {"zh-CN": "需要回电。", "en": "Call back."},
        },
    }


def _queue(name: str, english: str, **more: Any) -> dict[str, Any]:
    return {"name": {"zh-CN": name, "en": english}, **more}


def configuration() -> Platform:
    """Two tenants and the platform's own; `lin` and `zhao` are leased to both, `sun` to the press alone."""
    tenants = {
        "sunshine": _tenant("阳光呼叫中心", "Sunshine", "99999", {}, {}),
        "press": _tenant(
            "北京星空出版社",
            "Beijing Starry Sky Press",
            "98668",
            {"orders": _queue("图书订购", "Orders"), "authors": _queue("作者服务", "Authors", threshold_s=30)},
            {"wang": {"name": "王芳", "number": "2001"}},
        ),
        "chess": _tenant(
            "四川棋院",
            "Sichuan Chess Academy",
            "98667",
            {"lessons": _queue("课程咨询", "Lessons")},
            {"wu": {"name": "吴清源", "number": "3001"}},
        ),
    }
    return Platform.model_validate(
        {
            "name": {"zh-CN": "阳光", "en": "Sunshine"},
            "nodes": {"a1": {"kind": "simulated"}},
            "phones": {f"p{number}": {"node": "a1"} for number in range(101, 120)}
            | {"x201": {"node": "a1", "tenant": "press"}, "x301": {"node": "a1", "tenant": "chess"}},
            "skills": {"books": {"zh-CN": "图书", "en": "Books"}},
            "agents": {
                "lin": {
                    "name": "林小雨",
                    "number": "1001",
                    "skills": {"books": 5, "press/novels": 7, "chess/novels": 3},
                    "serves": ["press", "chess"],
                },
                "zhao": {"name": "赵一鸣", "number": "1002", "serves": ["press", "chess"]},
                "sun": {"name": "孙丽", "number": "1003", "serves": ["press"]},
            },
            "tenants": {name: {"id": name, **tenant} for name, tenant in tenants.items()},
        }
    )


TOKENS: dict[str, dict[str, Any]] = {
    "platform": {"role": "platform"},
    "press": {"role": "tenant", "tenants": ["press"]},
    "chess": {"role": "tenant", "tenants": ["chess"]},
    "press-listener": {"role": "supervisor", "tenants": ["press"], "may": ["listen"]},
    "chess-listener": {"role": "tenant", "tenants": ["chess"], "may": ["listen"]},
    "press-supervisor": {"role": "supervisor", "tenants": ["press"]},
    "wang": {"role": "agent", "agent": "press/wang"},
    "lin": {"role": "agent", "agent": "lin"},
}


def token(name: str) -> str:
    """The token of this name: the same in each test, and long enough."""
    return f"vcc_{name}_0123456789abcdefghijklmnopqrstuvwxyz"


def secrets() -> Secrets:
    """Tokens of every role, and users of the pages, each with the password `correct horse <name>`."""
    users = {name: what for name, what in TOKENS.items() if what["role"] != "agent"}
    return Secrets.model_validate(
        {
            "tokens": {name: {"token": token(name), **what} for name, what in TOKENS.items()},
            "users": {name: {"password": password(name), **what} for name, what in users.items()},
            "encryption_keys": ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="],
        }
    )


def password(name: str) -> str:
    """The password of this user."""
    return f"correct horse {name}"
