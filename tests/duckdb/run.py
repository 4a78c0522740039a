"""Asks DuckDB the queries of this folder over the tables of cases, and writes each answer as CSV.

run.py OUT NAME=CASE… : each query says in its second line which case it is about. DuckDB reads the case's Parquet by itself
and knows nothing of coldcase, so that its answers are an oracle for `coldcase stats`.
"""

import pathlib
import sys

import duckdb

out = pathlib.Path(sys.argv[1])
cases = dict(argument.split("=", 1) for argument in sys.argv[2:])
for query in sorted(pathlib.Path(__file__).parent.glob("*.sql")):
    sql = query.read_text()
    name = sql.splitlines()[1].removeprefix("-- case: ")
    base = duckdb.connect()
    base.sql("SET TimeZone = 'UTC'")
    base.sql("SET threads = 1")
    for table in sorted(pathlib.Path(cases[name], "tables").iterdir()):
        files = [str(file) for file in sorted(table.glob("*.parquet"))]
        if not files:
            continue
        columns = base.sql(f"SELECT * FROM read_parquet({files}) LIMIT 0")
        # Times without a zone, as they are: UTC.
        plain = [
            f"\"{column}\" AT TIME ZONE 'UTC' AS \"{column}\"" if str(kind) == "TIMESTAMP WITH TIME ZONE" else f'"{column}"'
            for column, kind in zip(columns.columns, columns.types)
        ]
        base.sql(f'CREATE VIEW "{table.name}" AS SELECT {", ".join(plain)} FROM read_parquet({files})')
    to = out / f"{query.stem}.csv"
    base.sql(f"COPY ({sql.rstrip().rstrip(';')}) TO '{to}' (HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%fZ')")
