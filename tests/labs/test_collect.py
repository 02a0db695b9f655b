"""Taking in a ZIP or a folder: nothing leads out of the course, nothing is lost."""

import os
import stat
import zipfile

import pytest

from lmlab.labs import collect as module
from lmlab.labs.collect import Student, arrival, collect, read_roster
from lmlab.labs.course import Course, CourseError, safe_name

ROSTER = [Student("s1", "Ada Lovelace"), Student("s2", "")]


@pytest.fixture
def course(tmp_path):
    return Course.at(tmp_path / "course")


def zipped(tmp_path, members):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def taken(course):
    folder = course.collected("lab")
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_the_zip_of_a_learning_platform(tmp_path, course):
    members = {
        "Ada Lovelace_4711_assignsubmission_file_/lab.ipynb": "1",
        "Bob Other_4712_assignsubmission_file_/lab.ipynb": "2",
        "s2/deep/lab.ipynb": "3",
    }
    assert collect(course, "lab", zipped(tmp_path, members), ROSTER) == []
    assert taken(course) == ["Bob Other_4712/lab.ipynb", "s1/lab.ipynb", "s2/deep/lab.ipynb"]


def test_two_students_with_one_name_both_keep_their_work(tmp_path, course):
    roster = [Student("s1", "Wei Zhang"), Student("s2", "Wei Zhang"), Student("s3", "Ada")]
    folders = [("Wei Zhang", 7), ("Wei Zhang", 8), ("Ada", 5), ("Ada", 6)]
    members = {f"{name}_{n}_assignsubmission_file_/lab.ipynb": str(n) for name, n in folders} | {
        "Ada_5_assignsubmission_onlinetext_/text.html": "5"
    }
    notes = collect(course, "lab", zipped(tmp_path, members), roster)
    names = ["Ada_6", "Wei Zhang_7", "Wei Zhang_8", "s3"]
    assert taken(course) == [*(f"{name}/lab.ipynb" for name in names), "s3/text.html"]
    assert len(notes) == 3 and all("more than one has this name" in note for note in notes)


def test_the_names_of_a_mac_and_of_files_without_folders(tmp_path, course):
    roster = [Student("s1", "Zoé"), Student("s2", "Bo Li")]
    members = {
        "Zoe\u0301_5_assignsubmission_file_/lab.ipynb": "1",
        "Bo Li_6_assignsubmission_file_02 lab.ipynb": "2",
    }
    collect(course, "lab", zipped(tmp_path, members), roster)
    assert [name.split("/")[0] for name in taken(course)] == ["s1", "s2"]


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("李 雷", e) for e in ("utf-8", "utf-8-sig", "utf-16", "gb18030")] + [("J. Müller", "cp1252")],
)
def test_class_lists_of_spreadsheets(tmp_path, name, encoding):
    path = tmp_path / "class.csv"
    path.write_bytes(f"id,name\r\ns1,{name}\r\n,\r\n\r\ns2\r\n".encode(encoding))
    assert read_roster(path) == [Student("s1", name), Student("s2", "")]


def test_what_a_mac_and_jupyter_leave_in_a_zip_is_nobody(tmp_path, course):
    junk = ["__MACOSX/in/._s1", ".DS_Store", "in/.DS_Store", "in/s1/.ipynb_checkpoints/lab.ipynb"]
    members = dict.fromkeys(junk, "x") | {"in/s1/lab.ipynb": "1", "in/s2/lab.ipynb": "2"}
    assert collect(course, "lab", zipped(tmp_path, members), ROSTER) == []
    assert taken(course) == ["s1/lab.ipynb", "s2/lab.ipynb"]


def test_single_files_and_a_wrapping_folder(tmp_path, course):
    path = zipped(tmp_path, {"eve.ipynb": "1", "s1.ipynb": "2"})
    collect(course, "lab", path, ROSTER)
    path = zipped(tmp_path, {"lab 2/zoe/lab.ipynb": "3", "lab 2/yan/lab.ipynb": "4"})
    collect(course, "lab", path, ROSTER)
    assert taken(course) == ["eve/eve.ipynb", "s1/s1.ipynb", "yan/lab.ipynb", "zoe/lab.ipynb"]


