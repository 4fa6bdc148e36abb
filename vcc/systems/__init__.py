"""The tenants' own systems, asked by HTTP for flows: `client.py` fulfils `vcc.calls.asking.Systems`.

    ask -> too many of the tenant's under way? -> breaker of tenant and host open? -> POST/GET ... -> JSON -> done
           refused                                refused                             retries, in the time there is

`breaker.py` is a state machine without I/O; `addresses.py` says where a connection may go.
"""
