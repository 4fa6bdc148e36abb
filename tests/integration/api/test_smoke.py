from tests.integration.api.conftest import Site

async def test_smoke(site: Site) -> None:
    for p in ("me","tenants","tenants/press","numbers","queues","agents","agents/lin","calls","records","nodes","tenants/press/board"):
        print(p, await site.get("/"+p))