@pytest.mark.parametrize(
    "name", ["../out.ipynb", "/etc/out.ipynb", "a/../../out.ipynb", "..\\out.ipynb", "C:\\x\\out"]
)
def test_no_path_leads_out(tmp_path, course, name):
    notes = collect(course, "lab", zipped(tmp_path, {name: "x", "s1/lab.ipynb": "1"}), ROSTER)
    assert taken(course) == ["s1/lab.ipynb"]
    assert "leads elsewhere" in notes[0]
    assert not [p for p in tmp_path.rglob("out*") if course.root not in p.parents]


def test_links_in_a_zip_are_not_made(tmp_path, course):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("eve/lab.ipynb")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("s1/lab.ipynb", "1")
    assert "not a plain file" in collect(course, "lab", path, [])[0]
    assert taken(course) == ["s1/lab.ipynb"]


def test_a_bomb_is_cut(tmp_path, course, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_FILE", 3_000_000)
    path = zipped(tmp_path, {"eve/lab.ipynb": bytes(50_000_000), "s1/lab.ipynb": "1"})
    assert path.stat().st_size < 100_000
    notes = collect(course, "lab", path, [])
    assert "cut at 3,000,000 bytes" in notes[0]
    assert (course.collected("lab") / "eve" / "lab.ipynb").stat().st_size <= 4_100_000
    monkeypatch.setattr(module, "LARGEST_TOTAL", 1_000_000)
    with pytest.raises(CourseError, match="unpacks to more than"):
        collect(course, "lab", path, [])
    monkeypatch.setattr(module, "MOST_FILES", 1)
    with pytest.raises(CourseError, match="more than 1 files"):
        collect(course, "lab", path, [])


def test_a_damaged_member_costs_only_itself(tmp_path, course):
    path = zipped(tmp_path, {"eve/lab.ipynb": "eve's answer " * 99, "s1/lab.ipynb": "1"})
    raw = bytearray(path.read_bytes())
    raw[50:60] = b"\xff" * 10
    path.write_bytes(raw)
    notes = collect(course, "lab", path, [])
    assert len(notes) == 1 and "eve/lab.ipynb" in notes[0]
    assert (course.collected("lab") / "s1" / "lab.ipynb").read_text() == "1"
    assert (course.collected("lab") / "eve").is_dir()


def test_a_file_in_place_of_a_folder_and_a_path_too_long(tmp_path, course):
    members = {"eve/a": "1", "eve/a/lab.ipynb": "2", "zoe/" + "deep/" * 900 + "lab.ipynb": "3"}
    notes = collect(course, "lab", zipped(tmp_path, members), [])
    assert len(notes) == 2 and all("not taken" in note for note in notes)
    assert {path.name for path in course.collected("lab").iterdir()} == {"eve", "zoe"}


def test_a_newer_submission_replaces_an_older_one(tmp_path, course):
    folder = tmp_path / "in"
    (folder / "eve").mkdir(parents=True)
    file = folder / "eve" / "lab.ipynb"
    for text, time in (("old", 1_000), ("new", 2_000), ("older", 500)):
        file.write_text(text)
        os.utime(file, (time, time))
        notes = collect(course, "lab", folder, [])
    assert (course.collected("lab") / "eve" / "lab.ipynb").read_text() == "new"
    assert notes == ["eve: an older submission was not taken"]
    assert arrival(course, "lab", "eve") == 2_000


def test_an_empty_folder_is_a_submission_too(tmp_path, course):
    (tmp_path / "in" / "eve").mkdir(parents=True)
    collect(course, "lab", tmp_path / "in", [])
    assert (course.collected("lab") / "eve").is_dir()


def test_messages_name_what_is_wrong(tmp_path, course):
    with pytest.raises(CourseError, match="must be a ZIP or a folder"):
        collect(course, "lab", tmp_path / "nothing", [])
    with pytest.raises(CourseError, match="cannot be read"):
        read_roster(tmp_path / "class.csv")
    (tmp_path / "class.csv").write_text("name\nAda\n")
    with pytest.raises(CourseError, match="columns id,name"):
        read_roster(tmp_path / "class.csv")
    (tmp_path / "class.csv").write_text("id\ns1\ns1\n")
    with pytest.raises(CourseError, match="stands twice"):
        read_roster(tmp_path / "class.csv")


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "a\\b", "..", ".", "", "\0", "x" * 300, "a\nb", "CON:", "=1+1", "é"]
)
def test_a_safe_name_is_one_part_of_a_path(name):
    safe = safe_name(name)
    assert safe and "/" not in safe and "\\" not in safe and not safe.startswith(".")
    assert safe.isprintable() and len(safe.encode()) <= 87
    assert safe_name(safe) == safe


