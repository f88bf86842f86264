# SPDX-License-Identifier: MIT
"""Finding and loading the library."""

import os
import pathlib

import pytest

from libloop import LoadError, _load

from .support import compile_c, outputs


def failure(monkeypatch: pytest.MonkeyPatch) -> str:
    with pytest.raises(LoadError) as caught:
        _load._find()
    assert isinstance(caught.value, ImportError)
    text = str(caught.value)
    assert "\n" not in text and text.endswith(".")
    return text


def test_import_loads_nothing() -> None:
    lines = outputs(
        """
        import os, threading
        import libloop
        maps = open("/proc/self/maps").read()
        print("libloop.so" in maps, threading.active_count(), len(os.listdir("/proc/self/task")))
        with libloop.Loop():
            pass
        print("libloop.so" in open("/proc/self/maps").read())
        """
    )
    assert lines == ["False 1 1", "True"]


def test_variable_names_the_library() -> None:
    path = _load.library().path
    code = "import libloop; print(libloop.core_version()); print(libloop._load.library().path)"
    lines = outputs(code, LIBLOOP_LIBRARY=path)
    assert lines[1] == path


def test_variable_with_a_wrong_path_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    missing = str(tmp_path / "nothing.so")
    monkeypatch.setenv("LIBLOOP_LIBRARY", missing)
    text = failure(monkeypatch)
    assert missing in text and "LIBLOOP_LIBRARY" in text


def test_library_of_another_interface_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    source = "long loop_abi_version(void) { return 99; }"
    made = compile_c(source, tmp_path / "other.so", "-shared", "-fPIC")
    monkeypatch.setenv("LIBLOOP_LIBRARY", str(made))
    assert "binary interface 99" in failure(monkeypatch)


def test_library_that_lacks_a_function_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    source = "long loop_abi_version(void) { return 1; }"
    made = compile_c(source, tmp_path / "partial.so", "-shared", "-fPIC")
    monkeypatch.setenv("LIBLOOP_LIBRARY", str(made))
    assert "undefined symbol" in failure(monkeypatch)


def test_missing_library_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.delenv("LIBLOOP_LIBRARY", raising=False)
    monkeypatch.setattr(_load, "_candidates", lambda: [str(tmp_path / "libloop.so")])
    assert "build it with make" in failure(monkeypatch)


def test_musl_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in (ValueError, OSError, None):

        def confstr(name: str, answer: type[Exception] | None = answer) -> str | None:
            if answer is None:
                return None
            raise answer

        monkeypatch.setattr(os, "confstr", confstr)
        assert "musl" in failure(monkeypatch)


def test_package_folder_comes_before_the_checkout_and_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    package = tmp_path / "bindings" / "python" / "libloop"
    for folder in (package, tmp_path / "build", tmp_path / "include"):
        folder.mkdir(parents=True)
    (tmp_path / "include" / "loop.h").touch()
    inside, built = package / "libloop.so", tmp_path / "build" / "libloop.so"
    monkeypatch.setattr(_load, "__file__", str(package / "_load.py"))
    assert _load._candidates() == ["libloop.so.0"]
    built.touch()
    assert _load._candidates() == [str(built), "libloop.so.0"]
    inside.touch()
    assert _load._candidates() == [str(inside), str(built), "libloop.so.0"]


def test_threads_that_load_at_once_load_once() -> None:
    lines = outputs(
        """
        import threading
        import libloop

        def one(number):
            start.wait()
            with libloop.Loop() as loop:
                loop.set_timeout(got.append, 0, number)
                loop.run()
                libraries.add(id(libloop._load.library()))

        got, libraries, start = [], set(), threading.Barrier(64)
        threads = [threading.Thread(target=one, args=(number,)) for number in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(sorted(got) == list(range(64)), len(libraries))
        """
    )
    assert lines == ["True 1"]
