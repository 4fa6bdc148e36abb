"""A small platform as texts: a press with agents, a chess club, and two clubs whose numbers lead in circles."""

TENANT = """
name: {{en: {name}}}
languages: [en]
projects:
  desk: {{name: {{en: Desk}}, kind: staffed, starts: 2024-01-01, ends: 2035-12-31}}
numbers:
  {number}: {{project: desk, flow: main}}
{more}
"""

SIGN_IN = """
steps:
  - collect: {name: agent, say: {en: Your number.}, length: 4, secret: true}
  - collect: {name: pin, say: {en: Your PIN.}, length: 4, secret: true}
  - action:
      name: sign_in
      with: {number: "{agent}", pin: "{pin}"}
      results:
        ok: {say: {en: You are ready.}}
        refused: {say: {en: Wrong.}}
        locked: {say: {en: Locked.}}
        busy: {say: {en: Try again.}}
        no_seat: {say: {en: No seat.}}
        in_use: {say: {en: In use.}}
      else: {say: {en: Failed.}}
"""

WISH = """
steps:
  - action:
      name: WISH
      results:
        ok: {say: {en: Done.}}
        signed_out: {say: {en: Nobody.}}
      else: {say: {en: Failed.}}
"""

PRESS = """
steps:
  - say: {en: Welcome.}
  - menu:
      say: {en: Choose.}
      attempts: 2
      timeout: 5s
      1:
        queue:
          name: orders
          announce: {first: 20s, every: 30s, say: [position, {en: Please hold.}]}
          timeout: 5m
          on_timeout: [{say: {en: Nobody came.}}, hang_up]
          after: [{say: {en: Thank you.}}]
          9: {goto: again}
      2:
        - collect: {name: card, say: {en: Your card.}, length: 6, secret: true}
        - queue: orders
      3: {number: "200"}
      4: {queue: editors}
      5: [{say: {en: Bye.}}, hang_up]
      on_failure: hang_up
"""

#: What is keyed in during a conversation, as in the example.
TALK = """
  "*1": talk.transfer, "*2": talk.consult, "*3": talk.conference, "*4": talk.alternate, "*5": talk.cancel,
  "*6": talk.hold, "*8": talk.park, "*9": talk.mute,
  "*01": talk.record_start, "*02": talk.record_pause, "*03": talk.record_resume, "*04": talk.record_stop}
"""

TEXTS = {
    "platform.yaml": """
name: {en: Platform}
languages: [en]
nodes: {n1: {kind: simulated}}
trunks: {carrier: {node: n1, from_addresses: [127.0.0.0/8]}}
skills: {zh: {en: Chinese}}
codes: {"*71": sign_in, "*72": sign_out, "*73": ready, "*74": not_ready, TALK
limits: {calls: 50, call_s: 3600, pin_attempts: 3, pin_lock_s: 60, offer_grace_s: 5}
""".replace("TALK", TALK),
    "phones.yaml": "p1: {node: n1}\np2: {node: n1}\np3: {node: n1}\n",
    "agents.yaml": "lin: {name: Lin, number: 1001, serves: [press, chess], skills: {zh: 9}, language: en}\n",
    "flows/sign_in.yaml": SIGN_IN,
    "flows/sign_out.yaml": WISH.replace("WISH", "sign_out"),
    "flows/ready.yaml": WISH.replace("WISH", "ready"),
    "flows/not_ready.yaml": WISH.replace("WISH", "not_ready"),
    "tenants/press/tenant.yaml": TENANT.format(
        name="Press",
        number=100,
        more="""quotas: {calls: 4, waiting: 3, seats: 2}
answers:
  closed: {say: {en: We are closed.}}
  tenant_busy: {say: {en: All lines are busy.}}
  queue_full: {say: {en: Too many wait.}}
music: {main: music}""",
    ),
    "tenants/press/queues.yaml": """
orders: {name: {en: Orders}, skills: {zh: 3}, music: main, ring_s: 10, wrap_up_s: 5, unresponsive_s: 30}
editors: {name: {en: Editors}, skills: {zh: 3}, music: main, max_waiting: 1}
""",
    "tenants/press/agents.yaml": """
wang: {name: Wang, number: 2001, skills: {zh: 8}, language: en}
li: {name: Li, number: 2002, skills: {zh: 7}, language: en}
""",
    "tenants/press/flows/main.yaml": PRESS,
    "tenants/chess/tenant.yaml": TENANT.format(name="Chess", number=200, more="quotas: {calls: 1}"),
    "tenants/chess/queues.yaml": "desk: {name: {en: Desk}, skills: {zh: 3}, wrap_up_s: 0}\n",
    "tenants/chess/flows/main.yaml": "steps: [{queue: desk}]\n",
    "tenants/tick/tenant.yaml": TENANT.format(name="Tick", number=300, more=""),
    "tenants/tick/flows/main.yaml": "steps: [{say: {en: Tick.}}, {number: '400'}]\n",
    "tenants/tock/tenant.yaml": TENANT.format(name="Tock", number=400, more=""),
    "tenants/tock/flows/main.yaml": (
        "steps: [{say: {en: Tock.}}, {switch: {on: number, is: {'400': {number: '300'}}}}]\n"  # in truth no way out
    ),
}
SOUNDS = ("tenants/press/music/loop.wav",)
