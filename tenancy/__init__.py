"""Who there is: the validated configuration of the platform, as frozen values.

    texts of a folder -> layout.py: which file is what -> load.py: one document -> model.py: Platform -> checks.py

Read `model.py` first: `Platform` holds everything (nodes, trunks, phones, agents, tenants); a `Tenant` owns numbers,
projects, hours, queues, skills, quotas and flows. `load.load` builds a `Platform` from the texts of a configuration
folder, and finds every mistake at once with file, line and column; `checks.py` finds those that take more than one
value to be seen. `names.py` tells what a short name means over the whole platform; `numbers.py` normalises what was
dialled; `hours.py` tells whether a tenant is open at a moment. `secrets.py` is what must not be read by everybody,
`secrets_file.py` reads and makes it. Nothing here does I/O: a folder is handed in as a mapping from relative path to
text.

Names: a tenant's id is its folder's name. Inside a tenant's files, queues, flows, skills, music and agents have short
names; over the platform they are `tenant/name`. A skill is looked up in the tenant first, then in the platform.
"""
