# SPDX-License-Identifier: MIT
"""The bindings work away from the checkout: the wheel with a library that it is told, the crates
with an installed library that pkg-config finds, or with one that they build."""

import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LIBRARY = ROOT / "build" / "libloop.so"
RUST = ROOT / "bindings" / "rust"
SOURCES = ["go.mod", "go.sum", "cgo_exports.go", "loop.map", "include", "libloop"]
NOT_COPIED = shutil.ignore_patterns("tests", "target", "build", "*.egg-info", "__pycache__", ".*")

PYTHON_PROGRAM = """
import libloop

with libloop.Loop() as loop:
    loop.set_timeout(print, 0, libloop.__file__)
    loop.run()
"""

RUST_PROGRAM = """
fn main() -> Result<(), libloop::Error> {
    let lp = libloop::Loop::new()?;
    lp.set_timeout(std::time::Duration::ZERO, |_| println!("version {}", libloop::version()))?;
    lp.run()?;
    lp.free()
}
"""

CARGO_TOML = """
[package]
name = "installed"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[dependencies]
libloop = {{ path = "{path}", features = [{features}] }}
"""


def run(*words: str, cwd: pathlib.Path = ROOT, **env: str) -> str:
    """Runs a command without what make and the test runner set, and returns what it printed."""
    inherited = {
        name: word
        for name, word in os.environ.items()
        if not name.startswith(("MAKE", "LIBLOOP_", "CARGO_TARGET", "PKG_CONFIG"))
    }
    done = subprocess.run(
        words, cwd=cwd, env=inherited | env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}: status {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def version() -> str:
    text = (ROOT / "include" / "loop.h").read_text(encoding="utf-8")
    return text.partition('LOOP_VERSION_STRING "')[2].partition('"')[0]


def test_the_wheel_has_the_whole_package_and_works_where_it_is_put(tmp_path: pathlib.Path) -> None:
    package = ROOT / "bindings" / "python"
    source = tmp_path / "source"
    shutil.copytree(package, source, ignore=NOT_COPIED)
    build = "from setuptools import build_meta; build_meta.build_wheel('..')"
    run(sys.executable, "-c", build, cwd=source)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == f"libloop-{version()}-py3-none-any.whl"
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        archive.extractall(site)
    modules = {f"libloop/{path.name}" for path in (package / "libloop").glob("*.py")}
    assert names == modules | {"libloop/py.typed"}
    where = {"PYTHONPATH": str(site), "LIBLOOP_LIBRARY": str(LIBRARY)}
    printed = run(sys.executable, "-W", "error", "-c", PYTHON_PROGRAM, cwd=tmp_path, **where)
    assert printed == f"{site / 'libloop' / '__init__.py'}\n"


def crate(folder: pathlib.Path, rust: pathlib.Path, features: str = "") -> list[str]:
    """A program that depends on the crate in a folder. Returns how to run it."""
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "main.rs").write_text(RUST_PROGRAM, encoding="utf-8")
    manifest = folder / "Cargo.toml"
    manifest.write_text(
        CARGO_TOML.format(path=rust / "libloop", features=features), encoding="utf-8"
    )
    (folder / "Cargo.lock").write_bytes((RUST / "Cargo.lock").read_bytes())
    return ["cargo", "run", "--quiet", "--manifest-path", str(manifest)]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where cargo builds."""
    return {"CARGO_TARGET_DIR": str(tmp_path_factory.mktemp("target"))}


def test_the_crates_use_an_installed_library_that_pkg_config_finds(
    tmp_path: pathlib.Path, target: dict[str, str]
) -> None:
    prefix = tmp_path / "prefix"
    run("make", "-s", "install", f"PREFIX={prefix}", "DESTDIR=")
    rust = tmp_path / "rust"
    shutil.copytree(RUST, rust, ignore=NOT_COPIED)
    where = {
        "PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig"),
        "LD_LIBRARY_PATH": str(prefix / "lib"),
    }
    printed = run(*crate(tmp_path / "program", rust), cwd=tmp_path, **where, **target)
    assert printed == f"version {version()}\n"
    run("make", "-s", "uninstall", f"PREFIX={prefix}", "DESTDIR=")
    assert [path for path in prefix.rglob("*") if not path.is_dir()] == []


def test_the_crates_build_the_same_library_when_none_is_found(
    tmp_path: pathlib.Path, target: dict[str, str]
) -> None:
    checkout = tmp_path / "checkout"
    for name in SOURCES:
        origin = ROOT / name
        if origin.is_dir():
            shutil.copytree(origin, checkout / name)
        else:
            checkout.mkdir(exist_ok=True)
            shutil.copy(origin, checkout / name)
    rust = checkout / "bindings" / "rust"
    shutil.copytree(RUST, rust, ignore=NOT_COPIED)
    program = crate(tmp_path / "program", rust, '"vendored"')
    nothing = {"PKG_CONFIG_LIBDIR": str(tmp_path)}
    assert run(*program, cwd=tmp_path, **nothing, **target) == f"version {version()}\n"
    built = list(pathlib.Path(target["CARGO_TARGET_DIR"]).rglob(f"vendored/libloop.so.{version()}"))
    assert len(built) == 1
    assert built[0].read_bytes() == LIBRARY.read_bytes()
