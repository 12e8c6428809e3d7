"""Our four plain package names are ours alone, and the wheel has everything that is in them."""

import zipfile
from importlib.metadata import packages_distributions

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.architecture.source import PACKAGES, ROOT

NOT_SHIPPED = {"__pycache__"}
KINDS = {".sql", ".html", ".toml", ".js", ".svg", ".jsonld", ".scss", ".md", ".py"}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    directory = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(directory), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def there():
    files = (path for name in PACKAGES for path in (ROOT / name).rglob("*") if path.is_file())
    kept = (path for path in files if not NOT_SHIPPED & set(path.parts))
    return {path.relative_to(ROOT).as_posix() for path in kept if not path.name.startswith(".")}


def test_no_dependency_ships_a_package_of_our_name():
    owners = packages_distributions()

    assert {name: set(owners.get(name, ())) - {"commonlore"} for name in PACKAGES} == {
        name: set() for name in PACKAGES
    }


def test_the_wheel_has_every_file_of_the_packages(shipped):
    assert there() - shipped == set()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_wheel_has_files_of_every_kind(shipped, kind):
    assert [name for name in shipped if name.endswith(kind)]


def test_the_wheel_has_nothing_but_the_packages_and_who_it_is(shipped):
    outside = {name.split("/")[0] for name in shipped} - set(PACKAGES)

    assert len(outside) == 1
    assert outside.pop().endswith(".dist-info")
    assert any(name.endswith("licenses/LICENSE") for name in shipped)
