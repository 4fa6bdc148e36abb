"""How a database comes to have the tables of `schema.py`, step by step; run at start by `migrate.py`, never by hand."""