@pytest.mark.parametrize("name", ["Lab 2: why?.ipynb", "实验" * 40 + ".ipynb", "a\u00a0b.IPYNB"])
def test_a_notebook_stays_one(name):
    safe = safe_name(name)
    assert safe.lower().endswith(".ipynb") and safe_name(safe) == safe


def test_two_names_stay_two():
    assert len({safe_name(n) for n in ("a/b", "a\\b", "a:b", "a_b")}) == 4
    assert safe_name("Müller, J") == "Müller, J"


def test_the_flat_files_of_canvas(tmp_path, course):
    roster = [Student("s1", "Wei Zhang"), Student("s2", "Anna O'Neil-Ruiz"), Student("s3", "Bo")]
    members = {
        "zhangwei_340_2084_02_lab-1.ipynb": "1",
        "oneilruizanna_LATE_341_2085_lab.ipynb": "2",
        "nobodyhere_342_2086_lab.ipynb": "3",
    }
    assert collect(course, "lab", zipped(tmp_path, members), roster) == []
    assert taken(course) == ["nobodyhere_342/lab.ipynb", "s1/02_lab-1.ipynb", "s2/lab.ipynb"]


def test_namesakes_in_canvas_are_listed_and_kept(tmp_path, course):
    roster = [Student("s1", "Wei Zhang"), Student("s2", "Zhang, Wei")]
    members = {"zhangwei_340_2084_a.ipynb": "1", "zhangwei_341_2085_a.ipynb": "2"}
    notes = collect(course, "lab", zipped(tmp_path, members), roster)
    assert taken(course) == ["zhangwei_340/a.ipynb", "zhangwei_341/a.ipynb"]
    assert len(notes) == 2 and all("more than one has this name" in note for note in notes)


@pytest.mark.parametrize(
    ("student", "folder"),
    [
        ("CS/2023/045", "CS_2023_045"),
        ("a:b", "a_b"),
        ("Ｓ１２", "s12"),
        ("zoe\u0301", "ZOÉ"),
        ("x\\y", "x-y"),
    ],
)
def test_an_id_that_no_file_can_have(tmp_path, course, student, folder):
    roster = [Student(student, "Ada"), Student("other", "Bo")]
    assert collect(course, "lab", zipped(tmp_path, {f"{folder}/lab.ipynb": "1"}), roster) == []
    assert taken(course) == [f"{roster[0].folder}/lab.ipynb"]
    assert course.id_of(roster[0].folder) == student


@pytest.mark.parametrize(
    "text",
    [
        "id;name\ns1;Ada Lovelace\n",
        "id\tname\ns1\tAda Lovelace\n",
        "First name,Last name,ID number,Email address\nAda,Lovelace,s1,a@x.org\n",
        "Student,ID,SIS User ID,SIS Login ID,Section\nAda Lovelace,99,s1,ada,A\n",
    ],
)
def test_the_lists_of_platforms(tmp_path, text):
    path = tmp_path / "class.csv"
    path.write_text(text, encoding="utf-8")
    assert read_roster(path) == [Student("s1", "Ada Lovelace")]
