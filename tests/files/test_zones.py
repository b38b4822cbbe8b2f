"""Which zone a computer is in, as it says so itself."""

from pathlib import Path
from zoneinfo import ZoneInfo

from course_kit.files.zones import computer_zone_name, zone_named, zone_or_utc


def test_the_environment_says_it_first_and_then_the_system(tmp_path: Path) -> None:
    table = tmp_path / "share" / "zoneinfo" / "Europe"
    table.mkdir(parents=True)
    (table / "Berlin").write_bytes(b"")
    (tmp_path / "localtime").symlink_to(table / "Berlin")

    assert computer_zone_name({}, tmp_path) == "Europe/Berlin"
    assert computer_zone_name({"TZ": "America/New_York"}, tmp_path) == "America/New_York"
    assert computer_zone_name({"TZ": ":/usr/share/zoneinfo/Asia/Tokyo"}, tmp_path) == "Asia/Tokyo"


def test_a_copy_of_the_zone_file_has_its_name_beside_it(tmp_path: Path) -> None:
    (tmp_path / "localtime").write_bytes(b"TZif")
    (tmp_path / "timezone").write_text("Europe/Lisbon\n", encoding="utf-8")

    assert computer_zone_name({}, tmp_path) == "Europe/Lisbon"


def test_nothing_is_made_up_where_no_name_is_told(tmp_path: Path) -> None:
    assert computer_zone_name({}, tmp_path) is None
    assert computer_zone_name({"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}, tmp_path) is None
    assert computer_zone_name({"TZ": "../../etc/passwd"}, tmp_path) is None
    (tmp_path / "timezone").write_bytes(b"\xff\xfe")
    assert computer_zone_name({}, tmp_path) is None


def test_a_zone_that_nobody_knows_is_none_or_utc() -> None:
    assert zone_named("Europe/Berlin") == ZoneInfo("Europe/Berlin")
    assert zone_named("Middle-earth/Shire") is None
    assert str(zone_or_utc("Middle-earth/Shire")) == str(zone_or_utc("")) == "UTC"
