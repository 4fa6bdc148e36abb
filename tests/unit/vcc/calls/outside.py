"""The small platform with a way out: two carriers, and a mobile seat."""

from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.configuration import TEXTS

MOBILE = "13800138000"
ACCEPT = "Press 1 to accept."
#: As the second and the first carrier get the number.
FIRST, SECOND = MOBILE, f"0086{MOBILE}"

_TRUNKS = """trunks:
  carrier:
    node: n1
    from_addresses: [127.0.0.0/8]
    channels: 3
    outgoing:
      server: 127.0.0.1:5060
      caller_id: "01065550000"
      write: {"+86": ""}
      rates: {"+86": {per_minute: 0.5, per_call: 0.1}}
  second:
    node: n1
    outgoing:
      server: 127.0.0.2:5060
      caller_ids: {press: "01065550001"}
      write: {"+86": "0086"}
      rates: {"+86": {per_minute: 1}}
outside:
  country_code: 86
  accept: {en: Press 1 to accept.}
"""


def texts(tenant: str = "", platform: str = "") -> dict[str, str]:
    """The platform's files; `tenant`, `platform`: lines for the press's and the platform's `outside`."""
    found = dict(TEXTS)
    lines = [line for line in TEXTS["platform.yaml"].splitlines() if not line.startswith("trunks:")]
    found["platform.yaml"] = "\n".join(lines) + "\n" + _TRUNKS + platform
    found["phones.yaml"] += f"m1: {{node: n1, outside: {MOBILE}, agents: [press/wang, press/li, lin]}}\n"
    if tenant:
        found["tenants/press/tenant.yaml"] += f"\noutside:\n{tenant}"
    return found


def centre(tenant: str = "", platform: str = "", files: dict[str, str] | None = None) -> Centre:
    """A call centre with carriers that are there and somebody who has the number; `files` in place of `texts`'s."""
    found = Centre(files or texts(tenant, platform))
    for trunk in ("carrier", "second"):
        found.exchange.set_trunk(trunk)
    for number in (FIRST, SECOND):
        found.exchange.add_outside(number)
    found.wait(0)
    return found
